/**
 * From `canary attach` to its first frame in a pseudo-terminal, with warm and with cold compile cache, beside Node alone
 * (`node -p 0`), started in the same way. A round starts each of them once, so that what the machine does besides weighs on all alike.
 */
import {mkdirSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {waitUntil} from '../test/helpers/process.ts';
import {program, startWorld, type World} from '../test/helpers/world.ts';
import {aim, median, round, spread} from './kit/figures.ts';
import {startPty} from './kit/pty.ts';

const rounds = 12;
const firstFrameMsMax = 250;

const kinds = ['warm', 'cold', 'nodeAlone'] as const;
type Kind = (typeof kinds)[number];

export async function run(): Promise<object> {
	await using world = await startWorld({requestsPerSecond: 20});
	world.startLoad(300);
	const headless = world.run('run', '--headless', world.profilePath);
	await waitUntil('5 % is in force', async () => (await world.splitNow()) === 5, {timeoutMs: 20_000});
	const cache = join(world.folder, 'compile-cache');
	const took: Record<Kind, number[]> = {warm: [], cold: [], nodeAlone: []};
	// Two rounds before it counts: the first writes the compile cache, the second finds every file in memory.
	for (let number = -2; number < rounds; number++) {
		for (const kind of kinds) {
			const ms = await start(kind, world, cache);
			if (number >= 0) took[kind].push(ms);
		}
	}
	await world.run('end', '--reason', 'the bench is over');
	await headless;
	const warm = spread(took.warm);
	return {
		name: 'start',
		setting: {rounds, columns: 200, rows: 60},
		attachToFirstFrameMs: warm,
		p50: aim(warm.p50, firstFrameMsMax, 'ms'),
		coldCompileCacheMs: spread(took.cold),
		nodeAloneMs: spread(took.nodeAlone),
		ratioToNodeAlone: {
			warm: round(median(took.warm) / median(took.nodeAlone)),
			cold: round(median(took.cold) / median(took.nodeAlone)),
		},
	};
}

/** Until the footer of the first frame stands on the screen: the last that is drawn. Of Node alone: until it prints its 0. */
async function start(kind: Kind, world: World, cache: string): Promise<number> {
	const folder = kind === 'cold' ? `${cache}-cold` : cache;
	if (kind === 'cold') rmSync(folder, {recursive: true, force: true});
	mkdirSync(folder, {recursive: true});
	const command = kind === 'nodeAlone' ? ['-p', '0'] : [program, 'attach', '--read-only'];
	const startedMs = performance.now();
	await using view = startPty({
		command: [process.execPath, ...command],
		columns: 200,
		rows: 60,
		// Where the program keeps its compiled code by default: below the folder for temporary files.
		env: {...world.env, TMPDIR: folder},
	});
	if (kind === 'nodeAlone') await view.until('it says 0', output => output.includes('0'));
	else await view.until('the first frame is drawn', output => output.includes('q\x1B[39m\x1B[22m quit'));
	const ms = performance.now() - startedMs;
	// The compiled code is written when a program ends by itself.
	if (kind !== 'nodeAlone') {
		view.write('q');
		await Promise.race([view.exited, new Promise(resolve => setTimeout(resolve, 1_500))]);
	}
	return ms;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(JSON.stringify(await run(), undefined, '\t'));
