import {expect, test} from 'vitest';
import type {GuardrailPlan} from '../../src/core/plan.ts';
import {addIncreases, birthLint, createBirthTracker, planBirths} from '../../src/sources/prometheus-births.ts';
import {answering, askFor, guardrail, open, vector} from './prometheus-kit.ts';

const none = {op: '=', value: 0} as const;
const zero = (query: string, extra: Partial<GuardrailPlan> = {}): GuardrailPlan => guardrail('g', query, {bound: none, ...extra});
const minute = 60_000;

test.each([
	['increase(x_total[5m])', {selector: 'x_total', rangeMs: 5 * minute, perSecond: false}],
	[
		'(sum(increase(x_total{code="1"}[1m])))',
		{selector: 'x_total{code="1"}', rangeMs: minute, sum: {grouping: [], without: false}},
	],
	['sum by (pod) (rate(x_total[1m]))', {perSecond: true, sum: {grouping: ['pod'], without: false}}],
])('%s = 0 is a guardrail whose births count', (query, plan) => {
	expect(planBirths(zero(query))).toMatchObject(plan);
});

test.each([
	['another bound', zero('increase(x_total[5m])', {bound: {op: '<', value: 5}})],
	['no bound', guardrail('g', 'increase(x_total[5m])')],
	['an offset', zero('increase(x_total[5m] offset 1h)')],
	['a ratio', zero('increase(x_total[5m]) / increase(y_total[5m])')],
	['another function', zero('delta(x[5m])')],
	['no PromQL', zero('increase(')],
])('%s leaves births alone', (_, plan) => {
	expect(planBirths(plan)).toBeUndefined();
});

test('lint says where a birth would go unseen, and is silent where it counts', () => {
	expect(birthLint(zero('max(increase(x_total[5m]))'))).toMatch(/first value is already above 0/);
	expect(birthLint(zero('increase(x_total[5m])'))).toBeUndefined();
	expect(birthLint(zero('breaker_open'))).toBeUndefined();
	// A share of requests or a latency that is below 1 is no promise that nothing ever happens; 0 is.
	const below = (query: string) => ({...zero(query), bound: {op: '<', value: 1}}) as const;
	const share = '100 * (sum(rate(bad_total[1m])) / sum(rate(all_total[1m])))';
	expect(birthLint(below(share))).toBeUndefined();
	expect(birthLint(below('100 * sum(rate(bad_total[1m])) / sum(rate(all_total[1m]))'))).toBeUndefined();
	expect(birthLint(below('histogram_quantile(0.95, rate(s_bucket[1m]))'))).toBeUndefined();
	expect(birthLint(zero(share))).toMatch(/first value/);
	expect(birthLint(below('max(increase(x_total[5m]))'))).toMatch(/first value/);
});

const tracker = (query: string) => {
	const plan = planBirths(zero(query));
	if (!plan) throw new Error('no plan');
	return createBirthTracker([plan]);
};
const series = (pod: string, value: number) => ({labels: {__name__: 'x_total', pod}, value});

test('what is there when the session begins was not born, what comes later at n > 0 was, for one window', () => {
	const births = tracker('increase(x_total[1m])');
	expect([...births.queries()]).toEqual([['x_total', 'last_over_time(x_total[3600000ms])']]);
	births.take('x_total', [series('old', 7)], 0);
	expect([...births.queries()]).toEqual([['x_total', 'x_total']]);
	births.take('x_total', [series('old', 8), series('zero', 0), series('new', 3)], 1_000);
	expect(births.of('g', 1_000)).toMatchObject([{labels: {pod: 'new'}, amount: 3, note: expect.stringMatching(/born at 3/)}]);
	births.take('x_total', [series('old', 9), series('new', 4)], 2_000);
	expect(births.of('g', 61_000)).toHaveLength(1);
	expect(births.of('g', 61_001)).toHaveLength(0);
});

test('a series that was away and is back is not born again', () => {
	const births = tracker('increase(x_total[1m])');
	births.take('x_total', [series('a', 7)], 0);
	births.take('x_total', [], 1_000);
	births.take('x_total', [series('a', 7)], 2_000);
	expect(births.of('g', 2_000)).toEqual([]);
});

test('a birth counts in the group that its query sums it into, and per second for a rate', () => {
	const summed = tracker('sum by (zone) (increase(x_total[1m]))');
	summed.take('x_total', [], 0);
	summed.take('x_total', [{labels: {__name__: 'x_total', pod: 'a', zone: 'z'}, value: 2}], 1);
	expect(summed.of('g', 1)).toMatchObject([{labels: {zone: 'z'}, amount: 2}]);
	const without = tracker('sum without (pod) (rate(x_total[1m]))');
	without.take('x_total', [], 0);
	without.take('x_total', [{labels: {__name__: 'x_total', pod: 'a', zone: 'z'}, value: 120}], 1);
	expect(without.of('g', 1)).toMatchObject([{labels: {zone: 'z'}, amount: 2}]);
});

test('births add to the series of the answer and make those it had not yet', () => {
	const one = (labels: Record<string, string>, amount: number) => ({labels, amount, note: ''});
	const added = addIncreases(
		[
			{labels: {a: '1', b: '2'}, value: 5},
			{labels: {}, value: Number.NaN},
		],
		[one({b: '2', a: '1'}, 1), one({}, 2), one({c: '3'}, 4)],
	);
	expect(added.map(({value}) => value)).toEqual([6, 2, 4]);
});

test('a server that counts births by itself has none counted twice', () => {
	const born = [1, 2].map(amount => ({labels: {}, amount, note: ''}));
	expect(addIncreases([{labels: {}, value: 3}], born, true)).toEqual([{labels: {}, value: 3}]);
	expect(addIncreases([{labels: {}, value: 0}], born, true)).toEqual([{labels: {}, value: 3}]);
	expect(addIncreases([{labels: {}, value: 3}], born, false)).toEqual([{labels: {}, value: 6}]);
});

test('a counter with too many series is left alone, and that is said', () => {
	const births = tracker('increase(x_total[1m])');
	births.take(
		'x_total',
		Array.from({length: 5_001}, (_, n) => series(`${n}`, 1)),
		0,
	);
	expect([...births.queries()]).toEqual([]);
	expect(births.notes('g')).toEqual([expect.stringMatching(/not watched/)]);
});

test('the first violation of all breaches a guardrail "= 0", although increase() answers with nothing', async () => {
	let violations = vector();
	await using server = await answering(form => {
		const query = form.get('query') ?? '';
		return query === 'x_total' || query.startsWith('last_over_time(x_total') ? {body: violations} : undefined;
	});
	await using source = await open(server.url, {}, {guardrails: [zero('increase(x_total[5m])')]});
	expect((await askFor(source)).readings['g']).toMatchObject({kind: 'empty'});
	violations = vector([{__name__: 'x_total', tenant: 't1'}, '1']);
	expect((await askFor(source)).readings['g']).toMatchObject({
		kind: 'values',
		series: [{labels: {tenant: 't1'}, value: 1}],
		warnings: [expect.stringMatching(/born at 1 \(tenant=t1\)/)],
	});
});
