import {setImmediate as nextTurn, setTimeout as sleep} from 'node:timers/promises';
import type {Clock} from '../../base/clock.ts';
import type {LogFiles, TakeChunk, TakeLine} from './log-files.ts';
import type {LineCounts, LogJudge} from './log-judge.ts';
import type {Outbox} from './outbox.ts';
import type {Spending} from './spending.ts';

/** How often the files are read. */
const readEveryMs = 100;

export type Look = {
	readonly takeChunk: TakeChunk;
	readonly takeLine: TakeLine;
	/** What the newest parsed line that has a time says it is; empty before. */
	readonly newestTime: () => string;
	readonly longLines: () => number;
};

export type LookPorts = {
	readonly judge: LogJudge;
	readonly clock: Clock;
	readonly counts: LineCounts;
	readonly spending: Spending;
	readonly outbox: Outbox;
};

/** Chunks of bytes to judged lines, within what may be spent. */
export function createLook({judge, clock, counts, spending, outbox}: LookPorts): Look {
	let newestTime = '';
	let longLines = 0;

	function judgeLine(bytes: Buffer, nowMs: number, isLive: boolean): boolean {
		const {time, hit} = judge.judge(bytes.toString('utf8'), nowMs, isLive);
		if (time !== '') newestTime = time;
		return hit;
	}

	return {
		takeChunk(chunk, {splitter}, isLive) {
			const nowMs = clock.nowMs();
			const startMs = performance.now();
			const longBefore = splitter.longLines();
			let hit = false;
			if (judge.isAsked || spending.mayLookAtAny(nowMs)) {
				splitter.push(chunk, (bytes, endOffset) => {
					hit = judgeLine(bytes, nowMs, isLive(endOffset)) || hit;
				});
			} else {
				const lines = splitter.skip(chunk);
				counts.lines += lines;
				counts.dropped += lines;
			}
			longLines += splitter.longLines() - longBefore;
			spending.spent(performance.now() - startMs);
			outbox.touched(hit);
		},
		takeLine: (bytes, isLive) => outbox.touched(judgeLine(bytes, clock.nowMs(), isLive)),
		newestTime: () => newestTime,
		longLines: () => longLines,
	};
}

export type LoopPorts = {
	readonly files: LogFiles;
	readonly look: Look;
	readonly clock: Clock;
	readonly stop: AbortSignal;
	/** Called after each look at which files there are. */
	readonly scanned: () => void;
};

/** One log's loop: look up its files, read on, sleep. `ready`: after the first look; `ended`: after `stop`. Neither rejects. */
export function followLog({files, look, clock, stop, scanned}: LoopPorts): {
	readonly ready: Promise<void>;
	readonly ended: Promise<void>;
} {
	const {promise: ready, resolve: setReady} = Promise.withResolvers<void>();

	async function scan(): Promise<number> {
		const restMs = await files.scan(clock.nowMs(), stop);
		if (!stop.aborted) scanned();
		setReady();
		return performance.now() + restMs;
	}

	async function loop(): Promise<void> {
		let nextScanMs = 0;
		while (!stop.aborted) {
			if (performance.now() >= nextScanMs) nextScanMs = await scan();
			const hasMore = await files.read(clock.nowMs(), look.takeChunk, look.takeLine);
			if (hasMore) await nextTurn();
			else await sleep(readEveryMs, undefined, {signal: stop}).catch(() => {});
		}
		setReady();
	}

	return {ready, ended: loop()};
}
