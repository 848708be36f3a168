import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {decide} from '../../src/core/decide.ts';
import type {Fact, SessionEvent} from '../../src/core/event.ts';
import type {Plan} from '../../src/core/plan.ts';
import type {Reading} from '../../src/core/reading.ts';
import {reduce} from '../../src/core/reduce.ts';
import {SessionRerun} from '../../src/core/rerun/rerun.ts';
import {spoken, tPlus, verdictOf} from '../../src/core/rerun/verdict.ts';
import {initialState} from '../../src/core/state.ts';
import {broken, empty, guardrail, plan, splitRead, stage, started, tick, values} from '../helpers/given.ts';
import {type Answer, type Step, simulate} from '../helpers/simulate.ts';

/** A session as its controller would have recorded it: one value a second, every change of weight answered at once. */
function record(
	thePlan: Plan,
	readings: readonly (number | Parameters<typeof tick>[1])[],
	others: Readonly<Record<number, Fact>> = {},
): SessionEvent[] {
	const fact = (one: Fact, tMs: number): Step => ({type: 'fact', fact: one, tMs});
	const steps: Step[] = [fact(started(thePlan), 0), fact(splitRead(0), 0)];
	for (const [second, what] of readings.entries()) {
		steps.push(fact(tick(second * 1_000, what), second * 1_000), {type: 'answer', answer: 'verified'});
		const other = others[second];
		if (other) steps.push(fact(other, second * 1_000 + 500), {type: 'answer', answer: 'verified'});
	}
	return simulate(steps).taken.map(({event}) => event);
}

function rerun(events: readonly SessionEvent[], wanted?: Plan) {
	const run = new SessionRerun(recorded => wanted ?? recorded);
	for (const event of events) run.take(event);
	const result = run.result();
	return {...result, verdict: verdictOf(result, run.state.plan)};
}

const healthy = (count: number): number[] => new Array(count).fill(1);
const bad = (count: number, value = 12): number[] => new Array(count).fill(value);
/** One stage of a minute at 5 %, then done. */
const minute = (over: Parameters<typeof guardrail>[0] = {}, policies: Partial<Plan['policies']> = {}): Plan =>
	plan(
		{
			guardrails: [guardrail({title: 'SSE success', ...over})],
			stages: [stage(5, {durationMs: 60_000}), stage(100, {durationMs: 0})],
		},
		policies,
	);

