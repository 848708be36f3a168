/**
 * Memory over a day: 86,400 ticks of 20 guardrails with three series each, errors all the time and a new signature every minute,
 * through the real controller (runtime, journal, checkpoints, socket) on a fast clock, with the built program's console attached
 * to it. Held after a collection at one hour, six and twenty-four. Nobody can make the console collect, so it gets a heap of 64 MB, far
 * less than V8 would take: with a leak it would not live through the day.
 */
import {spawn} from 'node:child_process';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';
import {nodeFlags} from '../src/controller/spawn.ts';
import {createTempFolder} from '../test/helpers/process.ts';
import {program} from '../test/helpers/world.ts';
import {aim, progress, round} from './kit/figures.ts';
import {memoryMb} from './kit/proc.ts';
import {type Pty, startPty} from './kit/pty.ts';

const hours = '1,6,24';
/** What a heap may hold more after a day than after an hour. */
const growthMbMax = 5;
const consoleGrowthMbMax = 30;
const consoleHeapMb = 64;

type Mark = {
	readonly hours: number;
	readonly ticks: number;
	readonly heapUsed: number;
	readonly rss: number;
	readonly journalBytes: number;
};
type Said = {readonly folder: string} | Mark;

export async function run(): Promise<object> {
	const home = createTempFolder('day');
	await using stack = new AsyncDisposableStack();
	stack.defer(async () => home.remove());
	const main = join(home.path, 'day.mjs');
	// In one file like the program itself: read as TypeScript, half of its memory would be the compiler's.
	await build({
		entryPoints: [fileURLToPath(new URL('kit/day.ts', import.meta.url))],
		outfile: main,
		bundle: true,
		platform: 'node',
		format: 'esm',
		logLevel: 'warning',
		banner: {js: "import {createRequire} from 'node:module'; const require = createRequire(import.meta.url);"},
	});
	const day = spawn(process.execPath, [...nodeFlags, '--expose-gc', main, home.path, hours], {
		stdio: ['pipe', 'pipe', 'inherit'],
	});
	stack.defer(async () => void day.kill('SIGKILL'));
	let view: Pty | undefined;
	const marks: (Mark & {readonly consoleMb: number})[] = [];
	for await (const line of createInterface({input: day.stdout})) {
		const said = JSON.parse(line) as Said;
		if ('folder' in said) {
			view = stack.use(attach(said.folder, home.path));
			continue;
		}
		const consoleMb = view ? memoryMb(view.pid()).rss : Number.NaN;
		marks.push({...said, consoleMb});
		progress(`  ${said.hours} h: heap ${mb(said.heapUsed)} MB, RSS ${mb(said.rss)} MB, console ${consoleMb} MB`);
		day.stdin.write('on\n');
	}
	const [first, last] = [marks[0], marks.at(-1)];
	if (!first || !last || last.hours !== 24) throw new Error('The day ended early.');
	return {
		name: 'memory',
		marks: marks.map(({heapUsed, rss, journalBytes, consoleMb, hours: hour, ticks}) => ({
			hours: hour,
			ticks,
			consoleMb,
			controllerHeapMb: mb(heapUsed),
			controllerRssMb: mb(rss),
			journalMb: mb(journalBytes),
		})),
		controllerHeapGrowth: aim(round(mb(last.heapUsed) - mb(first.heapUsed)), growthMbMax, 'MB from 1 h to 24 h'),
		controllerRss: aim(mb(last.rss), 150, 'MB'),
		consoleGrowth: aim(last.consoleMb - first.consoleMb, consoleGrowthMbMax, 'MB from 1 h to 24 h'),
		console: aim(last.consoleMb, 150, 'MB'),
	};
}

const mb = (bytes: number): number => round(bytes / 1024 ** 2, 1);

const attach = (folder: string, home: string): Pty =>
	startPty({
		command: [process.execPath, `--max-old-space-size=${consoleHeapMb}`, program, 'attach', folder, '--read-only'],
		columns: 200,
		rows: 60,
		env: {PATH: process.env['PATH'] ?? '', HOME: home, CANARY_HOME: home, TERM: 'xterm-256color', LANG: 'C.UTF-8'},
	});

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(JSON.stringify(await run(), undefined, '\t'));
