import type {Fact, SessionEvent} from '../../src/core/event.ts';
import {askedOf} from '../../src/core/judge/comparison.ts';
import type {GuardrailPlan, Plan} from '../../src/core/plan.ts';
import type {Reading} from '../../src/core/reading.ts';
import {reduce} from '../../src/core/reduce.ts';
import {initialState, type SessionState} from '../../src/core/state.ts';

/** A session made of facts, folded by the real reducer: what a screen shows of it is what it would show of a live one. */
export type FakeSession = {
	state(): SessionState;
	/** Session time now, and the wall time that goes with it. */
	now(): {readonly tMs: number; readonly atMs: number};
	/** Takes a fact `afterMs` later than the one before. */
	take(fact: Fact, afterMs?: number): FakeSession;
	/** Lets `count` polls pass; `valueOf` gives each guardrail's value at each (null: an empty answer). */
	poll(count: number, values?: Readonly<Record<string, number | null | Reading>>): FakeSession;
	/** Time goes by and nothing is heard. */
	wait(ms: number): FakeSession;
};

const base: Omit<GuardrailPlan, 'id' | 'title' | 'unit' | 'query'> = {
	origin: 'query',
	forMs: 300_000,
	keepFiringForMs: 0,
	severity: 'critical',
	onBreach: 'rollback',
	security: false,
	noData: 'hold',
	noDataAfterMs: 60_000,
	staleAfterMs: 30_000,
	windowMs: 300_000,
	group: '',
};

/** The guardrails of a memory service, as a profile would name them. */
export const fakeGuardrails: readonly GuardrailPlan[] = [
	{
		...base,
		id: 'ttfv',
		title: 'TTFV p95',
		unit: 'ms',
		query: 'histogram_quantile(0.95, sum by (le) (rate(ttfv_ms_bucket{track="canary"}[5m])))',
		bound: {op: '<', value: 1_500},
		severe: {bound: {op: '<', value: 4_000}, forMs: 30_000},
	},
	{
		...base,
		id: 'rls',
		title: 'RLS errors',
		unit: 'count',
		query: 'increase(memory_rls_policy_errors_total[5m])',
		bound: {op: '=', value: 0},
		forMs: 60_000,
		security: true,
	},
	{
		...base,
		id: 'sse',
		title: 'SSE success',
		unit: '%',
		query: '100 * increase(sse_complete_total[5m]) / increase(sse_total[5m])',
		bound: {op: '>=', value: 99.6},
	},
	{
		...base,
		id: 'tenant',
		title: 'Cross-tenant',
		unit: 'count',
		query: 'increase(memory_cross_tenant_attempts_total[1m])',
		bound: {op: '=', value: 0},
		forMs: 0,
		security: true,
	},
	{
		...base,
		id: 'pool',
		title: 'DB pool',
		unit: '%',
		query: 'db_connection_pool_utilization',
		bound: {op: '<', value: 90},
		warn: {op: '<', value: 80},
		severity: 'warning',
		onBreach: 'hold',
	},
	{
		...base,
		id: 'ann',
		title: 'ANN p95',
		unit: 'ms',
		query: 'histogram_quantile(0.95, rate(memory_ann_query_latency_ms_bucket[5m]))',
		bound: {op: '<', value: 200},
		severity: 'warning',
		onBreach: 'warn',
	},
	{
		...base,
		id: 'reqs',
		title: 'Requests',
		unit: '/s',
		query: 'sum(rate(http_requests_total[1m]))',
		severity: 'info',
		onBreach: 'warn',
	},
];

