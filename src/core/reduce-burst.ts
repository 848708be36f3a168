import {formatDuration} from '../base/duration.ts';
import type {SessionEvent} from './event.ts';
import type {BurstProgress, BurstSummary} from './facts/burst.ts';
import type {SessionState} from './state.ts';
import {addLine} from './timeline.ts';

/** The newest burst, and the stages that had theirs. */
export type BurstState = BurstProgress & {
	readonly status: 'running' | 'done' | 'stopped' | 'interrupted';
	readonly stageIndex: number;
	readonly planned: number;
	readonly url: string;
	readonly userCount: number;
	/** Who the first users are: `users` counts for them. */
	readonly names: readonly string[];
	/** Session time of its beginning, of the newest figures, and of its end. */
	readonly startedTMs: number;
	readonly toldTMs: number;
	readonly endedTMs?: number;
	/** Requests a second between the newest figures and those before. */
	readonly perSecond?: number;
	/** Why it ended before its end. */
	readonly stoppedBy?: string;
	readonly summary?: BurstSummary;
	/** Indexes of the stages whose burst has run to an end, good or bad. */
	readonly stagesDone: readonly number[];
};

type Of = Extract<SessionEvent, {type: 'burst-started' | 'burst-progressed' | 'burst-finished'}>;

export function reduceBurst(state: SessionState, event: Of): SessionState {
	const stagesDone = state.burst?.stagesDone ?? [];
	switch (event.type) {
		case 'burst-started': {
			const {stageIndex, planned, users, url, names = [], tMs} = event;
			const burst: BurstState = {...begun({planned, users, url, names, tMs}), stageIndex, stagesDone};
			return addLine({...state, burst}, event, 'notice', `load burst begins: ${planned} requests of ${users} users to ${url}`);
		}
		case 'burst-progressed': {
			const {type: _, seq: __, atMs: ___, tMs, ...progress} = event;
			return state.burst ? {...state, burst: {...state.burst, ...progressed(state.burst, progress, tMs)}} : state;
		}
		case 'burst-finished': {
			const {type: _, seq: __, atMs: ___, tMs, stageIndex, stopped, byUser, ...summary} = event;
			const {planned, total, ok, failed, p50Ms, p95Ms, p99Ms, codes} = summary;
			const before = state.burst ?? {...begun({planned, users: 0, url: '', names: [], tMs}), stageIndex, stagesDone};
			const burst: BurstState = {
				...before,
				...{done: total, ok, failed, p50Ms, p95Ms, p99Ms, codes},
				...(byUser && {users: byUser}),
				status: stopped === undefined ? 'done' : 'stopped',
				stageIndex,
				planned,
				toldTMs: tMs,
				endedTMs: tMs,
				...(stopped !== undefined && {stoppedBy: stopped}),
				summary,
				stagesDone: [...stagesDone.filter(index => index !== stageIndex), stageIndex],
			};
			const how = stopped === undefined ? 'load burst' : `load burst stopped (${stopped}) after ${total} of ${planned} requests`;
			const kind = failed > 0 || stopped !== undefined ? 'failed' : 'notice';
			return addLine({...state, burst}, event, kind, `${how}: ${burstText(summary)}`);
		}
	}
}

type Begin = {
	readonly planned: number;
	readonly users: number;
	readonly url: string;
	readonly names: readonly string[];
	readonly tMs: number;
};

/** A burst of which no request was sent yet. Times in ms, by any clock that goes on with those told later. */
export const begun = ({planned, users, url, names, tMs}: Begin): Omit<BurstState, 'stageIndex' | 'stagesDone'> => ({
	...{status: 'running' as const, planned, url, userCount: users, names},
	...{done: 0, ok: 0, failed: 0, startedTMs: tMs, toldTMs: tMs},
});

/** What newer figures change. */
export function progressed(
	{done, toldTMs}: Pick<BurstState, 'done' | 'toldTMs'>,
	progress: BurstProgress,
	tMs: number,
): BurstProgress & Pick<BurstState, 'toldTMs' | 'perSecond'> {
	const passedMs = tMs - toldTMs;
	return {...progress, toldTMs: tMs, ...(passedMs > 0 && {perSecond: (1_000 * (progress.done - done)) / passedMs})};
}

/** `98 of 100 ok (98 %), p50 12 ms, p95 40 ms; 2 × 429; in 2s`. */
export function burstText({total, ok, successPercent, p50Ms, p95Ms, codes, tookMs}: BurstSummary): string {
	const share = successPercent === null ? '' : ` (${Math.floor(successPercent * 100) / 100} %)`;
	const times = p50Ms === null ? '' : `, p50 ${Math.round(p50Ms)} ms, p95 ${Math.round(p95Ms ?? p50Ms)} ms`;
	const counts = Object.entries(codes).map(([code, count]) => `${count} × ${code}`);
	return `${ok} of ${total} ok${share}${times}; ${counts.join(', ') || 'none sent'}; in ${formatDuration(Math.round(tookMs / 100) * 100)}`;
}

/** One that was under way when its controller died is sent anew. */
export const interruptBurst = (state: SessionState): SessionState =>
	state.burst?.status === 'running' ? {...state, burst: {...state.burst, status: 'interrupted'}} : state;

/** The stage whose burst is due now; undefined when none is. `nowMs` is session time. */
export function burstDue(
	{plan, stage, burst, rollback, gradual, ended, held, action}: SessionState,
	nowMs: number,
): number | undefined {
	const afterMs = plan?.stages[stage.index]?.burstAfterMs;
	if (afterMs === undefined || rollback || ended || held || action || burst?.status === 'running') return undefined;
	if (gradual?.status === 'running') return undefined;
	if (burst?.stagesDone.includes(stage.index)) return undefined;
	return nowMs - stage.enteredAtMs >= afterMs ? stage.index : undefined;
}
