import {execFile} from 'node:child_process';
import {existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {request} from 'undici';
import {stringify} from 'yaml';
import type {SessionEvent} from '../../src/core/event.ts';
import {recordText} from './journal.ts';
import {startNginx} from './nginx.ts';
import {createTempFolder, freePort, isAlive, waitUntil} from './process.ts';
import {endController, program} from './world.ts';

/** A service of a few lines: `/health`, `/metrics`, and its version on every other path. What it does besides stands in its environment. */
const serverText = `
import {spawn} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
const {PORT, VERSION, IGNORE_TERM, GRANDCHILD, FAIL, PID_FILE} = process.env;
console.log('version ' + VERSION + ' on ' + PORT + ' password=hunter2');
if (FAIL) { console.error('no such table'); process.exit(7); }
if (IGNORE_TERM) process.on('SIGTERM', () => console.log('not now'));
if (GRANDCHILD) writeFileSync(GRANDCHILD, String(spawn('sleep', ['600'], {stdio: 'ignore'}).pid));
if (PID_FILE) writeFileSync(PID_FILE, String(process.pid));
const pages = {'/health': '{"status":"ok"}', '/metrics': '# TYPE app_errors gauge\\napp_errors 0\\n'};
createServer((asked, answer) => answer.end(pages[asked.url] ?? VERSION)).listen(Number(PORT), '127.0.0.1');
// No test lasts longer; nobody may be left over.
setTimeout(() => process.exit(0), 300_000);
`;

/** Ends the service that a file names, and starts a newer one in its place, which outlives the script. */
const restartText = (node: string): string => `#!/bin/sh
[ -f "$PID_FILE" ] && kill "$(cat "$PID_FILE")" && while kill -0 "$(cat "$PID_FILE")" 2>/dev/null; do sleep 0.05; done
VERSION=$1 "${node}" server.mjs >/dev/null 2>&1 &
echo "restarted with version $1"
`;

export type InstanceWorld = AsyncDisposable & {
	readonly folder: string;
	readonly url: string;
	readonly healthUrl: string;
	/** A profile of a router, one poll a quarter second, and what is laid over it. */
	write(instance: Readonly<Record<string, unknown>>, over?: Readonly<Record<string, unknown>>): string;
	run(...args: readonly string[]): Promise<{readonly code: number; readonly said: string}>;
	session(): string;
	events(): SessionEvent[];
	/** The candidate's share, from the file that nginx reads. */
	share(): number;
	controllerPid(): number;
	/** The process of the instance by the journal. */
	instancePid(): number | undefined;
};

/** A production service and nginx; the canary's instance is the controller's to start. */
export async function startInstanceWorld(): Promise<InstanceWorld> {
	const stack = new AsyncDisposableStack();
	const folder = createTempFolder('instance');
	stack.defer(async () => folder.remove());
	const at = (name: string): string => join(folder.path, name);
	writeFileSync(at('server.mjs'), serverText);
	writeFileSync(at('restart.sh'), restartText(process.execPath), {mode: 0o755});
	const [production, canary] = [await freePort(), await freePort()];
	const pidFile = at('production.pid');
	const restartEnv = {PORT: String(production), PID_FILE: pidFile};
	await new Promise<void>(resolve =>
		execFile(at('restart.sh'), ['old'], {cwd: folder.path, env: {...process.env, ...restartEnv}}, () => resolve()),
	);
	stack.defer(async () => end(Number(readFileSync(pidFile, 'utf8'))));
	const servers = [
		{port: production, weight: 100},
		{port: canary, weight: 0},
	];
	const nginx = stack.use(await startNginx({servers}));
	const home = at('home');
	mkdirSync(home);
	const env = {...process.env, CANARY_HOME: home, HOME: home, XDG_RUNTIME_DIR: home, NO_COLOR: '1'};
	const sessions = join(home, 'sessions');
	const session = (): string => join(sessions, existsSync(sessions) ? (readdirSync(sessions).sort().at(-1) ?? '') : '');
	const events = (): SessionEvent[] =>
		recordText(session())
			.split('\n')
			.slice(1)
			.filter(Boolean)
			.map(line => JSON.parse(line) as SessionEvent);
	const instancePid = (): number | undefined => events().findLast(event => event.type === 'instance-started')?.process.pid;
	stack.defer(async () => {
		for (const name of existsSync(sessions) ? readdirSync(sessions) : [])
			await endController(join(sessions, name, 'controller.pid'));
		const pid = existsSync(join(session(), 'journal.ndjson')) || existsSync(sessions) ? instancePid() : undefined;
		if (pid !== undefined) end(-pid);
	});
	const [binary = 'nginx', ...flags] = nginx.command;
	const healthUrl = `http://127.0.0.1:${canary}/health`;
	const profile = (instance: Readonly<Record<string, unknown>>) => ({
		name: 'instance',
		baseline: {name: 'production'},
		candidate: {name: 'canary'},
		metrics: {scrape: {interval: '250ms', targets: [{url: `http://127.0.0.1:${canary}/metrics`, job: 'app'}]}},
		poll: '250ms',
		guardrails: [{title: 'Errors', query: 'max(app_errors)', healthy: '< 1', severity: 'critical'}],
		preflight: [{title: 'page', metricsPage: {url: `http://127.0.0.1:${canary}/metrics`, names: ['app_errors']}}],
		stages: [{weight: 5, duration: '1h', promote: 'manual'}],
		router: {
			nginx: {
				include: nginx.includePath,
				upstream: 'app',
				baseline: [`127.0.0.1:${production}`],
				candidate: [`127.0.0.1:${canary}`],
				revisionUrl: nginx.revisionUrl,
				test: [binary, ...flags, '-t', '-q'],
				reload: [binary, ...flags, '-s', 'reload'],
			},
		},
		instance: {
			health: {url: healthUrl, match: '"ok"', within: '60s'},
			...instance,
			start: {
				argv: [process.execPath, 'server.mjs'],
				...(instance['start'] as object),
				env: {PORT: String(canary), VERSION: 'new', ...(instance['start'] as {env?: object} | undefined)?.env},
			},
			...(instance['restartBaseline'] !== undefined && {
				restartBaseline: {
					argv: ['./restart.sh', 'new'],
					env: restartEnv,
					health: {url: `http://127.0.0.1:${production}/health`, within: '60s'},
					...(instance['restartBaseline'] as object),
				},
			}),
		},
		policies: {watchAfterEnd: '500ms', splitReadEvery: '500ms'},
	});
	return {
		folder: folder.path,
		url: nginx.url,
		healthUrl,
		write(instance, over = {}) {
			const path = at('profile.yaml');
			writeFileSync(path, stringify({...profile(instance), ...over}));
			return path;
		},
		run: (...args) =>
			new Promise(resolve =>
				execFile(process.execPath, [program, ...args], {env}, (error, stdout, stderr) =>
					resolve({code: error ? Number(error.code ?? -1) : 0, said: stdout + stderr}),
				),
			),
		session,
		events,
		share() {
			const text = readFileSync(nginx.includePath, 'utf8');
			const line = new RegExp(`server 127\\.0\\.0\\.1:${canary}\\b([^;]*);`).exec(text)?.[1] ?? '';
			const other = new RegExp(`server 127\\.0\\.0\\.1:${production}\\b([^;]*);`).exec(text)?.[1] ?? '';
			const weight = (one: string): number => (one.includes('down') ? 0 : Number(/weight=(\d+)/.exec(one)?.[1] ?? 1));
			return (100 * weight(line)) / (weight(line) + weight(other));
		},
		controllerPid: () => Number(/\d+/.exec(readFileSync(join(session(), 'controller.pid'), 'utf8'))?.[0]),
		instancePid,
		[Symbol.asyncDispose]: () => stack.disposeAsync(),
	};
}

/** What the service behind nginx says. */
export async function askVersion(url: string): Promise<string> {
	const {body} = await request(url, {headersTimeout: 10_000});
	return await body.text();
}

export const goneSoon = (what: string, pid: number) => waitUntil(`${what} is gone`, () => !isAlive(pid), {timeoutMs: 30_000});

function end(pid: number): void {
	try {
		process.kill(pid, 'SIGKILL');
	} catch {
		// Gone already, as it should be.
	}
}
