import {expect, test} from 'vitest';
import type {GuardrailPlan} from '../../src/core/plan.ts';
import {lintQuery} from '../../src/sources/query-lint.ts';
import {guardrail} from './prometheus-kit.ts';

const lint = (query: string, extra: Partial<GuardrailPlan> = {}): string[] => lintQuery(guardrail('Guardrail', query, extra));
const below = (value: number): Partial<GuardrailPlan> => ({bound: {op: '<', value}});

test.each([
	[
		'the runbook that compares errors per second with 0.1 %',
		'rate(hal9_errors_total{system="hierarchical"}[5m])',
		{bound: {op: '<=', value: 0.001}},
	],
	['a sum of them', 'sum by (pod) (rate(errors_total[5m]))', below(0.01)],
	['one times a hundred', '100 * sum(rate(errors_total[5m]))', {unit: '%', ...below(1)}],
	['a severe bound', 'rate(errors_total[5m])', {unit: 'ratio', severe: {bound: {op: '<', value: 0.5}, forMs: 0}}],
] as const)('a bare rate taken for a share is told: %s', (_, query, extra) => {
	expect(lint(query, extra)).toEqual([expect.stringMatching(/^Guardrail: a bare rate\(\) counts events per second/)]);
});

test.each([
	['a true share', 'sum(rate(errors_total[5m])) / sum(rate(requests_total[5m]))', {unit: 'ratio', ...below(0.01)}],
	['a rate that is meant as one', 'rate(errors_total[5m])', {unit: '/s', ...below(0.5)}],
	['a rate with a bound no share can have', 'sum(rate(errors_total[5m]))', below(10)],
	['an increase', 'increase(errors_total[5m])', {bound: {op: '=', value: 0}}],
	['a quantile that keeps le', 'histogram_quantile(0.95, sum by (le, pod) (rate(x_bucket[5m])))', below(1)],
	['a quantile without an aggregation', 'histogram_quantile(0.95, rate(x_bucket[5m]))', below(1)],
	['a ratio of gauges', 'memory_usage_bytes / memory_limit_bytes', below(0.8)],
	['what is no PromQL', 'sum(', below(1)],
] as const)('nothing is said against %s', (_, query, extra) => {
	expect(lint(query, extra)).toEqual([]);
});

test('a comparison in the query hides the difference between good and missing', () => {
	expect(lint('rate(errors_total[5m]) > 5')).toEqual([expect.stringMatching(/filters with >.*empty answer/)]);
	expect(lint('rate(errors_total[5m]) > bool 5')).toEqual([]);
});

test('a quantile over buckets without le is always empty', () => {
	expect(lint('histogram_quantile(0.95, sum by (pod) (rate(x_bucket[5m])))')).toEqual([expect.stringMatching(/sum drops it/)]);
	expect(lint('histogram_quantile(0.95, sum without (le) (rate(x_bucket[5m])))')).toEqual([
		expect.stringMatching(/sum drops it/),
	]);
});

test('a ratio of raw counters hides a fresh failure', () => {
	expect(lint('sse_complete_total / sse_total')).toEqual([expect.stringMatching(/since the processes started/)]);
	expect(lint('100 * sum(sse_complete_total) / sum(sse_total)')).toHaveLength(1);
	expect(lint('sum(increase(sse_complete_total[5m])) / sum(increase(sse_total[5m]))')).toEqual([]);
});
