import {execFile} from 'node:child_process';
import {existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {stringify} from 'yaml';
import type {SessionEvent} from '../../src/core/event.ts';
import {type Haproxy, startHaproxy, twoSides} from './haproxy.ts';
import {recordText} from './journal.ts';
import {type Load, type LoadReport, startLoad} from './load.ts';
import {nextPrometheus, thenTheNext} from './next-prometheus.ts';
import {type Nginx, startNginx} from './nginx.ts';
import {createTempFolder, guardGroup, isAlive, waitUntil} from './process.ts';
import type {Prometheus} from './prometheus.ts';
import {waitForTargets} from './scrape-config.ts';
import {type Service, startService} from './service.ts';

/** The built program, as its users start it. */
export const program = new URL('../../bin/canary.js', import.meta.url).pathname;

export type WorldOptions = {
	readonly router?: 'haproxy' | 'nginx' | 'command';
	/** Laid over the profile, key by key. */
	readonly profile?: Readonly<Record<string, unknown>>;
	readonly requestsPerSecond?: number;
	readonly loadSeconds?: number;
	/** The program's home, when it is not to be a folder of the world's own. */
	readonly home?: string;
	/** HAProxy as master and worker, so that it can be reloaded. */
	readonly reloadable?: boolean;
};

export type Finished = {readonly code: number; readonly stdout: string; readonly stderr: string};

/**
 * Two versions of a service behind a real router, under load, scraped by a real Prometheus every second; a profile for them; and
 * the built program to run on it, with a home of its own.
 */
export type World = AsyncDisposable & {
	readonly folder: string;
	readonly home: string;
	readonly profilePath: string;
	readonly stable: Service;
	readonly canary: Service;
	readonly prometheus: Prometheus;
	readonly haproxy: Haproxy | undefined;
	readonly nginx: Nginx | undefined;
	readonly env: Readonly<Record<string, string>>;
	/** What clients call. */
	readonly url: string;
	/** The candidate's share by the router itself, asked past our program. */
	splitNow(): Promise<number>;
	/** Runs `canary …` to its end. */
	run(...args: readonly string[]): Promise<Finished>;
	/** The folder of the newest session. */
	session(): string;
	/** All events of the newest session's journal. */
	events(): SessionEvent[];
	/** The process id of the newest session's controller. */
	controllerPid(): number;
	startLoad(seconds?: number): Load;
	stop(): Promise<void>;
};

/** In percent; a side without a failed request yet has no 5xx series, and that is 0, not silence. */
export const errorRate = (track: string): string => {
	const all = `sum(rate(http_requests_total{track="${track}"}[10s]))`;
	return `100 * (sum(rate(http_requests_total{track="${track}",code=~"5.."}[10s])) or 0 * ${all}) / ${all}`;
};

/** Starts everything; about six seconds, most of them Prometheus' (one where the file keeps a spare: `keepSpare`). */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
	const {router = 'haproxy', requestsPerSecond = 100, loadSeconds = 60} = options;
	const folder = createTempFolder('world');
	const stack = new AsyncDisposableStack();
	stack.defer(async () => folder.remove());
	const errorLog = join(folder.path, 'canary-errors.log');
	const {prometheus, stablePort, canaryPort} = await nextPrometheus();
	stack.use(prometheus);
	const [stable, canary] = await Promise.all([
		startService({version: 'stable', port: stablePort}),
		startService({version: 'canary', port: canaryPort, errorLog}),
	]);
	stack.use(stable);
	stack.use(canary);
	const front = await startFront(router, {
		stablePort: stable.port,
		canaryPort: canary.port,
		folder: folder.path,
		reloadable: options.reloadable ?? false,
	});
	stack.use(front);
	await waitForTargets(prometheus.url, 2);
	thenTheNext();
	const home = options.home ?? join(folder.path, 'home');
	mkdirSync(home, {recursive: true});
	const env = {...process.env, CANARY_HOME: home, HOME: home, XDG_RUNTIME_DIR: home, TERM: 'xterm-256color'} as Record<
		string,
		string
	>;
	const profilePath = join(folder.path, 'profile.yaml');
	writeFileSync(profilePath, stringify({...profileOf(prometheus.url, front.options, canary.errorLog), ...options.profile}));

	const sessions = join(home, 'sessions');
	const session = (): string => join(sessions, existsSync(sessions) ? (readdirSync(sessions).sort().at(-1) ?? '') : '');
	const controllerPid = (): number => {
		const [pid = ''] = /\d+/.exec(readFileSync(join(session(), 'controller.pid'), 'utf8')) ?? [];
		return Number(pid);
	};
	// A controller is detached on purpose: it must be ended by name.
	stack.defer(async () => {
		for (const name of existsSync(sessions) ? readdirSync(sessions) : [])
			await endController(join(sessions, name, 'controller.pid'));
	});

	const world: World = {
		folder: folder.path,
		home,
		profilePath,
		stable,
		canary,
		prometheus,
		haproxy: front.haproxy,
		nginx: front.nginx,
		env,
		url: front.url,
		splitNow: front.splitNow,
		run: (...args) => runProgram(args, env),
		session,
		events: () => readEvents(session()),
		controllerPid,
		startLoad: (seconds = loadSeconds) => startLoad({url: front.url, requestsPerSecond, seconds, connections: 'fresh'}),
		stop: () => stack.disposeAsync(),
		[Symbol.asyncDispose]: () => stack.disposeAsync(),
	};
	return world;
}