describe('what would have happened', () => {
	const lateRollback = record(minute({forMs: 20_000}), [...healthy(10), ...bad(30)]);

	test('under its own plan a session comes out as it did', () => {
		const own = rerun(lateRollback);
		expect(own.verdict).toMatchObject({change: 'same', byMs: 0, text: 'rolled back at T+00:30, by SSE success'});
		expect(own.parting).toBeUndefined();
		expect(own.recorded).toMatchObject({outcome: 'rolled-back', tMs: 30_000});
	});

	test('a shorter wait rolls back earlier, and says by how much', () => {
		const {verdict, parting} = rerun(lateRollback, minute({forMs: 5_000}));
		expect(verdict).toEqual({change: 'earlier', byMs: -15_000, text: 'rolled back at T+00:15, 15 s earlier, by SSE success'});
		expect(parting).toMatchObject({tMs: 15_000});
	});

	test('a severe bound of its own fires first', () => {
		const severe = minute({forMs: 20_000, severe: {bound: {op: '<', value: 11}, forMs: 2_000}});
		expect(rerun(lateRollback, severe).verdict).toMatchObject({change: 'earlier', byMs: -18_000});
	});

	test('a wait longer than the evidence lasts: not rolled back, and why nobody can say more', () => {
		const result = rerun(lateRollback, minute({forMs: 10 * 60_000}));
		expect(result.rerun.outcome).toBe('open');
		expect(result.verdict).toMatchObject({change: 'never'});
		expect(result.verdict.text).toContain('took its traffic away');
		expect(result.ticksWithoutTraffic).toBeGreaterThan(0);
	});

	test('a laxer wait that the values after the rollback fill: later, on values of another split', () => {
		const {verdict, isByOtherSplit} = rerun(lateRollback, minute({forMs: 25_000}));
		expect(verdict).toMatchObject({change: 'later', byMs: 5_000});
		expect(isByOtherSplit).toBe(true);
	});

	const promoted = record(minute({bound: {op: '<', value: 20}}), [...healthy(10), ...bad(5), ...healthy(60)]);

	test('a promoted session that would have been rolled back is a false alarm', () => {
		expect(rerun(promoted).verdict).toMatchObject({change: 'same', text: 'promoted at T+01:00'});
		expect(rerun(promoted, minute({bound: {op: '<', value: 11}, forMs: 2_000})).verdict).toMatchObject({
			change: 'false-alarm',
			text: 'rolled back at T+00:12, by SSE success',
		});
	});

	test('a guardrail that only holds stops the stage clock: promoted later', () => {
		const holding = minute({bound: {op: '<', value: 11}, forMs: 2_000, onBreach: 'hold'});
		expect(rerun(promoted, holding).verdict).toMatchObject({change: 'later', byMs: 5_000});
	});

	test('a gate that never holds: still under way when the record ends', () => {
		const gated = {
			...minute({bound: {op: '<', value: 20}}),
			stages: [stage(5, {durationMs: 60_000, gates: {errors: {op: '<', value: 0}}}), stage(100)],
		};
		expect(rerun(promoted, gated).verdict).toMatchObject({change: 'not-promoted'});
	});

	test('other stages: the first weight is another, and the values are of another split from there on', () => {
		const stages = {
			...minute({bound: {op: '<', value: 20}}),
			stages: [stage(1, {durationMs: 30_000}), stage(100, {durationMs: 0})],
		};
		const result = rerun(promoted, stages);
		expect(result.rerun.turns.map(({toPercent}) => toPercent)).toEqual([1, 100]);
		expect(result.verdict).toMatchObject({change: 'earlier', byMs: -30_000});
		expect(result.ticksApart).toBeGreaterThan(0);
	});

	test('an advisory auto-rollback advises, and goes on', () => {
		const {verdict, advised} = rerun(promoted, minute({bound: {op: '<', value: 11}, forMs: 2_000}, {autoRollback: 'advisory'}));
		expect(advised).toMatchObject({tMs: 12_000});
		expect(verdict.text).toContain('a rollback advised at T+00:12');
		expect(verdict.change).not.toBe('false-alarm');
	});

	test('silence that is a breach', () => {
		const silent = record(minute(), [...healthy(10), ...new Array(20).fill(empty), ...healthy(60)]);
		expect(rerun(silent, minute({noData: 'fail', noDataAfterMs: 5_000})).verdict).toMatchObject({
			change: 'false-alarm',
			text: 'rolled back at T+00:15, by SSE success',
		});
	});

	test("a person's rollback stands, and is said to be a person's", () => {
		const byHand = record(minute({bound: {op: '<', value: 20}}), [...healthy(10), ...bad(20)], {
			20: {type: 'rollback-asked', by: 'ana', reason: 'pager'},
		});
		expect(rerun(byHand).verdict).toMatchObject({change: 'same', text: 'rolled back at T+00:20, by ana'});
		expect(rerun(byHand, minute({bound: {op: '<', value: 11}})).verdict).toMatchObject({change: 'earlier', byMs: -10_500});
	});
});

const nan: Reading = {kind: 'values', series: [{labels: {}, value: 'NaN'}], seriesCount: 1, tookMs: 1};

