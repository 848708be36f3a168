import {median, quantile} from './pairwise.ts';
import {pValue, rankSum} from './rank-sum.ts';

/** Fewer values a side say nothing about tails. */
const spreadMin = 10;
/** From here on a wider spread is worth a word. */
const ratioMin = 2;
const alpha = 0.01;

/**
 * How many times wider candidate values spread than baseline ones, from the 10th to the 90th percentile; undefined unless that is at
 * least twice and the distances from the own median are larger beyond chance (rank sum, one-sided 1 %). A warning, no verdict.
 */
export function widerSpread(x: readonly number[], y: readonly number[]): number | undefined {
	if (x.length < spreadMin || y.length < spreadMin) return undefined;
	const width = (values: readonly number[]): number => quantile(values, 0.9) - quantile(values, 0.1);
	const ratio = width(x) / width(y);
	if (!(ratio >= ratioMin)) return undefined;
	const away = (values: readonly number[]): number[] => {
		const middle = median(values);
		return values.map(value => Math.abs(value - middle));
	};
	return pValue(rankSum(away(x), away(y))).greater <= alpha ? ratio : undefined;
}
