import fc from 'fast-check';
import {expect, test} from 'vitest';
import {decide} from '../../src/core/decide.ts';
import type {Fact} from '../../src/core/event.ts';
import {nextUp} from '../../src/core/next.ts';
import type {StagePlan} from '../../src/core/plan.ts';
import {reduce} from '../../src/core/reduce.ts';
import {firstLeftMs, stageNow} from '../../src/core/stage-now.ts';
import {fold, given, guardrail, plan, splitRead, stage, started, tick} from '../helpers/given.ts';

const first: StagePlan['first'] = {forMs: 5_000, overrides: {errors: {bound: {op: '<', value: 3}, forMs: 0}}};
const thePlan = plan({guardrails: [guardrail({forMs: 3_000})], stages: [stage(5, {first}), stage(100)]});
const step = (id: string, toPercent: number, stageIndex: number): Fact[] => [
	{type: 'action-intended', intentId: id, purpose: 'promote', toPercent, stageIndex, reason: '', by: 'ana'},
	{type: 'action-verified', intentId: id, router: 'r', split: {weightPercent: toPercent}, attempt: 1, tookMs: 1},
];
const begin = [started(thePlan), tick(0, 1), splitRead(0), ...step('a', 5, 0)];
const good = (fromSecond: number, toSecond: number): Fact[] =>
	Array.from({length: toSecond - fromSecond + 1}, (_, index) => tick((fromSecond + index) * 1_000, 1));

test('in the first minutes a smaller fault rolls back, and at once', () => {
	expect(given(...begin).when(tick(2_000, 4)).intents).toMatchObject([
		{type: 'set-weight', purpose: 'rollback', reason: 'Errors breached: 4 (healthy < 3)'},
		{type: 'write-checkpoint', trigger: 'breach'},
	]);
});

test('after them the same value is healthy, and a worse one waits', () => {
	const {state, intents} = given(...begin, ...good(1, 4)).when(tick(5_000, 4));
	expect([state.guardrails['errors']?.status, intents]).toEqual(['ok', []]);
	expect(given(...begin, ...good(1, 5)).when(tick(6_000, 50)).state.guardrails['errors']?.status).toBe('pending');
});

test('the screen says when they are over', () => {
	const {state} = given(...begin).when(tick(2_000, 1));
	expect(firstLeftMs(state)).toBe(3_000);
	expect(nextUp(state)).toEqual({text: 'the stricter first minutes end', atTMs: 5_000});
	expect(nextUp(given(...begin, ...good(1, 5)).when(tick(6_000, 1)).state).text).toBe('promotes to 100 %');
});

test('they go before the overrides of the stage, key by key', () => {
	const own = {errors: {bound: {op: '<', value: 7}, forMs: 9_000}} as const;
	const over = plan({stages: [stage(5, {overrides: own, first: {forMs: 5_000, overrides: {errors: {forMs: 0}}}}), stage(100)]});
	const {state} = given(started(over), tick(0, 1), splitRead(0), ...step('a', 5, 0)).when(tick(1_000, 1));
	expect(stageNow(state)?.overrides['errors']).toEqual({bound: {op: '<', value: 7}, forMs: 0});
	expect(stageNow({...state, lastTMs: 5_000})?.overrides['errors']).toEqual(own.errors);
});

const baking = plan({stages: [stage(100, {durationMs: 10_000, bake: true})]});
const atHundred = [started(baking), tick(0, 1), splitRead(0), ...step('a', 100, 0)];

test('a bake keeps guarding after 100 %, and ends promoted when it is over', () => {
	expect(given(...atHundred, ...good(1, 8)).when(tick(9_000, 1)).intents).toEqual([]);
	expect(given(...atHundred, ...good(1, 9)).when(tick(10_000, 1)).intents).toMatchObject([
		{type: 'end-session', outcome: 'promoted', reason: 'at 100 %, every gate held, baked for 10s'},
	]);
});

test('a breach while it bakes rolls back; so does a key; time on hold does not count', () => {
	expect(given(...atHundred, ...good(1, 8)).when(tick(9_000, 99)).intents[0]).toMatchObject({purpose: 'rollback', toPercent: 0});
	const asked: Fact = {type: 'rollback-asked', by: 'ana', reason: 'pager'};
	expect(given(...atHundred, ...good(1, 8)).when(asked).intents[0]).toMatchObject({purpose: 'rollback', toPercent: 0});
	const held: Fact = {type: 'hold-asked', by: 'ana', reason: 'lunch'};
	expect(given(...atHundred, ...good(1, 4), held, ...good(5, 20)).when(tick(21_000, 1)).intents).toEqual([]);
});

test('any prefix replayed gives the same state and the same decision', () => {
	fc.assert(
		fc.property(fc.array(fc.constantFrom(1, 4, 12, 99), {maxLength: 25}), fc.nat(30), (values, cut) => {
			const {states, events} = fold([...begin, ...values.map((value, index) => tick((index + 1) * 1_000, value))]);
			const at = Math.min(cut, events.length);
			const resumed = events.slice(at).reduce(reduce, JSON.parse(JSON.stringify(states[at])));
			expect(resumed).toStrictEqual(states.at(-1));
			expect(decide(states.at(-2)!, resumed, events.at(-1)!)).toEqual(decide(states.at(-2)!, states.at(-1)!, events.at(-1)!));
		}),
	);
});
