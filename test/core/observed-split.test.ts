import {expect, test} from 'vitest';
import {fits, observedOf, observedRequestsId, wilson} from '../../src/core/observed-split.ts';
import {fold, given, guardrail, plan, splitRead, started, tick, values} from '../helpers/given.ts';

/** Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3. */
test.each([
	[81, 263, 0.2553, 0.3662],
	[15, 148, 0.0624, 0.1605],
	[0, 20, 0, 0.1611],
	[1, 29, 0.0061, 0.1718],
])('%s of %s: the interval of the literature', (hits, requests, low, high) => {
	const {lowPercent, highPercent} = wilson((100 * hits) / requests, requests);
	expect(lowPercent / 100).toBeCloseTo(low, 4);
	expect(highPercent / 100).toBeCloseTo(high, 4);
});

test.each([
	[8, 5, 40, true],
	[8, 5, 4_000, false],
	[5.2, 5, 1_000_000, true],
	[0, 5, 1_000, false],
	[0, 5, 0, true],
	[6, 5, undefined, true],
	[12, 5, undefined, false],
])('seen %s, configured %s, of %s requests: fits %s', (seen, configured, requests, isFit) => {
	expect(fits(seen, configured, requests)).toBe(isFit);
});

const counting = plan({
	observedShareQuery: 'share',
	observedWindowMs: 10_000,
	observedRequestsId,
	guardrails: [guardrail(), guardrail({id: observedRequestsId, onBreach: 'warn'})],
});

const seenAt = (dueMs: number, observedPercent: number, requests: number) => ({
	...tick(dueMs, {errors: values(1), [observedRequestsId]: values(requests)}),
	observedPercent,
});

test('nothing is off while the window reaches back before the last change, nor with too few requests; then it is', () => {
	const state = (...facts: readonly ReturnType<typeof seenAt>[]) =>
		fold([started(counting), splitRead(5), ...facts]).states.at(-1)!;
	expect(observedOf(state(seenAt(5_000, 20, 4_000)))).toMatchObject({text: 'its window reaches back before the last change'});
	expect(observedOf(state(seenAt(20_000, 20, 10)))).toMatchObject({
		isOff: false,
		isThin: true,
		text: 'it fits the split that is configured, but 10 requests are too few to tell',
	});
	expect(observedOf(state(seenAt(20_000, 5, 1_000)))).not.toHaveProperty('isThin');
	expect(observedOf(state(seenAt(20_000, 20, 4_000)))).toMatchObject({
		isOff: true,
		text: 'seen 20 % does not fit 5 % configured (95 % interval 18.8–21.3 % of 4,000 requests)',
	});
	expect(observedOf(fold([started(counting), splitRead(5)]).states.at(-1)!)).toBeUndefined();
	const drifted = [started(counting), splitRead(5), seenAt(20_000, 5, 4_000), splitRead(60), seenAt(21_000, 9, 4_000)];
	expect(observedOf(fold(drifted).states.at(-1)!)).toMatchObject({text: 'its window reaches back before the last change'});
});

const rebalanceAsked = {type: 'rebalance-asked', by: 'ana', reason: 'reload'} as const;
const atFive = [started(), splitRead(5)] as const;

test('a rebalance sets the weight that was asked for, and the stage goes on', () => {
	const drifted = given(...atFive, tick(4_000, 1), splitRead(30));
	const {state, intents} = drifted.when(rebalanceAsked);
	expect(intents[0]).toMatchObject({
		type: 'set-weight',
		purpose: 'rebalance',
		toPercent: 5,
		stageIndex: 0,
		urgent: false,
		by: 'ana',
	});
	expect(state.rollback).toBeUndefined();
	const {id: intentId = '', ...intent} = intents[0] as {id: string; type: 'set-weight'};
	const done = given(...atFive, tick(4_000, 1), splitRead(30), rebalanceAsked, {
		...intent,
		type: 'action-intended',
		intentId,
	} as never).when({
		type: 'action-verified',
		intentId,
		split: {weightPercent: 5},
		attempts: 1,
		router: 'test',
	} as never);
	expect(done.state.stage).toEqual(state.stage);
	expect(done.state.split.driftSinceMs).toBeUndefined();
	expect(done.state.alarms['split']).toBeUndefined();
	expect(done.state.rollback).toBeUndefined();
});

test('after a rollback it is the way down once more', () => {
	const {intents} = given(...atFive, {type: 'rollback-asked', by: 'ana', reason: ''}, splitRead(30)).when(rebalanceAsked);
	expect(intents[0]).toMatchObject({purpose: 'reassert', toPercent: 0, urgent: true});
});
