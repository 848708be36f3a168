import {decide} from '../../src/core/decide.ts';
import type {Fact, SessionEvent} from '../../src/core/event.ts';
import type {GuardrailPlan, Plan, StagePlan} from '../../src/core/plan.ts';
import type {Reading} from '../../src/core/reading.ts';
import {reduce} from '../../src/core/reduce.ts';
import {initialState, type SessionState} from '../../src/core/state.ts';

/** A guardrail that is healthy below 10, polled each second, critical, without a wait; change what the test is about. */
export const guardrail = (over: Partial<GuardrailPlan> = {}): GuardrailPlan => ({
	id: 'errors',
	title: 'Errors',
	unit: 'none',
	query: 'errors',
	origin: 'query',
	bound: {op: '<', value: 10},
	forMs: 0,
	keepFiringForMs: 0,
	severity: 'critical',
	onBreach: 'rollback',
	security: false,
	noData: 'hold',
	noDataAfterMs: 5_000,
	staleAfterMs: 30_000,
	windowMs: 0,
	group: '',
	...over,
});

export const stage = (weightPercent: number, over: Partial<StagePlan> = {}): StagePlan => ({
	name: `${weightPercent}`,
	weightPercent,
	durationMs: 10_000,
	promote: 'auto',
	checkpointsMs: [],
	overrides: {},
	gates: {},
	...over,
});

/** 5 %, 50 %, 100 %, ten seconds each, going on by themselves; polled each second. */
export const plan = (over: Partial<Plan> = {}, policies: Partial<Plan['policies']> = {}): Plan => ({
	profile: 'test',
	title: 'test',
	environment: 'test',
	baseline: {name: 'stable'},
	candidate: {name: 'canary'},
	guardrails: [guardrail()],
	stages: [stage(5), stage(50), stage(100)],
	pollMs: 1_000,
	router: 'test router',
	logs: [],
	...over,
	policies: {
		autoRollback: 'armed',
		start: 'auto',
		onControllerStop: 'leave',
		onResume: 'hold',
		unguardedMaxMs: 60_000,
		watchAfterEndMs: 1_000,
		splitReadEveryMs: 5_000,
		metricsCheckEveryMs: 300_000,
		...policies,
	},
});

export const started = (thePlan: Plan = plan()): Fact => ({
	type: 'session-started',
	plan: thePlan,
	by: 'ana',
	host: 'here',
	pid: 1,
	version: '0',
});

export const values = (...series: readonly number[]): Reading => ({
	kind: 'values',
	series: series.map((value, index) => ({labels: index === 0 ? {} : {n: String(index)}, value})),
	seriesCount: series.length,
	tookMs: 1,
});

export const empty: Reading = {kind: 'empty', tookMs: 1};
export const broken: Reading = {kind: 'error', error: 'refused', message: 'nobody listens', tookMs: 1};

/** A tick with one value (or reading) per guardrail id; `errors` when only a value is given. */
export const tick = (dueMs: number, what: number | Reading | Record<string, Reading>): Fact => ({
	type: 'tick-taken',
	dueMs,
	lateMs: 0,
	missed: 0,
	readings: typeof what === 'number' ? {errors: values(what)} : 'kind' in what ? {errors: what as Reading} : what,
});

export const splitRead = (weightPercent: number): Fact => ({type: 'split-read', split: {weightPercent}});

/** The router read this back for that intent. */
export const verified = (intentId: string, weightPercent: number): Fact => ({
	type: 'action-verified',
	intentId,
	router: 'r',
	split: {weightPercent},
	attempt: 1,
	tookMs: 1,
});

/** Folds facts, each at its own session time: `at` of the pair, or the time of the tick, or the time of the one before. */
export function fold(
	facts: readonly Fact[],
	from: SessionState = initialState,
): {states: SessionState[]; events: SessionEvent[]} {
	const states = [from];
	const events: SessionEvent[] = [];
	for (const fact of facts) {
		const last = states.at(-1)!;
		const tMs = Math.max(last.lastTMs, fact.type === 'tick-taken' ? fact.dueMs + fact.lateMs : last.lastTMs);
		const event = {...fact, seq: last.nextSeq, tMs, atMs: 1_700_000_000_000 + tMs} as SessionEvent;
		events.push(event);
		states.push(reduce(last, event));
	}
	return {states, events};
}

/** `given(facts).when(fact)`: the state after, and what is to be done. */
export const given = (...facts: readonly Fact[]) => ({
	when(fact: Fact) {
		const {states, events} = fold([...facts, fact]);
		const [before, state] = [states.at(-2)!, states.at(-1)!];
		return {state, intents: decide(before, state, events.at(-1)!)};
	},
});
