/** How many of these ascending numbers are at most `limit`: the index of the first one above it. */
export function countUpTo(sorted: ArrayLike<number>, limit: number): number {
	let low = 0;
	let high = sorted.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if ((sorted[middle] ?? 0) <= limit) low = middle + 1;
		else high = middle;
	}
	return low;
}
