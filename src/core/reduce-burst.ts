import {formatDuration} from '../base/duration.ts';
import type {SessionEvent} from './event.ts';
import type {BurstSummary} from './facts/burst.ts';
import type {SessionState} from './state.ts';
import {addLine} from './timeline.ts';

/** The newest burst, and the stages that had theirs. */
export type BurstState = {
	readonly status: 'running' | 'done' | 'stopped' | 'interrupted';
	readonly stageIndex: number;
	readonly planned: number;
	readonly done: number;
	readonly ok: number;
	readonly failed: number;
	readonly summary?: BurstSummary;
	/** Indexes of the stages whose burst has run to an end, good or bad. */
	readonly stagesDone: readonly number[];
};

type Of = Extract<SessionEvent, {type: 'burst-started' | 'burst-progressed' | 'burst-finished'}>;

export function reduceBurst(state: SessionState, event: Of): SessionState {
	const stagesDone = state.burst?.stagesDone ?? [];
	switch (event.type) {
		case 'burst-started': {
			const {stageIndex, planned, users, url} = event;
			const burst: BurstState = {status: 'running', stageIndex, planned, done: 0, ok: 0, failed: 0, stagesDone};
			return addLine({...state, burst}, event, 'notice', `load burst begins: ${planned} requests of ${users} users to ${url}`);
		}
		case 'burst-progressed': {
			const {done, ok, failed} = event;
			return state.burst ? {...state, burst: {...state.burst, done, ok, failed}} : state;
		}
		case 'burst-finished': {
			const {type: _, seq: __, atMs: ___, tMs: ____, stageIndex, stopped, ...summary} = event;
			const {planned, total, ok, failed} = summary;
			const status = stopped === undefined ? 'done' : 'stopped';
			const burst: BurstState = {
				status,
				stageIndex,
				planned,
				done: total,
				ok,
				failed,
				summary,
				stagesDone: [...stagesDone.filter(index => index !== stageIndex), stageIndex],
			};
			const how = stopped === undefined ? 'load burst' : `load burst stopped (${stopped}) after ${total} of ${planned} requests`;
			const kind = failed > 0 || stopped !== undefined ? 'failed' : 'notice';
			return addLine({...state, burst}, event, kind, `${how}: ${burstText(summary)}`);
		}
	}
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
export function burstDue({plan, stage, burst, rollback, ended, held, action}: SessionState, nowMs: number): number | undefined {
	const afterMs = plan?.stages[stage.index]?.burstAfterMs;
	if (afterMs === undefined || rollback || ended || held || action || burst?.status === 'running') return undefined;
	if (burst?.stagesDone.includes(stage.index)) return undefined;
	return nowMs - stage.enteredAtMs >= afterMs ? stage.index : undefined;
}
