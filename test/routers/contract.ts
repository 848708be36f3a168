import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {Router} from '../../src/routers/router.ts';
import {waitUntil} from '../helpers/process.ts';

/** A router on a target of its own, and a second way to see what is in force. */
export type Rig = AsyncDisposable & {
	readonly router: Router;
	/** The candidate's share in percent as the target itself tells it, past the router. */
	actualPercent(): Promise<number>;
};

export const never = new AbortController().signal;

const median = (values: readonly number[]): number =>
	values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** What every router must do. `start` gives a router on a real target whose candidate has no traffic. */
export function routerContract(kind: string, start: () => Promise<Rig>): void {
	describe(`${kind} keeps the contract of routers`, () => {
		let rig: Rig;
		const set = (percent: number, signal = never) => rig.router.setWeight(percent, signal);
		const read = () => rig.router.readSplit(never);
		beforeAll(async () => {
			rig = await start();
		});
		afterAll(() => rig[Symbol.asyncDispose]());

		test('it finds the split that was there before it came', async () => {
			expect(await read()).toMatchObject({ok: true, value: {weightPercent: 0}});
		});

		test.each([5, 25, 50, 1, 99, 0, 100])(
			'it sets %s percent, exactly: it reads that back, and so does the target',
			async percent => {
				expect(await set(percent)).toMatchObject({ok: true, value: {weightPercent: percent}});
				expect(await read()).toMatchObject({ok: true, value: {weightPercent: percent}});
				expect(await rig.actualPercent()).toBe(percent);
			},
		);

		test('setting the same again changes nothing and says the same', async () => {
			const first = await set(25);
			expect(await set(25)).toEqual(first);
			expect(await read()).toEqual(first);
		});

		test.each([Number.NaN, -1, 100.5, Number.POSITIVE_INFINITY])(
			'%s is no share: it is refused and nothing changes',
			async percent => {
				await set(25);
				const answer = await set(percent);
				expect(answer).toMatchObject({ok: false, error: {kind: 'bad-options'}});
				expect(await rig.actualPercent()).toBe(25);
			},
		);

		test('a call whose signal is aborted already does nothing', async () => {
			await set(25);
			expect(await set(50, AbortSignal.abort())).toMatchObject({ok: false, error: {kind: 'aborted'}});
			expect(await rig.router.readSplit(AbortSignal.abort())).toMatchObject({ok: false, error: {kind: 'aborted'}});
			expect(await rig.actualPercent()).toBe(25);
		});

		test('an abort at any moment returns within 50 ms, and the next set wins for good', async () => {
			const tookMs: number[] = [];
			for (const afterMs of [0, 0.5, 1, 3, 8, 20, 40, 80, 130]) {
				const aborting = new AbortController();
				const underWay = set(50, aborting.signal);
				await sleep(afterMs);
				const abortedMs = performance.now();
				aborting.abort();
				const answer = await underWay;
				tookMs.push(performance.now() - abortedMs);
				if (!answer.ok) expect(answer.error.kind).toBe('aborted');
				expect(await set(5)).toMatchObject({ok: true, value: {weightPercent: 5}});
				await sleep(60);
				expect(await rig.actualPercent()).toBe(5);
			}
			expect(median(tookMs)).toBeLessThan(50);
		});

		test('nothing is left once a router is closed: no socket, no process, no timer', async () => {
			const open = (): number => process.getActiveResourcesInfo().filter(name => /Pipe|TCP|Process|Timeout/.test(name)).length;
			const before = open();
			const another = await start();
			await another.router.setWeight(25, never);
			await another.router.setWeight(50, AbortSignal.timeout(2));
			await another.router.readSplit(AbortSignal.timeout(1));
			await another[Symbol.asyncDispose]();
			// What the kit itself keeps alive for a while ends within five seconds.
			await waitUntil('nothing is left', () => open() <= before, {seen: () => process.getActiveResourcesInfo().join()});
		});

		test('the same target has the same name, and it is one line', () => {
			expect(rig.router.target).toMatch(new RegExp(`^${kind.split(' ')[0]} \\S[^\\n]*$`));
		});

		test('what lint says are sentences', async () => {
			for (const sentence of await rig.router.lint(never)) expect(sentence).toMatch(/^\S.*[.)]$/);
		});
	});
}
