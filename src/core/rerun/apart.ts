import type {Fact, SessionEvent} from '../event.ts';
import {whyNoGradual} from '../facts/gradual.ts';
import type {Intent} from '../intent.ts';
import {promoteBlockers} from '../next.ts';
import type {SessionState} from '../state.ts';

type SetWeight = Extract<Intent, {type: 'set-weight'}>;

/**
 * A recorded event as it would have come to a session that went its own way: what a machine did about the split there says nothing
 * here, and the router reads what was asked for here. What people asked for stands, where it can still be done. Undefined: it would
 * not have been.
 */
export function eventApart(state: SessionState, event: SessionEvent): SessionEvent | undefined {
	switch (event.type) {
		case 'action-intended':
		case 'action-read-before':
		case 'action-verified':
		case 'action-failed':
		case 'action-aborted':
		case 'checkpoint-written':
		case 'checkpoint-failed':
		case 'artifact-written':
		case 'command-refused':
			return undefined;
		case 'session-ended':
			return event.outcome === 'ended' && !state.ended ? event : undefined;
		case 'split-read':
			return {...event, split: {weightPercent: state.split.askedPercent ?? event.split.weightPercent}};
		case 'controller-resumed': {
			const {split, error, ...rest} = event;
			return {...rest, split: {weightPercent: state.split.askedPercent ?? split?.weightPercent ?? 0}};
		}
		case 'promote-asked':
			return promoteBlockers(state, event.tMs).length === 0 ? event : undefined;
		case 'gradual-asked':
			return whyNoGradual(state) === undefined ? event : undefined;
		case 'hold-asked':
		case 'resume-asked':
			return state.rollback || state.ended ? undefined : event;
		default:
			return event;
	}
}

/** What a router that does at once what it is told makes of an intent. */
export function carriedOut({id: intentId, urgent: _, type: __, ...what}: SetWeight): readonly Fact[] {
	const {toPercent} = what;
	return [
		{type: 'action-intended', intentId, ...what},
		{type: 'action-verified', intentId, router: 'backtest', split: {weightPercent: toPercent}, attempt: 1, tookMs: 0},
	];
}
