import type {ControllerClock} from '../../src/controller/clock.ts';

export type ManualClock = ControllerClock & {
	/** Both clocks go on by so much; sleepers wake in order, each with everything settled that its wakening brought about. */
	advance(byMs: number): Promise<void>;
	/** Only the wall clock jumps, as when somebody sets it. */
	setWall(nowMs: number): void;
	/** How many sleep now. */
	sleeping(): number;
};

type Sleeper = {readonly dueMs: number; readonly wake: () => void};

/** A clock that stands still until told otherwise. */
export function createManualClock(startMs = Date.UTC(2026, 10, 21, 12)): ManualClock {
	let monoMs = 0;
	let wallOffsetMs = startMs;
	const sleepers = new Set<Sleeper>();
	return {
		nowMs: () => monoMs + wallOffsetMs,
		monoMs: () => monoMs,
		sleep(ms, signal) {
			const {promise, resolve} = Promise.withResolvers<void>();
			if (signal?.aborted) resolve();
			const sleeper: Sleeper = {dueMs: monoMs + Math.max(0, ms), wake: resolve};
			sleepers.add(sleeper);
			const wake = (): void => resolve();
			signal?.addEventListener('abort', wake, {once: true});
			return promise.finally(() => {
				sleepers.delete(sleeper);
				// The signal of a whole session would keep every sleep of it.
				signal?.removeEventListener('abort', wake);
			});
		},
		async advance(byMs) {
			const endMs = monoMs + byMs;
			await settled();
			for (;;) {
				const due = [...sleepers].filter(({dueMs}) => dueMs <= endMs).sort((left, right) => left.dueMs - right.dueMs)[0];
				if (!due) break;
				monoMs = Math.max(monoMs, due.dueMs);
				sleepers.delete(due);
				due.wake();
				await settled();
			}
			monoMs = endMs;
			await settled();
		},
		setWall(nowMs) {
			wallOffsetMs = nowMs - monoMs;
		},
		sleeping: () => sleepers.size,
	};
}

/** Lets promise chains run out, and with them what waits for real but instant I/O. */
export async function settled(): Promise<void> {
	for (let turn = 0; turn < 5; turn++) await new Promise(resolve => setImmediate(resolve));
}
