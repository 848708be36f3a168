import {type ChildProcessByStdio, spawn} from 'node:child_process';
import {once} from 'node:events';
import type {Readable, Writable} from 'node:stream';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {createLineSplitter, parseObject} from '../core/ndjson.ts';
import {lifeOf, type ProcessId} from '../journal/process-id.ts';

const firstLineMs = 10_000;
const lineCharsMax = 64 * 1024;
const endMs = 2_000;
const lookEveryMs = 20;

export type Child = {
	readonly pid: number;
	/** What it said of itself in its first line. */
	readonly hello: Readonly<Record<string, unknown>>;
	/** Resolves when it has ended. */
	readonly exit: Promise<void>;
	readonly input: Writable;
	/** Closes its standard input, which ends it, and kills it by its number when that does not. */
	end(): Promise<void>;
};

/** Beside this file: as TypeScript in the sources, as a bundle of its own where the program is one. */
export const programOf = (name: string): string =>
	fileURLToPath(
		import.meta.url.endsWith('.ts') ? new URL(`${name}.ts`, import.meta.url) : new URL(`demo-${name}.js`, import.meta.url),
	);

/**
 * Starts one of the demo's own programs and waits for its first line, one JSON object. It is in our process group and holds a pipe
 * of ours: a closed terminal, an interrupt and even our own kill -9 end it. Throws with what it said when it does not start.
 */
export async function startChild(name: string, args: readonly string[], patienceMs = endMs): Promise<Child> {
	const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', programOf(name), ...args], {
		stdio: ['pipe', 'pipe', 'pipe'],
	});
	child.stdin.on('error', () => {});
	let complaint = '';
	child.stderr.setEncoding('utf8').on('data', (text: string) => {
		complaint = (complaint + text).slice(-2_000);
	});
	const exit = Promise.race([once(child, 'exit'), once(child, 'error')]).then(() => {});
	const late = new AbortController();
	const hello = await Promise.race([
		firstLine(child),
		exit.then(() => undefined),
		sleep(firstLineMs, undefined, {signal: late.signal}).catch(() => undefined),
	]);
	late.abort();
	const end = async (): Promise<void> => {
		child.stdin.end();
		const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
		await exit;
		clearTimeout(timer);
	};
	if (hello === undefined) {
		await end();
		throw new Error(`The demo's ${name} did not start. ${complaint.trim()}`.trim());
	}
	return {pid: child.pid ?? 0, hello, exit, input: child.stdin, end};
}

type Piped = ChildProcessByStdio<Writable, Readable, Readable>;

function firstLine(child: Piped): Promise<Readonly<Record<string, unknown>> | undefined> {
	const lines = createLineSplitter(lineCharsMax);
	return new Promise(resolve => {
		child.stdout.setEncoding('utf8').on('data', (text: string) => {
			const [line] = lines.push(text) ?? [];
			if (line !== undefined) resolve(parseObject(line));
		});
	});
}

/** Ends a process that is not our child, by its number and start time: politely first. Resolves when it is gone. */
export async function endProcess(id: ProcessId | undefined, patienceMs: number): Promise<void> {
	if (id === undefined) return;
	for (const [signal, ms] of [['SIGTERM', patienceMs] as const, ['SIGKILL', endMs] as const]) {
		// Never a later process that got the same number.
		if (lifeOf(id) !== 'alive') return;
		process.kill(id.pid, signal);
		for (let waited = 0; waited < ms && lifeOf(id) === 'alive'; waited += lookEveryMs) await sleep(lookEveryMs);
	}
}
