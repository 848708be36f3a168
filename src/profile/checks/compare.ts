import {formatDuration} from '../../base/duration.ts';
import {plannedIn, spacingIn, valuesMin} from '../../core/judge/follow.ts';
import {finalAlpha} from '../../core/judge/looks.ts';
import {smallestP} from '../../core/judge/rank-sum.ts';
import {spacingOf} from '../compile-compare.ts';
import {didYouMean} from '../did-you-mean.ts';
import type {Draft, DraftStage} from '../draft.ts';
import type {Issue} from '../fault.ts';
import {durationOf, listOf, mapOf, numberOf, type PlainMap, textOf, textsOf} from '../lenient.ts';
import {slug} from '../names.ts';

/** Comparisons without a name, or with another's; gates on what isn't there, or could never be told in their stage. */
export function checkCompare({profile, stages}: Draft): Issue[] {
	const all = listOf(profile['compare']).map(item => mapOf(item) ?? {});
	const ids = all.map(keys => textOf(keys['id']) ?? slug(textOf(keys['title']) ?? ''));
	const pollMs = durationOf(profile['poll'] ?? '1s') ?? 0;
	return [
		...ids.flatMap((id, index) => checkId(id, index, ids, all[index] ?? {})),
		...all.flatMap((keys, index) => [...checkSides(keys, index), ...checkStageNames(keys, index, stages)]),
		...stages.flatMap(stage => checkGates(stage, ids, all, pollMs)),
	];
}

function checkId(id: string, index: number, ids: readonly string[], keys: PlainMap): Issue[] {
	if (id === '') {
		// One of another kind has been told of already.
		if (keys['id'] !== undefined || typeof keys['candidate'] !== 'string') return [];
		return [{path: ['compare', index], message: 'has neither "id" nor a "title" an id could be made from. Give it an "id".'}];
	}
	const first = ids.indexOf(id);
	if (first === index) return [];
	const at = keys['id'] === undefined ? 'title' : 'id';
	return [{path: ['compare', index, at], message: `the id "${id}" is taken by compare[${first}] already.`}];
}

function checkGates(
	{keys, path, durationMs, weight, name}: DraftStage,
	ids: readonly string[],
	all: readonly PlainMap[],
	pollMs: number,
): Issue[] {
	return listOf(keys['compare']).flatMap((id, index): Issue[] => {
		if (typeof id !== 'string') return [];
		const place = [...path, 'compare', index];
		const own = all[ids.indexOf(id)];
		if (!own) {
			const known = ids.filter(one => one !== '');
			const list = known.length > 0 ? ` Comparisons: ${known.join(', ')}.` : ' The profile has no "compare".';
			return [{path: place, message: `there is no comparison "${id}".${didYouMean(id, known)}${list}`}];
		}
		const named = listOf(own['stages']);
		if (named.length > 0 && !named.includes(nameOf({weight, name}))) {
			const message = `"${id}" is not compared in this stage: its "stages" are ${named.join(', ')}. Add this one there, or take it out here.`;
			return [{path: place, message}];
		}
		if (durationMs === undefined) return [];
		const every = durationOf(own['every']) === undefined ? undefined : textOf(own['every']);
		const spacingMs = spacingOf([textOf(own['candidate']), textOf(own['baseline'])], every, pollMs);
		const settings = {spacingMs, durationMs};
		const planned = plannedIn(settings);
		const needed = neededFor((1 - (numberOf(own['confidence']) ?? 0.98)) / comparedWith(all, nameOf({weight, name})));
		if (planned >= needed) return [];
		const message = `"${id}" could never be compared in this stage: it lasts ${formatDuration(durationMs)}, which gives ${planned} values a side, one per ${formatDuration(spacingIn(settings))} (the range of its queries); at least ${needed} are needed. Lengthen the stage, or shorten the range.`;
		return [{path: place, message}];
	});
}

/** A side compared with itself is always the same. */
function checkSides({candidate, baseline}: PlainMap, index: number): Issue[] {
	const plain = (text: string | undefined): string | undefined => text?.replaceAll(/\s+/g, '');
	if (textOf(candidate) === undefined || plain(textOf(candidate)) !== plain(textOf(baseline))) return [];
	const message = 'asks what "candidate" asks: a side compared with itself is always the same. Choose the baseline by its label.';
	return [{path: ['compare', index, 'baseline'], message}];
}

/** As the resolver calls a stage without a name; the step to 100 % that is added is `full`. */
type Named = {readonly name?: string | undefined; readonly weight?: number | undefined};
const nameOf = ({name, weight}: Named): string => name ?? `${weight} %`;

function checkStageNames(keys: PlainMap, index: number, stages: readonly DraftStage[]): Issue[] {
	const known = [...stages.map(nameOf), ...(stages.at(-1)?.weight === 100 ? [] : ['full'])];
	return textsOf(keys['stages']).flatMap((name, at) =>
		known.includes(name)
			? []
			: [
					{
						path: ['compare', index, 'stages', at],
						message: `there is no stage "${name}".${didYouMean(name, known)} Stages: ${known.join(', ')}.`,
					},
				],
	);
}

/** How many are compared in a stage, and share what may go wrong. */
const comparedWith = (all: readonly PlainMap[], stage: string): number =>
	all.filter(({stages}) => stages === undefined || textsOf(stages).includes(stage)).length;

/** So many values a side at least, before the clearest difference is sure enough at the stage's end. */
function neededFor(alpha: number): number {
	const pMax = finalAlpha(alpha) / 2;
	let needed = valuesMin;
	while (needed < 100 && smallestP(needed) > pMax) needed += 1;
	return needed;
}
