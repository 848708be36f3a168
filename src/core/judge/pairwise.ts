/** The middle of all values; of two middle ones their mean. NaN for none. */
export function median(values: readonly number[]): number {
	return middle(Float64Array.from(values).sort());
}

function middle(sorted: Float64Array): number {
	const half = sorted.length >> 1;
	const upper = sorted[half] ?? Number.NaN;
	return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2;
}

/** The value below which a share of all lies, linear between neighbours (R's type 7). */
export function quantile(values: readonly number[], share: number): number {
	const sorted = Float64Array.from(values).sort();
	const at = share * (sorted.length - 1);
	const low = sorted[Math.floor(at)] ?? Number.NaN;
	const high = sorted[Math.ceil(at)] ?? Number.NaN;
	return low + (high - low) * (at - Math.floor(at));
}

export type Estimate = {readonly estimate: number; readonly low: number; readonly high: number};

/**
 * Hodges and Lehmann: the median of what every x makes of every y, and the interval that leaves `outside` of them out at each end.
 * Exact: all pairs are put in order, none is searched for by a tolerance. With `outside` 0 the interval has no ends.
 */
export function pairwise(
	x: readonly number[],
	y: readonly number[],
	outside: number,
	of: (x: number, y: number) => number,
): Estimate {
	const all = new Float64Array(x.length * y.length);
	let at = 0;
	for (const one of x) for (const other of y) all[at++] = of(one, other);
	all.sort();
	if (outside === 0) return {estimate: middle(all), low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY};
	return {
		estimate: middle(all),
		low: all[outside - 1] ?? Number.NEGATIVE_INFINITY,
		high: all[all.length - outside] ?? Number.POSITIVE_INFINITY,
	};
}
