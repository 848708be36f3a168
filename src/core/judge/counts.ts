import hypergeometricCdf from '@stdlib/stats-base-dists-hypergeometric-cdf';

/**
 * Fisher's exact test, one-sided: how probable it is that at least `hitsX` of the `nx` are hits when both sides are dealt the same
 * hits at random.
 */
export function fisherGreater(hitsX: number, nx: number, hitsY: number, ny: number): number {
	if (hitsX === 0) return 1;
	// P(X ≥ k) = P(Y ≤ hits − k): the lower tail of the other side keeps its digits.
	return Math.min(1, hypergeometricCdf(hitsY, nx + ny, hitsX + hitsY, ny));
}

/** The most frequent value over both sides and its share; of several equally frequent ones the smallest. */
export function mode(values: readonly number[]): {readonly value: number; readonly share: number} {
	const sorted = Float64Array.from(values).sort();
	let [best, bestCount] = [Number.NaN, 0];
	for (let start = 0; start < sorted.length; ) {
		let end = start;
		while (end < sorted.length && sorted[end] === sorted[start]) end += 1;
		if (end - start > bestCount) [best, bestCount] = [sorted[start] ?? Number.NaN, end - start];
		start = end;
	}
	return {value: best, share: sorted.length === 0 ? 0 : bestCount / sorted.length};
}
