import {goMax, goMin} from './go-math.ts';

/** What `round` does: to the nearest multiple, halves up. */
const roundTo = (value: number, nearest: number): number => {
	const inverse = 1 / nearest;
	return Math.floor(value * inverse + 0.5) / inverse;
};

type Maths = (value: number, params: readonly number[]) => number;

/** Functions that map each value of a vector by itself and drop the metric name. */
export const mathFunctions: ReadonlyMap<string, Maths> = new Map<string, Maths>([
	['abs', Math.abs],
	['acos', Math.acos],
	['acosh', Math.acosh],
	['asin', Math.asin],
	['asinh', Math.asinh],
	['atan', Math.atan],
	['atanh', Math.atanh],
	['ceil', Math.ceil],
	['clamp', (value, [min = Number.NaN, max = Number.NaN]) => goMax(min, goMin(max, value))],
	['clamp_max', (value, [max = Number.NaN]) => goMax(Number.NEGATIVE_INFINITY, goMin(max, value))],
	['clamp_min', (value, [min = Number.NaN]) => goMax(min, goMin(Number.POSITIVE_INFINITY, value))],
	['cos', Math.cos],
	['cosh', Math.cosh],
	['deg', value => (value * 180) / Math.PI],
	['exp', Math.exp],
	['floor', Math.floor],
	['ln', Math.log],
	['log10', Math.log10],
	['log2', Math.log2],
	['rad', value => (value * Math.PI) / 180],
	['round', (value, [nearest = 1]) => roundTo(value, nearest)],
	['sgn', value => (value < 0 ? -1 : value > 0 ? 1 : value)],
	['sin', Math.sin],
	['sinh', Math.sinh],
	['sqrt', Math.sqrt],
	['tan', Math.tan],
	['tanh', Math.tanh],
]);
