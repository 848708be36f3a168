import {formatDuration} from '../../base/duration.ts';
import {sameSplit} from '../../core/split.ts';
import {didYouMean} from '../did-you-mean.ts';
import {type Draft, type DraftStage, idsOf} from '../draft.ts';
import type {Issue} from '../fault.ts';
import {durationOf, listOf, mapOf, textOf} from '../lenient.ts';
import {checkBounds} from './bounds.ts';

/** What stages say about each other and about the guardrails. */
export function checkStages(draft: Draft): Issue[] {
	const ids = idsOf(draft);
	return [
		...checkWeights(draft.stages),
		...checkNames(draft.stages),
		...checkBake(draft),
		...draft.stages.flatMap(stage => [
			...checkCheckpoints(stage, draft),
			...(draft.importFailed
				? []
				: [...checkIds(stage, 'overrides', ids), ...checkIds(stage, 'gates', ids), ...checkIds(stage, 'trends', ids)]),
			...checkOverrides(stage, draft),
			...checkFirst(stage, draft, ids),
			...checkWaits(stage, draft),
		]),
	];
}

function checkWeights(stages: readonly DraftStage[]): Issue[] {
	return stages.flatMap(({weight, path}, index) => {
		const before = index === 0 ? 0 : stages[index - 1]?.weight;
		if (weight === undefined || before === undefined || weight <= 0) return [];
		const place = [...path, 'weight'];
		if (weight < before || (weight === before && index > 0)) {
			const message = `a weight of ${weight} after one of ${before}: each stage has more traffic than the one before. Less is a rollback.`;
			return [{path: place, message}];
		}
		if (!sameSplit(weight, before)) return [];
		return [
			{
				path: place,
				message: `a weight of ${weight} after one of ${before} can't be told apart when it is read back, for routers count in whole steps. Make the step larger.`,
			},
		];
	});
}

function checkNames(stages: readonly DraftStage[]): Issue[] {
	return stages.flatMap(({name, path}, index) => {
		const first = stages.findIndex(other => other.name === name);
		if (name === undefined || first === index) return [];
		return [{path: [...path, 'name'], message: `the name "${name}" is taken by stages[${first}] already.`}];
	});
}

function checkCheckpoints({keys, weight, path, ...stage}: DraftStage, {profile}: Draft): Issue[] {
	// The stage at 100 % lasts as long as the bake.
	const bake = weight === 100 ? textOf(mapOf(profile['policies'])?.['bake']) : undefined;
	const durationMs = bake === undefined ? stage.durationMs : durationOf(bake);
	return listOf(keys['checkpoints']).flatMap((time, index) => {
		const ms = durationOf(time);
		if (ms === undefined || durationMs === undefined || ms <= durationMs) return [];
		const message = `a checkpoint at ${time} comes after the end of its stage, which lasts ${bake ?? textOf(keys['duration'])}.`;
		return [{path: [...path, 'checkpoints', index], message}];
	});
}

function checkIds({keys, path}: DraftStage, key: 'overrides' | 'gates' | 'trends', ids: readonly string[]): Issue[] {
	return Object.keys(mapOf(keys[key]) ?? {})
		.filter(id => !ids.includes(id))
		.map(id => ({
			path: [...path, key, id],
			atKey: true,
			message: `there is no guardrail "${id}".${didYouMean(id, ids)}${ids.length > 0 ? ` Guardrails: ${ids.join(', ')}.` : ''}`,
		}));
}

function checkOverrides({keys, path}: DraftStage, draft: Draft): Issue[] {
	return Object.entries(mapOf(keys['overrides']) ?? {}).flatMap(([id, value]) => {
		const override = mapOf(value);
		if (!override) return [];
		const place = [...path, 'overrides', id];
		if (override['off'] === true && Object.keys(override).length > 1) {
			return [
				{
					path: [...place, 'off'],
					atKey: true,
					message: '"off" leaves nothing to judge, so the other keys of this override have no effect. Keep one or the other.',
				},
			];
		}
		const own = draft.guardrails.find(guardrail => guardrail.id === id)?.keys ?? {};
		const {severe: _, warn: __, ...base} = own;
		// Only what the override itself says is judged, against what it leaves as it is.
		const merged = {...('severe' in override ? base : {}), ...override};
		return checkBounds(merged, place, textOf(own['unit'])).filter(issue =>
			issue.path.slice(place.length).every(step => stands(override, step)),
		);
	});
}

/** The first minutes are a small stage of their own within the stage. */
function checkFirst({keys, path, durationMs}: DraftStage, draft: Draft, ids: readonly string[]): Issue[] {
	const first = mapOf(keys['first']);
	if (!first) return [];
	const within: DraftStage = {keys: first, path: [...path, 'first']};
	const forMs = durationOf(first['for']);
	const isLong = forMs !== undefined && durationMs !== undefined && forMs > durationMs;
	const message = `the first ${textOf(first['for'])} are longer than the stage, which lasts ${textOf(keys['duration'])}. Write them as "overrides" of the stage.`;
	return [
		...(isLong ? [{path: [...path, 'first', 'for'], message}] : []),
		...(draft.importFailed ? [] : checkIds(within, 'overrides', ids)),
		...checkOverrides(within, draft),
	];
}

/** A stage at 100 % that lasts by itself, and a bake, would be two times for one thing. */
function checkBake({profile, stages}: Draft): Issue[] {
	const last = stages.at(-1);
	const bake = textOf(mapOf(profile['policies'])?.['bake']);
	if (bake === undefined || last?.weight !== 100 || !last.durationMs) return [];
	const message = `the stage at 100 % lasts ${textOf(last.keys['duration'])} already, and "bake" says ${bake}. Give the stage the duration 0s, or take "bake" out.`;
	return [{path: ['policies', 'bake'], message}];
}

const stands = (override: {readonly [key: string]: unknown}, step: string | number): boolean =>
	Object.hasOwn(override, String(step)) || Object.hasOwn(Object(override['severe']), String(step));

/** A breach that must last longer than the stage can't count in it. */
function checkWaits(stage: DraftStage, draft: Draft): Issue[] {
	const {durationMs, keys, path} = stage;
	if (!durationMs) return [];
	const own = draft.guardrails.map(({acts, forMs, id, path: place}) => ({acts, forMs, id, place: [...place, 'for']}));
	const imported = draft.imported.map(guardrail => ({
		acts: guardrail.onBreach === undefined ? guardrail.severity === 'critical' : guardrail.onBreach !== 'warn',
		forMs: durationOf(guardrail.for) ?? 0,
		id: guardrail.id,
		place: [...path, 'duration'],
	}));
	return [...own, ...imported].flatMap(guardrail => {
		const override = mapOf(mapOf(keys['overrides'])?.[guardrail.id ?? '']);
		const overridden = durationOf(override?.['for']);
		const forMs = overridden ?? guardrail.forMs;
		if (!guardrail.acts || override?.['off'] === true || forMs <= durationMs) return [];
		const place = overridden === undefined ? guardrail.place : [...path, 'overrides', guardrail.id ?? '', 'for'];
		const name = stage.name ?? `stages[${path.at(-1)}]`;
		const message = `a breach of "${guardrail.id}" must last ${formatDuration(forMs)} to count, but the stage "${name}" lasts only ${formatDuration(durationMs)}: it could never count there. Make "for" shorter, or override it in that stage.`;
		return [{path: place, message}];
	});
}
