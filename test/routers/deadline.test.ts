import {setTimeout as sleep} from 'node:timers/promises';
import {expect, test} from 'vitest';
import {orAbort, pause, startDeadline} from '../../src/routers/deadline.ts';

test('a deadline tells an abort from a timeout, and the first of them stays', async () => {
	const aborting = new AbortController();
	using called = startDeadline(aborting.signal, 20);
	aborting.abort();
	expect(called.reason()).toBe('aborted');
	await sleep(40);
	expect(called.reason()).toBe('aborted');
	using late = startDeadline(new AbortController().signal, 5);
	expect(late.reason()).toBeUndefined();
	await sleep(30);
	expect(late.signal.aborted).toBe(true);
	expect(late.reason()).toBe('timeout');
});

test('a signal that is aborted already counts at once', () => {
	using deadline = startDeadline(AbortSignal.abort(), 1_000);
	expect(deadline.reason()).toBe('aborted');
});

test('one that is disposed of never ends', async () => {
	const deadline = startDeadline(new AbortController().signal, 5);
	deadline[Symbol.dispose]();
	await sleep(20);
	expect(deadline.signal.aborted).toBe(false);
});

test('a pause ends with its time or with the signal', async () => {
	const startedMs = performance.now();
	await pause(5_000, AbortSignal.timeout(10));
	await pause(5_000, AbortSignal.abort());
	expect(performance.now() - startedMs).toBeLessThan(1_000);
});

test('what comes after the abort is dropped, errors too', async () => {
	const late = sleep(20).then(() => {
		throw new Error('nobody listens any more');
	});
	expect(await orAbort(late, AbortSignal.timeout(1))).toBeUndefined();
	expect(await orAbort(Promise.resolve(7), new AbortController().signal)).toBe(7);
	await sleep(40);
});
