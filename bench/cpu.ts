/**
 * What guarding costs: CPU and memory of the controller and of a console of 200×60, with 20 guardrails at a poll a second, the error
 * log followed and real traffic, over more than a minute in the steady state. From /proc, so in hundredths of a second.
 */
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {program, startWorld} from '../test/helpers/world.ts';
import {aim, progress, round} from './kit/figures.ts';
import {cpuMs, memoryMb} from './kit/proc.ts';
import {startPty} from './kit/pty.ts';
import {watchWeight} from './kit/weight-watch.ts';

const warmUpSeconds = 10;
const secondsDefault = 75;
const percentMax = 5;
const rssMbMax = 150;

const quantiles = ['0.5', '0.9', '0.95', '0.99'].flatMap(quantile =>
	['ttfv_ms', 'db_query_latency_ms', 'memory_ann_query_latency_ms'].map(name => ({
		title: `${name} p${Number(quantile) * 100}`,
		query: `histogram_quantile(${quantile}, sum by (le) (rate(${name}_bucket{track="canary"}[1m])))`,
		healthy: '< 5000',
		unit: 'ms',
	})),
);
const others = [
	['RLS errors', 'sum(increase(memory_rls_policy_errors_total[5m]))', '= 0'],
	['Cross-tenant', 'sum(increase(memory_cross_tenant_attempts_total[1m]))', '= 0'],
	['DB pool', 'max(db_connection_pool_utilization)', '< 101'],
	['Requests by side', 'sum by (track) (rate(http_requests_total[1m]))', '< 100000'],
	['Resident memory', 'max by (track) (process_resident_memory_bytes)', '< 4000000000'],
	['CPU', 'sum by (track) (rate(process_cpu_seconds_total[1m]))', '< 10'],
	['Loop delay', 'max(nodejs_eventloop_lag_p99_seconds)', '< 10'],
	['Open handles', 'max by (track) (nodejs_active_handles_total)', '< 100000'],
].map(([title, query, healthy]) => ({title, query, healthy}));
const guardrails = [...quantiles, ...others].map((one, index) => ({...one, for: '1m', group: `Group ${index % 4}`}));

export async function run(seconds = secondsDefault): Promise<object> {
	await using world = await startWorld({requestsPerSecond: 100, profile: {poll: '1s', guardrails}});
	const load = world.startLoad(seconds + 60);
	await using view = startPty({
		command: [process.execPath, program, 'run', world.profilePath, '--start', '--operator', 'ana'],
		columns: 200,
		rows: 60,
		env: world.env,
	});
	const watch = await watchWeight(world.haproxy?.socketPath ?? '', 'app/canary');
	await watch.until(5, 30_000);
	watch.close();
	progress(`  warming up for ${warmUpSeconds} s, then ${seconds} s`);
	await sleep(warmUpSeconds * 1_000);
	// One failed request in a hundred of the canary's: the error tail has something to show.
	await world.canary.fault({errorRate: 0.01});
	const pids = {controller: world.controllerPid(), console: view.pid()};
	const before = {
		controller: cpuMs(pids.controller),
		console: cpuMs(pids.console),
		bytes: view.written(),
		atMs: performance.now(),
	};
	await sleep(seconds * 1_000);
	const tookMs = performance.now() - before.atMs;
	const percent = (who: 'controller' | 'console'): number => round((100 * (cpuMs(pids[who]) - before[who])) / tookMs);
	const [controller, console] = [percent('controller'), percent('console')];
	const memory = {controller: memoryMb(pids.controller), console: memoryMb(pids.console)};
	const ticks = world.events().filter(({type}) => type === 'tick-taken');
	const late = ticks.flatMap(event => (event.type === 'tick-taken' ? [event.lateMs] : []));
	await load.stop();
	return {
		name: 'cpu',
		setting: {guardrails: guardrails.length, pollS: 1, columns: 200, rows: 60, seconds},
		controllerPercent: controller,
		consolePercent: console,
		together: aim(round(controller + console), percentMax, '% of a core'),
		controllerRss: aim(memory.controller.rss, rssMbMax, 'MB'),
		consoleRss: aim(memory.console.rss, rssMbMax, 'MB'),
		peakMb: {controller: memory.controller.peak, console: memory.console.peak},
		terminalBytesPerSecond: Math.round((view.written() - before.bytes) / (tookMs / 1_000)),
		ticks: ticks.length,
		latestTickMs: Math.max(...late),
	};
}

if (process.argv[1] === fileURLToPath(import.meta.url))
	globalThis.console.log(JSON.stringify(await run(Number(process.argv[2] ?? secondsDefault)), undefined, '\t'));
