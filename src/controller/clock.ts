import {setTimeout as sleep} from 'node:timers/promises';
import type {Clock} from '../base/clock.ts';

/** Time comes into the controller through this door only; tests bring their own. */
export type ControllerClock = Clock & {
	/** Milliseconds from an arbitrary beginning, by a clock that nobody can set. */
	monoMs(): number;
	/** Resolves after `ms`, or as soon as `signal` is aborted; never rejects. */
	sleep(ms: number, signal?: AbortSignal): Promise<void>;
};

/** A longer timer of Node fires at once. */
const timerMsMax = 2 ** 31 - 1;

export const systemClock: ControllerClock = {
	nowMs: () => Date.now(),
	monoMs: () => performance.now(),
	sleep: async (ms, signal) => {
		await sleep(Math.min(Math.max(0, ms), timerMsMax), undefined, signal ? {signal} : {}).catch(() => {});
	},
};

/** The wall clock and the monotonic clock may part by this much before it is news: NTP slews by far less between two ticks. */
export const clockJumpMs = 1_000;

/** Session time: milliseconds since the session began, going on over a resume. */
export type SessionTime = {
	tMs(): number;
	/** Both stamps of an event, in whole milliseconds. */
	stamp(): {readonly atMs: number; readonly tMs: number};
	/** By how much the wall clock has jumped against the monotonic one since the last call; undefined while they agree. */
	jumpMs(): number | undefined;
};

/** `startTMs`: session time now; 0 for a new session. */
export function createSessionTime(clock: ControllerClock, startTMs: number): SessionTime {
	const startMonoMs = clock.monoMs();
	let offsetMs = clock.nowMs() - startMonoMs;
	const tMs = (): number => Math.floor(startTMs + clock.monoMs() - startMonoMs);
	return {
		tMs,
		stamp: () => ({atMs: Math.floor(clock.nowMs()), tMs: tMs()}),
		jumpMs() {
			const now = clock.nowMs() - clock.monoMs();
			const byMs = now - offsetMs;
			if (Math.abs(byMs) <= clockJumpMs) return undefined;
			offsetMs = now;
			return Math.round(byMs);
		},
	};
}
