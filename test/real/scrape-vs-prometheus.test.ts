import {setTimeout as sleep} from 'node:timers/promises';
import {expect, test} from 'vitest';
import type {GuardrailPlan} from '../../src/core/plan.ts';
import type {MetricsSource} from '../../src/sources/source.ts';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {startLoad} from '../helpers/load.ts';
import {startPrometheus} from '../helpers/prometheus.ts';
import {type Service, startService} from '../helpers/service.ts';
import {guardrail, never, open} from '../sources/prometheus-kit.ts';
import {describeDifference, differencesOf, type Pair, verdictOf} from '../sources/scrape-compare-kit.ts';
import {openOn, scrapeOptions, target} from '../sources/scrape-kit.ts';

/** Longer runs go through the same scenes again; the shortest goes through them once. */
const seconds = Math.max(66, Number(process.env['SCRAPE_COMPARE_SECONDS'] ?? 66));
/** Scrapes of one second at different moments, and the tick between: what one side has seen the other has after two ticks. */
const lagTicks = 2;

/** Far above what a busy machine adds by itself: ratios of latencies must not be its noise. */
const latencyMs = 20;

const errors = (code: string): string => `sum(rate(http_requests_total{version="canary"${code}}[10s]))`;

const guardrails: readonly GuardrailPlan[] = [
	guardrail('error share', `${errors(',code="500"')} / ${errors('')}`, {
		bound: {op: '<', value: 0.05},
		windowMs: 10_000,
		staleAfterMs: 4_000,
	}),
	guardrail('p95', 'histogram_quantile(0.95, sum by (le) (rate(ttfv_ms_bucket{version="canary"}[10s])))', {
		bound: {op: '<', value: 100},
		staleAfterMs: 4_000,
	}),
	guardrail('latency against baseline', ratio(), {bound: {op: '<', value: 3}, staleAfterMs: 4_000}),
	guardrail('violations', 'increase(memory_rls_policy_errors_total[15s])', {bound: {op: '=', value: 0}, staleAfterMs: 4_000}),
	guardrail('first failure', 'increase(http_requests_total{code="500"}[15s])', {bound: {op: '=', value: 0}, staleAfterMs: 4_000}),
	guardrail('up', 'min(up)', {bound: {op: '=', value: 1}}),
	guardrail('rate', 'sum by (version) (rate(http_requests_total[10s]))', {bound: {op: '>', value: 5}, staleAfterMs: 4_000}),
	guardrail('memory', 'memory_usage_bytes{version="canary"} / memory_limit_bytes', {
		bound: {op: '<', value: 0.9},
		staleAfterMs: 4_000,
	}),
	guardrail('floor', 'avg_over_time(memory_limit_bytes[5s])', {
		bound: {op: '>', value: 1},
		minRequests: {query: errors(''), min: 5},
		staleAfterMs: 4_000,
	}),
	guardrail('absent', 'absent(memory_chunks_row_count{version="canary"})', {bound: {op: '=', value: 0}, noData: 'zero'}),
	guardrail('nothing', 'sum(rate(no_such_metric_total[10s]))', {bound: {op: '=', value: 0}}),
	guardrail('subquery', 'max_over_time(sum(rate(http_requests_total{code="500"}[5s]))[10s:1s])', {
		bound: {op: '<', value: 3},
		staleAfterMs: 4_000,
	}),
];

function ratio(): string {
	const mean = (version: string): string =>
		`sum(rate(http_request_duration_seconds_sum{version="${version}"}[10s])) / sum(rate(http_request_duration_seconds_count{version="${version}"}[10s]))`;
	return `(${mean('canary')}) / (${mean('stable')})`;
}

/** What happens to the services, from which second on. */
type Scene = {readonly at: number; readonly name: string; readonly play: (canary: Service) => Promise<Service | undefined>};

const fault = (change: Parameters<Service['fault']>[0]) => async (canary: Service) => void (await canary.fault(change));

