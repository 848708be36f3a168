import {toNum} from '../core/num.ts';
import type {Summary, TrendRow} from './model.ts';
import type {Recorded} from './recorded.ts';
import {refOf, type Stamp} from './ref.ts';
import {statsOf} from './stats.ts';

const widthsMs = [1_000, 5_000, 10_000, 30_000, 60_000, 300_000, 900_000, 1_800_000, 3_600_000];
const hourMs = 3_600_000;
/** Two days of hours; longer windows get wider rows. */
const rowsMax = 48;
/** Short windows get finer rows than an hour, so that there is a trend to see. */
const rowsWanted = 24;

/** The width of the rows: an hour from a few hours up, finer below, coarser beyond two days. */
export function trendWidth(lastedMs: number): number {
	if (lastedMs > 4 * hourMs) return Math.max(1, Math.ceil(lastedMs / hourMs / rowsMax)) * hourMs;
	return widthsMs.find(width => lastedMs / width <= rowsWanted) ?? hourMs;
}

/** Row by row from the candidate's first traffic on. Rows without a tick stand there too: a gap is to be seen. */
export function trendOf(recorded: Recorded, from: Stamp, to: Stamp): Summary['trend'] {
	const everyMs = trendWidth(to.tMs - from.tMs);
	const count = Math.max(1, Math.ceil((to.tMs - from.tMs) / everyMs));
	const {ticks} = recorded;
	const rows: TrendRow[] = [];
	let index = 0;
	while (index < ticks.seq.length && ticks.seq.at(index) < from.seq) index++;
	for (let row = 0; row < count; row++) {
		const fromMs = from.tMs + row * everyMs;
		const toMs = Math.min(to.tMs, fromMs + everyMs);
		const begin = index;
		const isLast = row === count - 1;
		while (index < ticks.seq.length && ticks.seq.at(index) <= to.seq && (isLast || ticks.dueMs.at(index) < toMs)) index++;
		rows.push(rowOf(recorded, {fromMs, toMs, atMs: from.atMs + row * everyMs}, [begin, index], isLast));
	}
	return {everyMs, rows};
}

function rowOf(
	recorded: Recorded,
	span: {readonly fromMs: number; readonly toMs: number; readonly atMs: number},
	[begin, end]: readonly [number, number],
	isLast: boolean,
): TrendRow {
	const {ticks, series, plan} = recorded;
	const seqs = new Float64Array(end - begin).map((_, offset) => ticks.seq.at(begin + offset));
	const values = (plan?.guardrails ?? []).map(({id, bound}) => {
		const own = series.get(id);
		const kept = [...seqs.keys()].filter(offset => !Number.isNaN(own?.values.at(begin + offset) ?? Number.NaN));
		const stats = statsOf(
			Float64Array.from(kept, offset => own?.values.at(begin + offset) ?? Number.NaN),
			Float64Array.from(kept, offset => seqs[offset] ?? 0),
			bound,
		);
		return [id, stats ? {median: stats.median, worst: stats.worst.value} : null] as const;
	});
	const stage = end > begin ? ticks.stage.at(end - 1) : -1;
	const weightPercent = plan?.stages[stage]?.weightPercent ?? 0;
	const first = seqs[0] ?? 0;
	return {
		...span,
		weightPercent,
		ticks: end - begin,
		errorLines: errorLinesIn(recorded, span, isLast),
		values: Object.fromEntries(values),
		events: refOf(first, seqs[seqs.length - 1] ?? first),
	};
}

function errorLinesIn(
	{errors}: Recorded,
	{fromMs, toMs}: {readonly fromMs: number; readonly toMs: number},
	isLast: boolean,
): number {
	let lines = 0;
	for (let index = 0; index < errors.tMs.length; index++) {
		const tMs = errors.tMs.at(index);
		if (tMs >= fromMs && (tMs < toMs || (isLast && tMs === toMs))) lines += toNum(errors.lines.at(index)) as number;
	}
	return lines;
}
