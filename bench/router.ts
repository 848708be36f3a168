/**
 * How long a change of the split takes, from the call to the split read back and found right: on HAProxy (idle, and under load),
 * on nginx, and by a command. `node bench/router.ts` prints the figures; times in milliseconds.
 */
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import type {RouterOptions} from '../src/core/router-options.ts';
import {openRouter} from '../src/routers/registry.ts';
import type {Router} from '../src/routers/router.ts';
import {startHaproxy, twoSides} from '../test/helpers/haproxy.ts';
import {startLoad} from '../test/helpers/load.ts';
import {startNginx} from '../test/helpers/nginx.ts';
import {createTempFolder} from '../test/helpers/process.ts';
import {startService} from '../test/helpers/service.ts';

type Quantiles = {readonly count: number; readonly p50: number; readonly p99: number; readonly max: number};

export type RouterFigures = {
	readonly name: 'router';
	/** One read of the split. */
	readonly haproxyRead: Quantiles;
	/** Read, set and read back, each change to another weight. */
	readonly haproxySet: Quantiles;
	readonly haproxySetUnderLoad: Quantiles & {readonly requestsPerSecond: number; readonly failedRequests: number};
	/** Until none of the old workers answers any more. */
	readonly nginxSet: Quantiles;
	/** A tool that writes a file: what is left is two processes. */
	readonly commandSet: Quantiles;
};

const never = new AbortController().signal;
const requestsPerSecond = 500;

/** Starts real servers on loopback, measures, and ends them. About half a minute. */
export async function run(): Promise<RouterFigures> {
	await using stable = await startService({version: 'stable'});
	await using canary = await startService({version: 'canary'});
	const haproxy = await measureHaproxy(stable.port, canary.port);
	return {name: 'router', ...haproxy, nginxSet: await measureNginx(stable.port, canary.port), commandSet: await measureCommand()};
}

async function measureHaproxy(stable: number, canary: number) {
	await using haproxy = await startHaproxy({backends: [{servers: twoSides([stable], [canary], 0)}]});
	const router = open({
		kind: 'haproxy',
		socket: {path: haproxy.socketPath},
		backends: [{name: 'app', baseline: ['stable'], candidate: ['canary']}],
		totalWeight: 100,
		timeoutMs: 2_000,
	});
	await times(100, step => set(router, step));
	const haproxyRead = await times(1_000, () => router.readSplit(never));
	const haproxySet = await times(1_000, step => set(router, step));
	const load = startLoad({url: `${haproxy.url}/`, requestsPerSecond, seconds: 60});
	const underLoad = await times(1_000, step => set(router, step), 4);
	const {failed} = await load.stop();
	await router.close();
	return {haproxyRead, haproxySet, haproxySetUnderLoad: {...underLoad, requestsPerSecond, failedRequests: failed}};
}

async function measureNginx(stable: number, canary: number): Promise<Quantiles> {
	const servers = [
		{port: stable, weight: 1},
		{port: canary, weight: 0},
	];
	await using nginx = await startNginx({servers});
	const router = open({
		kind: 'nginx',
		include: nginx.includePath,
		upstream: 'app',
		baseline: [`127.0.0.1:${stable}`],
		candidate: [`127.0.0.1:${canary}`],
		revisionUrl: nginx.revisionUrl,
		test: [...nginx.command, '-t', '-q'],
		reload: [...nginx.command, '-s', 'reload'],
		binary: 'nginx',
		timeoutMs: 5_000,
	});
	const figures = await times(30, step => set(router, step));
	await router.close();
	return figures;
}

async function measureCommand(): Promise<Quantiles> {
	using folder = createTempFolder('bench');
	const file = join(folder.path, 'split');
	writeFileSync(file, '0');
	const router = open({
		kind: 'command',
		read: {argv: ['cat', file], env: {}, parse: {regex: '[0-9.]+'}, side: 'candidate'},
		write: {argv: ['/bin/sh', '-c', `printf %s "$1" > ${file}`, 'write', '{candidate}'], env: {}},
		...{scale: 100, decimals: 0, timeoutMs: 5_000, cwd: folder.path},
	});
	const figures = await times(100, step => set(router, step));
	await router.close();
	return figures;
}

function open(options: RouterOptions): Router {
	const opened = openRouter(options, {resolveSecret: async () => ({ok: false, error: 'no secrets here'})});
	if (!opened.ok) throw new Error(opened.error.message);
	return opened.value;
}

/** Another weight each time, 0 and 100 among them. */
async function set(router: Router, step: number): Promise<void> {
	const answer = await router.setWeight((step * 37) % 101, never);
	if (!answer.ok) throw new Error(answer.error.message);
}

async function times(count: number, action: (step: number) => Promise<unknown>, pauseMs = 0): Promise<Quantiles> {
	const tookMs: number[] = [];
	for (let step = 0; step < count; step++) {
		const startedMs = performance.now();
		await action(step);
		tookMs.push(performance.now() - startedMs);
		if (pauseMs > 0) await sleep(pauseMs);
	}
	tookMs.sort((left, right) => left - right);
	const at = (share: number): number => Number((tookMs[Math.min(count - 1, Math.floor(count * share))] ?? Number.NaN).toFixed(2));
	return {count, p50: at(0.5), p99: at(0.99), max: at(1)};
}

if (import.meta.main) console.log(JSON.stringify(await run(), undefined, '\t'));
