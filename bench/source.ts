import {execFile} from 'node:child_process';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {ok} from '../src/base/result.ts';
import type {GuardrailPlan} from '../src/core/plan.ts';
import {openPrometheus} from '../src/sources/prometheus.ts';
import type {MetricsSource} from '../src/sources/source.ts';
import {runLoad} from '../test/helpers/load.ts';
import {startPrometheus} from '../test/helpers/prometheus.ts';
import {startService} from '../test/helpers/service.ts';

const ticks = 50;
const curlRounds = 10;

/** The six questions of the runbook `relay-r1`, as its operators ask them by hand. */
const six: readonly string[] = [
	'histogram_quantile(0.95, sum by (le) (rate(ttfv_ms_bucket[1m])))',
	'sum(increase(memory_rls_policy_errors_total[5m]))',
	'sum(increase(memory_cross_tenant_attempts_total[1m]))',
	'histogram_quantile(0.95, sum by (le) (rate(memory_ann_query_latency_ms_bucket[1m])))',
	'max(db_connection_pool_utilization)',
	'sum(rate(http_requests_total{code="500"}[1m])) / sum(rate(http_requests_total[1m]))',
];

const twenty = [
	...six,
	...['0.5', '0.9', '0.99'].flatMap(q =>
		['ttfv_ms', 'db_query_latency_ms'].map(
			name => `histogram_quantile(${q}, sum by (le) (rate(${name}_bucket{version="canary"}[1m])))`,
		),
	),
	...['30s', '1m', '2m', '5m'].map(range => `sum by (version) (rate(http_requests_total[${range}]))`),
	'sum by (version) (process_resident_memory_bytes)',
	'memory_usage_bytes / memory_limit_bytes',
	'sum(rate(process_cpu_seconds_total[1m]))',
	'max(nodejs_eventloop_lag_p99_seconds)',
];

/**
 * One tick over 20 guardrails (values, births, ages, targets) and over the runbook's six, on a real Prometheus with a scrape every
 * second, beside the six `curl | jq` calls that an operator runs one after the other. Milliseconds of wall clock and of CPU.
 */
export async function run(): Promise<object> {
	await using stable = await startService({version: 'stable'});
	await using canary = await startService({version: 'canary', latencyMs: 20});
	const targets = [stable, canary].map(({port, version}) => ({address: `127.0.0.1:${port}`, labels: {version}}));
	await using server = await startPrometheus({jobs: [{job: 'api', targets}]});
	await runLoad({url: `${canary.url}/`, requestsPerSecond: 100, seconds: 5});
	return {
		name: 'source',
		twenty: await measureTicks(server.url, twenty),
		six: await measureTicks(server.url, six),
		sixCurlJq: await measureCurl(server.url),
	};
}

async function measureTicks(url: string, queries: readonly string[]): Promise<object> {
	const options = {kind: 'prometheus', url, headers: {}, timeoutMs: 2_000, method: 'POST'} as const;
	const opened = await openPrometheus(options, {guardrails: queries.map(guardrail)}, async () => ok(''), {
		nowMs: () => Date.now(),
	});
	if (!opened.ok) throw new Error(opened.error.message);
	const source = opened.value;
	try {
		const firstMs = await timedTick(source);
		for (let tick = 0; tick < 5; tick++) await timedTick(source);
		await sleep(200);
		const walls: number[] = [];
		const cpu = process.cpuUsage();
		for (let tick = 0; tick < ticks; tick++) {
			walls.push(await timedTick(source));
			await sleep(50);
		}
		const {user, system} = process.cpuUsage(cpu);
		const cpuMs = (user + system) / 1_000 / ticks;
		return {
			questions: queries.length,
			firstMs: round(firstMs),
			...spread(walls),
			cpuMsPerTick: round(cpuMs),
			cpuPercentAt1s: round(cpuMs / 10),
		};
	} finally {
		await source.close();
	}
}

async function timedTick(source: MetricsSource): Promise<number> {
	const startedAt = performance.now();
	const {readings} = await source.ask(1_000, new AbortController().signal);
	const tookMs = performance.now() - startedAt;
	const failed = Object.values(readings).find(({kind}) => kind === 'error');
	if (failed?.kind === 'error') throw new Error(failed.message);
	return tookMs;
}

/** The calls as the runbooks write them; CPU is that of the processes they start. */
async function measureCurl(url: string): Promise<object> {
	const line = (query: string): string =>
		`curl -s -G ${url}/api/v1/query --data-urlencode 'query=${query}' | jq -r '.data.result[0].value[1]'`;
	const script = `${six.map(line).join('\n')}\ntimes`;
	const walls: number[] = [];
	const cpus: number[] = [];
	for (let round = 0; round < curlRounds; round++) {
		const startedAt = performance.now();
		const {stdout} = await promisify(execFile)('sh', ['-c', script], {timeout: 30_000});
		walls.push(performance.now() - startedAt);
		cpus.push(childCpuMs(stdout));
	}
	return {questions: six.length, ...spread(walls), cpuMsPerRound: round(cpus.reduce((sum, one) => sum + one, 0) / cpus.length)};
}

/** The last line of `times`: user and system time of the shell's children, `0m0.120s 0m0.031s`. */
function childCpuMs(output: string): number {
	const last = output.trim().split('\n').at(-1) ?? '';
	return [...last.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
		(sum, [, minutes, seconds]) => sum + (Number(minutes) * 60 + Number(seconds)) * 1_000,
		0,
	);
}

function spread(walls: readonly number[]): object {
	const sorted = walls.toSorted((left, right) => left - right);
	const at = (share: number): number =>
		round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN);
	return {wallMsP50: at(0.5), wallMsP99: at(0.99)};
}

const round = (value: number): number => Math.round(value * 100) / 100;

const guardrail = (query: string, index: number): GuardrailPlan => ({
	id: `g${index}`,
	title: `g${index}`,
	unit: 'none',
	query,
	origin: 'query',
	bound: query.includes('increase') ? {op: '=', value: 0} : {op: '<', value: 1_000},
	forMs: 0,
	keepFiringForMs: 0,
	severity: 'critical',
	onBreach: 'rollback',
	security: false,
	noData: 'hold',
	noDataAfterMs: 0,
	staleAfterMs: 10_000,
	windowMs: 60_000,
	group: '',
});

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(JSON.stringify(await run(), undefined, '\t'));
