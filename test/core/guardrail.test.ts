import {expect, test} from 'vitest';
import {judge, unasked} from '../../src/core/guardrail.ts';
import type {GuardrailPlan} from '../../src/core/plan.ts';
import type {Reading} from '../../src/core/reading.ts';
import type {GuardrailState} from '../../src/core/state.ts';
import {broken, empty, guardrail, values} from '../helpers/given.ts';

/** Reads one value a second, from second 0. */
const after = (over: Partial<GuardrailPlan>, ...readings: readonly (number | Reading)[]): GuardrailState =>
	readings.reduce<GuardrailState>(
		(state, reading, second) =>
			judge(guardrail(over), state, typeof reading === 'number' ? values(reading) : reading, second * 1_000),
		unasked,
	);

test('a value inside the bound is ok, one outside breaches at once without a for', () => {
	expect(after({}, 9).status).toBe('ok');
	expect(after({}, 10)).toMatchObject({status: 'breached', breachedBy: 'bound', breaches: 1});
});

test('a breach waits for its for, measured from the first value outside, and says when it counts', () => {
	expect(after({forMs: 3_000}, 1, 10, 10, 10)).toMatchObject({status: 'pending', breachingSinceMs: 1_000, firesAtMs: 4_000});
	expect(after({forMs: 3_000}, 1, 10, 10, 10, 10)).toMatchObject({status: 'breached', sinceMs: 4_000});
});

test('one value inside the bound starts the wait anew', () => {
	expect(after({forMs: 2_000}, 10, 10, 1, 10, 10).status).toBe('pending');
});

test('a gap neither proves recovery nor a breach', () => {
	expect(after({forMs: 2_000}, 10, empty, empty, empty)).toMatchObject({status: 'no-data', breachingSinceMs: 0});
	expect(after({forMs: 2_000}, 10, empty, empty, 10).status).toBe('breached');
	expect(after({forMs: 2_000}, 10, empty, empty, 1).status).toBe('ok');
});

test('the severe bound needs less waiting', () => {
	const severe = {bound: {op: '<', value: 100}, forMs: 1_000} as const;
	expect(after({forMs: 60_000, severe}, 50, 50, 50).status).toBe('pending');
	expect(after({forMs: 60_000, severe}, 50, 200, 200)).toMatchObject({status: 'breached', breachedBy: 'severe'});
	expect(after({forMs: 60_000, severe}, 200, 50, 200).status).toBe('pending');
});

test('the worst of several series is judged and shown with its labels', () => {
	const state = after({}, values(3, 12, 5));
	expect(state).toMatchObject({status: 'breached', worst: {labels: {n: '1'}, value: 12}});
	expect(after({bound: {op: '>=', value: 99}}, values(99.9, 99.1, 99.5)).worst?.value).toBe(99.1);
});

test('empty, NaN, an error and zero are four different answers, and only zero is a pass', () => {
	expect(after({}, empty)).toMatchObject({status: 'no-data', because: 'the query answered, with no series'});
	expect(after({}, {kind: 'values', series: [{labels: {}, value: 'NaN'}], seriesCount: 1, tookMs: 1})).toMatchObject({
		status: 'no-data',
	});
	expect(after({}, broken)).toMatchObject({status: 'error', because: 'nobody listens'});
	expect(after({}, 0).status).toBe('ok');
});

test('an infinite value breaches', () => {
	expect(after({}, {kind: 'values', series: [{labels: {}, value: '+Inf'}], seriesCount: 1, tookMs: 1}).status).toBe('breached');
});

test('one NaN among several series is said, and the others are judged', () => {
	const reading: Reading = {
		kind: 'values',
		series: [
			{labels: {a: '1'}, value: 'NaN'},
			{labels: {a: '2'}, value: 3},
		],
		seriesCount: 2,
		tookMs: 1,
	};
	expect(after({}, reading)).toMatchObject({status: 'ok', because: '1 of 2 series are NaN', worst: {value: 3}});
});