export const fakePlan: Plan = {
	profile: 'relay-r1',
	title: 'Relay R1',
	environment: 'production',
	baseline: {name: 'R0.5'},
	candidate: {name: 'R1 TASK-A'},
	guardrails: fakeGuardrails,
	stages: [
		{
			name: 'canary',
			weightPercent: 5,
			durationMs: 3_600_000,
			promote: 'manual',
			checkpointsMs: [900_000, 1_800_000, 3_600_000],
			overrides: {},
			gates: {},
		},
		{name: 'full', weightPercent: 100, durationMs: 0, promote: 'manual', checkpointsMs: [], overrides: {}, gates: {}},
	],
	policies: {
		autoRollback: 'armed',
		start: 'auto',
		onControllerStop: 'leave',
		onResume: 'hold',
		unguardedMaxMs: 60_000,
		watchAfterEndMs: 60_000,
		splitReadEveryMs: 5_000,
		metricsCheckEveryMs: 300_000,
	},
	pollMs: 1_000,
	router: 'haproxy unix:/run/haproxy.sock be_app/canary',
	observedShareQuery: '100 * sum(rate(http_requests_total{track="canary"}[1m])) / sum(rate(http_requests_total[1m]))',
	logs: ['app.log'],
};

/** 12:00:00 UTC of an ordinary day. */
export const fakeStartAtMs = Date.UTC(2026, 10, 20, 12, 0, 0);

export const healthyValues: Readonly<Record<string, number | null>> = {
	ttfv: 1_102,
	rls: 0,
	sse: 99.94,
	tenant: 0,
	pool: 62,
	ann: 83,
	reqs: 412,
};

/** An answer with one series, 200 ms old at the source. */
export const answered = (value: number): Reading => ({
	kind: 'values',
	series: [{labels: {job: 'relay', track: 'canary'}, value}],
	seriesCount: 1,
	ageMs: 200,
	up: [3, 3],
	tookMs: 4,
});

export const empty: Reading = {kind: 'empty', tookMs: 3};

export function fakeSession(plan: Plan = fakePlan): FakeSession {
	let state = initialState;
	let tMs = 0;
	const put = (fact: Fact): void => {
		const event = {...fact, seq: state.nextSeq, tMs, atMs: fakeStartAtMs + tMs} as SessionEvent;
		state = reduce(state, JSON.parse(JSON.stringify(event)) as SessionEvent);
	};
	const session: FakeSession = {
		state: () => state,
		now: () => ({tMs, atMs: fakeStartAtMs + tMs}),
		take(fact, afterMs = 0) {
			tMs += afterMs;
			put(fact);
			return session;
		},
		poll(count, values = healthyValues) {
			for (let tick = 0; tick < count; tick++) {
				tMs += plan.pollMs;
				const readings = Object.fromEntries(
					[...plan.guardrails, ...askedOf({...plan, guardrails: []})].map(({id}, index) => {
						const value = id in values ? values[id] : healthyValues[id];
						if (value === null || value === undefined) return [id, empty];
						if (typeof value !== 'number') return [id, value];
						// A wobble without chance: the same session is drawn every time.
						const wobble = value === 0 ? 0 : value * 0.02 * Math.sin(tMs / 7_000 + index) * (id === 'sse' ? 0.02 : 1);
						return [id, answered(Number((value + wobble).toFixed(3)))];
					}),
				);
				const observed = (state.split.configured?.weightPercent ?? 0) * (1 + 0.05 * Math.sin(tMs / 9_000));
				put({type: 'tick-taken', dueMs: tMs, lateMs: 3, missed: 0, readings, observedPercent: Number(observed.toFixed(1))});
				if (tick % 5 === 0 && state.split.configured) put({type: 'split-read', split: state.split.configured});
			}
			return session;
		},
		wait(ms) {
			tMs += ms;
			return session;
		},
	};
	return session.take({type: 'session-started', plan, by: 'ana@bastion', host: 'bastion', pid: 4242, version: '0.1.0'});
}

const pools = {baseline: [3, 3], candidate: [3, 3]} as const;

/** Started, and set to its first weight. */
export function startedSession(plan: Plan = fakePlan): FakeSession {
	const percent = plan.stages[0]?.weightPercent ?? 5;
	return fakeSession(plan)
		.take({type: 'split-read', split: {weightPercent: 0, pools}}, 500)
		.poll(3, {ttfv: null, rls: null, sse: null, tenant: null, ann: null})
		.take({
			type: 'action-intended',
			intentId: '9:0',
			purpose: 'start',
			toPercent: percent,
			stageIndex: 0,
			reason: 'first stage',
			by: 'ana@bastion',
		})
		.take({type: 'action-read-before', intentId: '9:0', router: 'haproxy', split: {weightPercent: 0, pools}}, 2)
		.take(
			{
				type: 'action-verified',
				intentId: '9:0',
				router: 'haproxy',
				split: {weightPercent: percent, pools},
				attempt: 1,
				tookMs: 4,
			},
			4,
		);
}

