/**
 * The player on a long record, in a process of its own: `node bench/replay/jumps.ts FOLDER` prints how long the first state took, how
 * long the whole took to read in the background, and then each of a thousand jumps (some to anywhere, some back by a little), and the
 * memory it holds and held at most.
 */
import {setFlagsFromString} from 'node:v8';
import {createPlayer} from '../../src/console/replay/player.ts';
import {readRecord} from '../../src/journal/record.ts';
import {spread} from '../kit/figures.ts';

// As bin/canary.js has it.
for (const flag of ['--semi-space-growth-factor=1', '--heap-growing-percent=30']) setFlagsFromString(flag);
const folder = process.argv[2] ?? '';
const jumps = Number(process.argv[3] ?? 1_000);
const startedMs = performance.now();
const monoMs = (): number => performance.now();
const player = createPlayer({read: from => readRecord(folder, from), folder, speed: 60, monoMs, offsetMinutes: () => 0});
await player.open();
await player.command({do: 'play-pause'});
const firstStateMs = performance.now() - startedMs;
await player.whole;
const readMs = performance.now() - startedMs;
const rssReadMb = process.memoryUsage.rss() / 1024 ** 2;
const last = player.view();

/** Numbers without chance: the same jumps every time. */
let seed = 42;
const random = (): number => {
	seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
	return seed / 2 ** 31;
};
const anywhere: number[] = [];
const back: number[] = [];
/** What a jump costs whoever has the processor to himself. */
const cpu: number[] = [];
const cpuMs = (): number => {
	const {user, system} = process.cpuUsage();
	return (user + system) / 1_000;
};
for (let count = 0; count < jumps; count++) {
	const percent = random() * 100;
	const [atMs, atCpuMs] = [performance.now(), cpuMs()];
	await player.command({do: 'go', moment: {kind: 'share', percent}});
	anywhere.push(performance.now() - atMs);
	cpu.push(cpuMs() - atCpuMs);
	const thenMs = performance.now();
	await player.command({do: 'move', byMs: -5_000});
	back.push(performance.now() - thenMs);
}
const {maxRSS} = process.resourceUsage();
const figures = {
	firstStateMs: Math.round(firstStateMs),
	readWholeMs: Math.round(readMs),
	hours: Math.round((last.endMs - last.startMs) / 36_000) / 100,
	jumpMs: spread(anywhere),
	jumpCpuMs: spread(cpu),
	backFiveSecondsMs: spread(back),
	rssAfterReadingMb: Math.round(rssReadMb),
	rssNowMb: Math.round(process.memoryUsage.rss() / 1024 ** 2),
	rssMaxMb: Math.round(maxRSS / 1024),
};
player.close();
process.stdout.write(`${JSON.stringify(figures)}\n`);
process.exit(0);
