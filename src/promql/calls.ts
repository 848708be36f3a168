import {sortByValue} from './aggregate.ts';
import type {Call, Expr, Matcher} from './ast.ts';
import {nameLabel, textOf, unparen} from './ast.ts';
import {typeOf} from './check-types.ts';
import type {Evaluator} from './eval.ts';
import {EvalFailure} from './eval-error.ts';
import {costs} from './eval-settings.ts';
import {datePart} from './fn-dates.ts';
import {checkQuantile, formatQuantileLabel, fractions, type HistogramContext, quantiles} from './fn-histogram.ts';
import {labelJoin, labelReplace, type Relabeller, Relabelling, sortByLabel} from './fn-labels.ts';
import {mathFunctions} from './fn-math.ts';
import {rangeFunctions} from './fn-over-time.ts';
import {goMax, goMin} from './go-math.ts';
import {emptyLabels, type Labels, labelsOf} from './labels.ts';
import {refuseDuplicates, type Sample, type Vector} from './vector.ts';

type VectorCall = (evaluator: Evaluator, call: Call, timeMs: number) => Vector;

const argOf = (call: Call, index: number): Expr => call.args[index] as Expr;
const textsOf = (call: Call): string[] => call.args.filter(arg => typeOf(arg) === 'string').map(textOf);

const pairOf = (evaluator: Evaluator, call: Call, timeMs: number): [number, number] => [
	evaluator.scalar(argOf(call, 0), timeMs),
	evaluator.scalar(argOf(call, 1), timeMs),
];

/** A call that gives a scalar. */
export function callScalar(evaluator: Evaluator, call: Call, timeMs: number): number {
	const {startMs, endMs, stepMs} = evaluator.times;
	switch (call.name) {
		case 'time':
			return timeMs / 1000;
		case 'pi':
			return Math.PI;
		case 'start':
			return startMs / 1000;
		case 'end':
			return endMs / 1000;
		case 'step':
			return stepMs / 1000;
		case 'range':
			return (endMs - startMs) / 1000;
		case 'min_of':
			return goMin(...pairOf(evaluator, call, timeMs));
		case 'max_of':
			return goMax(...pairOf(evaluator, call, timeMs));
		case 'scalar': {
			const [only, ...others] = evaluator.vector(argOf(call, 0), timeMs);
			return only && others.length === 0 ? only.value : Number.NaN;
		}
		default:
			throw new EvalFailure(`function ${call.name} gives no scalar`);
	}
}

/** A call that gives an instant vector. */
export function callVector(evaluator: Evaluator, call: Call, timeMs: number): Vector {
	const own = ownCalls[call.name];
	if (own) return own(evaluator, call, timeMs);
	if (rangeFunctions.has(call.name)) return overRange(evaluator, call, timeMs);
	if (mathFunctions.has(call.name)) return mathematics(evaluator, call, timeMs);
	return dates(evaluator, call, timeMs);
}

/** Maps each value and takes the metric names off. */
function mapValues(evaluator: Evaluator, call: Call, vector: Vector, compute: (value: number) => number): Vector {
	evaluator.touch(vector.length);
	const results = vector.map(({labels, value}) => ({labels: evaluator.drop(labels), value: compute(value), dropName: true}));
	evaluator.refuseUnnamedTwins(call, vector, results, false);
	return results;
}

const mathematics: VectorCall = (evaluator, call, timeMs) => {
	const compute = mathFunctions.get(call.name) as (value: number, params: readonly number[]) => number;
	const params = evaluator.scalars(call, timeMs);
	const vector = evaluator.vector(argOf(call, 0), timeMs);
	if (call.name === 'clamp' && (params[1] as number) < (params[0] as number)) return [];
	return mapValues(evaluator, call, vector, value => compute(value, params));
};

const dates: VectorCall = (evaluator, call, timeMs) => {
	const part = (seconds: number): number => datePart(call.name, seconds) ?? Number.NaN;
	if (call.args.length === 0) return [{labels: emptyLabels, value: part(Math.trunc(timeMs / 1000)), dropName: false}];
	return mapValues(evaluator, call, evaluator.vector(argOf(call, 0), timeMs), part);
};

