import {type Bound, isHealthy} from '../core/bound.ts';
import type {Glyphs} from './glyphs.ts';
import {type Row, type Span, span, type Tone} from './row.ts';
import {type Bucket, buckets, type History, rangeOf, type Stretch} from './sparkline.ts';

export type ChartOptions = Stretch & {
	readonly columns: number;
	readonly rows: number;
	readonly glyphs: Glyphs;
	readonly bound?: Bound;
	/** What is inside its bound: `good`, or `stale` when it is old. */
	readonly tone: Tone;
	/** How a value is written at the axis. */
	readonly format: (value: number) => string;
};

type Range = {readonly low: number; readonly high: number};

/** A label longer than this would take the plot's room. */
const labelColumnsMax = 14;

/** An area chart of the worst values over time in eighths of a row, cut through by its bound: labels at the left, now at the right. */
export function chart(history: History, options: ChartOptions): Row[] {
	const {columns, rows, bound, format} = options;
	const slotsIn = (count: number): readonly Bucket[] => buckets(history, options, Math.max(1, count), bound);
	const values = slotsIn(columns).map(({value}) => value);
	const range = padded(rangeOf(values, bound));
	const texts = [range.high, ...(bound ? [bound.value] : []), range.low].map(format);
	const labelColumns = Math.min(labelColumnsMax, Math.max(...texts.map(text => text.length)));
	const slots = slotsIn(Math.max(4, columns - labelColumns - 1));
	const first = slots.findIndex(({any}) => any);
	const limitLine = bound ? Math.min(rows - 1, Math.floor((1 - shareOf(bound.value, range)) * rows)) : -1;
	return Array.from({length: rows}, (_, line): Row => {
		const isLimit = line === limitLine;
		const label =
			isLimit && bound ? format(bound.value) : line === 0 ? format(range.high) : line === rows - 1 ? format(range.low) : '';
		const spans: Span[] = [span(`${label.slice(0, labelColumns).padStart(labelColumns)} `, isLimit ? 'warn' : 'dim')];
		for (const [index, slot] of slots.entries())
			put(spans, cellOf(slot, {line, isLimit, range, options, isBefore: first === -1 || index < first}));
		return spans;
	});
}

type Place = {
	readonly line: number;
	readonly isLimit: boolean;
	readonly isBefore: boolean;
	readonly range: Range;
	readonly options: ChartOptions;
};

function cellOf({value, any}: Bucket, {line, isLimit, isBefore, range, options}: Place): Span {
	const {rows, glyphs, bound} = options;
	if (isLimit) return span(glyphs.limit, 'warn');
	if (value === null) return line === rows - 1 && any && !isBefore ? span(glyphs.unknown, 'unknown') : span(' ');
	const filled = shareOf(value, range) * rows - (rows - 1 - line);
	const level = Math.ceil(Math.max(0, Math.min(1, filled)) * glyphs.heights.length);
	// The lowest value of all still stands on the floor.
	const shown = line === rows - 1 ? Math.max(1, level) : level;
	if (shown === 0) return span(' ');
	const tone = bound && !isHealthy(bound, value) ? 'bad' : options.tone;
	// Only the edge is solid: a wall of colour would tire the eye and say no more.
	if (filled > 1) return span(glyphs.fill, tone);
	return span(glyphs.heights[shown - 1] ?? '', tone);
}

function shareOf(value: number, {low, high}: Range): number {
	const share = (value - low) / (high - low);
	return Number.isFinite(share) ? Math.max(0, Math.min(1, share)) : 0;
}

/** A flat line would have no height, and the lowest value stands on something. */
function padded({low, high}: Range): Range {
	if (high === low) {
		const pad = Math.abs(low) * 0.1 || 1;
		return {low: low >= 0 ? Math.max(0, low - pad) : low - pad, high: high + pad};
	}
	const air = (high - low) * 0.08;
	return {low: low >= 0 ? Math.max(0, low - air) : low - air, high};
}

function put(spans: Span[], next: Span): void {
	const last = spans.at(-1);
	if (last?.tone === next.tone) spans[spans.length - 1] = span(last.text + next.text, next.tone);
	else spans.push(next);
}
