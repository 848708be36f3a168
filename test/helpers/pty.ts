import {execFile} from 'node:child_process';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {guardGroup} from './guard.ts';
import {createTempFolder, isAlive, startProcess, waitUntil} from './process.ts';
import {requireServer, serverEnvironment} from './servers.ts';

const run = promisify(execFile);

/** A dead program's last screen stays readable; nothing but the program's own screen is shown. */
const tmuxConfig = `
set -g default-terminal tmux-256color
set -g status off
set -g remain-on-exit on
set -g remain-on-exit-format ''
set -g escape-time 0
set -g history-limit 5000
`;

export type TerminalOptions = {
	/** Program and arguments; no shell in between. */
	readonly command: readonly string[];
	/** Default 120. */
	readonly columns?: number;
	/** Default 40. */
	readonly rows?: number;
	readonly cwd?: string;
	/** All the program gets beside PATH, HOME, TMPDIR, TERM and LANG=C.UTF-8: no CI, no NO_COLOR from outside. */
	readonly env?: Readonly<Record<string, string>>;
};

export type Terminal = AsyncDisposable & {
	/** Of the program in the terminal. */
	readonly pid: number;
	/** Keys as tmux names them: `p`, `Enter`, `Escape`, `Up`, `C-c`, `PageDown`. */
	keys(...keys: readonly string[]): Promise<void>;
	/** Text as it stands, also where it looks like the name of a key. */
	type(text: string): Promise<void>;
	/** The visible rows, without trailing blanks. */
	screen(): Promise<string>;
	/** The same with its colours as escape sequences. */
	screenWithColours(): Promise<string>;
	/** What scrolled away, then the visible rows. */
	scrollback(): Promise<string>;
	/** Every byte that the program ever wrote, as Latin-1: for what must never reach a terminal. */
	rawOutput(): string;
	title(): Promise<string>;
	/** Until the screen holds the text, and gives that screen; default 10 s. The error shows the last screen. */
	waitForText(text: string | RegExp, timeoutMs?: number): Promise<string>;
	/** Until the screen does not hold it any more. */
	waitForNoText(text: string | RegExp, timeoutMs?: number): Promise<string>;
	resize(columns: number, rows: number): Promise<void>;
	/** From now on nobody reads what the program writes, until `thaw`: a paused window, a stalled link. */
	freeze(): void;
	thaw(): void;
	/** Until the program has ended; its exit code, or undefined after a signal. */
	exitCode(timeoutMs?: number): Promise<number | undefined>;
	/** Closes the window: the program gets SIGHUP. The tmux server ends too. */
	stop(): Promise<void>;
};

/** Runs a program in a terminal of its own: a tmux server that nothing else uses, without anybody's configuration. */
export async function startTerminal({command, columns = 120, rows = 40, cwd, env = {}}: TerminalOptions): Promise<Terminal> {
	const tmuxProgram = requireServer('tmux');
	const folder = createTempFolder('tmux');
	const [socket, config, raw] = ['tmux.sock', 'tmux.conf', 'raw'].map(name => join(folder.path, name)) as [
		string,
		string,
		string,
	];
	writeFileSync(config, tmuxConfig);
	writeFileSync(raw, '');
	const server = await startProcess({
		name: 'tmux',
		command: tmuxProgram,
		// In the foreground (-D), so that it is our child and ends with us.
		args: ['-D', '-u', '-S', socket, '-f', config],
		env: {...serverEnvironment(tmuxProgram), LANG: 'C.UTF-8'},
		ready: () => existsSync(socket),
		afterStop: folder.remove,
	});
	const tmux = async (...args: readonly string[]): Promise<string> => {
		const options = {timeout: 5000, maxBuffer: 16 * 1024 * 1024, env: {...process.env, ...serverEnvironment(tmuxProgram)}};
		const {stdout} = await run(tmuxProgram, ['-u', '-S', socket, ...args], options);
		return stdout;
	};
	const stop = async (): Promise<void> => {
		server.signal('SIGCONT');
		await tmux('kill-server').catch(() => {});
		await server.stop();
	};
	const start = ['new-session', '-d', '-x', `${columns}`, '-y', `${rows}`, '-P', '-F', '#{pane_pid}', '-c', cwd ?? folder.path];
	try {
		// In one go with the start, so that no byte is written before somebody keeps it.
		const pid = Number(
			await tmux(...start, '--', ...inCleanEnvironment(command, env), ';', 'pipe-pane', '-O', `exec cat >> ${raw}`),
		);
		guardGroup(pid);
		return {...controls(tmux, raw, server.signal, pid), pid, stop, [Symbol.asyncDispose]: stop};
	} catch (error) {
		await stop();
		throw error;
	}
}