const scenes: readonly Scene[] = [
	{at: 0, name: 'healthy', play: async () => undefined},
	{at: 4, name: 'errors', play: fault({errorRate: 0.3})},
	{at: 9, name: 'healed', play: fault({errorRate: 0})},
	{at: 14, name: 'violations', play: fault({rlsViolations: 2})},
	{at: 18, name: 'slow', play: fault({latencyMs: 200})},
	{at: 22, name: 'quick again', play: fault({latencyMs: 0})},
	{at: 24, name: 'page hangs', play: fault({metricsPage: 'hung'})},
	{at: 30, name: 'page is back', play: fault({metricsPage: 'ok'})},
	{at: 34, name: 'page is garbage', play: fault({metricsPage: 'garbage'})},
	{at: 37, name: 'page is empty', play: fault({metricsPage: 'empty'})},
	{at: 41, name: 'page is back again', play: fault({metricsPage: 'ok'})},
	{at: 45, name: 'killed', play: fault({crash: true})},
	{at: 50, name: 'started anew', play: async ({port}) => startService({version: 'canary', port, latencyMs})},
	{at: 56, name: 'page is cut off', play: fault({metricsPage: 'reset'})},
	{at: 58, name: 'at rest', play: fault({metricsPage: 'ok'})},
];
const actSeconds = 66;

describeWithServers(['prometheus'], 'the same pages, scraped by a real Prometheus and by us', () => {
	test(`the verdicts are the same at every tick of ${seconds} s, but for the moment a change is seen`, {
		timeout: (seconds + 90) * 1_000,
	}, async () => {
		const [stable, first] = await Promise.all([
			startService({version: 'stable', latencyMs}),
			startService({version: 'canary', latencyMs}),
		]);
		await using stack = new AsyncDisposableStack();
		const services = {stable, canary: first};
		stack.defer(async () => void (await Promise.all([services.stable.stop(), services.canary.stop()])));
		const jobs = [stable, first].map(({port, version}) => ({address: `127.0.0.1:${port}`, labels: {version}}));
		const server = stack.use(await startPrometheus({jobs: [{targets: jobs}]}));
		const targets = [stable, first].map(({url, version}) => target(`${url}/metrics`, {labels: {version}}));
		const options = scrapeOptions(targets, {intervalMs: 1_000, timeoutMs: 1_000, dialect: '2.x'});
		const [left, right] = [await open(server.url, {}, {guardrails}), await openOn(options, {guardrails})];
		stack.use(left);
		stack.use(right);
		const loads = [stable, first].map(({url}) =>
			startLoad({url: `${url}/`, requestsPerSecond: 30, seconds: seconds + 30, timeoutMs: 1_000}),
		);
		stack.defer(async () => void (await Promise.all(loads.map(load => load.stop()))));
		await sleep(4_000);

		const pairs = await compare(left, right, services);
		const all = differencesOf(pairs, lagTicks);
		const count = [...pairs.values()].flat().length;
		process.stdout.write(`${count} verdicts, ${all.length} differ:\n${all.map(describeDifference).join('\n')}\n`);
		expect(all.filter(({why}) => why === 'unexplained').map(describeDifference)).toEqual([]);
		expect(all.length / count).toBeLessThan(0.06);
		expectScenesWereSeen(pairs);
	});
});

async function compare(left: MetricsSource, right: MetricsSource, services: {canary: Service}): Promise<Map<string, Pair[]>> {
	const pairs = new Map<string, Pair[]>(guardrails.map(({id}) => [id, []]));
	const startedAt = performance.now();
	let phase = '';
	for (let tick = 0; tick < seconds; tick++) {
		const scene = scenes.find(({at}) => at === tick % actSeconds);
		if (scene) {
			phase = scene.name;
			const renewed = await scene.play(services.canary);
			if (renewed) services.canary = renewed;
		}
		await sleep(Math.max(0, startedAt + tick * 1_000 - performance.now()));
		const [theirs, ours] = await Promise.all([left.ask(900, never), right.ask(900, never)]);
		for (const one of guardrails) {
			const sides = {left: verdictOf(one, theirs.readings[one.id]), right: verdictOf(one, ours.readings[one.id])};
			pairs.get(one.id)?.push({tick, phase, ...sides});
		}
	}
	return pairs;
}

/** Two sources that never saw anything would agree too. */
function expectScenesWereSeen(pairs: ReadonlyMap<string, readonly Pair[]>): void {
	const seen = (id: string): Set<string> => new Set(pairs.get(id)?.map(({right}) => right));
	expect(seen('error share')).toEqual(new Set(['healthy', 'breaching', 'no-data']));
	expect(seen('p95')).toContain('breaching');
	expect(seen('violations')).toContain('breaching');
	expect(seen('first failure')).toContain('breaching');
	expect(seen('up')).toEqual(new Set(['healthy', 'breaching']));
	expect(seen('memory')).toContain('no-data');
	expect(seen('absent')).toEqual(new Set(['healthy', 'breaching']));
	expect(seen('nothing')).toEqual(new Set(['no-data']));
}