/** These two give a sample of the series as it is, so they keep its name. */
const keepsName: ReadonlySet<string> = new Set(['last_over_time', 'first_over_time']);
const counterSuffix = /_(?:total|sum|count|bucket)$/;

const overRange: VectorCall = (evaluator, call, timeMs) => {
	const compute = rangeFunctions.get(call.name);
	const range = call.args.find(arg => typeOf(arg) === 'matrix') as Expr;
	const params = evaluator.scalars(call, timeMs);
	const keeps = keepsName.has(call.name);
	const before: {labels: Labels}[] = [];
	const after: Sample[] = [];
	evaluator.select.ranges(range, timeMs, series => {
		const value = compute?.(series.window, params);
		if (value === undefined) return;
		before.push(series);
		after.push({
			labels: keeps ? series.labels : evaluator.drop(series.labels),
			value,
			dropName: !keeps || series.dropName,
		});
	});
	if (call.name === 'rate' || call.name === 'increase') warnOfGauges(evaluator, range, before);
	if (call.name === 'quantile_over_time' && after.length > 0) {
		checkQuantile(params[0] as number, argOf(call, 0).span, evaluator.annotations);
	}
	if (!keeps) evaluator.refuseUnnamedTwins(call, before, after, true);
	return after;
};

function warnOfGauges(evaluator: Evaluator, range: Expr, series: readonly {labels: Labels}[]): void {
	const names = new Set(series.map(({labels}) => labels.get(nameLabel)));
	for (const name of names) {
		if (name === '' || counterSuffix.test(name)) continue;
		const about = 'metric might not be a counter, name does not end in _total/_sum/_count/_bucket';
		evaluator.annotations.info(`${about}: ${JSON.stringify(name)}`, range.span);
	}
}

const timestamp: VectorCall = (evaluator, call, timeMs) => {
	const arg = unparen(argOf(call, 0));
	if (arg.kind !== 'vector') return mapValues(evaluator, call, evaluator.vector(arg, timeMs), () => timeMs / 1000);
	const vector: Sample[] = [];
	evaluator.select.eachNewest(arg, timeMs, ({labels, times}, index) => {
		vector.push({labels, value: (times[index] as number) / 1000, dropName: false});
	});
	return mapValues(evaluator, call, vector, seconds => seconds);
};

/** `absent` and `absent_over_time`: 1 with the labels that the selector names, if there is nothing. */
const absentOf = (expr: Expr): Vector => [{labels: absentLabels(unparen(expr)), value: 1, dropName: false}];

function absentLabels(expr: Expr): Labels {
	const selector = expr.kind === 'matrix' ? expr.selector : expr;
	const matchers: readonly Matcher[] = selector.kind === 'vector' ? selector.matchers : [];
	const pairs = new Map<string, string>();
	const seen = new Set<string>();
	for (const {name, op, value} of matchers) {
		if (name === nameLabel) continue;
		if (op === '=' && !seen.has(name)) {
			pairs.set(name, value);
			seen.add(name);
		} else {
			pairs.delete(name);
		}
	}
	return labelsOf(pairs);
}

const absentOverTime: VectorCall = (evaluator, call, timeMs) => {
	let isAbsent = true;
	evaluator.select.ranges(argOf(call, 0), timeMs, () => {
		isAbsent = false;
	});
	return isAbsent ? absentOf(argOf(call, 0)) : [];
};

const histogramContext = (evaluator: Evaluator, vector: Expr): HistogramContext => ({
	annotations: evaluator.annotations,
	span: unparen(vector).span,
	drop: evaluator.drop,
	delayed: evaluator.delayed,
	legacy: evaluator.legacy,
});

