/**
 * From the key to the weight in HAProxy: `y` in the console's rollback dialog, in a real pseudo-terminal, until HAProxy itself says
 * that the candidate has weight 0. A rollback ends its session, so each press has a session of its own: the program is started anew
 * every time, and nothing is left out or added up. Meanwhile a log of 5,000 lines a second, every one an error, is followed, and
 * clients call. `node bench/key-to-weight.ts [presses]`
 */
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import type {SessionEvent} from '../src/core/event.ts';
import {writeLog} from '../test/helpers/log-writer.ts';
import {waitUntil} from '../test/helpers/process.ts';
import {program, startWorld, type World} from '../test/helpers/world.ts';
import {aim, progress, spread} from './kit/figures.ts';
import {startPty} from './kit/pty.ts';
import {type WeightWatch, watchWeight} from './kit/weight-watch.ts';

const pressesDefault = 42;
const linesPerSecond = 5_000;
const p99MsMax = 50;
/** The bench looks every millisecond: when it did not come to look for so long, others had the CPUs. */
const disturbedGapMs = 8;

type Press = {
	/** `r` until the dialog is drawn. */
	readonly dialogMs: number;
	/** `y` until HAProxy says weight 0. */
	readonly weightMs: number;
	/** `y` until the controller has recorded the command; then until weight 0 is read back. By the wall clock, in whole ms. */
	readonly askedMs: number;
	readonly verifiedMs: number;
	readonly linesFollowed: number;
	/** Longest time between two looks at HAProxy meanwhile. */
	readonly gapMs: number;
};

/** About four seconds a press. */
export async function run(presses = pressesDefault): Promise<object> {
	await using world = await startWorld({
		requestsPerSecond: 50,
		profile: {policies: {watchAfterEnd: '0s', splitReadEvery: '1s'}},
	});
	const load = world.startLoad(900);
	const watch = await watchWeight(world.haproxy?.socketPath ?? '', 'app/canary');
	const all: Press[] = [];
	for (let number = 1; number <= presses; number++) {
		all.push(await onePress(world, watch));
		if (number % 10 === 0) progress(`  ${number} of ${presses}: ${all.slice(-10).map(({weightMs}) => Math.round(weightMs))} ms`);
	}
	watch.close();
	const {failed} = await load.stop();
	const weightMs = spread(all.map(one => one.weightMs));
	const undisturbed = spread(all.filter(({gapMs}) => gapMs < disturbedGapMs).map(one => one.weightMs));
	return {
		name: 'key-to-weight',
		setting: {
			presses,
			linesPerSecond,
			columns: 200,
			rows: 60,
			linesFollowedPerPress: spread(all.map(one => one.linesFollowed)).min,
		},
		keyToWeightMs: weightMs,
		p99: aim(weightMs.p99, p99MsMax, 'ms'),
		undisturbed: {gapBelowMs: disturbedGapMs, keyToWeightMs: undisturbed, p99: aim(undisturbed.p99, p99MsMax, 'ms')},
		longestGapMs: spread(all.map(one => one.gapMs)),
		keyToRecordedMs: spread(all.map(one => one.askedMs)),
		recordedToVerifiedMs: spread(all.map(one => one.verifiedMs)),
		keyToDialogMs: spread(all.map(one => one.dialogMs)),
		failedRequests: failed,
	};
}

async function onePress(world: World, watch: WeightWatch): Promise<Press> {
	await using view = startPty({
		command: [process.execPath, program, 'run', world.profilePath, '--start', '--operator', 'ana'],
		columns: 200,
		rows: 60,
		env: world.env,
	});
	await watch.until(5, 20_000);
	const writing = writeLog({path: world.canary.errorLog, linesPerSecond, seconds: 3, errorEvery: 1});
	await sleep(1_500 + Math.random() * 500);

	const before = view.output().length;
	const rAtMs = performance.now();
	view.write('r');
	const drawnAtMs = await view.until('the dialog is drawn', output => output.slice(before).includes('Roll back'));
	await sleep(100 + Math.random() * 200);
	const yAtMs = performance.now();
	const yWallMs = performance.timeOrigin + yAtMs;
	view.write('y');
	const zeroAtMs = await watch.until(0, 10_000);
	const gapMs = watch.longestGapMs();

	const ended = (): boolean => world.events().some(({type}) => type === 'session-ended');
	await waitUntil('the session is over', ended, {timeoutMs: 10_000});
	const events = world.events();
	await writing;
	const asked = find(events, 'rollback-asked');
	const verified = events.findLast(({type}) => type === 'action-verified');
	const errors = events.filter(event => event.type === 'errors-seen' && event.seq < asked.seq);
	const pidPath = join(world.session(), 'controller.pid');
	await waitUntil('the controller has left', () => !existsSync(pidPath), {timeoutMs: 10_000});
	return {
		dialogMs: drawnAtMs - rAtMs,
		weightMs: zeroAtMs - yAtMs,
		gapMs,
		askedMs: asked.atMs - yWallMs,
		verifiedMs: (verified?.atMs ?? Number.NaN) - asked.atMs,
		linesFollowed: errors.reduce((sum, event) => sum + (event.type === 'errors-seen' ? event.lines : 0), 0),
	};
}

function find(events: readonly SessionEvent[], type: SessionEvent['type']): SessionEvent {
	const event = events.find(one => one.type === type);
	if (!event) throw new Error(`The journal has no ${type}.`);
	return event;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
	console.log(JSON.stringify(await run(Number(process.argv[2] ?? pressesDefault)), undefined, '\t'));
