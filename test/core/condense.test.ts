import {expect, test} from 'vitest';
import {condense} from '../../src/core/condense.ts';
import type {Num} from '../../src/core/num.ts';
import type {Reading} from '../../src/core/reading.ts';
import {broken, empty} from '../helpers/given.ts';

const of = (...values: readonly Num[]): Reading => ({
	kind: 'values',
	series: values.map((value, index) => ({labels: {n: String(index)}, value})),
	seriesCount: values.length,
	tookMs: 1,
});

const kept = (reading: Reading): readonly Num[] => (reading.kind === 'values' ? reading.series.map(({value}) => value) : []);

test.each([
	['an upper bound', '<', [1, 3, 2], [3, 2, 1]],
	['a lower bound', '>=', [1, 3, 2], [1, 2, 3]],
	['an equality', '=', [10, 7, 14], [14, 7, 10]],
	['infinities', '<', [1, '+Inf', '-Inf', '+Inf'], ['+Inf', '+Inf', 1, '-Inf']],
	['NaN behind the numbers', '<', ['NaN', 1, 'NaN', 20], [20, 1, 'NaN', 'NaN']],
] as const)('the worst series comes first by %s', (_, op, given, expected) => {
	expect(kept(condense(of(...given), {bound: {op, value: 10}}))).toEqual(expected);
});

test('twenty stay, and the count tells how many there were', () => {
	const condensed = condense(of(...Array.from({length: 50}, (_, index) => index)), {bound: {op: '<', value: 10}});
	expect(kept(condensed)).toHaveLength(20);
	expect(condensed).toMatchObject({seriesCount: 50});
});

test('without a bound the first twenty stay, as they came', () => {
	expect(kept(condense(of(...Array.from({length: 50}, (_, index) => index)), {}))).toEqual(
		Array.from({length: 20}, (_, index) => index),
	);
	expect(kept(condense(of(2, 1), undefined))).toEqual([2, 1]);
});

test('an error and an empty answer stay as they are', () => {
	expect(condense(broken, {})).toBe(broken);
	expect(condense(empty, {bound: {op: '<', value: 1}})).toBe(empty);
});

test('a bare NaN or infinity is spelled out: JSON would make null of it', () => {
	expect(kept(condense(of(Number.NaN, Number.POSITIVE_INFINITY, 1), {bound: {op: '<', value: 10}}))).toEqual(['+Inf', 1, 'NaN']);
	expect(kept(condense(of(Number.NaN), undefined))).toEqual(['NaN']);
});
