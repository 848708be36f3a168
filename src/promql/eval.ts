import {AggregatePlan, aggregate, countValues, select} from './aggregate.ts';
import {
	type Aggregate,
	type Binary,
	type Call,
	type Expr,
	isComparison,
	isSetOp,
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
import {Selecting} from './eval-select.ts';
import {costs, type Settings, type Times} from './eval-settings.ts';
import {checkQuantile} from './fn-histogram.ts';
import {checkLabelName} from './fn-labels.ts';
import type {Labels} from './labels.ts';
import {quote} from './quote.ts';
import type {SampleSource} from './samples.ts';
import {hasSeveralNames, refuseDuplicates, type Sample, sameLabelset, type Vector} from './vector.ts';

/** Evaluates one query, one time after the other. Throws EvalFailure. */
export class Evaluator {
	readonly settings: Settings;
	readonly times: Times;
	readonly annotations: Annotations;
	readonly legacy: boolean;
	readonly delayed: boolean;
	readonly select: Selecting;
	private touched = 0;
	private readonly unnamed = new Map<Expr, Map<string, string>>();

	constructor(source: SampleSource, settings: Settings, times: Times, annotations: Annotations) {
		this.settings = settings;
		this.times = times;
		this.annotations = annotations;
		this.legacy = settings.dialect === '2.x';
		this.delayed = settings.delayedNameRemoval;
		this.select = new Selecting(this, source);
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

	private instant(selector: VectorSelector, timeMs: number): Vector {
		const vector: Sample[] = [];
		this.select.eachNewest(selector, timeMs, ({labels, values}, index) => {
			vector.push({labels, value: values[index] as number, dropName: false});
		});
		return vector;
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
		this.touch((left.length + right.length) * costs.element);
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
		this.touch(input.length * costs.element);
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
