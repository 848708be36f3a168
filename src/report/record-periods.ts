import type {SessionEvent} from '../core/event.ts';
import type {SessionState} from '../core/state.ts';
import {clean} from './clean.ts';
import {type Recorded, type StagePeriod, stampOf} from './recorded.ts';

/** Opens and closes the stages: a stage lasts from the weight that was read back to the next one, the rollback or the end. */
export function recordPeriods(recorded: Recorded, event: SessionEvent, before: SessionState, after: SessionState): void {
	const {periods} = recorded;
	const open = periods.at(-1)?.exited ? undefined : periods.at(-1);
	const isOut = after.rollback?.verifiedAtMs !== undefined && before.rollback?.verifiedAtMs === undefined;
	const isEnd = event.type === 'session-ended';
	const isEntered = after.stage.index !== before.stage.index || after.stage.enteredAtMs !== before.stage.enteredAtMs;
	const isNext = after.stage.index >= 0 && (isEntered || (!open && periods.length === 0));
	// The later steps of a gradual rollback carry out what was decided with its first.
	const isLaterStep = event.type === 'action-intended' && (event.purpose === 'lower' || event.endsGradual === true);
	if (event.type === 'action-intended' && open && !(isLaterStep && (before.gradual?.done ?? 0) > 0)) {
		open.atDecision = {seq: event.seq, state: before, by: clean(event.by), reason: clean(event.reason)};
	}
	if (open && (isOut || isEnd || isNext)) {
		if (isEnd && !open.atDecision) {
			open.atDecision = {seq: event.seq, state: before, by: 'canary-console', reason: clean(event.reason)};
		}
		open.exited = stampOf(event);
		open.watchedMs = before.stage.elapsedMs;
		open.end = isOut ? 'rolled-back' : isEnd ? endOf(event) : isLowered(before, after) ? 'lowered' : 'next';
	}
	if (isNext && !isOut) periods.push(periodOf(event, after));
	else if (open && !open.exited) open.watchedMs = after.stage.elapsedMs;
}

/** A gradual rollback has come to a target above none. */
const isLowered = (before: SessionState, after: SessionState): boolean =>
	before.gradual?.status === 'running' && after.gradual?.status === 'done';

const endOf = ({outcome}: Extract<SessionEvent, {type: 'session-ended'}>): StagePeriod['end'] =>
	outcome === 'promoted' ? 'promoted' : outcome === 'rolled-back' ? 'rolled-back' : 'ended';

const periodOf = (event: SessionEvent, {stage, split}: SessionState): StagePeriod => ({
	index: stage.index,
	...(split.configured && {weightPercent: split.configured.weightPercent}),
	entered: stampOf(event),
	watchedMs: 0,
	end: 'open',
	errorLines: 0,
	pools: {},
});
