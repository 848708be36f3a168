import {formatDuration} from '../base/duration.ts';
import {formatValue} from '../base/number-format.ts';
import {boundText} from './bound.ts';
import {fromNum} from './num.ts';
import type {GuardrailPlan} from './plan.ts';
import {type GuardrailState, type SessionState, type TimelineEntry, type TimelineKind, timelineKept} from './state.ts';

type Stamp = {readonly seq: number; readonly atMs: number; readonly tMs: number};

/** Adds one line to the timeline; the oldest beyond {@link timelineKept} go (the journal has them). */
export function addLine(
	state: SessionState,
	{seq, atMs, tMs}: Stamp,
	kind: TimelineKind,
	text: string,
	guardrail?: string,
): SessionState {
	if (state.isLean) return state;
	const entry: TimelineEntry = {seq, atMs, tMs, kind, text, ...(guardrail !== undefined && {guardrail})};
	return {...state, timeline: [...state.timeline, entry].slice(-timelineKept)};
}

/** `99.41 % (≥ 99.6 %)`: the worst value beside its healthy bound. */
export function valueBesideBound({unit, bound}: GuardrailPlan, {worst}: GuardrailState): string {
	const value = worst ? formatValue(fromNum(worst.value), unit, bound?.value) : 'no data';
	return bound ? `${value} (healthy ${boundText(bound, limit => formatValue(limit, unit, limit))})` : value;
}

/** What a breach consists of, by the bound that holds in the stage: the value beside it, or the silence that counts as one. */
export const breachCause = (guardrail: GuardrailPlan, state: GuardrailState): string =>
	state.breachedBy === 'no-data' ? `no data counts as a breach here; ${state.because}` : valueBesideBound(guardrail, state);

/** The line, if any, that a guardrail's change of status is worth. */
export function changeLine(
	guardrail: GuardrailPlan,
	before: GuardrailState,
	after: GuardrailState,
	tMs: number,
): {kind: TimelineKind; text: string} | undefined {
	const {title} = guardrail;
	if (before.status !== after.status) {
		switch (after.status) {
			case 'breached':
				return {kind: 'breach', text: `${title} breached: ${breachText(guardrail, after, tMs)}`};
			case 'pending':
				return {kind: 'pending', text: `${title} breaching: ${valueBesideBound(guardrail, after)}`};
			case 'ok':
				// The first value of a session is no recovery.
				return before.status === 'breached' || before.status === 'pending'
					? {kind: 'recovered', text: `${title} ok again`}
					: undefined;
			case 'no-data':
			case 'error':
				break;
		}
	}
	return lastsLine(guardrail, before, after, tMs);
}

/** No data is worth a line once it has lasted for as long as the profile waits: a single gap is noise. */
function lastsLine({title, noDataAfterMs}: GuardrailPlan, before: GuardrailState, after: GuardrailState, tMs: number) {
	const lasts = ({noDataSinceMs}: GuardrailState, untilMs: number): boolean =>
		noDataSinceMs !== undefined && untilMs - noDataSinceMs >= noDataAfterMs;
	const lastedBefore = before.readAtMs !== undefined && lasts(before, before.readAtMs);
	if (lasts(after, tMs) && !lastedBefore) {
		const lasted = Math.round((tMs - (after.noDataSinceMs ?? tMs)) / 100) * 100;
		const text =
			lasted === 0 ? `${title}: ${after.because}` : `${title}: no data for ${formatDuration(lasted)}: ${after.because}`;
		return {kind: 'no-data' as const, text};
	}
	const isBack = after.noDataSinceMs === undefined && lastedBefore;
	return isBack ? {kind: 'recovered' as const, text: `${title}: data again`} : undefined;
}

function breachText(guardrail: GuardrailPlan, state: GuardrailState, tMs: number): string {
	const {breachedBy, breachingSinceMs, severeSinceMs, worst} = state;
	if (breachedBy === 'no-data') return breachCause(guardrail, state);
	const isSevere = breachedBy === 'severe';
	const since = isSevere ? severeSinceMs : breachingSinceMs;
	const lasted = since === undefined || since === tMs ? '' : ` for ${formatDuration(tMs - since)}`;
	const {unit, severe} = guardrail;
	if (!isSevere || !severe || !worst) return `${valueBesideBound(guardrail, state)}${lasted}`;
	const limit = boundText(severe.bound, value => formatValue(value, unit, value));
	return `${formatValue(fromNum(worst.value), unit, severe.bound.value)} (severe: not ${limit})${lasted}`;
}