/** `env -i`, since a CI or NO_COLOR of the test run would change what the program shows. */
function inCleanEnvironment(command: readonly string[], env: Readonly<Record<string, string>>): string[] {
	const kept = ['PATH', 'HOME', 'TMPDIR'].filter(name => process.env[name] !== undefined);
	const own = Object.fromEntries(kept.map(name => [name, process.env[name] ?? '']));
	const all = {...own, TERM: 'tmux-256color', LANG: 'C.UTF-8', ...env};
	const words = ['env', '-i', ...Object.entries(all).map(([name, value]) => `${name}=${value}`), ...command];
	// A semicolon at the end of a word would end the command for tmux.
	return words.map(word => word.replace(/;$/, '\\;'));
}

function controls(
	tmux: (...args: readonly string[]) => Promise<string>,
	raw: string,
	signal: (name: NodeJS.Signals) => void,
	pid: number,
) {
	const capture = async (...flags: readonly string[]): Promise<string> =>
		(await tmux('capture-pane', '-p', ...flags)).replaceAll(/[ \t]+$/gm, '').trimEnd();
	const screen = (): Promise<string> => capture();
	const holds = (text: string | RegExp, shown: string): boolean =>
		typeof text === 'string' ? shown.includes(text) : text.test(shown);
	const waitFor = async (what: string, fits: (shown: string) => boolean, timeoutMs: number): Promise<string> => {
		let last = '';
		const probe = async (): Promise<{readonly shown: string} | undefined> => {
			last = await screen();
			return fits(last) ? {shown: last} : undefined;
		};
		const {shown} = await waitUntil(what, probe, {timeoutMs, everyMs: 40, seen: () => `The screen:\n${last}`});
		return shown;
	};
	return {
		screen,
		screenWithColours: () => capture('-e'),
		scrollback: () => capture('-S', '-'),
		rawOutput: () => readFileSync(raw, 'latin1'),
		keys: async (...keys: readonly string[]) => void (await tmux('send-keys', ...keys)),
		type: async (text: string) => void (await tmux('send-keys', '-l', text)),
		title: async () => (await tmux('display-message', '-p', '#{pane_title}')).trimEnd(),
		waitForText: (text: string | RegExp, timeoutMs = 10_000) =>
			waitFor(`the screen shows ${text}`, shown => holds(text, shown), timeoutMs),
		waitForNoText: (text: string | RegExp, timeoutMs = 10_000) =>
			waitFor(`the screen no longer shows ${text}`, shown => !holds(text, shown), timeoutMs),
		resize: async (columns: number, rows: number) => void (await tmux('resize-window', '-x', `${columns}`, '-y', `${rows}`)),
		freeze: () => signal('SIGSTOP'),
		thaw: () => signal('SIGCONT'),
		async exitCode(timeoutMs = 10_000): Promise<number | undefined> {
			await waitUntil('the program has ended', () => !isAlive(pid), {timeoutMs});
			const state = (): Promise<string> => tmux('display-message', '-p', '#{pane_dead_status}/#{pane_dead_signal}');
			const dead = await waitUntil('tmux knows how', async () => {
				// One time in five tmux 3.3a misses that its child has ended, and keeps it as a zombie until it looks again.
				signal('SIGCHLD');
				return /^(?:(\d+)\/|\/\w+)/.exec(await state());
			});
			return dead[1] === undefined ? undefined : Number(dead[1]);
		},
	};
}
