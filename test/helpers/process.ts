import {spawn} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {guardGroup, killGroup, releaseGroup} from './guard.ts';
import {GaveUp, waitUntil} from './wait.ts';

export {guardGroup} from './guard.ts';
export {freePort, freePorts, isPortTaken} from './ports.ts';
export {createTempFolder, type TempFolder} from './temp-folder.ts';
export {waitUntil} from './wait.ts';

/** Of a talkative server only the end is kept. */
const outputCharsMax = 64 * 1024;

export type Exit = {readonly code: number | null; readonly signal: NodeJS.Signals | null};

export type ProcessOptions = {
	/** For messages: `haproxy`. */
	readonly name: string;
	readonly command: string;
	readonly args?: readonly string[];
	readonly cwd?: string;
	/** Added to the environment of this process. */
	readonly env?: Readonly<Record<string, string>>;
	/** Asked every 20 ms until it says true; an error counts as "not yet". Left out: ready once started. */
	readonly ready?: () => Promise<boolean> | boolean;
	/** Default 15 s. */
	readonly readyTimeoutMs?: number;
	/** From SIGTERM to SIGKILL; default 3 s. */
	readonly stopTimeoutMs?: number;
	/** Runs once after the process has ended by `stop`: remove the temp folder here. */
	readonly afterStop?: () => void;
};

export type RunningProcess = AsyncDisposable & {
	readonly name: string;
	/** Also the number of its process group. */
	readonly pid: number;
	readonly exit: Promise<Exit>;
	isRunning(): boolean;
	/** Standard output and standard error, the last 64 KiB. */
	output(): string;
	/** To the process alone. */
	signal(signal: NodeJS.Signals): void;
	/** SIGTERM to the group, SIGKILL to what is left of it. Resolves when the process has ended; safe twice. */
	stop(): Promise<Exit>;
};

/** Starts a program in its own process group and waits until it is ready. Throws with its output when it is not. */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
	const started = launch(options);
	const {ready, name, readyTimeoutMs = 15_000} = options;
	if (ready === undefined) return started;
	const probe = async (): Promise<boolean> => {
		if (!started.isRunning()) throw new GaveUp(`${name} ended before it was ready.\n${started.output()}`);
		return await ready();
	};
	try {
		await waitUntil(`${name} is ready`, probe, {timeoutMs: readyTimeoutMs, seen: () => started.output()});
	} catch (error) {
		await started.stop();
		throw error;
	}
	return started;
}

function launch({name, command, args = [], cwd, env = {}, stopTimeoutMs = 3000, afterStop}: ProcessOptions): RunningProcess {
	const child = spawn(command, [...args], {
		...(cwd === undefined ? {} : {cwd}),
		env: {...process.env, ...env},
		stdio: ['ignore', 'pipe', 'pipe'],
		detached: true,
	});
	let output = '';
	const keep = (text: string): void => {
		output = (output + text).slice(-outputCharsMax);
	};
	child.stdout.setEncoding('utf8').on('data', keep);
	child.stderr.setEncoding('utf8').on('data', keep);
	const {promise: exit, resolve} = Promise.withResolvers<Exit>();
	let running = true;
	const ended = (code: number | null, signal: NodeJS.Signals | null): void => {
		running = false;
		resolve({code, signal});
	};
	child.once('error', error => {
		keep(`${name} could not be started: ${error.message}\n`);
		ended(null, null);
	});
	child.once('exit', ended);
	const pid = child.pid;
	if (pid !== undefined) guardGroup(pid);
	let stopping: Promise<Exit> | undefined;
	const stop = (): Promise<Exit> => {
		stopping ??= endGroup(pid, exit, stopTimeoutMs).finally(() => afterStop?.());
		return stopping;
	};
	return {
		name,
		pid: pid ?? 0,
		exit,
		isRunning: () => running,
		output: () => output,
		signal: signal => void (running && child.kill(signal)),
		stop,
		[Symbol.asyncDispose]: async () => void (await stop()),
	};
}

async function endGroup(pid: number | undefined, exit: Promise<Exit>, stopTimeoutMs: number): Promise<Exit> {
	if (pid === undefined) return exit;
	killGroup(pid, 'SIGTERM');
	const timer = setTimeout(() => killGroup(pid, 'SIGKILL'), stopTimeoutMs);
	const how = await exit;
	clearTimeout(timer);
	// A worker may outlive its master for a moment; nothing of the group is wanted any more.
	killGroup(pid, 'SIGKILL');
	releaseGroup(pid);
	return how;
}

/** Whether a process lives. A zombie waits only to be reaped and counts as dead. */
export function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === 'EPERM';
	}
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
		return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
	} catch {
		return true;
	}
}

/** A process id that was read from somewhere; an unknown one must never become 0, which `kill` takes for our own whole group. */
export function knownPid(pid: number | undefined): number {
	if (pid === undefined || !Number.isInteger(pid) || pid < 2) throw new Error(`The process id is not known: ${pid}.`);
	return pid;
}
