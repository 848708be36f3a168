import {AggregatePlan, aggregate, countValues, select} from './aggregate.ts';
import {
	type Aggregate,
	type Binary,
	type Call,
	type Expr,
	isComparison,
	isSetOp,
	type MatrixSelector,
	type Modified,
	type Subquery,
	textOf,
	type Unary,
	unparen,
	type VectorMatching,
	type VectorSelector,
} from './ast.ts';
import {applyOp, BinaryPlan, changesMetric, setOperation, vectorOperation} from './binary.ts';
import {callScalar, callVector} from './calls.ts';
import {typeOf} from './check-types.ts';
import {type Annotations, EvalFailure} from './eval-error.ts';
import {checkQuantile} from './fn-histogram.ts';
import {checkLabelName} from './fn-labels.ts';
import type {Window} from './fn-rate.ts';
import type {Labels} from './labels.ts';
import {quote} from './quote.ts';
import {firstAfter, isStaleAt, type SampleSource, type Series} from './samples.ts';
import {hasSeveralNames, refuseDuplicates, type Sample, sameLabelset, type Vector} from './vector.ts';

export type Settings = {
	readonly dialect: '3.x' | '2.x';
	/** How old a sample may be for an instant selector. */
	readonly lookbackMs: number;
	/** The step of a subquery that names none. */
	readonly subqueryStepMs: number;
	/** How many samples one query may look at, counted at every step. */
	readonly touchedMax: number;
	/** Drop metric names when the query is done instead of at each function (a feature flag of the server). */
	readonly delayedNameRemoval: boolean;
};

/** The times of the whole query. An instant query has the same start and end, and no step. */
export type Times = {readonly startMs: number; readonly endMs: number; readonly stepMs: number};

/** What a selector or subquery saw of one series. */
export type RangeSeries = {readonly labels: Labels; readonly dropName: boolean; readonly window: Window};

/** Evaluates one query, one time after the other. Throws EvalFailure. */
export class Evaluator {
	readonly settings: Settings;
	readonly times: Times;
	readonly annotations: Annotations;
	readonly legacy: boolean;
	readonly delayed: boolean;
	private readonly source: SampleSource;
	private touched = 0;
	private readonly selected = new Map<VectorSelector, readonly Series[]>();
	private readonly subqueries = new Map<Subquery, Map<number, Vector>>();
	private readonly unnamed = new Map<Expr, Map<string, string>>();

	constructor(source: SampleSource, settings: Settings, times: Times, annotations: Annotations) {
		this.source = source;
		this.settings = settings;
		this.times = times;
		this.annotations = annotations;
		this.legacy = settings.dialect === '2.x';
		this.delayed = settings.delayedNameRemoval;
	}

	/** Counts what was looked at, and ends a query that looks at too much. */
	touch(samples: number): void {
		this.touched += samples;
		if (this.touched <= this.settings.touchedMax) return;
		throw new EvalFailure(`query would look at more than ${this.settings.touchedMax} samples`, 'limit');
	}

	/** Labels as they are after an operation that takes the metric name off. */
	readonly drop = (labels: Labels): Labels => {
		if (this.delayed) return labels;
		return this.legacy ? labels.unnamed() : labels.nameless();
	};

	scalar(expr: Expr, timeMs: number): number {
		switch (expr.kind) {
			case 'number':
				return expr.value;
			case 'paren':
				return this.scalar(expr.expr, timeMs);
			case 'unary': {
				const value = this.scalar(expr.expr, timeMs);
				return expr.op === '-' ? -value : value;
			}
			case 'binary':
				return applyOp(expr.op, this.scalar(expr.left, timeMs), this.scalar(expr.right, timeMs));
			case 'call':
				return callScalar(this, expr, timeMs);
			default:
				throw new EvalFailure(`${expr.kind} is not a scalar`);
		}
	}

	vector(expr: Expr, timeMs: number): Vector {
		switch (expr.kind) {
			case 'vector':
				return this.instant(expr, timeMs);
			case 'paren':
				return this.vector(expr.expr, timeMs);
			case 'unary':
				return this.unary(expr, timeMs);
			case 'call':
				return callVector(this, expr, timeMs);
			case 'aggregate':
				return this.aggregate(expr, timeMs);
			case 'binary':
				return this.binary(expr, timeMs);
			default:
				throw new EvalFailure(`${expr.kind} is not an instant vector`);
		}
	}

	/** The time that a selector or subquery looks at. */
	private reference({at, offsetMs}: Modified, timeMs: number): number {
		const base = at === undefined ? timeMs : at === 'start' ? this.times.startMs : at === 'end' ? this.times.endMs : at;
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
		const oldest = reference - this.settings.lookbackMs + (this.legacy ? 0 : 1);
		const all = this.seriesOf(selector);
		this.touch(all.length);
		for (const series of all) {
			const index = firstAfter(series.times, series.from, series.to, reference) - 1;
			if (index < series.from || (series.times[index] as number) < oldest) continue;
			if (series.mayBeStale && isStaleAt(series.values, index)) continue;
			visit(series, index);
		}
	}

