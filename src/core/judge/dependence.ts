import {rankSum} from './rank-sum.ts';

/**
 * How much wider the variance is for values that resemble their predecessor: (1+r)/(1−r), r being the lag-1 autocorrelation of the
 * ranks of the differences (of positive values: the ratios) between the two sides. What both sides share (the hour of the day) is in none of it. 1 while r is not
 * above what chance gives (one-sided 5 %): a correction by noise would cost more than it brings.
 */
export function inflationOf(pairs: readonly (readonly [number, number])[]): number {
	const n = pairs.length;
	if (n < 8) return 1;
	const isPositive = pairs.every(([x, y]) => x > 0 && y > 0);
	const differences = pairs.map(([x, y]) => (isPositive ? x / y : x - y));
	const ranks = differences.map(one => rankOf(differences, one));
	const mean = (n + 1) / 2;
	const squares = ranks.reduce((sum, rank) => sum + (rank - mean) ** 2, 0);
	if (squares === 0) return 1;
	const r = ranks.slice(1).reduce((sum, rank, index) => sum + (rank - mean) * ((ranks[index] ?? mean) - mean), 0) / squares;
	return r <= 1.645 / Math.sqrt(n) ? 1 : (1 + Math.min(r, rMax)) / (1 - Math.min(r, rMax));
}

/** Above it a series is nearly one value, and the correction has no limit. */
const rMax = 0.95;

/** Mean rank among all, from 1. */
const rankOf = (all: readonly number[], one: number): number => rankSum([one], all).u + 0.5;
