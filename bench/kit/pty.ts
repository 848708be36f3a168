import {type ChildProcess, spawn} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {guardGroup, killGroup, releaseGroup} from '../../test/helpers/guard.ts';
import {requireServer} from '../../test/helpers/servers.ts';

export type PtyOptions = {
	/** Program and arguments. They must hold no character that means something to a shell or to socat. */
	readonly command: readonly string[];
	readonly columns: number;
	readonly rows: number;
	readonly env: Readonly<Record<string, string>>;
};

export type Pty = AsyncDisposable & {
	/** All that the program wrote so far, as Latin-1. */
	output(): string;
	/** How many bytes it wrote in all. */
	written(): number;
	/** Straight to the program's terminal: no tool is started for a key. */
	write(keys: string): void;
	/** Resolves with `performance.now()` of the first byte after which the output fits; rejects after the time. */
	until(what: string, fits: (output: string) => boolean, timeoutMs?: number): Promise<number>;
	/** Of the program itself. */
	pid(): number;
	readonly exited: Promise<void>;
	stop(): Promise<void>;
};

const plain = /^[\w./:=@%+,-]+$/;
/** Of a long session only the end is kept. */
const outputCharsMax = 4 * 1024 * 1024;

/**
 * Runs a program in a pseudo-terminal of its own, held by socat: unlike tmux it emulates nothing, so neither the time of a key nor
 * that of a frame passes through another program's drawing.
 */
export function startPty({command, columns, rows, env}: PtyOptions): Pty {
	const socat = requireServer('socat');
	const odd = command.find(word => !plain.test(word));
	if (odd !== undefined) throw new Error(`Not in a pseudo-terminal of a bench: ${odd}`);
	const line = `stty rows ${rows} cols ${columns} && exec ${command.join(' ')}`;
	const child = spawn(socat, ['-', `SYSTEM:${escaped(line)},pty,setsid,ctty,stderr,echo=0`], {
		env: {...env},
		stdio: ['pipe', 'pipe', 'ignore'],
		detached: true,
	});
	const pid = child.pid;
	if (pid === undefined) throw new Error('socat could not be started.');
	guardGroup(pid);
	let output = '';
	let written = 0;
	const looks = new Set<() => void>();
	child.stdout.setEncoding('latin1').on('data', (text: string) => {
		written += text.length;
		output = (output + text).slice(-outputCharsMax);
		for (const look of looks) look();
	});
	child.stdin.on('error', () => {});
	const exited = new Promise<void>(resolve => child.once('exit', () => resolve()));
	const stop = async (): Promise<void> => {
		if (child.exitCode === null && child.signalCode === null) {
			killGroup(pid, 'SIGTERM');
			await Promise.race([exited, new Promise(resolve => setTimeout(resolve, 2_000).unref())]);
		}
		killGroup(pid, 'SIGKILL');
		await exited;
		releaseGroup(pid);
	};
	return {
		output: () => output,
		written: () => written,
		write: keys => void child.stdin.write(keys),
		until(what, fits, timeoutMs = 15_000) {
			return new Promise((resolve, reject) => {
				const look = (): void => {
					if (!fits(output)) return;
					done();
					resolve(performance.now());
				};
				const timer = setTimeout(() => {
					done();
					reject(new Error(`Waited ${timeoutMs} ms in vain until ${what}. The end of the output:\n${output.slice(-2_000)}`));
				}, timeoutMs);
				const done = (): void => {
					clearTimeout(timer);
					looks.delete(look);
				};
				looks.add(look);
				look();
			});
		},
		pid: () => programOf(child),
		exited,
		stop,
		[Symbol.asyncDispose]: stop,
	};
}

/** For socat's own address parser. */
const escaped = (line: string): string => line.replaceAll(/[\\:,]/g, '\\$&');

/** socat → a copy of it → the shell, which becomes the program by `exec`. What the program itself starts is not meant. */
function programOf({pid}: ChildProcess): number {
	const childOf = (parent: number): number =>
		Number(readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').split(' ')[0]);
	const program = childOf(childOf(pid ?? 0));
	if (!program) throw new Error('The program in the pseudo-terminal has ended.');
	return program;
}
