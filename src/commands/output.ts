import {sanitize} from '../base/text.ts';
import type {ExitCode} from './exit-codes.ts';

/** The width to fit to: the terminal's, or enough for a log file. */
export const outputColumns = (): number => (process.stdout.isTTY ? process.stdout.columns : 160);

/** One line to stdout; what came from outside is made safe for a terminal. */
export const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** One line to stderr: progress, and what went wrong. */
export const tell = (line: string): void => void process.stderr.write(`${line}\n`);

/** For text that others wrote: no escape sequence, no control character, one line. */
export const safe = (text: string, columns = 500): string => sanitize(text, columns);

export const sayJson = (value: unknown): void => say(JSON.stringify(value, null, '\t'));

/** Ends a command with its sentence and its code. Thrown by commands, caught in main. */
export class CommandError extends Error {
	readonly exitCode: ExitCode;

	constructor(message: string, exitCode: ExitCode) {
		super(message);
		this.exitCode = exitCode;
	}
}
