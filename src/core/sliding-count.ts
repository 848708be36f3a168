/** Finer buckets would count no truer than the arrival of the lines is. */
const buckets = 100;

export type SlidingCount = {
	/** Counts `by` at `nowMs`. A clock that steps back counts as standing still. */
	add(nowMs: number, by?: number): void;
	/** How many in the window that ends at `nowMs`; up to 1 % of the window's length longer, never shorter. */
	count(nowMs: number): number;
};

/** A count over a sliding window in constant memory. */
export function createSlidingCount(windowMs: number): SlidingCount {
	const bucketMs = Math.max(1, windowMs / buckets);
	/** One more than the window has, so that the oldest is whole. */
	const counts = new Float64Array(buckets + 1);
	let newest = Number.NEGATIVE_INFINITY;
	let total = 0;

	function moveTo(nowMs: number): void {
		const bucket = Math.floor(nowMs / bucketMs);
		if (bucket <= newest) return;
		const steps = Math.min(counts.length, bucket - newest);
		for (let step = 0; step < steps; step++) {
			const index = indexOf(bucket - step);
			total -= counts[index] ?? 0;
			counts[index] = 0;
		}
		newest = bucket;
	}

	const indexOf = (bucket: number): number => ((bucket % counts.length) + counts.length) % counts.length;

	return {
		add(nowMs, by = 1) {
			moveTo(nowMs);
			const index = indexOf(newest);
			counts[index] = (counts[index] ?? 0) + by;
			total += by;
		},
		count(nowMs) {
			moveTo(nowMs);
			return total;
		},
	};
}
