import {setTimeout as sleep} from 'node:timers/promises';
import {afterEach, expect, test} from 'vitest';
import {Schedule} from '../../src/sources/scrape-schedule.ts';

const never = new AbortController().signal;
const open: Schedule[] = [];
afterEach(() => {
	for (const schedule of open.splice(0)) schedule.close();
});

/** Scrapes that take `tookMs` each; the times of their beginnings since the start. */
function rig(intervalMs: number, tookMs = 0, patienceMs = Number.POSITIVE_INFINITY) {
	const startedAt = performance.now();
	const begun: number[] = [];
	let settled = 0;
	let underWay: Promise<void> | undefined;
	const schedule = new Schedule(
		{
			begin() {
				begun.push(performance.now() - startedAt);
				const mine = sleep(tookMs).then(() => {
					if (underWay === mine) underWay = undefined;
				});
				underWay = mine;
			},
			awaited: () => (underWay ? [{done: underWay, patienceMs}] : []),
			settled: () => void settled++,
		},
		intervalMs,
	);
	open.push(schedule);
	schedule.start();
	return {schedule, begun, settled: () => settled};
}

test('whoever judges as often as it is scraped scrapes at each tick, and the timer stays out of it', async () => {
	const {schedule, begun, settled} = rig(250, 1);
	await sleep(110);
	for (let n = 0; n < 6; n++) {
		const before = begun.length;
		await schedule.freshen(100, never);
		expect(begun.length, `tick ${n} found its scrape done by somebody else`).toBe(before + 1);
		await sleep(250);
	}
	expect(settled()).toBe(0);
});

test('between slow ticks the timer keeps the interval, without drifting', async () => {
	const {begun, settled} = rig(100, 1);
	await sleep(1_050);
	expect(begun.length).toBeGreaterThanOrEqual(9);
	expect(begun.length).toBeLessThanOrEqual(11);
	expect(settled()).toBeGreaterThanOrEqual(8);
});

test('ticks that come more often than scrapes are due find one at every so many', async () => {
	const {schedule, begun} = rig(400, 1);
	await sleep(30);
	const scraped: boolean[] = [];
	for (let n = 0; n < 12; n++) {
		const before = begun.length;
		await schedule.freshen(50, never);
		scraped.push(begun.length > before);
		await sleep(99);
	}
	expect(scraped.filter(Boolean).length).toBeGreaterThanOrEqual(2);
	expect(begun.length).toBeLessThanOrEqual(5);
});

test('a tick that comes before a scrape is due judges what there is', async () => {
	const {schedule, begun} = rig(1_000);
	await sleep(100);
	await schedule.freshen(100, never);
	expect(begun).toHaveLength(1);
});

test('a tick waits for a page while that is worth it, and no longer than it may', async () => {
	const waitOf = async (tookMs: number, patienceMs: number, waitMs: number): Promise<number> => {
		const {schedule} = rig(250, tookMs, patienceMs);
		const startedAt = performance.now();
		await schedule.freshen(waitMs, never);
		return performance.now() - startedAt;
	};
	expect(await waitOf(80, 1_000, 500)).toBeGreaterThan(70);
	expect(await waitOf(2_000, 50, 500)).toBeLessThan(150);
	expect(await waitOf(2_000, 1_000, 60)).toBeLessThan(160);
	expect(await waitOf(2_000, 0, 500)).toBeLessThan(40);
});

test('a tick that is cut short ends at once', async () => {
	const {schedule} = rig(250, 2_000);
	const stop = new AbortController();
	const startedAt = performance.now();
	setTimeout(() => stop.abort(), 30);
	await schedule.freshen(1_000, stop.signal);
	expect(performance.now() - startedAt).toBeLessThan(150);
});

test('after the end nothing is scraped any more', async () => {
	const {schedule, begun} = rig(100);
	schedule.close();
	await sleep(250);
	await schedule.freshen(50, never);
	expect(begun).toHaveLength(1);
});
