import {type ChildProcessByStdio, spawn} from 'node:child_process';
import type {Readable} from 'node:stream';
import {setTimeout as sleep} from 'node:timers/promises';
import {startDeadline} from './deadline.ts';

export type RunOptions = {
	/** The program and its arguments; no shell takes part. Never empty. */
	readonly argv: readonly string[];
	readonly cwd?: string;
	/** Added to our own environment. */
	readonly env?: Readonly<Record<string, string>>;
	readonly timeoutMs: number;
};

/** How a run ended. `stderr` is its last part. */
export type RunEnd = {readonly stdout: string; readonly stderr: string} & (
	| {readonly end: 'exited'; readonly code: number}
	| {readonly end: 'killed'; readonly signal: NodeJS.Signals}
	/** We ended it: the caller aborted, the time was over, or it printed more than `stdoutBytesMax`. */
	| {readonly end: 'aborted' | 'timeout' | 'too-long'}
	| {readonly end: 'not-started'; readonly error: NodeJS.ErrnoException}
);

/** No answer about a split is larger; a runaway tool must not fill memory. */
export const stdoutBytesMax = 1024 * 1024;
const stderrBytesMax = 8 * 1024;

/** From the program's end to the end of its output. Only a child in another session could hold the pipes longer. */
const pipesMs = 200;

type Child = ChildProcessByStdio<null, Readable, Readable>;

/**
 * Runs a program in a process group of its own and waits for its end. Never rejects, and never leaves anything of the group behind:
 * what the program left running is ended with it, so that nothing of it acts later. On abort and when the time is over the whole
 * group gets SIGKILL, because a program that cleans up first could still do what was just called off.
 */
export async function runProcess(options: RunOptions, caller: AbortSignal): Promise<RunEnd> {
	const nothing = {stdout: '', stderr: ''};
	if (caller.aborted) return {...nothing, end: 'aborted'};
	let child: Child;
	try {
		child = start(options);
	} catch (error) {
		// spawn throws for arguments that no program can get, such as a zero byte.
		return {...nothing, end: 'not-started', error: error as NodeJS.ErrnoException};
	}
	using deadline = startDeadline(caller, options.timeoutMs);
	return await new Promise(resolve => {
		const output = collect(child, () => finish({end: 'too-long'}));
		let isKilled = false;
		// Once the group is known to be gone its number may be somebody else's.
		const killOnce = (): void => {
			if (!isKilled) killGroup(child.pid);
			isKilled = true;
		};
		const finish = (how: HowEnded): void => {
			killOnce();
			resolve({...output(), ...how});
			child.stdout.destroy();
			child.stderr.destroy();
		};
		deadline.signal.addEventListener('abort', () => finish({end: deadline.reason() ?? 'aborted'}), {once: true});
		child.once('error', error => finish({end: 'not-started', error}));
		child.once('exit', async (code, signal) => {
			killOnce();
			await Promise.race([closed(child), sleep(pipesMs, undefined, {ref: false})]);
			finish(code === null ? {end: 'killed', signal: signal ?? 'SIGKILL'} : {end: 'exited', code});
		});
	});
}

type HowEnded = RunEnd extends infer End ? (End extends RunEnd ? Omit<End, 'stdout' | 'stderr'> : never) : never;

const start = ({argv: [program = '', ...args], cwd, env}: RunOptions): Child =>
	spawn(program, args, {
		...(cwd !== undefined && {cwd}),
		env: {...process.env, ...env},
		stdio: ['ignore', 'pipe', 'pipe'],
		detached: true,
	});

const closed = (child: Child): Promise<void> => new Promise(resolve => child.once('close', () => resolve()));

/** Keeps the first part of stdout, whose end is fatal, and the last part of stderr. */
function collect(child: Child, onTooLong: () => void): () => {stdout: string; stderr: string} {
	const chunks: Buffer[] = [];
	let bytes = 0;
	let tail = Buffer.alloc(0);
	child.stdout.on('data', (chunk: Buffer) => {
		bytes += chunk.length;
		if (bytes > stdoutBytesMax) return onTooLong();
		chunks.push(chunk);
	});
	child.stderr.on('data', (chunk: Buffer) => {
		tail = Buffer.concat([tail, chunk]).subarray(-stderrBytesMax);
	});
	return () => ({stdout: Buffer.concat(chunks).toString('utf8'), stderr: tail.toString('utf8')});
}

/** A group that is gone already is no error. */
function killGroup(pid: number | undefined): void {
	if (pid === undefined) return;
	try {
		process.kill(-pid, 'SIGKILL');
	} catch {
		// ESRCH: nobody left. EPERM: what is left belongs to somebody else now, a setuid program, and can't be ended by us.
	}
}
