/**
 * What an operator does by hand today, six `curl | jq` calls one after the other, beside one `canary check` of the built program,
 * which asks the same six questions and besides validates the profile, reads the split, looks at the age of the data and judges.
 * Wall clock and CPU of everything that was started, in ms.
 */
import {execFile} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {stringify} from 'yaml';
import {startHaproxy, twoSides} from '../test/helpers/haproxy.ts';
import {runLoad} from '../test/helpers/load.ts';
import {createTempFolder} from '../test/helpers/process.ts';
import {startPrometheus} from '../test/helpers/prometheus.ts';
import {startService} from '../test/helpers/service.ts';
import {program} from '../test/helpers/world.ts';
import {median, round, spread} from './kit/figures.ts';

const roundsOfEach = 20;

const questions = [
	['TTFV p95', 'histogram_quantile(0.95, sum by (le) (rate(ttfv_ms_bucket[1m])))', '< 5000'],
	['RLS errors', 'sum(increase(memory_rls_policy_errors_total[5m]))', '= 0'],
	['Cross-tenant', 'sum(increase(memory_cross_tenant_attempts_total[1m]))', '= 0'],
	['ANN p95', 'histogram_quantile(0.95, sum by (le) (rate(memory_ann_query_latency_ms_bucket[1m])))', '< 5000'],
	['DB pool', 'max(db_connection_pool_utilization)', '< 101'],
	['Requests', 'sum(rate(http_requests_total[1m]))', '< 100000'],
] as const;

export async function run(): Promise<object> {
	const folder = createTempFolder('check-vs-curl');
	await using stack = new AsyncDisposableStack();
	stack.defer(async () => folder.remove());
	const stable = stack.use(await startService({version: 'stable'}));
	const canary = stack.use(await startService({version: 'canary', latencyMs: 20}));
	const haproxy = stack.use(await startHaproxy({backends: [{name: 'app', servers: twoSides([stable.port], [canary.port], 5)}]}));
	const targets = [stable, canary].map(({port, version}) => ({address: `127.0.0.1:${port}`, labels: {version}}));
	const prometheus = stack.use(await startPrometheus({jobs: [{targets}]}));
	await runLoad({url: `${canary.url}/`, requestsPerSecond: 100, seconds: 5});

	const profile = join(folder.path, 'profile.yaml');
	writeFileSync(
		profile,
		stringify({
			name: 'bench',
			baseline: {name: 'stable'},
			candidate: {name: 'canary'},
			metrics: {prometheus: {url: prometheus.url}},
			guardrails: questions.map(([title, query, healthy]) => ({title, query, healthy})),
			stages: [{weight: 5, duration: '1h'}],
			router: {haproxy: {socket: haproxy.socketPath, backends: [{name: 'app', baseline: ['stable'], candidate: ['canary']}]}},
		}),
	);
	const curl = questions
		.map(
			([, query]) =>
				`curl -s -G ${prometheus.url}/api/v1/query --data-urlencode 'query=${query}' | jq -r '.data.result[0].value[1]'`,
		)
		.join('\n');
	const lines = {
		sixCurlJq: curl,
		check: `${process.execPath} ${program} check ${profile}`,
		nodeAlone: `${process.execPath} -e 0`,
	};
	const measured = {sixCurlJq: [] as Cost[], check: [] as Cost[], nodeAlone: [] as Cost[]};
	// The first of each only warms what is kept: the compile cache, files in memory.
	for (let number = 0; number <= roundsOfEach; number++) {
		for (const name of ['sixCurlJq', 'check', 'nodeAlone'] as const) {
			const cost = await costOf(lines[name], folder.path);
			if (number > 0) measured[name].push(cost);
		}
	}
	const {sixCurlJq, check, nodeAlone} = measured;
	const ratio = (of: (cost: Cost) => number): number => round(median(check.map(of)) / median(sixCurlJq.map(of)));
	return {
		name: 'check-vs-curl',
		sixCurlJq: summary(sixCurlJq),
		check: summary(check),
		nodeAlone: summary(nodeAlone),
		checkToCurl: {wall: ratio(({wallMs}) => wallMs), cpu: ratio(({cpuMs}) => cpuMs)},
	};
}

type Cost = {readonly wallMs: number; readonly cpuMs: number};

const summary = (costs: readonly Cost[]): object => ({
	wallMs: spread(costs.map(({wallMs}) => wallMs)),
	cpuMs: spread(costs.map(({cpuMs}) => cpuMs)),
});

/** `times` of a shell: its last line is the CPU of all that it started. Exit codes are looked at by the shell: 0, or it stops. */
async function costOf(line: string, home: string): Promise<Cost> {
	const env = {...process.env, HOME: home, CANARY_HOME: home};
	const startedAt = performance.now();
	const {stdout} = await promisify(execFile)('sh', ['-ec', `${line}\ntimes`], {env, timeout: 30_000});
	const wallMs = performance.now() - startedAt;
	const last = stdout.trim().split('\n').at(-1) ?? '';
	const parts = [...last.matchAll(/(\d+)m([\d.]+)s/g)];
	if (parts.length !== 2) throw new Error(`Not the output of times: ${last}`);
	return {wallMs, cpuMs: parts.reduce((sum, [, minutes, seconds]) => sum + (Number(minutes) * 60 + Number(seconds)) * 1_000, 0)};
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(JSON.stringify(await run(), undefined, '\t'));
