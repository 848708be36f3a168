import {fail, ok, type Result} from '../base/result.ts';
import {type Expr, textOf, unparen} from './ast.ts';
import {typeOf} from './check-types.ts';
import {Evaluator} from './eval.ts';
import {Annotations, EvalFailure, type QueryError} from './eval-error.ts';
import type {Settings, Times} from './eval-settings.ts';
import {compareLabels, emptyLabels, type Labels} from './labels.ts';
import {positionOf} from './parse-error.ts';
import type {SampleSource} from './samples.ts';
import {refuseDuplicates, type Sample, sameLabelset, type Vector} from './vector.ts';

export type {Settings} from './eval-settings.ts';

export type Point = {readonly timeMs: number; readonly value: number};

export type Value =
	| {readonly type: 'scalar'; readonly timeMs: number; readonly value: number}
	| {readonly type: 'string'; readonly timeMs: number; readonly value: string}
	| {readonly type: 'vector'; readonly timeMs: number; readonly samples: readonly {labels: Labels; value: number}[]}
	| {readonly type: 'matrix'; readonly series: readonly {labels: Labels; points: readonly Point[]}[]};

export type Answer = {
	readonly value: Value;
	readonly warnings: readonly string[];
	readonly infos: readonly string[];
};

/** A parsed query with its text, which annotations point into. */
export type Query = {readonly text: string; readonly expr: Expr};

/** What a server does by default. `touchedMax` ends a query after about half a second at the latest. */
export const defaultSettings: Settings = {
	dialect: '3.x',
	lookbackMs: 300_000,
	subqueryStepMs: 60_000,
	touchedMax: 50_000_000,
	delayedNameRemoval: false,
};

/** As the HTTP API of a server. */
export const stepsMax = 11_000;

/** Evaluates a query at one time (ms since the epoch). */
export const evaluateInstant = (
	query: Query,
	source: SampleSource,
	timeMs: number,
	settings: Settings = defaultSettings,
): Result<Answer, QueryError> =>
	guarded(query, source, {startMs: timeMs, endMs: timeMs, stepMs: 0}, settings, evaluator =>
		instantValue(query.expr, evaluator, timeMs),
	);

/** Evaluates a query at every step from start to end, both included. */
export const evaluateRange = (
	query: Query,
	source: SampleSource,
	times: Times,
	settings: Settings = defaultSettings,
): Result<Answer, QueryError> =>
	guarded(query, source, times, settings, evaluator => {
		const type = typeOf(query.expr);
		if (type !== 'scalar' && type !== 'vector') {
			throw new EvalFailure(`invalid expression type "${type}" for range query, must be Scalar or instant Vector`);
		}
		if (!(times.stepMs > 0)) throw new EvalFailure('a range query needs a step above zero');
		if ((times.endMs - times.startMs) / times.stepMs >= stepsMax) {
			throw new EvalFailure(`a range query has at most ${stepsMax} steps`, 'limit');
		}
		return rangeValue(query.expr, evaluator, times);
	});

function guarded(
	query: Query,
	source: SampleSource,
	times: Times,
	settings: Settings,
	evaluate: (evaluator: Evaluator) => Value,
): Result<Answer, QueryError> {
	const annotations = new Annotations(({start}) => {
		const {line, column} = positionOf(query.text, start);
		return `${line}:${column}`;
	});
	try {
		const value = evaluate(new Evaluator(source, settings, times, annotations));
		return ok({value, ...annotations.toJson()});
	} catch (error) {
		if (error instanceof EvalFailure) return fail({kind: error.kind, message: error.message});
		throw error;
	}
}

function instantValue(expr: Expr, evaluator: Evaluator, timeMs: number): Value {
	switch (typeOf(expr)) {
		case 'scalar':
			return {type: 'scalar', timeMs, value: evaluator.scalar(expr, timeMs)};
		case 'string':
			return {type: 'string', timeMs, value: textOf(expr)};
		case 'vector':
			return {type: 'vector', timeMs, samples: finish(evaluator.vector(expr, timeMs))};
		case 'matrix':
			return {type: 'matrix', series: rangeSeries(unparen(expr), evaluator, timeMs)};
	}
}

/** Takes off the names that were to go at the end. */
function finish(vector: Vector): Vector {
	if (!vector.some(({dropName}) => dropName)) return vector;
	const finished = vector.map((sample): Sample => (sample.dropName ? {...sample, labels: sample.labels.nameless()} : sample));
	refuseDuplicates(finished);
	return finished;
}

function rangeSeries(expr: Expr, evaluator: Evaluator, timeMs: number) {
	const series: {labels: Labels; points: Point[]}[] = [];
	evaluator.select.ranges(expr, timeMs, ({labels, dropName, window: {times, values, from, to}}) => {
		const points = Array.from({length: to - from}, (_, i) => ({
			timeMs: times[from + i] as number,
			value: values[from + i] as number,
		}));
		series.push({labels: dropName ? labels.nameless() : labels, points});
	});
	return series;
}

function rangeValue(expr: Expr, evaluator: Evaluator, {startMs, endMs, stepMs}: Times): Value {
	const isScalar = typeOf(expr) === 'scalar';
	const found = new Map<string, {labels: Labels; points: Point[]}>();
	for (let timeMs = startMs; timeMs <= endMs; timeMs += stepMs) {
		const samples = isScalar
			? [{labels: emptyLabels, value: evaluator.scalar(expr, timeMs)}]
			: finish(evaluator.vector(expr, timeMs));
		evaluator.touch(samples.length + 1);
		for (const {labels, value} of samples) {
			const series = found.get(labels.key);
			if (!series) found.set(labels.key, {labels, points: [{timeMs, value}]});
			else if (series.points.at(-1)?.timeMs === timeMs) throw sameLabelset();
			else series.points.push({timeMs, value});
		}
	}
	const series = [...found.values()].sort((a, b) => compareLabels(a.labels, b.labels));
	return {type: 'matrix', series};
}
