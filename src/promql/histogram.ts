/** One bucket of a classic histogram: how many observations were at or below the bound. */
export type Bucket = {readonly bound: number; count: number};

const smallDelta = 1e-12;
const smallestNormal = 2 ** -1022;

/** Relative equality as Prometheus' `almost` package has it. */
function almostEqual(a: number, b: number): boolean {
	const sum = Math.abs(a) + Math.abs(b);
	const difference = Math.abs(a - b);
	if (a === 0 || b === 0 || sum < smallestNormal) return difference < smallDelta * smallestNormal;
	return difference / Math.min(sum, Number.MAX_VALUE) < smallDelta;
}

/** Sorted by bound, equal bounds added up (`le="1"` and `le="1.0"` are one bucket). Undefined without a +Inf bucket. */
function prepare(buckets: readonly Bucket[]): Bucket[] | undefined {
	const sorted = buckets.toSorted((a, b) => (a.bound < b.bound ? -1 : a.bound > b.bound ? 1 : 0));
	if (sorted.at(-1)?.bound !== Number.POSITIVE_INFINITY) return undefined;
	const merged: Bucket[] = [];
	for (const bucket of sorted) {
		const last = merged.at(-1);
		if (last?.bound === bucket.bound) last.count += bucket.count;
		else merged.push({...bucket});
	}
	return merged;
}

/** Counts must not fall with the bound. Rounding noise is smoothed silently; a real fall is lifted and reported. */
function makeMonotonic(buckets: Bucket[], legacy: boolean): boolean {
	let wasForced = false;
	let previous = buckets[0]?.count ?? 0;
	for (const bucket of buckets.slice(1)) {
		if (bucket.count === previous) continue;
		const isNoise = !legacy && almostEqual(previous, bucket.count);
		if (isNoise || bucket.count < previous) {
			wasForced ||= !isNoise;
			bucket.count = previous;
		} else if (bucket.count > previous || !legacy) {
			previous = bucket.count;
		}
	}
	return wasForced;
}

/** The φ-quantile, by straight lines inside each bucket. Never above the highest finite bound. */
export function bucketQuantile(phi: number, buckets: readonly Bucket[], legacy: boolean): {value: number; wasForced: boolean} {
	const plain = (value: number) => ({value, wasForced: false});
	if (Number.isNaN(phi)) return plain(Number.NaN);
	if (phi < 0) return plain(Number.NEGATIVE_INFINITY);
	if (phi > 1) return plain(Number.POSITIVE_INFINITY);
	const merged = prepare(buckets);
	if (!merged) return plain(Number.NaN);
	const wasForced = makeMonotonic(merged, legacy);
	const all = merged.at(-1)?.count ?? 0;
	if (merged.length < 2 || all === 0) return plain(Number.NaN);
	const rank = phi * all;
	const found = merged.slice(0, -1).findIndex(({count}) => count >= rank);
	const first = merged[0] as Bucket;
	if (found === -1) return {value: (merged.at(-2) as Bucket).bound, wasForced};
	if (found === 0 && first.bound <= 0) return {value: first.bound, wasForced};
	const {bound, count} = merged[found] as Bucket;
	const below = found > 0 ? (merged[found - 1] as Bucket) : {bound: 0, count: 0};
	return {value: below.bound + (bound - below.bound) * ((rank - below.count) / (count - below.count)), wasForced};
}

/** The share of observations between two values, by straight lines inside each bucket. */
export function bucketFraction(lower: number, upper: number, buckets: readonly Bucket[]): number {
	const merged = prepare(buckets);
	const all = merged?.at(-1)?.count ?? 0;
	if (!merged || all === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return Number.NaN;
	if (lower >= upper) return 0;
	return (Math.min(rankOf(upper, merged, all), all) - Math.min(rankOf(lower, merged, all), all)) / all;
}

/** How many observations were below a value. Nothing is known about where in an infinite bucket they lie. */
function rankOf(value: number, buckets: readonly Bucket[], all: number): number {
	let rank = 0;
	let start = (buckets[0] as Bucket).bound <= 0 ? Number.NEGATIVE_INFINITY : 0;
	for (const {bound, count} of buckets) {
		if (start >= value) return rank;
		if (bound > value) {
			return start === Number.NEGATIVE_INFINITY ? count : rank + ((count - rank) * (value - start)) / (bound - start);
		}
		rank = count;
		start = bound;
	}
	return all;
}
