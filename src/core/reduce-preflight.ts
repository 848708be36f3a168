import {formatDuration} from '../base/duration.ts';
import type {SessionEvent} from './event.ts';
import type {CheckResult} from './facts/preflight.ts';
import type {SessionState} from './state.ts';
import {addLine} from './timeline.ts';

/** How the checks before the first weight stand. Absent while none has begun. */
export type PreflightState = {
	/** `interrupted`: a controller died over it, so nobody knows. */
	readonly status: 'running' | 'passed' | 'failed' | 'interrupted';
	readonly total: number;
	/** Those that are done, in their order. */
	readonly done: readonly PreflightDone[];
};

export type PreflightDone = CheckResult & {readonly index: number; readonly title: string; readonly tookMs: number};

type Of = Extract<SessionEvent, {type: 'preflight-asked' | 'preflight-started' | 'preflight-checked' | 'preflight-finished'}>;

export function reducePreflight(state: SessionState, event: Of): SessionState {
	switch (event.type) {
		case 'preflight-asked':
			return addLine(
				state,
				event,
				'note',
				`pre-flight asked for again by ${event.by}${event.reason === '' ? '' : `: ${event.reason}`}`,
			);
		case 'preflight-started': {
			const preflight: PreflightState = {status: 'running', total: event.checks, done: []};
			return addLine({...state, preflight}, event, 'notice', `pre-flight begins: ${checksText(event.checks)}`);
		}
		case 'preflight-checked': {
			const {index, title, ok, message, remedy, unreachable, tookMs} = event;
			const before = state.preflight ?? {status: 'running', total: index + 1, done: []};
			const result: PreflightDone = {
				index,
				title,
				ok,
				message,
				tookMs,
				...(remedy !== undefined && {remedy}),
				...(unreachable !== undefined && {unreachable}),
			};
			const preflight = {...before, done: [...before.done.filter(one => one.index !== index), result]};
			const text = `pre-flight ${index + 1}/${before.total} ${title}: ${ok ? 'ok, ' : ''}${message}${remedy === undefined ? '' : ` ${remedy}`}`;
			return addLine({...state, preflight}, event, ok ? 'notice' : 'failed', text);
		}
		case 'preflight-finished': {
			const before = state.preflight ?? {total: 0, done: []};
			const preflight: PreflightState = {...before, status: event.passed ? 'passed' : 'failed'};
			const took = formatDuration(Math.round(event.tookMs));
			const text = event.passed
				? `pre-flight passed: ${checksText(before.total)} in ${took}`
				: `pre-flight failed: ${event.failed.join(', ')}; no traffic was moved`;
			return addLine({...state, preflight}, event, event.passed ? 'notice' : 'failed', text);
		}
	}
}

/** One that was under way when its controller died has no result. */
export const interruptPreflight = (state: SessionState): SessionState =>
	state.preflight?.status === 'running' ? {...state, preflight: {...state.preflight, status: 'interrupted'}} : state;

const checksText = (count: number): string => (count === 1 ? 'one check' : `${count} checks`);

/** Whether the checks still have to be run before anything may move: a passed pre-flight is not repeated. */
export function owesPreflight({plan, preflight, stage, rollback, ended, instance}: SessionState): boolean {
	if (plan?.instance && instance?.status !== 'up') return false;
	const has = (plan?.preflight ?? []).length > 0;
	const isOver = preflight?.status === 'passed' || preflight?.status === 'failed' || preflight?.status === 'running';
	return has && !isOver && stage.index < 0 && !rollback && !ended;
}

/** Why the first weight waits for the pre-flight, in one clause; undefined when it doesn't. */
export function preflightBlocker({plan, preflight, rollback, ended}: SessionState): string | undefined {
	const checks = plan?.preflight ?? [];
	// What called it off is the reason that counts.
	if (checks.length === 0 || preflight?.status === 'passed' || rollback || ended) return undefined;
	if (preflight?.status === 'failed') {
		const failed = preflight.done.filter(({ok}) => !ok);
		const more = failed.length > 1 ? ` (and ${failed.length - 1} more)` : '';
		return `the pre-flight failed: ${failed[0]?.title ?? 'no result'}: ${failed[0]?.message ?? ''}${more}`;
	}
	if (preflight?.status !== 'running') return 'the pre-flight has not run yet';
	const at = preflight.done.length;
	return `pre-flight ${Math.min(at + 1, preflight.total)}/${preflight.total}: ${checks[at]?.title ?? ''}`;
}

/** Why the checks can't be run now; undefined when they can. */
export function whyNoPreflight({plan, preflight, stage}: SessionState): string | undefined {
	if ((plan?.preflight ?? []).length === 0 && !plan?.instance) return 'the profile has no pre-flight';
	if (preflight?.status === 'running') return 'the pre-flight is running already';
	return stage.index >= 0 ? 'the candidate has traffic: a pre-flight comes before the first weight' : undefined;
}