const profileOf = (prometheusUrl: string, router: unknown, errorLog: string) => ({
	name: 'world',
	baseline: {name: 'stable'},
	candidate: {name: 'canary'},
	metrics: {prometheus: {url: prometheusUrl, staleAfter: '5s'}},
	poll: '250ms',
	observedShare: '100 * sum(rate(http_requests_total{track="canary"}[10s])) / sum(rate(http_requests_total[10s]))',
	guardrails: [
		{title: 'Canary errors', query: errorRate('canary'), unit: 'percent', healthy: '< 5', for: '1s', severity: 'critical'},
		{title: 'Stable errors', query: errorRate('stable'), unit: 'percent', healthy: '< 5', severity: 'warning'},
	],
	stages: [
		{weight: 5, duration: '1h', promote: 'manual'},
		{weight: 50, duration: '1h', promote: 'manual'},
		{weight: 100, duration: '0s'},
	],
	logs: [{path: errorLog, side: 'candidate', format: 'json'}],
	policies: {watchAfterEnd: '2s', splitReadEvery: '1s'},
	router,
});

type Front = AsyncDisposable & {
	readonly url: string;
	readonly options: unknown;
	readonly haproxy: Haproxy | undefined;
	readonly nginx: Nginx | undefined;
	splitNow(): Promise<number>;
};

type FrontOptions = {
	readonly stablePort: number;
	readonly canaryPort: number;
	readonly folder: string;
	readonly reloadable: boolean;
};

async function startFront(kind: 'haproxy' | 'nginx' | 'command', options: FrontOptions): Promise<Front> {
	const {stablePort, canaryPort, folder, reloadable} = options;
	if (kind === 'nginx') {
		const servers = [
			{port: stablePort, weight: 100},
			{port: canaryPort, weight: 0},
		];
		return nginxFront(await startNginx({servers}), stablePort, canaryPort);
	}
	const haproxy = await startHaproxy({backends: [{name: 'app', servers: twoSides([stablePort], [canaryPort], 0)}], reloadable});
	const splitNow = async (): Promise<number> => {
		const {stable = 0, canary = 0} = await haproxy.weights('app');
		return (100 * canary) / (stable + canary);
	};
	const backends = [{name: 'app', baseline: ['stable'], candidate: ['canary']}];
	const byApi = {haproxy: {socket: haproxy.socketPath, backends}};
	const router = kind === 'haproxy' ? byApi : {command: commandOptions(haproxy, folder)};
	return {url: haproxy.url, options: router, haproxy, nginx: undefined, splitNow, [Symbol.asyncDispose]: () => haproxy.stop()};
}

