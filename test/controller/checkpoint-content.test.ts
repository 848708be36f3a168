import {expect, test} from 'vitest';
import {checkpointContent, metricsCheckLine, verdictOf} from '../../src/controller/checkpoint-content.ts';
import type {Fact} from '../../src/core/event.ts';
import {broken, fold, guardrail, plan, splitRead, started, tick, values} from '../helpers/given.ts';

const thePlan = plan({
	guardrails: [
		guardrail({title: 'Errors', unit: '%', group: 'Experience'}),
		guardrail({id: 'p95', title: 'TTFV p95', onBreach: 'warn'}),
	],
});

const stateAfter = (...facts: Fact[]) => fold([started(thePlan), splitRead(5), ...facts]).states.at(-1)!;
const stamp = {
	name: 'T+15m',
	trigger: 'planned',
	atMs: Date.UTC(2026, 10, 21, 12),
	tMs: 5_000,
	journal: {seq: 4, hash: 'abc'},
} as const;

test('a checkpoint says what was asked, what came back, how old it is, and where in the journal it stands', () => {
	const state = stateAfter(tick(3_000, {errors: values(3, 12), p95: broken}));
	expect(checkpointContent(state, stamp)).toMatchObject({
		name: 'T+15m',
		at: '2026-11-21T12:00:00.000Z',
		verdict: 'breached',
		split: {askedPercent: 5, configuredPercent: 5, observedPercent: null, drifted: false},
		guardrails: [
			{
				id: 'errors',
				group: 'Experience',
				query: 'errors',
				bound: {op: '<', value: 10},
				status: 'breached',
				value: 12,
				labels: {n: '1'},
				seriesCount: 2,
				readAgeMs: 2_000,
			},
			{id: 'p95', status: 'error', value: null, error: {kind: 'refused', message: 'nobody listens'}},
		],
		errors: {lines: 0, signatures: []},
		journal: {seq: 4, hash: 'abc'},
	});
});

test('a checkpoint is plain JSON: nothing changes on the way through a file', () => {
	const content = checkpointContent(stateAfter(tick(3_000, {errors: values(3), p95: broken})), stamp);
	expect(JSON.parse(JSON.stringify(content))).toEqual(content);
});

test('before anything was asked a checkpoint is no pass', () => {
	const state = fold([started(thePlan)]).states.at(-1)!;
	expect(checkpointContent(state, stamp)).toMatchObject({verdict: 'no-data', split: {askedPercent: null}});
});

test.each([
	[{errors: values(1), p95: values(1)}, 'ok'],
	[{errors: values(1), p95: broken}, 'error'],
	[{errors: values(99), p95: broken}, 'breached'],
])('the verdict is the worst of all that are judged', (readings, verdict) => {
	expect(verdictOf(stateAfter(tick(0, readings)))).toBe(verdict);
});

test('a metrics check is one line that a person can read', () => {
	const line = metricsCheckLine(stateAfter(tick(3_000, {errors: values(3), p95: broken})), {atMs: stamp.atMs, tMs: 300_000});
	expect(line).toBe(
		'2026-11-21T12:00:00.000Z | T+5:00 | stage 1/3 | asked 5% configured 5% seen - | ERROR | Errors: 3 % (< 10 %) ok | TTFV p95: no data (< 10) error',
	);
});
