import {nameFits, type RequiredArtifact, type RequiredFile} from '../core/artifact-options.ts';
import {checkpointName} from '../core/next.ts';
import {initialState} from '../core/state.ts';
import {clean} from './clean.ts';
import type {FileSummary, ShortFiles} from './model.ts';
import type {Recorded} from './recorded.ts';

/** What is on the disk, by `artifact NAME` and `checkpoint NAME`: its sum, or that it isn't there. */
export type FilesOnDisk = ReadonlyMap<string, {readonly sha256: string} | 'missing'>;

/** What a PASS needs, held against the journal. */
export type Requirements = {
	/** By key, `artifact NAME` or `checkpoint NAME`: those that are in the journal and asked for. */
	readonly required: ReadonlySet<string>;
	/** Keys that the journal holds no record of. */
	readonly missing: readonly string[];
	/** Of several that must be there, some are. */
	readonly short: readonly ShortFiles[];
};

/** What the profile asks for of a session with this outcome, and every planned checkpoint of the stages that were entered. */
export function requirementsOf(recorded: Recorded): Requirements {
	const {plan, files} = recorded;
	if (!plan) return {required: new Set(), missing: [], short: []};
	const asked = applying(recorded);
	const keys = new Set([
		...asked.flatMap(one =>
			typeof one !== 'string' && 'checkpoints' in one ? one.checkpoints.map(name => `checkpoint ${name}`) : [],
		),
		...plannedCheckpoints(recorded),
	]);
	const required = new Set([...keys].filter(key => files.has(key)));
	const missing: string[] = [];
	const short: ShortFiles[] = [];
	for (const file of asked.flatMap((one): RequiredFile[] =>
		typeof one === 'string' ? [{name: one}] : 'name' in one ? [one] : [],
	)) {
		const fitting = [...files.values()].filter(({kind, name}) => kind === 'artifact' && nameFits(file.name, name));
		for (const {name} of fitting) required.add(`artifact ${name}`);
		if (fitting.length === 0) missing.push(`artifact ${file.name}`);
		else short.push(...shortOf(file, fitting.length, Math.max(...fitting.map(({writes}) => writes))));
	}
	return {required, missing: [...missing, ...[...keys].filter(key => !files.has(key))].map(key => clean(key)), short};
}

function applying({plan, state}: Recorded): readonly RequiredArtifact[] {
	const outcome = state.ended?.outcome;
	return (plan?.requiredArtifacts ?? []).filter(one => typeof one === 'string' || one.when === undefined || one.when === outcome);
}

/** Those of the stages that were entered; of one that was rolled back those whose time had come by then, give or take a poll. */
function plannedCheckpoints({plan, periods, state}: Recorded): readonly string[] {
	const last = new Map(periods.map(period => [period.index, period]));
	return [...last.values()].flatMap(({index, entered, end}) => {
		if (!plan) return [];
		const isCut = end === 'rolled-back' && state.rollback !== undefined;
		const untilMs = isCut ? (state.rollback?.askedAtMs ?? 0) - entered.tMs - plan.pollMs : Number.POSITIVE_INFINITY;
		const inStage = {...initialState, plan, stage: {index, enteredAtMs: 0, elapsedMs: 0}};
		return (plan.stages[index]?.checkpointsMs ?? [])
			.filter(plannedMs => plannedMs <= untilMs)
			.map(plannedMs => `checkpoint ${checkpointName(inStage, plannedMs)}`);
	});
}

/** Each check is written down by itself, so that often the log was written. */
function shortOf({name, count, checks}: RequiredFile, files: number, writes: number): readonly ShortFiles[] {
	return [
		...(count !== undefined && files < count ? [{name, have: files, need: count, of: 'files' as const}] : []),
		...(checks !== undefined && writes < checks ? [{name, have: writes, need: checks, of: 'checks' as const}] : []),
	];
}

export function fileSummaries(
	{files}: Recorded,
	onDisk: FilesOnDisk | undefined,
	{required}: Requirements,
): readonly FileSummary[] {
	return [...files].map(([key, {kind, name, sha256, bytes, seq, atMs, tMs}]) => {
		const found = onDisk?.get(key);
		return {
			kind,
			name,
			sha256,
			bytes,
			at: {seq, atMs, tMs},
			...(found !== undefined && {onDisk: found === 'missing' ? 'missing' : found.sha256 === sha256 ? 'same' : 'changed'}),
			required: required.has(key),
		};
	});
}
