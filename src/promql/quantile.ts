/**
 * The φ-quantile of values in any order (they are moved about in place, NaN lowest), interpolated between neighbours. NaN for no
 * values or φ = NaN, -Inf below φ = 0, +Inf above 1.
 */
export function quantile(phi: number, values: Float64Array): number {
	const count = values.length;
	if (count === 0 || Number.isNaN(phi)) return Number.NaN;
	if (phi < 0) return Number.NEGATIVE_INFINITY;
	if (phi > 1) return Number.POSITIVE_INFINITY;
	const nans = moveNansFirst(values);
	const rank = phi * (count - 1);
	const lower = Math.max(0, Math.floor(rank));
	const upper = Math.min(count - 1, lower + 1);
	const weight = rank - Math.floor(rank);
	const low = kthSmallest(values, nans, lower);
	return low * (1 - weight) + (upper === lower ? low : kthSmallest(values, Math.max(nans, lower), upper)) * weight;
}

function moveNansFirst(values: Float64Array): number {
	let nans = 0;
	for (let i = 0; i < values.length; i++) {
		const value = values[i] as number;
		if (!Number.isNaN(value)) continue;
		values[i] = values[nans] as number;
		values[nans++] = value;
	}
	return nans;
}

/** Below this many values sorting them is as quick as anything. */
const fewValues = 24;

/**
 * The value that sorting would put at index `k`, found without sorting (Hoare's selection, several times faster). What lies
 * before `from` is in place already; afterwards nothing after `k` is smaller than it.
 */
function kthSmallest(values: Float64Array, from: number, k: number): number {
	let low = from;
	let high = values.length - 1;
	// A page could be made to need a quadratic time: after so many rounds the rest is sorted.
	for (let round = 0; high - low > fewValues && round < 64; round++) {
		const pivot = middleOf(values[low] as number, values[(low + high) >>> 1] as number, values[high] as number);
		let left = low;
		let right = high;
		while (left <= right) {
			while ((values[left] as number) < pivot) left++;
			while ((values[right] as number) > pivot) right--;
			if (left > right) break;
			const value = values[left] as number;
			values[left++] = values[right] as number;
			values[right--] = value;
		}
		if (k <= right) high = right;
		else if (k >= left) low = left;
		else return values[k] as number;
	}
	if (k >= low) values.subarray(low, high + 1).sort();
	return values[k] as number;
}

const middleOf = (a: number, b: number, c: number): number => Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
