import {classOf, type ErrorClass} from './error-class.ts';
import type {ErrorGroupDelta} from './event.ts';

/** One signature of error lines as the session has seen it. */
export type ErrorGroup = {
	readonly signature: string;
	readonly code: string;
	readonly level: string;
	readonly side: 'baseline' | 'candidate' | 'both';
	readonly count: number;
	readonly firstMs: number;
	readonly lastMs: number;
	readonly sample: string;
	/** The class its lines fall into. */
	readonly class: string;
	/** Part of normal life, by its class. */
	readonly expected: boolean;
	/** Not seen before the candidate got traffic. */
	readonly isNew: boolean;
};

export type ErrorGroupsState = {
	readonly groups: readonly ErrorGroup[];
	readonly lines: number;
	/** Of the error lines those of an expected class. */
	readonly expected: number;
	readonly dropped: number;
	/** Groups pushed out by newer ones: their lines are counted in `lines`, their names are gone. */
	readonly forgotten: number;
	/** Lines in each of the last 60 seconds that had any, newest last: for a rate. */
	readonly recent: readonly (readonly [tMs: number, lines: number])[];
};

/** More signatures than this are a log without signatures; the oldest seen go. */
export const errorGroupsKept = 200;

const recentMs = 60_000;

export const noErrors: ErrorGroupsState = {groups: [], lines: 0, expected: 0, dropped: 0, forgotten: 0, recent: []};

/** Folds one batch of error lines into what the session has seen. `candidateLive`: the candidate has had traffic by now. */
export function addErrors(
	state: ErrorGroupsState,
	batch: {readonly groups: readonly ErrorGroupDelta[]; readonly lines: number; readonly dropped: number},
	tMs: number,
	candidateLive: boolean,
	classes: readonly ErrorClass[] = [],
): ErrorGroupsState {
	const groups = new Map(state.groups.map(group => [`${group.code}\n${group.signature}`, group]));
	let expectedLines = state.expected;
	for (const delta of batch.groups) {
		const name = classOf(classes, delta);
		const expected = classes.some(one => one.name === name && one.expected);
		if (expected) expectedLines += delta.count;
		const key = `${delta.code}\n${delta.signature}`;
		const old = groups.get(key);
		// Re-inserted so that the map's order is the order of last sight.
		groups.delete(key);
		groups.set(key, {
			signature: delta.signature,
			code: delta.code,
			level: delta.level,
			side: old && old.side !== delta.side ? 'both' : delta.side,
			count: (old?.count ?? 0) + delta.count,
			firstMs: old?.firstMs ?? tMs,
			lastMs: tMs,
			sample: delta.sample,
			class: name,
			expected,
			isNew: old?.isNew ?? candidateLive,
		});
	}
	const excess = Math.max(0, groups.size - errorGroupsKept);
	return {
		groups: [...groups.values()].slice(excess),
		lines: state.lines + batch.lines,
		expected: expectedLines,
		dropped: state.dropped + batch.dropped,
		forgotten: state.forgotten + excess,
		recent: [...state.recent.filter(([at]) => at > tMs - recentMs), [tMs, batch.lines]],
	};
}

/** Error lines per second over the last minute (or the session so far, when it is younger), by session time. */
export function errorRate(state: ErrorGroupsState, nowMs: number): number {
	const lines = state.recent.filter(([at]) => at > nowMs - recentMs).reduce((sum, [, count]) => sum + count, 0);
	return lines / Math.max(1, Math.min(recentMs, nowMs) / 1_000);
}
