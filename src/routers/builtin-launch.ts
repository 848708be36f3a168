import {spawn} from 'node:child_process';
import {closeSync, existsSync, fstatSync, mkdirSync, openSync, readFileSync} from 'node:fs';
import {dirname} from 'node:path';
import {fileURLToPath} from 'node:url';
import {fail, ok, type Result} from '../base/result.ts';
import type {RouterError} from '../core/split.ts';
import {askProxy} from './builtin-client.ts';
import {logPath, type ProxyConfig, type ProxyState} from './builtin-config.ts';
import {pause, startDeadline} from './deadline.ts';
import {abortedError, quoted, routerError} from './router-error.ts';

const askEveryMs = 15;
/** A proxy that lost the race for the port has ended; the winner needs a moment until it can be asked. */
const winnerMs = 500;
const logBytesMax = 256 * 1024;
const lastWordsBytes = 2_000;

/** What the proxy may need of our environment; whatever else stands there is none of its business. */
const environmentNames = [
	'PATH',
	'HOME',
	'TZ',
	'LANG',
	'NODE_EXTRA_CA_CERTS',
	'SSL_CERT_FILE',
	'SSL_CERT_DIR',
	'NODE_COMPILE_CACHE',
];

/** Under full load it stays at 165 MB with a small young generation, and at 270 MB without; the speed is the same. */
const nodeFlags = ['--max-semi-space-size=2', '--disable-warning=ExperimentalWarning'];

/** Beside this file: as TypeScript in the sources, as a bundle of its own where the program is one. */
const program = (): string =>
	fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? 'builtin-proxy.ts' : 'builtin-proxy.js', import.meta.url));

/**
 * Starts the proxy as a process of its own session, so that neither a closed terminal nor the end of whoever started it reaches
 * it, and waits until it answers. If another one gets there first, that one's state is the answer.
 */
export async function launchProxy(
	config: ProxyConfig,
	caller: AbortSignal,
	timeoutMs: number,
): Promise<Result<ProxyState, RouterError>> {
	const subject = `The builtin router on ${config.listen}`;
	using deadline = startDeadline(caller, timeoutMs);
	const started = start(config);
	if (!started.ok) return fail(routerError('unreachable', `${subject} can't be started: ${quoted(started.error)}.`, placeRemedy));
	const {pid, exit, kill} = started.value;
	let endedMs = Number.POSITIVE_INFINITY;
	void exit.then(() => {
		endedMs = performance.now();
	});
	while (!deadline.signal.aborted && performance.now() - endedMs < winnerMs) {
		const state = await askProxy(config.controlSocket, {method: 'GET', path: '/split'}, deadline.signal, timeoutMs);
		if (state.ok) {
			// Ours lost the race. It must not come up late, when the winner has long been ended on purpose.
			if (state.value.pid !== pid) kill();
			return state;
		}
		if (state.error.kind !== 'none' && state.error.kind !== 'aborted') {
			kill();
			return fail(state.error);
		}
		await pause(askEveryMs, deadline.signal);
	}
	// Whoever gives up leaves nothing behind that would begin to listen later.
	kill();
	if (deadline.reason() === 'aborted') return fail(abortedError(subject));
	const words = lastWords(config.controlSocket);
	if (deadline.reason() === 'timeout')
		return fail(routerError('timeout', `${subject} did not start within ${timeoutMs} ms. ${words}`.trim()));
	const remedy = /EADDRINUSE/.test(words)
		? 'Another program listens on that address already: end it, or name another one under listen.'
		: `Its last words stand in ${logPath(config.controlSocket)}.`;
	return fail(routerError('unreachable', `${subject} did not start. ${words}`.trim(), remedy));
}

const placeRemedy =
	'Its socket and its log need a folder that can be written: make it, or name another controlSocket in the profile.';

type Started = {readonly pid: number | undefined; readonly exit: Promise<void>; kill(): void};

function start(config: ProxyConfig): Result<Started, string> {
	let log: number | undefined;
	try {
		makeFolder(dirname(config.controlSocket));
		log = openLog(logPath(config.controlSocket));
		const env = Object.fromEntries(
			environmentNames.flatMap(name => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
		);
		const child = spawn(process.execPath, [...nodeFlags, program(), JSON.stringify(config)], {
			detached: true,
			// Not our folder: it may be unmounted or removed long after we have ended.
			cwd: '/',
			env,
			stdio: ['ignore', 'ignore', log],
		});
		child.unref();
		const exit = new Promise<void>(resolve => {
			child.once('exit', () => resolve());
			child.once('error', () => resolve());
		});
		return ok({pid: child.pid, exit, kill: () => void child.kill('SIGKILL')});
	} catch (error) {
		return fail(error instanceof Error ? error.message : String(error));
	} finally {
		if (log !== undefined) closeSync(log);
	}
}

/** The folder alone, not those above it: Node's own `recursive` never comes back where a file system takes no folders, such as /proc. */
function makeFolder(path: string): void {
	if (existsSync(path)) return;
	try {
		mkdirSync(path, {mode: 0o700});
	} catch (error) {
		// Another controller was faster.
		if (!existsSync(path)) throw error;
	}
}

/** Goes on in the old log, or begins anew when that one has become long. */
function openLog(path: string): number {
	const file = openSync(path, 'a', 0o600);
	if (fstatSync(file).size <= logBytesMax) return file;
	closeSync(file);
	return openSync(path, 'w', 0o600);
}

function lastWords(controlSocket: string): string {
	try {
		const line = readFileSync(logPath(controlSocket)).subarray(-lastWordsBytes).toString('utf8').trim().split('\n').at(-1) ?? '';
		return line === '' ? '' : `It said ${quoted(line.replace(/^\S+Z /, ''))}.`;
	} catch {
		return '';
	}
}