/** Sessions with everything in them: crashes, failures, silence, people. */
const reading = fc.constantFrom(values(1), values(1), values(1), values(12), values(99), nan, empty, broken);
const anyFact = fc.oneof(
	{weight: 12, arbitrary: reading.map(what => ({kind: 'tick' as const, what}))},
	{
		weight: 1,
		arbitrary: fc.constantFrom('hold-asked' as const, 'resume-asked' as const).map(type => ({kind: 'asked' as const, type})),
	},
	{weight: 1, arbitrary: fc.constant({kind: 'split' as const})},
	{
		weight: 4,
		arbitrary: fc
			.constantFrom<Answer>('verified', 'verified', 'failed', 'failed-for-good', 'silent', 'crash-before', 'crash-after')
			.map(answer => ({kind: 'answer' as const, answer})),
	},
);
const anyPlan = fc
	.record({
		forMs: fc.constantFrom(0, 2_000, 5_000),
		severe: fc.boolean(),
		onBreach: fc.constantFrom('rollback', 'hold', 'warn' as const),
		noData: fc.constantFrom('hold', 'fail', 'ok', 'zero' as const),
		autoRollback: fc.constantFrom('armed', 'armed', 'advisory' as const),
		bound: fc.constantFrom(10, 50),
		durationMs: fc.constantFrom(3_000, 10_000),
	})
	.map(({forMs, severe, onBreach, noData, autoRollback, bound, durationMs}) =>
		plan(
			{
				guardrails: [
					guardrail({
						forMs,
						onBreach,
						noData,
						bound: {op: '<', value: bound},
						...(severe && {severe: {bound: {op: '<', value: 90}, forMs: 0}}),
					}),
				],
				stages: [
					stage(5, {durationMs}),
					stage(50, {durationMs, gates: {errors: {op: '<', value: 11}}}),
					stage(100, {durationMs}),
				],
			},
			{autoRollback},
		),
	);

const session = fc
	.record({thePlan: anyPlan, steps: fc.array(anyFact, {minLength: 10, maxLength: 120})})
	.map(({thePlan, steps}) => {
		let tMs = 0;
		const all: Step[] = [
			{type: 'fact', fact: started(thePlan), tMs: 0},
			{type: 'fact', fact: splitRead(0), tMs: 0},
		];
		for (const step of steps) {
			if (step.kind === 'answer') all.push({type: 'answer', answer: step.answer});
			else if (step.kind === 'tick') {
				tMs += 1_000;
				all.push({type: 'fact', fact: tick(tMs, step.what), tMs});
			} else if (step.kind === 'split') all.push({type: 'fact', fact: splitRead(0), tMs});
			else all.push({type: 'fact', fact: {type: step.type, by: 'ana', reason: ''}, tMs});
		}
		return {thePlan, taken: simulate(all).taken};
	});

test('any session, run again under its own plan, comes out as it did, and never leaves the record', () => {
	fc.assert(
		fc.property(
			session.map(({taken}) => taken),
			taken => {
				const own = rerun(taken.map(({event}) => event));
				expect(own.parting).toBeUndefined();
				expect(own.verdict.change).toBe('same');
			},
		),
		{numRuns: 400},
	);
});

test('under any other plan it comes to an end that its own turns explain', () => {
	fc.assert(
		fc.property(session, anyPlan, ({taken}, other) => {
			const result = rerun(
				taken.map(({event}) => event),
				other,
			);
			const rollbacks = result.rerun.turns.filter(({purpose}) => purpose === 'rollback');
			expect(result.rerun.outcome === 'rolled-back').toBe(rollbacks.length > 0);
		}),
		{numRuns: 400},
	);
});

test('what is kept for verdicts alone decides as the whole does', () => {
	fc.assert(
		fc.property(session, ({taken}) => {
			let lean = {...initialState, isLean: true as const};
			for (const {event, before, after} of taken) {
				const next = reduce(lean, event) as typeof lean;
				expect(decide(lean, next, event)).toEqual(decide(before, after, event));
				lean = next;
				expect(withoutRecords(lean)).toEqual(withoutRecords(after));
			}
		}),
		{numRuns: 200},
	);
});

function withoutRecords({isLean: _, timeline: __, guardrails, ...rest}: typeof initialState) {
	return {...rest, guardrails: Object.fromEntries(Object.entries(guardrails).map(([id, {history, ...seen}]) => [id, seen]))};
}

test('times are written as people say them', () => {
	expect([tPlus(430_000), tPlus(4_030_000), tPlus(999)]).toEqual(['T+07:10', 'T+1:07:10', 'T+00:00']);
	expect([spoken(410_000), spoken(400), spoken(7_500_000)]).toEqual(['6 min 50 s', '0.4 s', '2 h 5 min']);
});
