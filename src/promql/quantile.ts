/**
 * The φ-quantile of values in any order (they are sorted in place, NaN lowest), interpolated between neighbours. NaN for no
 * values or φ = NaN, -Inf below φ = 0, +Inf above 1.
 */
export function quantile(phi: number, values: Float64Array): number {
	const count = values.length;
	if (count === 0 || Number.isNaN(phi)) return Number.NaN;
	if (phi < 0) return Number.NEGATIVE_INFINITY;
	if (phi > 1) return Number.POSITIVE_INFINITY;
	sortNanFirst(values);
	const rank = phi * (count - 1);
	const lower = Math.max(0, Math.floor(rank));
	const upper = Math.min(count - 1, lower + 1);
	const weight = rank - Math.floor(rank);
	return (values[lower] as number) * (1 - weight) + (values[upper] as number) * weight;
}

/** A Float64Array sorts NaN last and is several times faster than any comparator. */
function sortNanFirst(values: Float64Array): void {
	values.sort();
	let nans = 0;
	while (nans < values.length && Number.isNaN(values[values.length - 1 - nans])) nans++;
	if (nans === 0) return;
	values.copyWithin(nans, 0, values.length - nans);
	values.fill(Number.NaN, 0, nans);
}
