import {afterEach, beforeEach, expect, test} from 'vitest';
import {startController} from '../../src/controller/controller.ts';
import type {SessionEvent} from '../../src/core/event.ts';
import {foldJournal} from '../../src/journal/fold.ts';
import {sessionFiles} from '../../src/journal/session-folder.ts';
import {verifySession} from '../../src/journal/verify.ts';
import {controllerOptions} from '../helpers/controlled-session.ts';
import {plan, stage} from '../helpers/given.ts';
import {readAll} from '../helpers/journal.ts';
import {createManualClock, settled} from '../helpers/manual-clock.ts';
import type {ScriptedRouter} from '../helpers/scripted-router.ts';
import type {ScriptedSource} from '../helpers/scripted-source.ts';
import {createTempFolder, type TempFolder} from '../helpers/temp-folder.ts';
import {waitUntil} from '../helpers/wait.ts';

let temp: TempFolder;
beforeEach(() => {
	temp = createTempFolder('clock-weather');
});
afterEach(() => temp.remove());

const minute = 60_000;
const hour = 60 * minute;

/** A controller on a clock of ours, with its first weight in force and ten minutes to go in the stage. */
async function start() {
	const clock = createManualClock();
	const stages = [stage(5, {durationMs: 10 * minute}), stage(100)];
	const thePlan = plan({pollMs: 1_000, stages}, {watchAfterEndMs: 0});
	const options = controllerOptions(temp.path, {plan: thePlan, clock});
	let isOver = false;
	const starting = startController(options).finally(() => {
		isOver = true;
	});
	await pass(clock, () => isOver);
	const started = await starting;
	if (!started.ok) throw new Error(started.error.message);
	const controller = started.value;
	await pass(clock, () => controller.state.stage.index === 0);
	const {journal} = sessionFiles(options.folder);
	const stop = async () => {
		let stopped = false;
		const stopping = controller.stop('enough').finally(() => {
			stopped = true;
		});
		await pass(clock, () => stopped);
		const state = await stopping;
		const folded = await foldJournal(journal);
		expect(folded.ok && folded.value.state).toEqual(state);
		expect((await verifySession(options.folder)).problems).toEqual([]);
		const {entries} = await readAll(journal);
		return entries.flatMap((entry): SessionEvent[] => (entry.kind === 'event' ? [entry.event] : []));
	};
	return {clock, controller, stop, router: options.routers[0] as ScriptedRouter, source: options.source as ScriptedSource};
}

/** Lets time go by until something is so; real I/O gets its turns. */
async function pass(clock: ReturnType<typeof createManualClock>, isSo: () => boolean): Promise<void> {
	await waitUntil(
		'time has passed',
		async () => {
			if (!isSo()) await clock.advance(250);
			await settled();
			return isSo();
		},
		{timeoutMs: 20_000, everyMs: 1},
	);
}

const jumps = (events: readonly SessionEvent[]) => events.flatMap(event => (event.type === 'clock-jumped' ? event.byMs : []));
const isOrdered = (events: readonly SessionEvent[]) => events.every((event, index) => event.tMs >= (events[index - 1]?.tMs ?? 0));

test('a clock set forth by an hour, and back by two: no stage ends by it, a breach is rolled back on time, the record says so', async () => {
	const {clock, controller, router, source, stop} = await start();
	clock.setWall(clock.nowMs() + hour);
	await clock.advance(3_000);
	clock.setWall(clock.nowMs() - 2 * hour);
	await clock.advance(3_000);
	expect(controller.state.stage.index).toBe(0);
	expect(controller.state.stage.elapsedMs).toBeLessThan(minute);
	expect(router.weightPercent).toBe(5);
	const beforeMs = clock.monoMs();
	source.value = 99;
	await pass(clock, () => controller.state.ended !== undefined);
	expect(clock.monoMs() - beforeMs).toBeLessThan(10_000);
	expect(router.weightPercent).toBe(0);
	const events = await stop();
	expect(jumps(events)).toEqual([hour, -2 * hour]);
	expect(isOrdered(events)).toBe(true);
});

test('a machine that slept for twenty minutes: the sleep is no watched time, and what it finds awake is acted on', async () => {
	const {clock, controller, router, source, stop} = await start();
	const elapsedMs = controller.state.stage.elapsedMs;
	// As Linux sleeps: the monotonic clock stands still, the wall clock is found twenty minutes later.
	clock.setWall(clock.nowMs() + 20 * minute);
	await clock.advance(2_000);
	expect(controller.state.stage.index).toBe(0);
	expect(controller.state.stage.elapsedMs - elapsedMs).toBeLessThan(5_000);
	source.value = 99;
	await pass(clock, () => controller.state.ended !== undefined);
	expect(router.weightPercent).toBe(0);
	expect(jumps(await stop())).toEqual([20 * minute]);
});
