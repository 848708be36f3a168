import {ticksBetween} from './guardrail-summary.ts';
import type {Summary} from './model.ts';
import type {GuardrailSummary} from './model-stage.ts';
import type {Recorded} from './recorded.ts';
import {quantile} from './stats.ts';

/** One column of a chart: lowest, median and highest of the values that fell into it; NaN where there was none. */
export type ChartPoint = {readonly tMs: number; readonly low: number; readonly middle: number; readonly high: number};

/** More columns than this are thinner than a pixel. */
const columnsMax = 280;

/** A series over the window, condensed so that no extreme is lost. Times are ms since the window began. */
export function chartPoints(recorded: Recorded, {window}: Summary, valueAt: (index: number) => number): readonly ChartPoint[] {
	if (!window) return [];
	const [begin, end] = ticksBetween(recorded, window.from.seq, window.to.seq);
	const size = Math.max(1, Math.ceil((end - begin) / columnsMax));
	const points: ChartPoint[] = [];
	for (let from = begin; from < end; from += size) {
		const indexes = Array.from({length: Math.min(size, end - from)}, (_, offset) => from + offset);
		const values = Float64Array.from(indexes.map(valueAt).filter(value => Number.isFinite(value))).sort();
		const tMs = Math.max(0, recorded.ticks.dueMs.at(from) - window.from.tMs);
		points.push({tMs, low: quantile(values, 0), middle: quantile(values, 0.5), high: quantile(values, 1)});
	}
	return points;
}

export const guardrailPoints = (recorded: Recorded, summary: Summary, {id}: GuardrailSummary): readonly ChartPoint[] =>
	chartPoints(recorded, summary, index => recorded.series.get(id)?.values.at(index) ?? Number.NaN);
