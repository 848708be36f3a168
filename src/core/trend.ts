import tQuantile from '@stdlib/stats-base-dists-t-quantile';
import {formatDuration} from '../base/duration.ts';
import {formatValue, type Unit} from '../base/number-format.ts';
import type {BoundOp} from './bound.ts';

/** How fast a value may grow (or fall) over a stage. */
export type TrendGate = {
	readonly op: Extract<BoundOp, '<' | '<=' | '>' | '>='>;
	/** Per {@link perMs}: in the guardrail's unit, or in percent of the mean. */
	readonly limit: number;
	readonly relative: boolean;
	readonly perMs: number;
	/** The newest so much of the stage counts. */
	readonly windowMs: number;
	/**
	 * Values are averaged over pieces of this length. Neighbouring answers of a query over a range share most of their samples: pieces
	 * no shorter than the range are nearer to independent, and they keep the state small.
	 */
	readonly pieceMs: number;
};

/** At most so many pieces in a window, and so in the state. */
export const piecesMax = 48;
/** Fewer pieces than this say nothing about a trend. */
export const piecesMin = 8;
/** Of the two-sided interval. */
export const trendConfidence = 0.95;

/** The mean of the values in one piece: number of the piece since the stage began, how many values, their mean time and mean. */
export type Piece = readonly [index: number, count: number, meanMs: number, mean: number];

/** One more value, `atMs` after the stage began. A value that is no number is none. */
export function addToTrend(
	pieces: readonly Piece[],
	{pieceMs, windowMs}: TrendGate,
	atMs: number,
	value: number,
): readonly Piece[] {
	if (!Number.isFinite(value) || atMs < 0) return pieces;
	const index = Math.floor(atMs / pieceMs);
	const last = pieces.at(-1);
	// The poll's clock never runs back; a value of an older piece would be one.
	if (last && index < last[0]) return pieces;
	const [, count, meanMs, mean] = last?.[0] === index ? last : ([index, 0, 0, 0] as const);
	const next = count + 1;
	const piece: Piece = [index, next, meanMs + (atMs - meanMs) / next, mean + (value - mean) / next];
	const others = last?.[0] === index ? pieces.slice(0, -1) : pieces;
	const oldest = index - Math.ceil(windowMs / pieceMs);
	return [...others, piece].filter(([at]) => at > oldest).slice(-(piecesMax + 1));
}

/** A slope per `perMs`, with the interval it lies in; in percent of the mean where the gate is relative. */
export type Trend = {readonly slope: number; readonly low: number; readonly high: number; readonly pieces: number};

/**
 * The least-squares slope over the pieces, with its confidence interval by Student's t. Residuals that resemble their neighbours
 * (lag-1 autocorrelation r > 0) carry less than their number says: they count as n(1−r)/(1+r). Undefined when that leaves too few,
 * or when a percentage of a mean of zero is asked for.
 */
export function trendOf(pieces: readonly Piece[], {relative, perMs}: TrendGate): Trend | undefined {
	const n = pieces.length;
	if (n < piecesMin) return undefined;
	const meanT = pieces.reduce((sum, [, , t]) => sum + t, 0) / n;
	const meanY = pieces.reduce((sum, [, , , y]) => sum + y / n, 0);
	let [sxx, sxy] = [0, 0];
	for (const [, , t, y] of pieces) {
		sxx += (t - meanT) ** 2;
		sxy += (t - meanT) * (y - meanY);
	}
	if (sxx === 0) return undefined;
	const slope = sxy / sxx;
	const residuals = pieces.map(([, , t, y]) => y - meanY - slope * (t - meanT));
	const squares = residuals.reduce((sum, one) => sum + one * one, 0);
	const effective = effectiveCount(residuals, squares);
	if (effective < 4) return undefined;
	const error = Math.sqrt(squares / (effective - 2) / sxx);
	const half = tQuantile(1 - (1 - trendConfidence) / 2, effective - 2) * error;
	const scale = perMs * (relative ? 100 / Math.abs(meanY) : 1);
	const [low, mid, high] = [slope - half, slope, slope + half].map(one => (one === 0 ? 0 : one * scale)) as [
		number,
		number,
		number,
	];
	return [low, mid, high].every(Number.isFinite) ? {slope: mid, low, high, pieces: n} : undefined;
}

function effectiveCount(residuals: readonly number[], squares: number): number {
	const n = residuals.length;
	if (squares === 0) return n;
	const r = residuals.slice(1).reduce((sum, one, index) => sum + one * (residuals[index] ?? 0), 0) / squares;
	return r <= 0 ? n : (n * (1 - r)) / (1 + r);
}

/** Whether the whole interval lies inside the bound: a slope that only might be small enough does not pass. */
export function trendHolds({op, limit}: TrendGate, {low, high}: Trend): boolean {
	switch (op) {
		case '<':
			return high < limit;
		case '<=':
			return high <= limit;
		case '>':
			return low > limit;
		case '>=':
			return low >= limit;
	}
}

const glyphs = {'<': '<', '<=': '≤', '>': '>', '>=': '≥'} as const;

/** `< 1 % per hour`. */
export const trendGateText = ({op, limit, relative, perMs}: TrendGate, unit: Unit): string =>
	`${glyphs[op]} ${relative ? `${limit} %` : formatValue(limit, unit, limit)} per ${perName(perMs)}`;

/** `3.2 % per hour (2.1 to 4.3)`. */
export function trendText({relative, perMs, limit}: TrendGate, {slope, low, high}: Trend, unit: Unit): string {
	const number = (value: number): string =>
		relative ? `${Number(value.toPrecision(3))} %` : formatValue(Number(value.toPrecision(3)), unit, limit);
	return `${number(slope)} per ${perName(perMs)} (95 %: ${number(low)} to ${number(high)})`;
}

/** What a slope may be per. */
export const perUnits = {second: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000} as const;

const perName = (perMs: number): string => Object.entries(perUnits).find(([, ms]) => ms === perMs)?.[0] ?? formatDuration(perMs);
