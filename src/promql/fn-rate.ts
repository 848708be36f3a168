/** The samples that a range function looks at: `[from, to)` of the arrays, at least one, no stale marker among them. */
export type Window = {
	times: Float64Array;
	values: Float64Array;
	from: number;
	to: number;
	/** The bounds of the range itself, in ms: they lie outside the samples. */
	startMs: number;
	endMs: number;
	/** The time of the evaluation, which `@` and `offset` don't move. */
	evalMs: number;
	/** Prometheus 2.x. */
	legacy: boolean;
};

/** Undefined: the series gives no sample. */
export type RangeFunction = (window: Window, params: readonly number[]) => number | undefined;

/** `rate`, `increase` and `delta`: the change over the samples, stretched to the whole range. */
export const extrapolated =
	(isCounter: boolean, isRate: boolean): RangeFunction =>
	window => {
		const {times, values, from, to} = window;
		if (to - from < 2) return undefined;
		const first = values[from] as number;
		let change = (values[to - 1] as number) - first;
		if (isCounter) change += lostByResets(values, from, to);
		const sampledSeconds = ((times[to - 1] as number) - (times[from] as number)) / 1000;
		const toZero = isCounter && change > 0 && first >= 0 ? sampledSeconds * (first / change) : Number.POSITIVE_INFINITY;
		const seconds = window.legacy ? stretchLegacy(window, sampledSeconds, toZero) : stretch(window, sampledSeconds, toZero);
		let factor = seconds / sampledSeconds;
		if (isRate) factor /= (window.endMs - window.startMs) / 1000;
		return change * factor;
	};

/** A counter that falls began again at zero: what it had is added once more. */
function lostByResets(values: Float64Array, from: number, to: number): number {
	let lost = 0;
	let previous = values[from] as number;
	for (let i = from + 1; i < to; i++) {
		const value = values[i] as number;
		if (value < previous) lost += previous;
		previous = value;
	}
	return lost;
}

/**
 * The seconds that the change counts for. Up to a bound that is less than 1.1 sample distances away, else by half a distance;
 * not back beyond the point where a counter would have been zero.
 */
function stretch({times, from, to, startMs, endMs}: Window, sampledSeconds: number, toZero: number): number {
	const distance = sampledSeconds / (to - from - 1);
	const threshold = distance * 1.1;
	let toStart = ((times[from] as number) - startMs) / 1000;
	let toEnd = (endMs - (times[to - 1] as number)) / 1000;
	if (toStart >= threshold) toStart = distance / 2;
	if (toZero < toStart) toStart = toZero;
	if (toEnd >= threshold) toEnd = distance / 2;
	return sampledSeconds + toStart + toEnd;
}

/** Prometheus 2.x takes the zero point first and the threshold after. */
function stretchLegacy({times, from, to, startMs, endMs}: Window, sampledSeconds: number, toZero: number): number {
	const distance = sampledSeconds / (to - from - 1);
	const threshold = distance * 1.1;
	const toStart = Math.min(((times[from] as number) - startMs) / 1000, toZero);
	const toEnd = (endMs - (times[to - 1] as number)) / 1000;
	return sampledSeconds + (toStart < threshold ? toStart : distance / 2) + (toEnd < threshold ? toEnd : distance / 2);
}

/** `irate` and `idelta`: the last two samples. */
export const instantChange =
	(isRate: boolean): RangeFunction =>
	({times, values, from, to}) => {
		if (to - from < 2) return undefined;
		const last = values[to - 1] as number;
		const previous = values[to - 2] as number;
		const change = isRate && last < previous ? last : last - previous;
		const intervalMs = (times[to - 1] as number) - (times[to - 2] as number);
		if (intervalMs === 0) return undefined;
		return isRate ? change / (intervalMs / 1000) : change;
	};
