import type {Fact} from '../core/event.ts';
import type {Router} from '../routers/router.ts';
import type {Actions} from './actions.ts';
import {defaultLimits} from './attempt.ts';
import type {ControllerClock} from './clock.ts';
import {callRouter} from './router-call.ts';

export type SplitWatchPorts = {
	readonly router: Router;
	readonly actions: Pick<Actions, 'isBusy' | 'begun'>;
	readonly clock: ControllerClock;
	readonly take: (fact: Fact) => void;
	readonly everyMs: number;
	readonly signal: AbortSignal;
};

export type SplitWatch = {
	/** Reads the split now, unless an action is under way: that one reads it itself. */
	readNow(): Promise<void>;
	/** Ends a read under way: an action is about to use the router, and what was read before it says nothing after it. */
	giveWay(): void;
	/** Reads it again and again until the signal is aborted. */
	run(): Promise<void>;
};

/** While it can't be read, it is asked for at least this often. */
const retryMs = 1_000;

/** Looks at the split between actions: a reload, or another person, may have moved it. */
export function createSplitWatch({router, actions, clock, take, everyMs, signal}: SplitWatchPorts): SplitWatch {
	let isReadable = true;
	let reading: Promise<void> | undefined;
	let stop = new AbortController();

	async function read(): Promise<void> {
		if (actions.isBusy) return;
		const {begun} = actions;
		stop = new AbortController();
		const split = await callRouter(stopped => router.readSplit(stopped), {
			what: `${router.target} (read)`,
			timeoutMs: defaultLimits.readMs,
			signal: AbortSignal.any([signal, stop.signal]),
			clock,
			stragglers: new Set(),
		});
		if (signal.aborted || actions.begun !== begun) return;
		isReadable = split.ok;
		take(split.ok ? {type: 'split-read', split: split.value} : {type: 'split-unreadable', error: split.error});
	}

	function readNow(): Promise<void> {
		reading ??= read().finally(() => {
			reading = undefined;
		});
		return reading;
	}

	return {
		readNow,
		giveWay: () => stop.abort(),
		async run() {
			while (!signal.aborted) {
				await readNow();
				await clock.sleep(isReadable ? everyMs : Math.min(everyMs, retryMs), signal);
			}
		},
	};
}
