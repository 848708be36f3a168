import {type ChildProcessByStdio, spawn} from 'node:child_process';
import {constants, setPriority} from 'node:os';
import type {Readable} from 'node:stream';
import {setTimeout as sleep} from 'node:timers/promises';
import type {Redact} from '../../base/redact.ts';
import {createOutputCleaner} from './clean-output.ts';
import type {OutputFile} from './output-file.ts';

export type CommandRunOptions = {
	/** The program and its arguments; no shell takes part. */
	readonly argv: readonly string[];
	readonly cwd: string;
	/** Added to our own environment. */
	readonly env: Readonly<Record<string, string>>;
	readonly timeoutMs: number;
	readonly redact: Redact;
	readonly output: OutputFile;
	/** From the word to end to the end by force. */
	readonly graceMs?: number;
	/** Its program runs, under this number. */
	readonly onStart: (pid: number) => void;
};

export type CommandRunEnd =
	| {readonly kind: 'exited'; readonly code: number}
	| {readonly kind: 'killed'; readonly signal: string}
	| {readonly kind: 'timed-out' | 'stopped'}
	| {readonly kind: 'not-started'; readonly message: string};

const graceMsDefault = 3_000;
/** When the controller itself goes, nobody waits so long. */
const stopGraceMs = 2_000;
/** From the program's end to the end of its output. Only a child in another session could hold the pipes longer. */
const pipesMs = 2_000;
/** So much is read at a time, and then a breath: a program that prints without end must not take the loop from the ticks. */
const breathMs = 4;

type Child = ChildProcessByStdio<null, Readable, Readable>;

/**
 * Runs a program in a process group of its own, at low priority, and keeps what it prints, cleaned. When its time is over, or
 * `stop` says so, the whole group is told to end, and soon after ended by force. Nothing of the group is left behind. Never rejects.
 */
export async function runCommand(options: CommandRunOptions, stop: AbortSignal): Promise<CommandRunEnd> {
	if (stop.aborted) return {kind: 'stopped'};
	let child: Child;
	try {
		child = start(options);
	} catch (error) {
		// spawn throws for arguments that no program can get, such as a zero byte.
		return {kind: 'not-started', message: (error as Error).message};
	}
	const ended = whenEnded(child);
	const {pid} = child;
	if (pid === undefined) return await ended;
	lower(pid);
	options.onStart(pid);
	const reading = Promise.all([child.stdout, child.stderr].map(stream => read(stream, options)));
	const over = new AbortController();
	let why: 'timed-out' | 'stopped' | undefined;
	const endBy = async (reason: 'timed-out' | 'stopped', waitMs: number): Promise<void> => {
		if (why === 'stopped' || over.signal.aborted) return;
		why ??= reason;
		signalGroup(pid, 'SIGTERM');
		await sleep(waitMs, undefined, {signal: over.signal}).catch(() => {});
		if (!over.signal.aborted) signalGroup(pid, 'SIGKILL');
	};
	const onStop = (): void => void endBy('stopped', Math.min(stopGraceMs, options.graceMs ?? stopGraceMs));
	const timer = setTimeout(() => void endBy('timed-out', options.graceMs ?? graceMsDefault), options.timeoutMs);
	stop.addEventListener('abort', onStop, {once: true});
	if (stop.aborted) onStop();
	const end = await ended;
	over.abort();
	clearTimeout(timer);
	stop.removeEventListener('abort', onStop);
	// What it left running is ended with it; once the group is known to be gone its number may be somebody else's.
	signalGroup(pid, 'SIGKILL');
	await Promise.race([reading, sleep(pipesMs, undefined, {ref: false})]);
	child.stdout.destroy();
	child.stderr.destroy();
	await Promise.race([reading, sleep(pipesMs, undefined, {ref: false})]);
	return why === undefined || end.kind === 'not-started' ? end : {kind: why};
}

function start({argv: [program = '', ...args], cwd, env}: CommandRunOptions): Child {
	// No colours, no drawing: what is kept is a text.
	const quiet = {TERM: 'dumb', NO_COLOR: '1', PAGER: 'cat'};
	const options = {cwd, env: {...process.env, ...quiet, ...env}, detached: true};
	return spawn(program, args, {...options, stdio: ['ignore', 'pipe', 'pipe']});
}

const whenEnded = (child: Child): Promise<CommandRunEnd> =>
	new Promise(resolve => {
		child.once('error', (error: NodeJS.ErrnoException) => resolve({kind: 'not-started', message: whyNot(child, error)}));
		child.once('exit', (code, signal) =>
			resolve(code === null ? {kind: 'killed', signal: signal ?? 'SIGKILL'} : {kind: 'exited', code}),
		);
	});

function whyNot({spawnfile}: Child, {code, message}: NodeJS.ErrnoException): string {
	if (code === 'ENOENT') return `there is no program ${spawnfile} in PATH, or no such folder to run it in`;
	return code === 'EACCES' ? `${spawnfile} may not be run by this user` : message;
}

async function read(stream: Readable, {redact, output}: CommandRunOptions): Promise<void> {
	const cleaner = createOutputCleaner(redact);
	try {
		for await (const chunk of stream) {
			// Beyond what is kept nothing is worth the work.
			if (output.isFull) output.skip((chunk as Buffer).length);
			else await output.write(cleaner.push(chunk as Buffer));
			await sleep(breathMs);
		}
	} catch {
		// Destroyed: its time was over.
	}
	if (!output.isFull) await output.write(cleaner.end());
}

/** The guard goes first. */
function lower(pid: number): void {
	try {
		setPriority(pid, constants.priority.PRIORITY_LOW);
	} catch {
		// It has ended already.
	}
}

/** A group that is gone already is no error. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
	try {
		process.kill(-pid, signal);
	} catch {
		// ESRCH: nobody left. EPERM: what is left belongs to somebody else now, and can't be ended by us.
	}
}
