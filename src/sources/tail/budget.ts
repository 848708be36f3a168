export type Budget = {
	/** Whether anything is left at `nowMs`. */
	has(nowMs: number): boolean;
	/** Takes `cost`, and may overdraw: a single dear thing is never impossible, it only makes what follows wait. */
	spend(cost: number): void;
};

/** A bucket that fills with `perSecond` and holds `burst`. A clock that steps back fills nothing. */
export function createBudget(perSecond: number, burst: number = perSecond): Budget {
	let left = burst;
	let filledMs = Number.NaN;

	function has(nowMs: number): boolean {
		const passedMs = Number.isNaN(filledMs) ? 0 : Math.max(0, nowMs - filledMs);
		left = Math.min(burst, left + (perSecond * passedMs) / 1_000);
		filledMs = nowMs;
		return left > 0;
	}

	return {
		has,
		spend(cost) {
			left -= cost;
		},
	};
}