	private instant(selector: VectorSelector, timeMs: number): Vector {
		const vector: Sample[] = [];
		this.eachNewest(selector, timeMs, ({labels, values}, index) => {
			vector.push({labels, value: values[index] as number, dropName: false});
		});
		return vector;
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
			const from = firstAfter(times, series.from, to, this.legacy ? startMs - 1 : startMs);
			if (from >= to) continue;
			this.touch(to - from);
			const window = {times, values, from, to, startMs, endMs, evalMs: timeMs, legacy: this.legacy};
			if (series.mayBeStale) leaveOutStale(window);
			if (window.from < window.to) visit({labels, dropName: false, window});
		}
	}

	private subquery(node: Subquery, timeMs: number, visit: (series: RangeSeries) => void): void {
		const endMs = this.reference(node, timeMs);
		const startMs = endMs - node.rangeMs;
		const stepMs = node.stepMs ?? this.settings.subqueryStepMs;
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
			const bounds = {from: 0, to: times.length, startMs, endMs, evalMs: timeMs, legacy: this.legacy};
			visit({labels, dropName, window: {...arrays, ...bounds}});
		}
	}

	/** Steps stand on multiples of the step, whatever the query's time is. */
	private firstStep(startMs: number, stepMs: number): number {
		const aligned = stepMs * Math.trunc(startMs / stepMs);
		const isOutside = this.legacy ? aligned < startMs : aligned <= startMs;
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
			vector = typeOf(node.expr) === 'vector' ? this.vector(node.expr, timeMs) : [];
			known.set(timeMs, vector);
		}
		this.touch(vector.length + 1);
		return vector;
	}

	private forgetSteps(node: Subquery, beforeMs: number): void {
		const known = this.subqueries.get(node);
		if (!known || this.times.startMs === this.times.endMs) return;
		for (const timeMs of known.keys()) {
			if (timeMs >= beforeMs) return;
			known.delete(timeMs);
		}
	}

	private unary(node: Unary, timeMs: number): Vector {
		const vector = this.vector(node.expr, timeMs);
		if (node.op === '+') return vector;
		const negated = vector.map(({labels, value}) => ({labels: this.drop(labels), value: -value, dropName: true}));
		this.refuseUnnamedTwins(node, vector, negated, this.legacy);
		return negated;
	}

	/**
	 * Refuses series that differed by their names alone and no longer do. `acrossSteps`: also at different times of a range
	 * query, for a server looks at a function over ranges series by series.
	 */
	refuseUnnamedTwins(node: Expr, before: readonly {labels: Labels}[], after: Vector, acrossSteps: boolean): void {
		if (this.delayed) return;
		if (hasSeveralNames(before)) refuseDuplicates(after);
		if (!acrossSteps || this.times.startMs === this.times.endMs) return;
		let known = this.unnamed.get(node);
		if (!known) {
			known = new Map();
			this.unnamed.set(node, known);
		}
		for (const [i, {labels}] of after.entries()) {
			const source = before[i]?.labels.key ?? '';
			const first = known.get(labels.key) ?? source;
			if (first !== source) throw sameLabelset();
			known.set(labels.key, source);
		}
	}

	private binary(node: Binary, timeMs: number): Vector {
		if (!node.matching) return this.vectorScalar(node, timeMs);
		const plan = planOf(
			binaryPlans[this.settings.dialect],
			node,
			() => new BinaryPlan(node, node.matching as VectorMatching, this.legacy),
		);
		const left = this.vector(node.left, timeMs);
		const right = this.vector(node.right, timeMs);
		this.touch(left.length + right.length);
		if (isSetOp(node.op)) return setOperation(plan, node.op, left, right);
		return vectorOperation(node, plan, left, right, this.drop);
	}

	private vectorScalar(node: Binary, timeMs: number): Vector {
		const isVectorLeft = typeOf(node.left) === 'vector';
		const vector = this.vector(isVectorLeft ? node.left : node.right, timeMs);
		const scalar = this.scalar(isVectorLeft ? node.right : node.left, timeMs);
		const compute = (value: number): number => (isVectorLeft ? applyOp(node.op, value, scalar) : applyOp(node.op, scalar, value));
		if (isComparison(node.op) && !node.bool) return vector.filter(({value}) => compute(value) === 1);
		const drops = node.bool || changesMetric(node.op, this.legacy);
		const results = vector.map(({labels, value, dropName}) => ({
			labels: drops ? this.drop(labels) : labels,
			value: compute(value),
			dropName: drops || dropName,
		}));
		this.refuseUnnamedTwins(node, vector, results, false);
		return results;
	}

	private aggregate(node: Aggregate, timeMs: number): Vector {
		if (node.op === 'count_values') return this.countValues(node, timeMs);
		const plan = planOf(aggregatePlans, node, () => new AggregatePlan(node));
		const param = node.param ? this.scalar(node.param, timeMs) : Number.NaN;
		const input = this.vector(node.expr, timeMs);
		this.touch(input.length);
		if (['topk', 'bottomk', 'limitk', 'limit_ratio'].includes(node.op)) return select(node, plan, input, param, this.annotations);
		if (node.op === 'quantile' && node.param) checkQuantile(param, unparen(node.param).span, this.annotations);
		return aggregate(node, plan, input, param, this.legacy);
	}

	private countValues(node: Aggregate, timeMs: number): Vector {
		const label = node.param ? textOf(node.param) : '';
		checkLabelName(label, this.legacy, `invalid label name ${quote(label)}`);
		const plan = planOf(aggregatePlans, node, () => new AggregatePlan(node, [label]));
		return countValues(node, plan, this.vector(node.expr, timeMs), label);
	}

	/** The arguments of a call that are scalars, in order. */
	scalars(call: Call, timeMs: number): number[] {
		return call.args.filter(arg => typeOf(arg) === 'scalar').map(arg => this.scalar(arg, timeMs));
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

/** What is worked out of a node stays with it: queries are asked again and again. */
const binaryPlans = {'3.x': new WeakMap<Expr, BinaryPlan>(), '2.x': new WeakMap<Expr, BinaryPlan>()};
const aggregatePlans = new WeakMap<Expr, AggregatePlan>();

function planOf<Plan>(plans: WeakMap<Expr, Plan>, node: Expr, make: () => Plan): Plan {
	let plan = plans.get(node);
	if (!plan) {
		plan = make();
		plans.set(node, plan);
	}
	return plan;
}
