import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {profileAsRun} from '../../src/profile/as-run.ts';
import {compilePlan} from '../../src/profile/compile.ts';
import {load, profileText} from './given.ts';

const text = profileText({
	stages:
		'stages:\n  - {weight: 5, duration: 15m, signOffs: [sre], budget: {critical: 0, rate-limited: 5, slow: "0.5 %"}}\n  - {weight: 100, duration: 1h}',
	more: `
requests: sum(http_requests_total{version="v2"})
errors:
  - {name: rate-limited, code: "429", expected: true}
  - {name: slow, codes: [A, B], match: "timed out", onSpent: warn}
signOffs: [lead]
logs: [{path: app.log}]`,
});

test('error classes, budgets, the requests they are a share of, and sign-offs become part of the plan', async () => {
	const {plan} = compilePlan(await load(text));
	expect(plan.errorClasses).toEqual([
		{name: 'rate-limited', codes: ['429'], expected: true, onSpent: 'hold'},
		{name: 'slow', codes: ['A', 'B'], match: 'timed out', expected: false, onSpent: 'warn'},
	]);
	expect(plan.stages[0]).toMatchObject({
		signOffs: ['sre'],
		budget: {critical: {count: 0}, 'rate-limited': {count: 5}, slow: {percent: 0.5}},
	});
	expect(plan.signOffs).toEqual(['lead']);
	expect([plan.requestsId, plan.guardrails.at(-1)?.query]).toEqual(['requests', 'sum(http_requests_total{version="v2"})']);
	expect(plan.guardrails.at(-1)?.bound).toBeUndefined();
});

test('a trend is looked for over the stage or its newest part, in pieces no shorter than the range of the query', async () => {
	const {plan} = compilePlan(
		await load(
			profileText({
				stages:
					'stages:\n  - {weight: 5, duration: 24h, trends: {errors: "< 1 % per hour"}}\n  - {weight: 50, duration: 2h, trends: {errors: "≥ -5/d over 1h"}}',
			}),
		),
	);
	const [hour, day] = [3_600_000, 86_400_000];
	expect(plan.stages.map(({trends}) => trends?.['errors'])).toEqual([
		{op: '<', limit: 1, relative: true, perMs: hour, windowMs: day, pieceMs: day / 48},
		{op: '>=', limit: -5, relative: false, perMs: day, windowMs: hour, pieceMs: 300_000},
		undefined,
	]);
});

test('a bake is the time of the stage at 100 %, also of the one that is added; the first minutes have bounds of their own', async () => {
	const first = '{for: 5m, overrides: {errors: {healthy: "< 1", for: 0s}}}';
	const loaded = await load(
		profileText({stages: `stages:\n  - {weight: 5, duration: 15m, first: ${first}}`, more: 'policies: {bake: 48h}'}),
	);
	const {plan} = compilePlan(loaded);
	expect(plan.stages.at(-1)).toMatchObject({weightPercent: 100, durationMs: 48 * 3_600_000, bake: true});
	expect(plan.stages[0]?.bake).toBeUndefined();
	expect(plan.stages[0]?.first).toEqual({forMs: 300_000, overrides: {errors: {bound: {op: '<', value: 1}, forMs: 0}}});
	expect(compilePlan(await load(profileAsRun(loaded))).plan).toEqual(plan);
});

test('a class that reads a counter gets a row of its own, and needs no log', async () => {
	const {plan} = compilePlan(
		await load(
			profileText({
				stages: 'stages: [{weight: 5, duration: 15m, budget: {Rate limited: 5}}]',
				more: 'errors: [{name: Rate limited, query: "sum(limited_total)", expected: true}]',
			}),
		),
	);
	expect(plan.errorClasses).toEqual([{name: 'Rate limited', counterId: 'errors-rate-limited', expected: true, onSpent: 'hold'}]);
	expect(plan.guardrails.at(-1)).toMatchObject({
		id: 'errors-rate-limited',
		title: 'Errors: Rate limited',
		query: 'sum(limited_total)',
	});
});

test('the profile as run means the same', async () => {
	const loaded = await load(text);
	const again = await load(profileAsRun(loaded));
	expect(compilePlan(again).plan).toEqual(compilePlan(loaded).plan);
});

test('the example of docs/stages.md loads, and every part of it is in the plan', async () => {
	const text = readFileSync(join(import.meta.dirname, '../../docs/stages.md'), 'utf8');
	const example = /```yaml\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
	const guardrails = ['error-rate', 'memory'].map(id => `{id: ${id}, query: "${id.replace('-', '_')}", healthy: "< 5"}`);
	const {plan} = compilePlan(
		await load(
			profileText({guardrails: `guardrails: [${guardrails.join(', ')}]`, stages: example, more: 'logs: [{path: app.log}]'}),
		),
	);
	const [first, , last] = plan.stages;
	expect(Object.keys(first?.budget ?? {})).toEqual(['critical', 'other', 'rate-limited', 'slow']);
	expect([first?.first?.forMs, first?.signOffs, Object.keys(first?.trends ?? {})]).toEqual([
		900_000,
		['sre', 'product'],
		['memory'],
	]);
	expect([last?.bake, plan.errorClasses?.length, plan.signOffs]).toEqual([true, 2, ['lead']]);
});

test('comparisons take their distance from the ranges of their queries, and are written out as run', async () => {
	const loaded = await load(
		profileText({
			stages: 'stages:\n  - {weight: 5, duration: 2h, compare: [p99, orders]}',
			more: `
compare:
  - {title: P99, candidate: "max(max_over_time(p99{v='2'}[2m]))", baseline: "max(max_over_time(p99{v='1'}[5m]))", unit: ms}
  - id: orders
    title: Orders
    candidate: sum(orders{v='2'})
    baseline: sum(orders{v='1'})
    direction: lower-is-worse
    allowed: 1.05
    confidence: 0.99
    group: business`,
		}),
	);
	const {plan} = compilePlan(loaded);
	expect(plan.compare).toEqual([
		expect.objectContaining({
			id: 'p99',
			title: 'P99',
			unit: 'ms',
			spacingMs: 300_000,
			allowed: 1.1,
			alpha: 0.02,
			direction: 'higher-is-worse',
		}),
		expect.objectContaining({
			id: 'orders',
			spacingMs: 15_000,
			alpha: 0.01,
			allowed: 1.05,
			direction: 'lower-is-worse',
			group: 'business',
		}),
	]);
	expect(plan.stages[0]?.compare).toEqual(['p99', 'orders']);
	expect(plan.guardrails.map(({id}) => id)).toEqual(['errors']);
	const again = compilePlan(await load(profileAsRun(loaded)));
	expect(again.plan.compare).toEqual(plan.compare);
});
