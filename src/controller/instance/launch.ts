import {spawn} from 'node:child_process';
import {closeSync, openSync} from 'node:fs';
import {fail, ok, type Result} from '../../base/result.ts';

export type ProcessEnd = {readonly code: number | null; readonly signal: NodeJS.Signals | null};

export type Launched = {
	readonly pid: number;
	/** Resolves when the process itself has ended; what it started may go on. */
	readonly ended: Promise<ProcessEnd>;
};

export type LaunchOptions = {
	readonly argv: readonly string[];
	readonly cwd: string;
	/** Added to our own environment. */
	readonly env: Readonly<Record<string, string>>;
	/** Output is appended to it: a file, not a pipe, so that it goes on without us. */
	readonly logPath: string;
};

/**
 * Starts a program without a shell in a session of its own, so that neither a closed terminal nor our end reaches it. The error is a
 * sentence. What it prints goes to a file and never through us.
 */
export async function launch({
	argv: [program = '', ...args],
	cwd,
	env,
	logPath,
}: LaunchOptions): Promise<Result<Launched, string>> {
	let log: number | undefined;
	try {
		log = openSync(logPath, 'a', 0o600);
		const child = spawn(program, args, {cwd, env: {...process.env, ...env}, stdio: ['ignore', log, log], detached: true});
		const ended = new Promise<ProcessEnd>(resolve => child.once('exit', (code, signal) => resolve({code, signal})));
		const failed = new Promise<Error>(resolve => child.once('error', resolve));
		child.unref();
		const {pid} = child;
		if (pid !== undefined) return ok({pid, ended});
		return fail(whyNot(program, cwd, await failed));
	} catch (error) {
		// A zero byte in an argument, or a log that can't be opened.
		return fail(whyNot(program, cwd, error));
	} finally {
		if (log !== undefined) closeSync(log);
	}
}

function whyNot(program: string, cwd: string, error: unknown): string {
	const {code, message} = error as NodeJS.ErrnoException;
	const what =
		code === 'ENOENT' ? 'it, or the folder, is not there' : code === 'EACCES' ? 'this user may not run it' : (code ?? message);
	return `${program} could not be started in ${cwd}: ${what}.`;
}
