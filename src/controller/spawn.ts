import {type ChildProcess, spawn} from 'node:child_process';
import {closeSync, fstatSync, openSync, readFileSync} from 'node:fs';
import {createConnection} from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';
import {fail, ok, type Result} from '../base/result.ts';
import {sanitizeLines} from '../base/text.ts';
import {createLineSplitter, parseObject} from '../core/ndjson.ts';
import {lineBytesMax, protocolVersion} from '../core/protocol.ts';
import {readProcess} from '../journal/pid-file.ts';
import {makeRuntimeFolder, runtimePath} from '../journal/runtime-folder.ts';
import {discardUnstarted, sessionFiles} from '../journal/session-folder.ts';
import {connectPath} from '../journal/socket-path.ts';

export type SpawnOptions = {
	readonly folder: string;
	/** What Node is to run, and its arguments: the program itself, with its hidden controller command. */
	readonly argv: readonly string[];
	readonly env?: NodeJS.ProcessEnv;
	/** Default 15 s. */
	readonly timeoutMs?: number;
};

export type SpawnError = {
	readonly kind: 'exited' | 'timeout' | 'not-started';
	/** What the controller said in its log, or what happened to it. */
	readonly message: string;
	readonly exitCode?: number;
};

/** Memory before speed: over a simulated day (bench/journal) Node 24 stays at 80 MB with these, and wanders to 200 MB without. */
export const nodeFlags: readonly string[] = ['--max-semi-space-size=2', '--optimize-for-size'];
const probeEveryMs = 20;
const probeTimeoutMs = 1_000;
const logCharsMax = 4_000;

/**
 * Starts a controller that outlives us and our terminal: in a session of its own (setsid), reading from nothing, writing to its log.
 * Resolves once its socket answers. What it says when it can't start is the error; a session that never began leaves no folder.
 */
export async function spawnController({
	folder,
	argv,
	env,
	timeoutMs = 15_000,
}: SpawnOptions): Promise<Result<{pid: number}, SpawnError>> {
	let log: string;
	let child: ChildProcess;
	let logStart: number;
	try {
		const opened = openLog(folder);
		const {file} = opened;
		log = opened.path;
		logStart = fstatSync(file).size;
		// Away from the present folder: nothing must keep a disk from being unmounted, or break when the folder goes.
		const stdio = ['ignore', file, file] as const;
		child = spawn(process.execPath, [...nodeFlags, ...argv], {
			detached: true,
			stdio: [...stdio],
			cwd: '/',
			env: env ?? process.env,
		});
		closeSync(file);
	} catch (error) {
		return fail({kind: 'not-started', message: `The controller could not be started: ${String(error)}.`});
	}
	const over = new AbortController();
	const outcome = await Promise.race([
		died(child),
		answers(folder, child.pid, over.signal),
		sleep(timeoutMs, undefined, {signal: over.signal}).catch(() => undefined),
	]);
	over.abort();
	child.unref();
	if (outcome === 'answers') return ok({pid: child.pid ?? 0});
	if (outcome === undefined) {
		const message = `The controller (process ${child.pid}) does not answer within ${timeoutMs / 1_000} s. ${said(log, logStart)}`;
		return fail({kind: 'timeout', message});
	}
	const message = said(log, logStart) || `The controller ended at once: ${outcome.how}.`;
	discardUnstarted(folder);
	return fail({kind: 'exited', message, ...(outcome.code !== null && {exitCode: outcome.code})});
}

/** In the session's folder; where that can only be read, in the runtime folder. Throws. */
function openLog(folder: string): {path: string; file: number} {
	const {log: path} = sessionFiles(folder);
	try {
		return {path, file: openSync(path, 'a', 0o600)};
	} catch {
		const elsewhere = runtimePath(folder, 'log');
		makeRuntimeFolder(elsewhere);
		return {path: elsewhere, file: openSync(elsewhere, 'a', 0o600)};
	}
}

function died(child: ChildProcess): Promise<{code: number | null; how: string}> {
	return new Promise(resolve => {
		child.once('error', error => resolve({code: null, how: error.message}));
		child.once('exit', (code, signal) => resolve({code, how: signal ?? `exit code ${code}`}));
	});
}

/** It is our child that answers, not a controller that was there before. */
async function answers(folder: string, pid: number | undefined, signal: AbortSignal): Promise<'answers'> {
	for (;;) {
		if (signal.aborted) return await new Promise(() => {});
		if (readProcess(folder)?.pid === pid && (await hasWelcome(connectPath(folder), signal))) return 'answers';
		await sleep(probeEveryMs, undefined, {signal}).catch(() => {});
	}
}

/** Whether a controller says welcome at this socket. */
export function hasWelcome(path: string, signal?: AbortSignal): Promise<boolean> {
	return new Promise(resolve => {
		const socket = createConnection({path});
		const splitter = createLineSplitter(lineBytesMax);
		const done = (answer: boolean): void => {
			socket.destroy();
			resolve(answer);
		};
		socket.setTimeout(probeTimeoutMs, () => done(false));
		signal?.addEventListener('abort', () => done(false), {once: true});
		socket.setEncoding('utf8');
		socket.once('error', () => done(false));
		socket.once('close', () => done(false));
		socket.once('connect', () => {
			const hello = {type: 'hello', protocol: protocolVersion, role: 'read-only', who: 'canary', once: true};
			socket.write(`${JSON.stringify(hello)}\n`);
		});
		socket.on('data', (chunk: string) => {
			const line = splitter.push(chunk)?.[0];
			if (line !== undefined) done(parseObject(line)?.['type'] === 'welcome');
		});
	});
}

/** What the log has got since then: cleaned, because it goes to a terminal. */
function said(path: string, from: number): string {
	try {
		const text = readFileSync(path).subarray(from).toString('utf8').trim().slice(-logCharsMax);
		return sanitizeLines(text, 300, 20).join('\n');
	} catch {
		return '';
	}
}