test('a healthy value on old data is no data, a breaching one stands', () => {
	const old = (value: number): Reading => ({
		kind: 'values',
		series: [{labels: {}, value}],
		seriesCount: 1,
		tookMs: 1,
		ageMs: 95_000,
	});
	expect(after({}, old(1))).toMatchObject({status: 'no-data', because: 'its newest sample is 1m35s old'});
	expect(after({}, old(11)).status).toBe('breached');
});

test('a healthy value behind which no target is up is no data', () => {
	const down: Reading = {kind: 'values', series: [{labels: {}, value: 0}], seriesCount: 1, tookMs: 1, up: [0, 2]};
	expect(after({}, down).status).toBe('no-data');
	expect(after({}, {...down, up: [1, 2]})).toMatchObject({status: 'ok', because: '1 of 2 targets are up'});
});

test('a window that is not full yet says how much of it is', () => {
	const young: Reading = {kind: 'values', series: [{labels: {}, value: 1}], seriesCount: 1, tookMs: 1, coveredMs: 20_400};
	expect(after({windowMs: 300_000}, young)).toMatchObject({status: 'ok', because: '20s of the 5m it looks over'});
	expect(after({windowMs: 300_000}, {...young, coveredMs: 300_000}).because).toBe('');
});

test('below the floor on requests a value proves nothing, either way', () => {
	const minRequests = {query: 'rate(x)', min: 1};
	const reading: Reading = {kind: 'values', series: [{labels: {}, value: 50}], seriesCount: 1, tookMs: 1, requests: 0.2};
	expect(after({minRequests}, reading)).toMatchObject({status: 'no-data', because: 'too few requests to judge: 0.2/s of 1/s'});
	expect(after({minRequests}, {...reading, requests: null}).status).toBe('no-data');
	expect(after({minRequests}, {...reading, requests: 2}).status).toBe('breached');
});

test('no data that counts as failure breaches after its time', () => {
	expect(after({noData: 'fail', noDataAfterMs: 2_000}, 1, empty, empty).status).toBe('no-data');
	expect(after({noData: 'fail', noDataAfterMs: 2_000}, 1, empty, empty, empty)).toMatchObject({
		status: 'breached',
		breachedBy: 'no-data',
	});
});

test('no data that counts as ok or zero says so', () => {
	expect(after({noData: 'ok', noDataAfterMs: 1_000}, empty, empty)).toMatchObject({status: 'ok'});
	expect(after({noData: 'zero'}, empty)).toMatchObject({status: 'ok', worst: {value: 0}});
	expect(after({noData: 'zero', bound: {op: '>', value: 5}}, empty).status).toBe('breached');
});

test('a breach clears after keepFiringFor inside the bound, and not before', () => {
	expect(after({keepFiringForMs: 3_000}, 10, 1, 1).status).toBe('breached');
	expect(after({keepFiringForMs: 3_000}, 10, 1, 1, 1).status).toBe('ok');
});

test('a breach never clears by absence', () => {
	expect(after({}, 10, empty, empty, empty, broken).status).toBe('breached');
});

test('a latched breach stands whatever comes', () => {
	const latched = {...after({}, 10), latched: true};
	expect(judge(guardrail(), latched, values(1), 9_000)).toMatchObject({status: 'breached', latched: true});
});

test('without a bound the value is shown and never judged', () => {
	const {bound: _, ...shown} = guardrail();
	expect(judge(shown, unasked, values(1e9), 0).status).toBe('ok');
});

test('outside the warning bound and inside the bound is ok with a warning', () => {
	expect(after({warn: {op: '<', value: 8}}, 9)).toMatchObject({status: 'ok', warning: true});
	expect(after({warn: {op: '<', value: 8}}, 7)).toMatchObject({status: 'ok', warning: false});
});

test('a state survives the journal: nothing in it that JSON would change', () => {
	const state = after({forMs: 5_000}, 1, 10, empty, 10, broken);
	expect(JSON.parse(JSON.stringify(state))).toStrictEqual(state);
});
