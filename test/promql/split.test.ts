import {expect, test} from 'vitest';
import {parseQuery} from '../../src/promql/parse.ts';
import {healthyBoundOf, splitComparison, vectorSelectorsOf} from '../../src/promql/split.ts';

const parsed = (text: string) => {
	const result = parseQuery(text);
	if (!result.ok) throw new Error(result.error.message);
	return result.value;
};

test.each([
	['rate(a[5m]) > 5', {left: 'rate(a[5m])', op: '>', value: 5}],
	['5 < a', {left: 'a', op: '>', value: 5}],
	['(-5 >= (a))', {left: 'a', op: '<=', value: -5}],
	['a == -(0)', {left: 'a', op: '==', value: -0}],
	['a != +Inf', {left: 'a', op: '!=', value: Number.POSITIVE_INFINITY}],
	['a / b > 14.4 * (1 - 0.999)', {left: 'a / b', op: '>', value: 14.4 * (1 - 0.999)}],
	['a > 5m', {left: 'a', op: '>', value: 300}],
])('%s is a value and a number', (text, want) => {
	expect(splitComparison(parsed(text))).toEqual(want);
});

test.each([
	'a',
	'a > b',
	'a > bool 5',
	'a > 5 and b > 3',
	'a + 5',
	'absent(a)',
	'1 > bool 2',
	'time() > bool 5',
	'a > scalar(b)',
])('%s has no bound of its own', text => {
	expect(splitComparison(parsed(text))).toBeUndefined();
});

test('an alert above a bound is healthy at the bound and below it', () => {
	expect(healthyBoundOf(parsed('a > 5'))).toEqual({left: 'a', op: '<=', value: 5});
	expect(healthyBoundOf(parsed('up == 0'))).toEqual({left: 'up', op: '!=', value: 0});
	expect(healthyBoundOf(parsed('3 > a'))).toEqual({left: 'a', op: '>=', value: 3});
});

test('selectors are found with the reach that everything around them adds', () => {
	const found = vectorSelectorsOf(parsed('max_over_time(rate(a{b="c"}[1m] offset 10s)[5m:30s]) / on() d > scalar(e offset 2m)'));
	expect(found.map(({selector, rangeMs, reachMs}) => [selector.name, rangeMs, reachMs])).toEqual([
		['a', 60_000, 370_000],
		['d', 0, 0],
		['e', 0, 120_000],
	]);
});