/** Seventeen minutes into the first stage, all well, some error lines. */
export function healthySession(plan: Plan = fakePlan): FakeSession {
	const session = startedSession(plan).poll(900);
	session.take({type: 'checkpoint-written', intentId: '10:0', name: 'T+15m', trigger: 'planned', sha256: 'ab12', bytes: 4_096});
	return session
		.poll(140)
		.take(errorsSeen(412, 'QUERY_TIMEOUT', 'upstream timed out after # ms'))
		.take(errorsSeen(31, '429', 'rate limit for user #'))
		.take(errorsSeen(2, 'E_CONN', 'connection to "#" refused'))
		.poll(20);
}

/** The same with SSE success below its bound for a while. */
export const breachingSession = (plan: Plan = fakePlan): FakeSession =>
	healthySession(plan).poll(130, {sse: 99.41, pool: 83, ann: null});

/** The breach has lasted: rolled back and verified. */
export function rolledBackSession(): FakeSession {
	const session = healthySession().poll(302, {sse: 98.2, pool: 83});
	return session
		.take({
			type: 'action-intended',
			intentId: '77:0',
			purpose: 'rollback',
			toPercent: 0,
			stageIndex: -1,
			reason: 'SSE success breached: 98.2 % (healthy ≥ 99.6 %)',
			by: 'canary-console',
		})
		.take(
			{type: 'action-verified', intentId: '77:0', router: 'haproxy', split: {weightPercent: 0, pools}, attempt: 1, tookMs: 6},
			6,
		)
		.poll(12, {ttfv: null, sse: null, ann: null});
}

/** A rollback the router does not take. */
/** Going down in steps: two of five are done. */
export function gradualSession(): FakeSession {
	const session = healthySession().take({
		type: 'gradual-asked',
		by: 'ana@bastion',
		reason: 'slower than wished',
		fromPercent: 5,
		targetPercent: 0,
		durationMs: 1_800_000,
		weights: [4, 3, 2, 1, 0],
	});
	for (const [step, toPercent] of [4, 3].entries()) {
		const intentId = `lower:${step}`;
		const reason = `step ${step + 1}/5 of the gradual rollback: slower than wished`;
		if (step > 0) session.poll(450);
		session
			.take({type: 'action-intended', intentId, purpose: 'lower', toPercent, stageIndex: 0, reason, by: 'ana@bastion'})
			.take(
				{type: 'action-verified', intentId, router: 'haproxy', split: {weightPercent: toPercent, pools}, attempt: 1, tookMs: 6},
				6,
			);
	}
	return session.poll(12);
}

export function failedRollbackSession(): FakeSession {
	return healthySession()
		.poll(302, {sse: 98.2})
		.take({
			type: 'action-intended',
			intentId: '77:0',
			purpose: 'rollback',
			toPercent: 0,
			stageIndex: -1,
			reason: 'SSE success breached',
			by: 'canary-console',
		})
		.take({
			type: 'action-failed',
			intentId: '77:0',
			router: 'haproxy',
			error: {
				kind: 'unreachable',
				message: 'haproxy: connect /run/haproxy.sock: connection refused; the canary had 5 % when last read',
				remedy: 'Is haproxy running?',
			},
			attempt: 3,
			tookMs: 2_000,
			retryInMs: 4_000,
		})
		.poll(2, {sse: 98.2});
}

export const errorsSeen = (
	count: number,
	code: string,
	signature: string,
	side: 'candidate' | 'baseline' | 'both' = 'candidate',
): Fact => ({
	type: 'errors-seen',
	lines: count,
	dropped: 0,
	groups: [
		{
			signature,
			code,
			level: 'error',
			side,
			count,
			sample: `2026-11-20T12:17:03Z ERROR ${code} ${signature.replaceAll('#', '2000')}`,
		},
	],
});

