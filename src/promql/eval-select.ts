import {type Expr, type MatrixSelector, type Modified, type Subquery, unparen, type VectorSelector} from './ast.ts';
import {typeOf} from './check-types.ts';
import type {Evaluator} from './eval.ts';
import {EvalFailure} from './eval-error.ts';
import {costs} from './eval-settings.ts';
import type {Window} from './fn-rate.ts';
import type {Labels} from './labels.ts';
import {firstAfter, isStaleAt, type SampleSource, type Series} from './samples.ts';
import type {Vector} from './vector.ts';

/** What a selector or subquery saw of one series. */
export type RangeSeries = {readonly labels: Labels; readonly dropName: boolean; readonly window: Window};

/** Gets samples for an evaluator: the newest ones, and those of ranges and subqueries. */
export class Selecting {
	private readonly evaluator: Evaluator;
	private readonly source: SampleSource;
	private readonly selected = new Map<VectorSelector, readonly Series[]>();
	private readonly subqueries = new Map<Subquery, Map<number, Vector>>();

	constructor(evaluator: Evaluator, source: SampleSource) {
		this.evaluator = evaluator;
		this.source = source;
	}

	/** The time that a selector or subquery looks at. */
	private reference({at, offsetMs}: Modified, timeMs: number): number {
		const base =
			at === undefined ? timeMs : at === 'start' ? this.evaluator.times.startMs : at === 'end' ? this.evaluator.times.endMs : at;
		return base - offsetMs;
	}

	private seriesOf(selector: VectorSelector): readonly Series[] {
		let series = this.selected.get(selector);
		if (!series) {
			series = this.source.select(selector);
			this.selected.set(selector, series);
		}
		return series;
	}

	/** The newest sample of each series that is not too old; `visit` gets its index. */
	eachNewest(selector: VectorSelector, timeMs: number, visit: (series: Series, index: number) => void): void {
		const reference = this.reference(selector, timeMs);
		// The far end of the lookback is open in 3.x and closed in 2.x.
		const oldest = reference - this.evaluator.settings.lookbackMs + (this.evaluator.legacy ? 0 : 1);
		const all = this.seriesOf(selector);
		this.evaluator.touch(all.length * costs.series);
		for (const series of all) {
			const index = firstAfter(series.times, series.from, series.to, reference) - 1;
			if (index < series.from || (series.times[index] as number) < oldest) continue;
			if (series.mayBeStale && isStaleAt(series.values, index)) continue;
			visit(series, index);
		}
	}

	/** What a range selector or a subquery sees of each series that has a sample in it. */
	ranges(expr: Expr, timeMs: number, visit: (series: RangeSeries) => void): void {
		const inner = unparen(expr);
		if (inner.kind === 'matrix') this.matrix(inner, timeMs, visit);
		else if (inner.kind === 'subquery') this.subquery(inner, timeMs, visit);
		else throw new EvalFailure(`${inner.kind} is not a range vector`);
	}

	private matrix({selector, rangeMs}: MatrixSelector, timeMs: number, visit: (series: RangeSeries) => void): void {
		const endMs = this.reference(selector, timeMs);
		const startMs = endMs - rangeMs;
		for (const series of this.seriesOf(selector)) {
			const {times, values, labels} = series;
			const to = firstAfter(times, series.from, series.to, endMs);
			const from = firstAfter(times, series.from, to, this.evaluator.legacy ? startMs - 1 : startMs);
			if (from >= to) continue;
			this.evaluator.touch(to - from);
			const window = {times, values, from, to, startMs, endMs, evalMs: timeMs, legacy: this.evaluator.legacy};
			if (series.mayBeStale) leaveOutStale(window);
			if (window.from < window.to) visit({labels, dropName: false, window});
		}
	}

	private subquery(node: Subquery, timeMs: number, visit: (series: RangeSeries) => void): void {
		const endMs = this.reference(node, timeMs);
		const startMs = endMs - node.rangeMs;
		const stepMs = node.stepMs ?? this.evaluator.settings.subqueryStepMs;
		const found = new Map<string, {labels: Labels; dropName: boolean; times: number[]; values: number[]}>();
		for (let at = this.firstStep(startMs, stepMs); at <= endMs; at += stepMs) {
			for (const {labels, value, dropName} of this.step(node, at)) {
				let series = found.get(labels.key);
				if (!series) {
					series = {labels, dropName, times: [], values: []};
					found.set(labels.key, series);
				}
				series.times.push(at);
				series.values.push(value);
			}
		}
		this.forgetSteps(node, startMs);
		for (const {labels, dropName, times, values} of found.values()) {
			const arrays = {times: Float64Array.from(times), values: Float64Array.from(values)};
			const bounds = {from: 0, to: times.length, startMs, endMs, evalMs: timeMs, legacy: this.evaluator.legacy};
			visit({labels, dropName, window: {...arrays, ...bounds}});
		}
	}

	/** Steps stand on multiples of the step, whatever the query's time is. */
	private firstStep(startMs: number, stepMs: number): number {
		const aligned = stepMs * Math.trunc(startMs / stepMs);
		const isOutside = this.evaluator.legacy ? aligned < startMs : aligned <= startMs;
		return isOutside ? aligned + stepMs : aligned;
	}

	/** A subquery's step is the same for every step of the query around it, so it is worked out once. */
	private step(node: Subquery, timeMs: number): Vector {
		let known = this.subqueries.get(node);
		if (!known) {
			known = new Map();
			this.subqueries.set(node, known);
		}
		let vector = known.get(timeMs);
		if (!vector) {
			this.evaluator.touch(costs.step);
			vector = typeOf(node.expr) === 'vector' ? this.evaluator.vector(node.expr, timeMs) : [];
			known.set(timeMs, vector);
		}
		this.evaluator.touch(vector.length);
		return vector;
	}

	private forgetSteps(node: Subquery, beforeMs: number): void {
		const known = this.subqueries.get(node);
		if (!known || this.evaluator.times.startMs === this.evaluator.times.endMs) return;
		for (const timeMs of known.keys()) {
			if (timeMs >= beforeMs) return;
			known.delete(timeMs);
		}
	}
}

/** Takes the stale markers out of a window; copies only if there is one. */
function leaveOutStale(window: Window): void {
	const {times, values, from, to} = window;
	const fresh: number[] = [];
	for (let i = from; i < to; i++) if (!isStaleAt(values, i)) fresh.push(i);
	if (fresh.length === to - from) return;
	window.times = Float64Array.from(fresh, i => times[i] as number);
	window.values = Float64Array.from(fresh, i => values[i] as number);
	window.from = 0;
	window.to = fresh.length;
}
