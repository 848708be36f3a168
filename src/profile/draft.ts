import type {Bound} from '../core/bound.ts';
import {boundOf, durationOf, listOf, mapOf, numberOf, type PlainMap, textOf} from './lenient.ts';
import {slug} from './names.ts';
import type {GuardrailProfile} from './schema.ts';
import type {Path, Plain} from './tree.ts';

/** What can be made out of a guardrail, however wrong it is. */
export type DraftGuardrail = {
	readonly path: Path;
	readonly id?: string;
	readonly bound?: Bound;
	readonly forMs: number;
	/** Whether a breach does more than say so. */
	readonly acts: boolean;
	readonly keys: PlainMap;
};

export type DraftStage = {
	readonly path: Path;
	readonly name?: string;
	readonly weight?: number;
	readonly durationMs?: number;
	readonly keys: PlainMap;
};

export type Draft = {
	readonly profile: PlainMap;
	/** The profile's own guardrails. */
	readonly guardrails: readonly DraftGuardrail[];
	/** Those of rule files: sound by now. */
	readonly imported: readonly GuardrailProfile[];
	readonly stages: readonly DraftStage[];
	/** A rule file could not be read or holds faults: ids that aren't known may be in it. */
	readonly importFailed: boolean;
};

export function draftOf(plain: Plain, imported: readonly GuardrailProfile[], importFailed: boolean): Draft {
	const profile = mapOf(plain) ?? {};
	return {
		profile,
		imported,
		importFailed,
		guardrails: listOf(profile['guardrails']).map((item, index) => guardrailOf(mapOf(item) ?? {}, ['guardrails', index])),
		stages: listOf(profile['stages']).map((item, index) => stageOf(mapOf(item) ?? {}, ['stages', index])),
	};
}

function guardrailOf(keys: PlainMap, path: Path): DraftGuardrail {
	const id = textOf(keys['id']) ?? slug(textOf(keys['title']) ?? '');
	const bound = boundOf(keys['healthy']);
	const onBreach = textOf(keys['onBreach']);
	const isCritical = (textOf(keys['severity']) ?? 'critical') === 'critical';
	return {
		path,
		keys,
		forMs: durationOf(keys['for']) ?? 0,
		acts: onBreach === undefined ? isCritical : onBreach !== 'warn',
		...(id !== '' && {id}),
		...(bound && {bound}),
	};
}

function stageOf(keys: PlainMap, path: Path): DraftStage {
	const name = textOf(keys['name']);
	const weight = numberOf(keys['weight']);
	const durationMs = durationOf(keys['duration']);
	return {
		path,
		keys,
		...(name !== undefined && {name}),
		...(weight !== undefined && {weight}),
		...(durationMs !== undefined && {durationMs}),
	};
}

/** Every guardrail id there is, the profile's own and those of rule files. */
export const idsOf = ({guardrails, imported}: Draft): string[] => [
	...guardrails.flatMap(({id}) => (id === undefined ? [] : [id])),
	...imported.flatMap(({id}) => (id === undefined ? [] : [id])),
];
