/**
 * `canary replay` on a day of a session: twenty guardrails a second, a million error lines in groups. First frame of the built program
 * in a pseudo-terminal; jumps of the player (to anywhere, and five seconds back) in a process of its own; memory of both. The player's
 * jumps are without the drawing of a frame, which `bench/cpu` measures.
 */
import {execFile} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {program} from '../test/helpers/world.ts';
import {aim, progress, spread} from './kit/figures.ts';
import {startPty} from './kit/pty.ts';

const rounds = 8;
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const node = async (...args: string[]): Promise<Record<string, unknown>> => {
	const {stdout} = await promisify(execFile)(process.execPath, args, {maxBuffer: 1024 ** 2});
	return JSON.parse(stdout) as Record<string, unknown>;
};

type Jumps = {
	readonly jumpMs: {readonly p99: number};
	readonly backFiveSecondsMs: {readonly p99: number};
	readonly rssMaxMb: number;
};

/** In MB, the most that a process ever held. */
const highWaterMb = (pid: number): number =>
	Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024);

export async function run(): Promise<object> {
	const home = mkdtempSync(join(tmpdir(), 'canary-replay-bench-'));
	try {
		const day = await node(here('./kit/long-day.ts'), join(home, 'sessions'));
		progress(`  recorded: ${Math.round(Number(day['bytes']) / 1e6)} MB`);
		const firstFrameMs: number[] = [];
		let consoleMb = 0;
		let readMs = 0;
		for (let round = 0; round <= rounds; round++) {
			const isLast = round === rounds;
			const startedMs = performance.now();
			await using pty = startPty({
				command: [process.execPath, program, 'replay', 'day', '--at', '0%'],
				columns: 120,
				rows: 40,
				env: {CANARY_HOME: home, HOME: home, PATH: process.env['PATH'] ?? '', TERM: 'xterm-256color', LANG: 'C.UTF-8'},
			});
			const atMs = await pty.until('the first frame', output => output.includes('Guardrails') && output.includes('REPLAY'));
			// The first one fills the compile cache.
			if (round > 0) firstFrameMs.push(atMs - startedMs);
			if (!isLast) continue;
			pty.write(':');
			await pty.until('a dialog', output => output.includes('Go to'));
			pty.write('100%');
			await new Promise(resolve => setTimeout(resolve, 200));
			pty.write('\r');
			readMs = (await pty.until('the end', output => output.includes('the day is over'), 300_000)) - startedMs;
			for (const key of '1234567890555') {
				pty.write(key);
				await new Promise(resolve => setTimeout(resolve, 300));
			}
			consoleMb = highWaterMb(pty.pid());
		}
		const jumps = (await node(here('./replay/jumps.ts'), String(day['folder']))) as Jumps & Record<string, unknown>;
		const first = spread(firstFrameMs);
		return {
			day: {...day, folder: undefined},
			firstFrameMs: {...first, aim: aim(first.p50, 400, 'ms')},
			readWholeInConsoleMs: Math.round(readMs),
			jumps,
			jumpAim: aim(Math.max(jumps.jumpMs.p99, jumps.backFiveSecondsMs.p99), 50, 'ms'),
			consoleMemory: aim(consoleMb, 300, 'MB'),
		};
	} finally {
		rmSync(home, {recursive: true, force: true});
	}
}
