import {rankSum} from './rank-sum.ts';

/**
 * How much wider the variance is for values that resemble their predecessor: (1+r)/(1−r), r being the lag-1 autocorrelation of the
 * ranks of the differences (of positive values: the ratios) between the two sides. What both sides share (the hour of the day) is in
 * none of it. Few values make r look smaller than it is, by about (1+3r)/n (Marriott and Pope, 1954), so that is added. Below 1/√n it may
 * well be chance: correcting for that would cost more than it brings.
 */
export function inflationOf(pairs: readonly (readonly [number, number])[]): number {
	const n = pairs.length;
	if (n < 5) return 1;
	const isPositive = pairs.every(([x, y]) => x > 0 && y > 0);
	const differences = pairs.map(([x, y]) => (isPositive ? x / y : x - y));
	const ranks = differences.map(one => rankOf(differences, one));
	const mean = (n + 1) / 2;
	const squares = ranks.reduce((sum, rank) => sum + (rank - mean) ** 2, 0);
	if (squares === 0) return 1;
	const seen = ranks.slice(1).reduce((sum, rank, index) => sum + (rank - mean) * ((ranks[index] ?? mean) - mean), 0) / squares;
	if (seen <= 1 / Math.sqrt(n)) return 1;
	const r = Math.min(rMax, seen + (1 + 3 * seen) / n);
	return (1 + r) / (1 - r);
}

/** Above it a series is nearly one value, and the correction has no limit. */
const rMax = 0.95;

/** Mean rank among all, from 1. */
const rankOf = (all: readonly number[], one: number): number => rankSum([one], all).u + 0.5;