/** A command-line tool, as a team would have one: it drives the same HAProxy by socat. */
function commandOptions(haproxy: Haproxy, folder: string): unknown {
	const tool = join(folder, 'split-tool');
	const ask = `socat -t2 - UNIX-CONNECT:${haproxy.socketPath}`;
	const script = `#!/bin/sh
case "$1" in
	set) printf 'set server app/canary weight %s; set server app/stable weight %s\\n' "$2" "$3" | ${ask} ;;
	show) echo 'show servers state app' | ${ask} | awk '$4=="canary"{print "canary:" $8}' ;;
esac
`;
	writeFileSync(tool, script, {mode: 0o755});
	return {
		read: {argv: [tool, 'show'], parse: {regex: 'canary:(\\d+)'}},
		write: {argv: [tool, 'set', '{candidate}', '{baseline}']},
	};
}

function nginxFront(nginx: Nginx, stablePort: number, canaryPort: number): Front {
	const weightOf = (port: number, text: string): number => {
		const line = new RegExp(`server 127\\.0\\.0\\.1:${port}\\b([^;]*);`).exec(text)?.[1] ?? ' down';
		return line.includes('down') ? 0 : Number(/weight=(\d+)/.exec(line)?.[1] ?? 1);
	};
	const [binary = 'nginx', ...flags] = nginx.command;
	return {
		url: nginx.url,
		haproxy: undefined,
		nginx,
		options: {
			nginx: {
				include: nginx.includePath,
				upstream: 'app',
				baseline: [`127.0.0.1:${stablePort}`],
				candidate: [`127.0.0.1:${canaryPort}`],
				revisionUrl: nginx.revisionUrl,
				test: [binary, ...flags, '-t', '-q'],
				reload: [binary, ...flags, '-s', 'reload'],
			},
		},
		async splitNow() {
			const text = readFileSync(nginx.includePath, 'utf8');
			const [stable, canary] = [weightOf(stablePort, text), weightOf(canaryPort, text)];
			return (100 * canary) / (stable + canary);
		},
		[Symbol.asyncDispose]: () => nginx.stop(),
	};
}

function runProgram(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Finished> {
	return new Promise(resolve => {
		execFile(
			process.execPath,
			[program, ...args],
			{env: {...env}, timeout: 120_000, maxBuffer: 64 * 1024 * 1024},
			(error, stdout, stderr) => {
				resolve({code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr});
			},
		);
	});
}

export function readEvents(folder: string): SessionEvent[] {
	const lines = recordText(folder).split('\n').slice(1);
	return lines
		.filter(line => line.endsWith('}'))
		.map(line => {
			const {at, hash: _, ...rest} = JSON.parse(line) as {at: string; hash: string};
			return {...rest, atMs: Date.parse(at)} as unknown as SessionEvent;
		});
}

/** Ends the controller whose pid stands in that file, if it lives. */
export async function endController(pidPath: string): Promise<void> {
	if (!existsSync(pidPath)) return;
	const pid = Number(/\d+/.exec(readFileSync(pidPath, 'utf8'))?.[0]);
	if (!pid || !isAlive(pid)) return;
	guardGroup(pid);
	process.kill(pid, 'SIGTERM');
	await waitUntil('the controller ends', () => !isAlive(pid), {timeoutMs: 5_000}).catch(() => process.kill(pid, 'SIGKILL'));
}

/** Requests that failed between two moments of a load's report, the first bucket that touches them included. */
export const failedBetween = (report: LoadReport, fromMs: number, toMs: number): number =>
	report.buckets
		.filter(bucket => bucket.fromMs >= fromMs - 100 && bucket.fromMs <= toMs)
		.reduce((sum, {failed}) => sum + failed, 0);