/** Everything a terminal could be fooled with. */
export const hostileTexts: readonly string[] = [
	'\x1B[2J\x1B[31mred',
	'\x1B]0;owned\x07title',
	'\x1B]8;;https://evil.example\x07link',
	'\x1B]52;c;ZXZpbA==\x1B\\clip',
	'\x9B2J\x9D0;x\x9C',
	'\x1BP$q"p\x1B\\dcs',
	'open \x1B]0;never closed',
	'a\rb\nc\td\x08e\x00f\x7F',
	'\u202Eesrever\u202C \u2066x\u2069 \u200Bzero\uFEFF',
	'\uD800lone',
	`e${'\u0301'.repeat(60)}`,
	'\u6F22\u5B57'.repeat(60),
	'\u{1F469}\u200D\u{1F469}\u200D\u{1F467} \u{1F1E9}\u{1F1EA}',
	'x'.repeat(5_000),
];

/** A session whose every text from outside is hostile: names, titles, queries, labels, messages, people, log lines. */
export function hostileSession(): FakeSession {
	const evil = (index: number): string => hostileTexts[index % hostileTexts.length] ?? '';
	const plan: Plan = {
		...fakePlan,
		profile: evil(0),
		title: evil(1),
		environment: evil(2),
		baseline: {name: evil(3)},
		candidate: {name: evil(11)},
		router: evil(5),
		guardrails: hostileTexts.map((text, index) => ({
			...fakeGuardrails[index % 7]!,
			id: `g${index}`,
			title: text,
			query: text,
			group: index % 3 === 0 ? text : '',
		})),
	};
	const session = startedSession(plan);
	const reading = (text: string): Reading => ({
		kind: 'values',
		series: [{labels: {[text]: text}, value: 5e9}],
		seriesCount: 30,
		tookMs: 3,
		warnings: [text],
	});
	const values = Object.fromEntries(
		hostileTexts.map((text, index) => [
			`g${index}`,
			index % 2 ? reading(text) : ({kind: 'error', error: 'malformed', message: text, tookMs: 3} as Reading),
		]),
	);
	session.poll(5, values);
	for (const [index, text] of hostileTexts.entries()) {
		session.take({type: 'note-added', by: text, text});
		session.take({type: 'noticed', level: 'alarm', topic: `t${index % 2}`, text});
		session.take({
			type: 'errors-seen',
			lines: 3,
			dropped: 1,
			groups: [{signature: text, code: text, level: text, side: 'candidate', count: 3, sample: text}],
		});
		session.take({type: 'alert-acknowledged', by: text, guardrail: `g${index}`, text});
	}
	return session
		.take({type: 'hold-asked', by: evil(7), reason: evil(6)})
		.take({type: 'split-read', split: {weightPercent: 5, text: evil(8), warnings: hostileTexts}})
		.take({type: 'split-unreadable', error: {kind: 'refused', message: evil(6), remedy: evil(4)}});
}

/** A load burst six seconds after its beginning, of a user whose name is hostile among others. */
export const burstSession = (): FakeSession =>
	healthySession()
		.take({
			type: 'burst-started',
			stageIndex: 0,
			planned: 100,
			users: 25,
			url: 'http://127.0.0.1:8080/api/v1/memory/query',
			names: ['ana', 'ben', '\u001b[2Jcleo\u202e', ...Array.from({length: 17}, (_, index) => `user-${index + 4}`)],
		})
		.poll(4)
		.take({
			type: 'burst-progressed',
			...{done: 30, ok: 29, failed: 1, p50Ms: 181, p95Ms: 980, p99Ms: 1_900, codes: {200: 29, 429: 1}},
			users: {done: Array.from({length: 20}, () => 1), failed: Array.from({length: 20}, () => 0)},
		})
		.poll(2)
		.take({
			type: 'burst-progressed',
			...{done: 42, ok: 39, failed: 3, p50Ms: 180.4, p95Ms: 1_240, p99Ms: 2_011.6, codes: {200: 39, 429: 2, error: 1}},
			users: {done: [3, 4, ...Array.from({length: 18}, () => 1)], failed: [0, 3, ...Array.from({length: 18}, () => 0)]},
		});