const histogramQuantile: VectorCall = (evaluator, call, timeMs) => {
	const phi = evaluator.scalar(argOf(call, 0), timeMs);
	const input = evaluator.vector(argOf(call, 1), timeMs);
	checkQuantile(phi, unparen(argOf(call, 0)).span, evaluator.annotations);
	const results = quantiles(phi, input, histogramContext(evaluator, argOf(call, 1)));
	if (!evaluator.delayed) refuseDuplicates(results);
	return results;
};

const histogramQuantiles: VectorCall = (evaluator, call, timeMs) => {
	const [label = ''] = textsOf(call);
	const input = evaluator.vector(argOf(call, 0), timeMs);
	const context = histogramContext(evaluator, argOf(call, 0));
	const results = call.args.slice(2).flatMap(arg => {
		const phi = evaluator.scalar(arg, timeMs);
		checkQuantile(phi, unparen(arg).span, evaluator.annotations);
		return quantiles(phi, input, context, [label, formatQuantileLabel(phi)]);
	});
	if (!evaluator.delayed) refuseDuplicates(results);
	return results;
};

const histogramFraction: VectorCall = (evaluator, call, timeMs) => {
	const [lower = Number.NaN, upper = Number.NaN] = evaluator.scalars(call, timeMs);
	const context = histogramContext(evaluator, argOf(call, 2));
	const results = fractions(lower, upper, evaluator.vector(argOf(call, 2), timeMs), context);
	if (!evaluator.delayed) refuseDuplicates(results);
	return results;
};

/** Native histograms are not kept here: floats give nothing, as on a server, and a warning says so. */
const nativeHistogram: VectorCall = (evaluator, call) => {
	evaluator.annotations.warn(`${call.name} is for native histograms, which are not supported here; use a server`, call.span);
	return [];
};

const relabellings = new WeakMap<Call, Relabelling>();

function relabel(
	evaluator: Evaluator,
	call: Call,
	timeMs: number,
	prepare: (texts: readonly string[], legacy: boolean) => Relabeller,
): Vector {
	// Prepared each time, for it refuses bad names and patterns in either dialect.
	const {target, make} = prepare(textsOf(call), evaluator.legacy);
	const known = relabellings.get(call) ?? new Relabelling();
	relabellings.set(call, known);
	return known.apply(evaluator.vector(argOf(call, 0), timeMs), target, make, () => evaluator.touch(costs.relabel));
}

const ownCalls: Readonly<Record<string, VectorCall>> = {
	absent: (evaluator, call, timeMs) => (evaluator.vector(argOf(call, 0), timeMs).length > 0 ? [] : absentOf(argOf(call, 0))),
	absent_over_time: absentOverTime,
	histogram_avg: nativeHistogram,
	histogram_count: nativeHistogram,
	histogram_fraction: histogramFraction,
	histogram_quantile: histogramQuantile,
	histogram_quantiles: histogramQuantiles,
	histogram_stddev: nativeHistogram,
	histogram_stdvar: nativeHistogram,
	histogram_sum: nativeHistogram,
	info: () => {
		throw new EvalFailure('info() is experimental and not supported here; use a server');
	},
	label_join: (evaluator, call, timeMs) => relabel(evaluator, call, timeMs, labelJoin),
	label_replace: (evaluator, call, timeMs) => relabel(evaluator, call, timeMs, labelReplace),
	sort: (evaluator, call, timeMs) => sortByValue(evaluator.vector(argOf(call, 0), timeMs), 'up'),
	sort_by_label: (evaluator, call, timeMs) => sortByLabel(evaluator.vector(argOf(call, 0), timeMs), textsOf(call), 1),
	sort_by_label_desc: (evaluator, call, timeMs) => sortByLabel(evaluator.vector(argOf(call, 0), timeMs), textsOf(call), -1),
	sort_desc: (evaluator, call, timeMs) => sortByValue(evaluator.vector(argOf(call, 0), timeMs), 'down'),
	timestamp,
	vector: (evaluator, call, timeMs) => [{labels: emptyLabels, value: evaluator.scalar(argOf(call, 0), timeMs), dropName: false}],
};
