import {EvalFailure} from './eval-error.ts';
import {extrapolated, instantChange, type RangeFunction, type Window} from './fn-rate.ts';
import {KahanSum, Mean, RunningMean} from './kahan.ts';
import {quantile} from './quantile.ts';

const sumOverTime: RangeFunction = ({values, from, to}) => {
	const sum = new KahanSum();
	for (let i = from; i < to; i++) sum.add(values[i] as number);
	return sum.total();
};

const avgOverTime: RangeFunction = ({values, from, to, legacy}) => {
	const mean = legacy ? new RunningMean(true) : new Mean(values[from] as number);
	for (let i = legacy ? from : from + 1; i < to; i++) mean.add(values[i] as number);
	return mean.value();
};

/** The index of the extreme value; a NaN gives way to any number. */
function indexOfBest({values, from, to}: Window, isBetter: (value: number, best: number) => boolean): number {
	let best = from;
	for (let i = from; i < to; i++) {
		const known = values[best] as number;
		if (isBetter(values[i] as number, known) || Number.isNaN(known)) best = i;
	}
	return best;
}

const above = (value: number, best: number): boolean => value > best;
const below = (value: number, best: number): boolean => value < best;
const atLeast = (value: number, best: number): boolean => value >= best;
const atMost = (value: number, best: number): boolean => value <= best;

function variance({values, from, to, legacy}: Window): number {
	const mean = new KahanSum(0, legacy);
	const squares = new KahanSum(0, legacy);
	for (let i = from; i < to; i++) {
		const value = values[i] as number;
		const delta = value - (mean.sum + mean.lost);
		mean.add(delta / (i - from + 1));
		squares.add(delta * (value - (mean.sum + mean.lost)));
	}
	return (squares.sum + squares.lost) / (to - from);
}

const copyOf = ({values, from, to}: Window): Float64Array => values.slice(from, to);

const medianDeviation: RangeFunction = window => {
	const median = quantile(0.5, copyOf(window));
	return quantile(
		0.5,
		copyOf(window).map(value => Math.abs(value - median)),
	);
};

const changes: RangeFunction = ({values, from, to}) => {
	let count = 0;
	for (let i = from + 1; i < to; i++) {
		const [value, previous] = [values[i] as number, values[i - 1] as number];
		if (value !== previous && !(Number.isNaN(value) && Number.isNaN(previous))) count++;
	}
	return count;
};

const resets: RangeFunction = ({values, from, to}) => {
	let count = 0;
	for (let i = from + 1; i < to; i++) if ((values[i] as number) < (values[i - 1] as number)) count++;
	return count;
};

const newSum = (legacy: boolean): KahanSum => new KahanSum(0, legacy);

/** Least squares: the slope per second and the value at `atMs`. */
function regression({times, values, from, to, legacy}: Window, atMs: number): {slope: number; intercept: number} {
	const [x, y, xy, xx] = [newSum(legacy), newSum(legacy), newSum(legacy), newSum(legacy)];
	const first = values[from] as number;
	let isConstant = true;
	for (let i = from; i < to; i++) {
		const seconds = ((times[i] as number) - atMs) / 1000;
		const value = values[i] as number;
		if (i > from && value !== first) isConstant = false;
		x.add(seconds);
		y.add(value);
		xy.add(seconds * value);
		xx.add(seconds * seconds);
	}
	if (isConstant)
		return Math.abs(first) === Number.POSITIVE_INFINITY
			? {slope: Number.NaN, intercept: Number.NaN}
			: {slope: 0, intercept: first};
	const count = to - from;
	const [sumX, sumY] = [x.sum + x.lost, y.sum + y.lost];
	const slope = (xy.sum + xy.lost - (sumX * sumY) / count) / (xx.sum + xx.lost - (sumX * sumX) / count);
	return {slope, intercept: sumY / count - (slope * sumX) / count};
}

const deriv: RangeFunction = window =>
	window.to - window.from < 2 ? undefined : regression(window, window.times[window.from] as number).slope;

const predictLinear: RangeFunction = (window, [seconds = 0]) => {
	if (window.to - window.from < 2) return undefined;
	const {slope, intercept} = regression(window, window.evalMs);
	return slope * seconds + intercept;
};

/** Holt's linear method: a smoothed value and a smoothed trend. */
const doubleExponentialSmoothing: RangeFunction = ({values, from, to}, [smoothing = 0, trendFactor = 0]) => {
	checkFactor('smoothing', 'sf', smoothing);
	checkFactor('trend', 'tf', trendFactor);
	if (to - from < 2) return undefined;
	let smoothed = values[from] as number;
	let trend = (values[from + 1] as number) - smoothed;
	let before = 0;
	for (let i = from + 1; i < to; i++) {
		if (i > from + 1) trend = trendFactor * (smoothed - before) + (1 - trendFactor) * trend;
		before = smoothed;
		smoothed = smoothing * (values[i] as number) + (1 - smoothing) * (smoothed + trend);
	}
	return smoothed;
};

function checkFactor(name: string, short: string, factor: number): void {
	if (factor > 0 && factor < 1) return;
	// NaN passes on a server, for it is neither below nor above.
	if (Number.isNaN(factor)) return;
	throw new EvalFailure(`invalid ${name} factor. Expected: 0 < ${short} < 1, got: ${factor.toFixed(6)}`);
}

/** Every function that makes one value of one series' range. `absent_over_time` looks at all series and stands elsewhere. */
export const rangeFunctions: ReadonlyMap<string, RangeFunction> = new Map<string, RangeFunction>([
	['avg_over_time', avgOverTime],
	['changes', changes],
	['count_over_time', ({from, to}) => to - from],
	['delta', extrapolated(false, false)],
	['deriv', deriv],
	['double_exponential_smoothing', doubleExponentialSmoothing],
	['first_over_time', ({values, from}) => values[from]],
	['holt_winters', doubleExponentialSmoothing],
	['idelta', instantChange(false)],
	['increase', extrapolated(true, false)],
	['irate', instantChange(true)],
	['last_over_time', ({values, to}) => values[to - 1]],
	['mad_over_time', medianDeviation],
	['max_over_time', window => window.values[indexOfBest(window, above)]],
	['min_over_time', window => window.values[indexOfBest(window, below)]],
	['predict_linear', predictLinear],
	['present_over_time', () => 1],
	['quantile_over_time', (window, [phi = Number.NaN]) => quantile(phi, copyOf(window))],
	['rate', extrapolated(true, true)],
	['resets', resets],
	['stddev_over_time', window => Math.sqrt(variance(window))],
	['stdvar_over_time', variance],
	['sum_over_time', sumOverTime],
	['ts_of_first_over_time', ({times, from}) => (times[from] as number) / 1000],
	['ts_of_last_over_time', ({times, to}) => (times[to - 1] as number) / 1000],
	['ts_of_max_over_time', window => (window.times[indexOfBest(window, atLeast)] as number) / 1000],
	['ts_of_min_over_time', window => (window.times[indexOfBest(window, atMost)] as number) / 1000],
]);
