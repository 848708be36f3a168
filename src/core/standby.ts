import type {SessionEvent} from './event.ts';
import {gradualNow} from './reduce-gradual.ts';
import type {SessionState} from './state.ts';
import {addLine} from './timeline.ts';

/** The way back while the candidate has all traffic: servers of the baseline that are up, of all, and as many as before it began. */
export type Standby = {readonly up: number; readonly of: number; readonly needed: number; readonly isShort: boolean};

/** During a bake, where the router tells of its pools; else undefined. */
export function standbyOf(state: SessionState): Standby | undefined {
	const {plan, stage, split, rollback, ended} = state;
	const pool = split.configured?.pools?.baseline;
	if (!plan?.stages[stage.index]?.bake || rollback || ended || !pool || gradualNow(state)) return undefined;
	const [up, of] = pool;
	const needed = Math.max(1, split.before?.pools?.baseline[0] ?? of);
	return {up, of, needed, isShort: up < needed};
}

const topic = 'standby';
/** Behind these it may have changed: what the router says, and whether it is a standby at all. */
const changing: readonly SessionEvent['type'][] = [
	'split-read',
	'action-verified',
	'rollback-asked',
	'session-ended',
	'controller-resumed',
];

/** An alarm while the baseline could not take everything back, until it can, or nothing is to be taken back any more. */
export function watchStandby(state: SessionState, event: SessionEvent): SessionState {
	if (!changing.includes(event.type)) return state;
	const standby = standbyOf(state);
	const before = state.alarms[topic];
	if (!standby?.isShort) {
		if (before === undefined) return state;
		const {[topic]: _, ...alarms} = state.alarms;
		const over = {...state, alarms};
		return standby
			? addLine(over, event, 'recovered', `the baseline can take everything back again: ${standby.up}/${standby.of} up`)
			: over;
	}
	const {up, of, needed} = standby;
	const text = `${up}/${of} servers of the baseline are up, ${needed} were when it began: it could not take everything back`;
	if (text === before) return state;
	const alarmed = {...state, alarms: {...state.alarms, [topic]: text}};
	return addLine(alarmed, event, 'alarm', `the standby falls: ${text}`);
}
