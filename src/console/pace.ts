export type Pace = {
	/** A frame is wanted: now if `urgent` and the last one is long enough ago, else together with what else is wanted by then. */
	want(urgent: boolean): void;
	stop(): void;
};

/** The most frames a second are ten; for values that only move, two. */
const urgentMs = 100;
const calmMs = 480;
/** Ages and countdowns go on by themselves. */
const idleMs = 1_000;

/** Draws on change only, and not more often than an eye or a slow line can follow. */
export function createPace(draw: () => void, monoMs: () => number): Pace {
	let drawnMs = Number.NEGATIVE_INFINITY;
	let dueMs = Number.POSITIVE_INFINITY;
	let timer: NodeJS.Timeout | undefined;
	let isStopped = false;

	function schedule(atMs: number): void {
		if (isStopped || atMs >= dueMs) return;
		clearTimeout(timer);
		dueMs = atMs;
		timer = setTimeout(frame, Math.max(0, atMs - monoMs()));
	}

	function frame(): void {
		dueMs = Number.POSITIVE_INFINITY;
		drawnMs = monoMs();
		draw();
		schedule(drawnMs + idleMs);
	}

	return {
		want: urgent => schedule(Math.max(monoMs(), drawnMs + (urgent ? urgentMs : calmMs))),
		stop() {
			isStopped = true;
			clearTimeout(timer);
		},
	};
}
