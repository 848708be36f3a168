import type {Clock} from '../base/clock.ts';

/**
 * The time that samples are stamped with: the wall clock of the beginning, going on by a clock that nobody can set. A wall clock
 * that is set back would make every new sample older than the last one, and the store would refuse them until it has caught up.
 */
export function createSteadyClock(clock: Clock): Clock {
	const offsetMs = clock.nowMs() - performance.now();
	return {nowMs: () => Math.floor(offsetMs + performance.now())};
}
