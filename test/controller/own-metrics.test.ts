import {expect, test} from 'vitest';
import {createOwnMetrics, serveMetrics} from '../../src/controller/own-metrics.ts';
import type {Fact} from '../../src/core/event.ts';
import {broken, fold, plan, splitRead, started, tick, values} from '../helpers/given.ts';

const mark = () => ({seq: 7, hash: 'x', bytes: 1_234, lines: 8, unwrittenBytes: 0});

async function metricsAfter(...facts: Fact[]): Promise<string> {
	const metrics = createOwnMetrics({mark, consoles: () => 2, version: '1.2.3'});
	const {events, states} = fold([started(plan()), ...facts]);
	for (const [index, event] of events.entries()) metrics.observe(event, states[index + 1]!);
	return await metrics.text();
}

const rollback = {
	intentId: 'r',
	purpose: 'rollback',
	toPercent: 0,
	stageIndex: 0,
	reason: 'errors',
	by: 'canary-console',
} as const;

test('ticks, answers and verdicts are counted', async () => {
	const late = {...tick(1_000, {errors: broken}), lateMs: 300, missed: 2} as Fact;
	const text = await metricsAfter(splitRead(5), tick(0, 1), late);
	expect(text).toContain('canary_tick_late_seconds_sum 0.3');
	expect(text).toContain('canary_ticks_missed_total 2');
	expect(text).toContain('canary_query_seconds_count{guardrail="errors"} 2');
	expect(text).toContain('canary_query_errors_total{guardrail="errors",error="refused"} 1');
	expect(text).toContain('canary_guardrail_status{guardrail="errors",status="error"} 1');
	expect(text).toContain('canary_guardrail_status{guardrail="errors",status="ok"} 0');
	expect(text).toContain('canary_candidate_weight_percent{seen="configured"} 5');
	expect(text).toContain('canary_journal_bytes 1234');
	expect(text).toContain('canary_consoles 2');
	expect(text).toContain('canary_build_info{version="1.2.3"} 1');
});

test('a rollback is timed from the tick that declared the breach to its verification', async () => {
	const text = await metricsAfter(
		splitRead(5),
		tick(0, 1),
		tick(1_000, {errors: values(99)}),
		{type: 'action-intended', ...rollback},
		{...tick(1_500, {errors: values(99)})},
		{type: 'action-verified', intentId: 'r', router: 'one', split: {weightPercent: 0}, attempt: 1, tookMs: 3},
	);
	expect(text).toContain('canary_breach_to_verified_seconds_sum 0.5');
	expect(text).toContain('canary_actions_total{purpose="rollback",result="verified"} 1');
});

test('a failed attempt is counted while its action goes on', async () => {
	const error = {kind: 'unreachable', message: 'gone'} as const;
	const text = await metricsAfter(
		splitRead(5),
		{type: 'action-intended', ...rollback},
		{type: 'action-failed', intentId: 'r', router: 'one', error, attempt: 1, tookMs: 3, retryInMs: 100},
	);
	expect(text).toContain('canary_actions_total{purpose="rollback",result="failed"} 1');
});

test('they are served on loopback, and nothing else is', async () => {
	const metrics = createOwnMetrics({mark, consoles: () => 0, version: '1'});
	const served = await serveMetrics(metrics, 0);
	if (!served.ok) throw new Error(served.error);
	const {port, address} = served.value.address() as {port: number; address: string};
	expect(address).toBe('127.0.0.1');
	const [page, other] = await Promise.all(['metrics', 'secrets'].map(path => fetch(`http://127.0.0.1:${port}/${path}`)));
	expect(page?.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
	expect(await page?.text()).toContain('canary_consoles 0');
	expect(other?.status).toBe(404);
	served.value.close().closeAllConnections();
});
