import fc from 'fast-check';
import {expect, test} from 'vitest';
import {isHealthy} from '../../src/core/bound.ts';
import type {Fact, SessionEvent} from '../../src/core/event.ts';
import {reduce} from '../../src/core/reduce.ts';
import {initialState} from '../../src/core/state.ts';
import {broken, empty, guardrail, plan, stage, started, tick, values} from '../helpers/given.ts';
import {type Step, simulate} from '../helpers/simulate.ts';

const forMs = 3_000;
const thePlan = plan({
	guardrails: [guardrail({forMs}), guardrail({id: 'warned', title: 'Warned', severity: 'warning', onBreach: 'warn'})],
	stages: [stage(5, {durationMs: 4_000}), stage(50, {durationMs: 4_000}), stage(100, {durationMs: 2_000})],
});

const reading = fc.oneof(
	{weight: 6, arbitrary: fc.constant(values(1))},
	{weight: 3, arbitrary: fc.constant(values(12))},
	{weight: 1, arbitrary: fc.constant(empty)},
	{weight: 1, arbitrary: fc.constant(broken)},
);

const asked: fc.Arbitrary<Fact> = fc.constantFrom<Fact>(
	{type: 'promote-asked', by: 'ana', reason: '', toPercent: 5},
	{type: 'hold-asked', by: 'ana', reason: ''},
	{type: 'resume-asked', by: 'ana', reason: ''},
	{type: 'split-read', split: {weightPercent: 0}},
	{type: 'errors-seen', groups: [], lines: 3, dropped: 0},
);

/** A session of random ticks a second apart, with people and the router doing anything in between. */
const steps = (withRollback: boolean): fc.Arbitrary<Step[]> =>
	fc
		.array(
			fc.oneof(
				{weight: 8, arbitrary: reading.map(one => ({kind: 'tick' as const, one}))},
				{weight: 2, arbitrary: asked.map(fact => ({kind: 'fact' as const, fact}))},
				{
					weight: 4,
					arbitrary: fc
						.constantFrom('verified', 'verified', 'failed', 'failed-for-good', 'silent', 'crash-before', 'crash-after' as const)
						.map(answer => ({kind: 'answer' as const, answer})),
				},
				{
					weight: withRollback ? 1 : 0,
					arbitrary: fc.constant({kind: 'fact' as const, fact: {type: 'rollback-asked', by: 'ana', reason: ''} as Fact}),
				},
			),
			{minLength: 5, maxLength: 60},
		)
		.map(things => {
			let tMs = 0;
			return [
				{type: 'fact', fact: started(thePlan), tMs: 0},
				{type: 'fact', fact: {type: 'split-read', split: {weightPercent: 0}}, tMs: 0},
				...things.map((thing): Step => {
					if (thing.kind === 'answer') return {type: 'answer', answer: thing.answer};
					if (thing.kind === 'fact') return {type: 'fact', fact: thing.fact, tMs};
					tMs += 1_000;
					return {type: 'fact', fact: tick(tMs, {errors: thing.one, warned: values(1)}), tMs};
				}),
			];
		});

const runs = {numRuns: 400};

test('no weight goes up while a guardrail that guards is anything but ok', () => {
	fc.assert(
		fc.property(steps(true), all => {
			for (const {after, intents} of simulate(all).taken) {
				const up = intents.find(intent => intent.type === 'set-weight' && intent.toPercent > 0);
				if (!up) continue;
				expect(after.rollback).toBeUndefined();
				expect(after.held).toBeUndefined();
				const {status} = after.guardrails['errors']!;
				// Before the first weight the candidate has no traffic to make data with.
				expect(after.stage.index < 0 ? ['ok', 'no-data'] : ['ok']).toContain(status);
			}
		}),
		runs,
	);
});

test('a breach that lasted its for ends in a rollback in that very tick', () => {
	const breaching = fc.array(fc.boolean(), {minLength: 5, maxLength: 30});
	fc.assert(
		fc.property(breaching, pattern => {
			const all: Step[] = [
				{
					type: 'fact',
					fact: started(plan({guardrails: [guardrail({forMs})], stages: [stage(5, {durationMs: 1e9}), stage(100)]})),
					tMs: 0,
				},
				{type: 'fact', fact: {type: 'split-read', split: {weightPercent: 0}}, tMs: 0},
				{type: 'fact', fact: tick(0, 1), tMs: 0},
				{type: 'answer', answer: 'verified'},
				...pattern.map(
					(isBad, index): Step => ({type: 'fact', fact: tick(1_000 * (index + 1), isBad ? 12 : 1), tMs: 1_000 * (index + 1)}),
				),
			];
			// Counted here by another way than the engine does: the first run of four bad ticks in a row.
			const expected = pattern.findIndex((_, index) => index >= 3 && pattern.slice(index - 3, index + 1).every(Boolean));
			const {taken} = simulate(all);
			const rollback = taken.find(({intents}) => intents.some(intent => intent.type === 'set-weight' && intent.toPercent === 0));
			expect(rollback?.event.tMs).toBe(expected === -1 ? undefined : 1_000 * (expected + 1));
		}),
		runs,
	);
});

test('after a rollback was asked for, or decided, every weight asked for is none', () => {
	fc.assert(
		fc.property(steps(true), all => {
			let isDown = false;
			for (const {after, event} of simulate(all).taken) {
				if (event.type === 'action-intended' && isDown) expect(event.toPercent).toBe(0);
				isDown ||= after.rollback !== undefined;
			}
		}),
		runs,
	);
});

test('a rollback that is asked for is always intended at once', () => {
	fc.assert(
		fc.property(steps(true), all => {
			for (const {event, intents} of simulate(all).taken) {
				if (event.type !== 'rollback-asked') continue;
				expect(intents.filter(intent => intent.type === 'set-weight')).toMatchObject([{toPercent: 0, urgent: true}]);
			}
		}),
		runs,
	);
});

test('a restart never moves traffic forward', () => {
	fc.assert(
		fc.property(steps(true), all => {
			for (const {event, intents} of simulate(all).taken) {
				if (event.type !== 'controller-resumed') continue;
				expect(intents.filter(intent => intent.type === 'set-weight' && intent.toPercent > 0)).toEqual([]);
			}
		}),
		runs,
	);
});

test('replaying any prefix gives the same state, through JSON and back', () => {
	fc.assert(
		fc.property(steps(true), fc.nat(), (all, cut) => {
			const {taken} = simulate(all);
			const prefix = taken.slice(0, cut % (taken.length + 1));
			const lines = prefix.map(({event}) => JSON.stringify(event));
			const replayed = lines.reduce((state, line) => reduce(state, JSON.parse(line) as SessionEvent), initialState);
			const live = prefix.at(-1)?.after ?? initialState;
			expect(replayed).toStrictEqual(live);
			expect(JSON.parse(JSON.stringify(live))).toStrictEqual(live);
		}),
		runs,
	);
});

test('a bound and its badness agree on what is healthy', () => {
	const op = fc.constantFrom('<', '<=', '>', '>=', '=' as const);
	fc.assert(
		fc.property(op, fc.integer({min: -50, max: 50}), fc.integer({min: -50, max: 50}), (one, limit, value) => {
			const isInside = isHealthy({op: one, value: limit}, value);
			const isStrict = one === '<' || one === '>';
			const distance = one === '=' ? Math.abs(value - limit) : one.startsWith('<') ? value - limit : limit - value;
			expect(isInside).toBe(isStrict ? distance < 0 : distance <= 0);
		}),
		runs,
	);
});
