import {type Bound, badness, isHealthy} from '../core/bound.ts';
import {fromNum, type Num} from '../core/num.ts';
import type {Glyphs} from './glyphs.ts';
import {type Row, type Span, span, type Tone} from './row.ts';

export type History = readonly (readonly [tMs: number, value: Num | null])[];

/** One stretch of time: its worst value, or null where no number was seen. */
export type Bucket = {readonly value: number | null; readonly any: boolean};

/** What of a history is drawn. */
export type Stretch = {
	/** Session time at its right end. */
	readonly nowMs: number;
	readonly spanMs: number;
	/** For so long an answer holds: where stretches are shorter than a poll, the ones without an answer of their own show the last one. */
	readonly holdMs: number;
};

/**
 * `count` stretches of equal length that end now, each with its worst value. Their edges stand on a fixed grid of session time, so
 * that a bar keeps its height while it moves left.
 */
export function buckets(history: History, {nowMs, spanMs, holdMs}: Stretch, count: number, bound?: Bound): readonly Bucket[] {
	const widthMs = Math.max(1, Math.ceil(spanMs / count));
	const lastSlot = Math.floor(nowMs / widthMs);
	const slots: (Bucket | undefined)[] = Array.from({length: count});
	for (const [tMs, num] of history) {
		const index = count - 1 - (lastSlot - Math.floor(tMs / widthMs));
		if (index < 0 || index >= count) continue;
		const value = num === null ? null : fromNum(num);
		const finite = value !== null && Number.isFinite(value) ? value : null;
		slots[index] = {any: true, value: worse(slots[index]?.value ?? null, finite, bound)};
	}
	return heldForward(slots, Math.ceil(holdMs / widthMs));
}

function heldForward(slots: readonly (Bucket | undefined)[], slotsMax: number): readonly Bucket[] {
	let last: Bucket = {any: false, value: null};
	let age = 0;
	return slots.map(slot => {
		age = slot ? 0 : age + 1;
		last = slot ?? (age <= slotsMax ? last : {any: false, value: null});
		return last;
	});
}

const worse = (left: number | null, right: number | null, bound: Bound | undefined): number | null => {
	if (left === null || right === null) return left ?? right;
	if (!bound) return right;
	return badness(bound, right) > badness(bound, left) ? right : left;
};

type Range = {readonly low: number; readonly high: number};

/** The range a chart covers: its values, and always the bound. */
export function rangeOf(values: readonly (number | null)[], bound?: Bound): Range {
	const known = values.filter(value => value !== null);
	if (known.length === 0) return {low: 0, high: 1};
	const all = bound ? [...known, bound.value] : known;
	return {low: Math.min(...all), high: Math.max(...all)};
}

/** Less than this share of the value is noise, and is not blown up to mountains. */
const noiseShare = 0.08;
const noiseShareMin = 0.001;

/** A sparkline shows the shape: its own values, and the bound once they come near it. */
function sparkRange(values: readonly (number | null)[], bound?: Bound): Range {
	const own = rangeOf(values);
	const middle = (own.low + own.high) / 2;
	// Near its bound a small move is no noise: what counts is how far it still is.
	const room = bound ? Math.max(Math.abs(middle - bound.value), Math.abs(middle) * noiseShareMin) : Number.POSITIVE_INFINITY;
	const noise = Math.min((Math.abs(middle) * noiseShare) / 2, room);
	const isNoise = (own.high - own.low) / 2 < noise;
	const half = isNoise ? noise : (own.high - own.low) / 2;
	// Noise is drawn in the middle of a step: on its edge it would flicker between two.
	const low = middle - half * (isNoise ? 1.1 : 1);
	const range = {low: own.low >= 0 ? Math.max(0, low) : low, high: middle + half * (isNoise ? 0.9 : 1)};
	const isNear = bound && bound.value >= range.low - 2 * half && bound.value <= range.high + 2 * half;
	return isNear ? {low: Math.min(range.low, bound.value), high: Math.max(range.high, bound.value)} : range;
}

/**
 * A sparkline `columns` wide over the last `spanMs`: the worst of each stretch, its tone by the bound. A stretch without an answer
 * is a gap, and one before the first answer is blank.
 */
export function sparkline(
	history: History,
	options: Stretch & {
		readonly columns: number;
		readonly glyphs: Glyphs;
		readonly bound?: Bound;
		readonly tone: Tone;
	},
): Row {
	const {columns, glyphs, bound, tone} = options;
	if (columns <= 0) return [];
	const slots = buckets(history, options, columns, bound);
	const {low, high} = sparkRange(
		slots.map(({value}) => value),
		bound,
	);
	const first = slots.findIndex(({any}) => any);
	const spans: Span[] = [];
	for (const [index, {value, any}] of slots.entries()) {
		const isBad = value !== null && bound !== undefined && !isHealthy(bound, value);
		if (value === null)
			push(spans, index < first || first === -1 || (!any && index === columns - 1) ? ' ' : glyphs.gap, 'unknown');
		else push(spans, glyphs.heights[heightOf(value, low, high, glyphs.heights.length)] ?? '', isBad ? 'bad' : tone);
	}
	return spans;
}

/** A range too small or too large for a double to divide by has no height. */
function heightOf(value: number, low: number, high: number, levels: number): number {
	const share = (value - low) / (high - low);
	return Number.isFinite(share) ? Math.max(0, Math.min(levels - 1, Math.floor(share * levels))) : 0;
}

function push(spans: Span[], text: string, tone: Tone): void {
	const last = spans.at(-1);
	if (last?.tone === tone) spans[spans.length - 1] = span(last.text + text, tone);
	else spans.push(span(text, tone));
}

/** A bar of `share` (0–1) of `columns`, in eighths of a cell; anything above nothing shows at least an eighth. */
export function bar(share: number, columns: number, {eighths}: Glyphs): string {
	const units = Math.round(Math.max(0, Math.min(1, share)) * columns * 8);
	const shown = share > 0 ? Math.max(1, units) : 0;
	const whole = Math.floor(shown / 8);
	return (eighths[8] ?? '').repeat(whole) + (whole < columns ? (eighths[shown % 8] ?? '') : '');
}
