import {unreachable} from '../base/assert.ts';
import {type Answer, answerOf, type Breaching, type Healthy, type Missing} from './answer.ts';
import type {GuardrailPlan} from './plan.ts';
import type {Reading} from './reading.ts';
import {type GuardrailState, historyKept, type Status} from './state.ts';

/** A guardrail nobody has asked yet. */
export const unasked: GuardrailState = {
	status: 'no-data',
	sinceMs: 0,
	latched: false,
	breaches: 0,
	warning: false,
	because: 'not asked yet',
	history: [],
};

/**
 * The next state of a guardrail after one reading at session time `tMs` (for a tick: when it was due). Pure: the same readings give
 * the same states, live and in a replay.
 *
 * - A breach counts once it has lasted `for`, measured from the first reading outside the bound; a gap in the data neither proves
 *   recovery nor starts the wait anew, but a breach is only ever declared on a reading that breaches.
 * - The severe bound has a wait of its own; whichever is over first counts.
 * - A breached guardrail is ok again when it has been inside for `keepFiringFor`, unless its breach led to a rollback.
 */
export function judge(
	guardrail: GuardrailPlan,
	before: GuardrailState,
	reading: Reading,
	tMs: number,
	keepsHistory = true,
): GuardrailState {
	const answer = answerOf(guardrail, reading);
	const next = verdict(guardrail, before, answer, tMs);
	const {acknowledgedBy} = before;
	const kept = withoutClocks(before);
	const becameBreached = next.status === 'breached' && before.status !== 'breached';
	const isAcknowledged = acknowledgedBy !== undefined && next.status !== 'ok' && !becameBreached;
	return {
		...kept,
		reading,
		readAtMs: tMs,
		...seen(before, answer, tMs, keepsHistory),
		...defined(next),
		...(isAcknowledged && {acknowledgedBy}),
		sinceMs: next.status === before.status && before.readAtMs !== undefined ? before.sinceMs : tMs,
		breaches: before.breaches + (becameBreached ? 1 : 0),
	};
}

/** What a verdict measures time by. A clock that is not in the verdict has stopped. */
type Clocks = {
	readonly [Key in 'breachingSinceMs' | 'severeSinceMs' | 'firesAtMs' | 'breachedBy' | 'lastBadAtMs' | 'noDataSinceMs']?:
		| GuardrailState[Key]
		| undefined;
};
const clocks = [
	'breachingSinceMs',
	'severeSinceMs',
	'firesAtMs',
	'breachedBy',
	'lastBadAtMs',
	'noDataSinceMs',
	'acknowledgedBy',
] as const satisfies readonly (keyof Clocks | 'acknowledgedBy')[];
type Verdict = {readonly status: Status; readonly because: string; readonly warning: boolean} & Clocks;

/** Nearly always there is nothing to leave out, and nothing is copied then. */
function withoutClocks(state: GuardrailState): Omit<GuardrailState, keyof Clocks | 'acknowledgedBy'> {
	if (clocks.every(key => state[key] === undefined)) return state;
	const {breachingSinceMs, severeSinceMs, firesAtMs, breachedBy, lastBadAtMs, noDataSinceMs, acknowledgedBy, ...kept} = state;
	return kept;
}

/** JSON has no `undefined`: a state must equal itself after a round trip. */
function defined(verdict: Verdict): Pick<GuardrailState, 'status' | 'because' | 'warning'> & Partial<GuardrailState> {
	if (Object.values(verdict).every(value => value !== undefined)) return verdict as never;
	return Object.fromEntries(Object.entries(verdict).filter(([, value]) => value !== undefined)) as never;
}

function seen(before: GuardrailState, answer: Answer, tMs: number, keepsHistory: boolean): Partial<GuardrailState> {
	const value = answer.kind === 'missing' ? null : answer.worst.value;
	const history = keepsHistory ? [...before.history, [tMs, value] as const].slice(-historyKept) : before.history;
	return answer.worst ? {history, worst: answer.worst, worstAtMs: tMs} : {history};
}

function verdict(guardrail: GuardrailPlan, before: GuardrailState, answer: Answer, tMs: number): Verdict {
	switch (answer.kind) {
		case 'missing':
			return missing(guardrail, before, answer, tMs);
		case 'breaching':
			return breaching(guardrail, before, answer, tMs);
		case 'healthy':
			return healthy(guardrail, before, answer, tMs);
		case 'shown':
			return {status: 'ok', because: answer.because, warning: answer.warning};
		default:
			return unreachable(answer);
	}
}

function missing({bound, noData, noDataAfterMs}: GuardrailPlan, before: GuardrailState, answer: Missing, tMs: number): Verdict {
	const {breachingSinceMs, severeSinceMs, breachedBy, lastBadAtMs, noDataSinceMs = tMs} = before;
	const isOver = tMs - noDataSinceMs >= noDataAfterMs;
	const gap = {because: answer.because, warning: false, breachingSinceMs, severeSinceMs, noDataSinceMs, lastBadAtMs};
	// Absence of traffic after a breach, or after a rollback, never reads as recovery.
	if (!bound) return {status: answer.status, because: answer.because, warning: false, noDataSinceMs};
	if (before.status === 'breached') return {...gap, status: 'breached', breachedBy, lastBadAtMs: tMs};
	if (noData === 'fail' && isOver) return {...gap, status: 'breached', breachedBy: 'no-data', lastBadAtMs: tMs};
	if (noData === 'ok' && isOver) return {...gap, status: 'ok', because: `${answer.because}, which counts as ok here`};
	return {...gap, status: answer.status};
}

function breaching({forMs, severe}: GuardrailPlan, before: GuardrailState, answer: Breaching, tMs: number): Verdict {
	const breachingSinceMs = before.breachingSinceMs ?? tMs;
	const severeSinceMs = answer.severe ? (before.severeSinceMs ?? tMs) : undefined;
	const boundFiresMs = breachingSinceMs + forMs;
	const severeFiresMs = severeSinceMs === undefined || !severe ? Number.POSITIVE_INFINITY : severeSinceMs + severe.forMs;
	const firesAtMs = Math.min(boundFiresMs, severeFiresMs);
	const breach = {because: answer.because, warning: false, breachingSinceMs, severeSinceMs};
	if (before.status === 'breached') return {...breach, status: 'breached', breachedBy: before.breachedBy, lastBadAtMs: tMs};
	if (tMs < firesAtMs) return {...breach, status: 'pending', firesAtMs};
	return {...breach, status: 'breached', breachedBy: severeFiresMs < boundFiresMs ? 'severe' : 'bound', lastBadAtMs: tMs};
}

function healthy({keepFiringForMs}: GuardrailPlan, before: GuardrailState, {because, warning}: Healthy, tMs: number): Verdict {
	if (before.status !== 'breached') return {status: 'ok', because, warning};
	const {breachedBy, lastBadAtMs = before.sinceMs} = before;
	const stands = {status: 'breached', warning: false, breachedBy, lastBadAtMs} as const;
	if (before.latched) return {...stands, because: 'inside its bound again; the breach stands'};
	if (tMs - lastBadAtMs < keepFiringForMs) return {...stands, because: 'inside its bound again, not yet for long enough'};
	return {status: 'ok', because, warning};
}
