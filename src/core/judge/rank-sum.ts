import normalCdf from '@stdlib/stats-base-dists-normal-cdf';
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';

/** Two independent samples, ranked together. `u` counts pairs in which x is the larger; a tie counts a half. */
export type RankSum = {
	readonly nx: number;
	readonly ny: number;
	/** Mann–Whitney's U of x. */
	readonly u: number;
	/** Sizes of the groups of equal values over both sides, in order of value; ones too. */
	readonly ties: readonly number[];
};

/** Mann–Whitney's U of `x` against `y`. Neither may hold a NaN. */
export function rankSum(x: readonly number[], y: readonly number[]): RankSum {
	const both = [...x.map(value => [value, 1] as const), ...y.map(value => [value, 0] as const)].sort(([a], [b]) => a - b);
	const ties: number[] = [];
	let rankSumOfX = 0;
	for (let start = 0; start < both.length; ) {
		let end = start;
		let ofX = 0;
		while (end < both.length && both[end]?.[0] === both[start]?.[0]) ofX += both[end++]?.[1] ?? 0;
		// The mean of the ranks start + 1 … end.
		rankSumOfX += (ofX * (start + 1 + end)) / 2;
		ties.push(end - start);
		start = end;
	}
	return {nx: x.length, ny: y.length, u: rankSumOfX - (x.length * (x.length + 1)) / 2, ties};
}

/** How probable it is that a value of x is larger than one of y, a tie counting a half: the common-language effect size. */
export const cles = ({u, nx, ny}: RankSum): number => u / (nx * ny);

/** Up to this many values a side the distribution is counted out, ties and all; above it the normal one is close enough. */
export const exactMax = 15;

export type PValue = {
	/** That U is this large, or larger, when there is no difference. */
	readonly greater: number;
	/** That it is this small, or smaller. */
	readonly less: number;
	readonly method: 'exact' | 'normal';
};

/**
 * One-sided p-values, both ways. Exact by counting every way to deal the observed values to the two sides, so ties need no
 * correction; normal with correction for ties and continuity. `inflation` (1 for independent values) widens the variance, and
 * the count would not know of it: anything above 1 is normal.
 */
export function pValue(test: RankSum, inflation = 1): PValue {
	const {nx, ny, u, ties} = test;
	if (inflation === 1 && nx <= exactMax && ny <= exactMax) return exactP(test);
	const half = 0.5;
	const sigma = Math.sqrt(varianceOfU(nx, ny, ties) * inflation);
	if (sigma === 0) return {greater: 1, less: 1, method: 'normal'};
	const away = u - (nx * ny) / 2;
	return {
		greater: Math.min(1, normalCdf(-(away - half) / sigma, 0, 1)),
		less: Math.min(1, normalCdf((away + half) / sigma, 0, 1)),
		method: 'normal',
	};
}

/** Of U under no difference, for these groups of ties. */
export function varianceOfU(nx: number, ny: number, ties: readonly number[]): number {
	const n = nx + ny;
	const correction = ties.reduce((sum, size) => sum + size * (size * size - 1), 0) / (n * (n - 1));
	return ((nx * ny) / 12) * (n + 1 - correction);
}

/** Counts, by how many of x were dealt and their doubled rank sum, the ways to deal the groups of ties: exact, and whole numbers. */
function exactP({nx, ny, u, ties}: RankSum): PValue {
	const sumMax = nx * (nx + 2 * ny + 1);
	let ways = Array.from({length: nx + 1}, () => new Float64Array(sumMax + 1));
	const [first] = ways;
	if (first) first[0] = 1;
	let before = 0;
	for (const size of ties) {
		const doubledRank = 2 * before + size + 1;
		const next = ways.map(row => row.slice());
		let choose = 1;
		for (let taken = 1; taken <= Math.min(size, nx); taken++) {
			choose = (choose * (size - taken + 1)) / taken;
			const shift = taken * doubledRank;
			for (let dealt = 0; dealt + taken <= nx; dealt++) {
				const [from, to] = [ways[dealt], next[dealt + taken]];
				if (!from || !to) continue;
				for (let sum = 0; sum + shift <= sumMax; sum++) {
					const count = from[sum];
					if (count) to[sum + shift] = (to[sum + shift] ?? 0) + choose * count;
				}
			}
		}
		ways = next;
		before += size;
	}
	const seen = 2 * u + nx * (nx + 1);
	let [all, atLeast, atMost] = [0, 0, 0];
	ways[nx]?.forEach((count, sum) => {
		all += count;
		if (sum >= seen) atLeast += count;
		if (sum <= seen) atMost += count;
	});
	return {greater: atLeast / all, less: atMost / all, method: 'exact'};
}

/**
 * How many of the ordered pairwise differences lie outside the two-sided interval of `alpha`, on each end: the largest c with
 * P(U < c) ≤ alpha / 2. 0 when even the outermost pair is not sure enough. Ties within a side narrow the variance; across the sides
 * a shift that is no difference itself has none.
 */
export function outsideCount(x: readonly number[], y: readonly number[], alpha: number, inflation = 1): number {
	const [nx, ny] = [x.length, y.length];
	if (inflation === 1 && nx <= exactMax && ny <= exactMax) {
		const ones = new Array<number>(nx + ny).fill(1);
		let count = 0;
		// P(U ≤ c) from the same count, untied; a few dozen steps at most.
		const cumulative = cumulativeU(nx, ny, ones);
		while (count < cumulative.length && (cumulative[count] ?? 1) <= alpha / 2) count += 1;
		return Math.min(count, Math.floor((nx * ny) / 2));
	}
	const sigma = Math.sqrt(varianceOfU(nx, ny, [...rankSum(x, []).ties, ...rankSum(y, []).ties]) * inflation);
	const z = normalQuantile(1 - alpha / 2, 0, 1);
	return Math.max(0, Math.min(Math.floor((nx * ny) / 2 + 0.5 - z * sigma), Math.floor((nx * ny) / 2)));
}

/** P(U ≤ c) for c = 0, 1, … without ties: the classic recursion over the number of pairs. */
function cumulativeU(nx: number, ny: number, ones: readonly number[]): readonly number[] {
	let ways = Array.from({length: nx + 1}, () => new Float64Array(nx * ny + 1));
	const [first] = ways;
	if (first) first[0] = 1;
	// Dealing the k-th smallest value to x as its j-th adds k − j pairs in which x is the larger.
	ones.forEach((_, index) => {
		const next = ways.map(row => row.slice());
		for (let dealt = 0; dealt < nx; dealt++) {
			const shift = index - dealt;
			const [from, to] = [ways[dealt], next[dealt + 1]];
			if (!from || !to || shift < 0 || shift > ny) continue;
			for (let sum = 0; sum + shift <= nx * ny; sum++) to[sum + shift] = (to[sum + shift] ?? 0) + (from[sum] ?? 0);
		}
		ways = next;
	});
	const counts = [...(ways[nx] ?? [])];
	const all = counts.reduce((sum, count) => sum + count, 0);
	let sum = 0;
	return counts.map(count => {
		sum += count;
		return sum / all;
	});
}

/** The smallest one-sided p-value that so many values a side can give, all of one side above all of the other. */
export function smallestP(n: number, inflation = 1): number {
	const ties = new Array<number>(2 * n).fill(1);
	if (inflation > 1 || n > exactMax) return pValue({nx: n, ny: n, u: n * n, ties}, inflation).greater;
	let choose = 1;
	for (let index = 1; index <= n; index++) choose = (choose * (n + index)) / index;
	return 1 / choose;
}
