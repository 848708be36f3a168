import {checkpointName} from '../core/next.ts';
import {initialState} from '../core/state.ts';
import type {FileSummary} from './model.ts';
import type {Recorded} from './recorded.ts';

/** What is on the disk, by `artifact NAME` and `checkpoint NAME`: its sum, or that it isn't there. */
export type FilesOnDisk = ReadonlyMap<string, {readonly sha256: string} | 'missing'>;

/** Names that a PASS needs: what the profile asks for, and every planned checkpoint of the stages that were entered. */
export function requiredFiles({plan, periods}: Recorded): readonly string[] {
	if (!plan) return [];
	const entered = new Set(periods.map(({index}) => index));
	const checkpoints = [...entered].flatMap(index => {
		const state = {...initialState, plan, stage: {index, enteredAtMs: 0, elapsedMs: 0}};
		return (plan.stages[index]?.checkpointsMs ?? []).map(plannedMs => `checkpoint ${checkpointName(state, plannedMs)}`);
	});
	return [...(plan.requiredArtifacts ?? []).map(name => `artifact ${name}`), ...checkpoints];
}

export function fileSummaries(recorded: Recorded, onDisk: FilesOnDisk | undefined): readonly FileSummary[] {
	const required = new Set(requiredFiles(recorded));
	return [...recorded.files].map(([key, {kind, name, sha256, bytes, seq, atMs, tMs}]) => {
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
