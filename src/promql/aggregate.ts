import {type Aggregate, nameLabel} from './ast.ts';
import {type Annotations, EvalFailure} from './eval-error.ts';
import {formatPlain} from './go-math.ts';
import {KahanSum, Mean, RunningMean} from './kahan.ts';
import {emptyLabels, type Labels, labelsOf, Projection} from './labels.ts';
import {formatNumber} from './numeral.ts';
import {quantile} from './quantile.ts';
import type {Sample, Vector} from './vector.ts';
import {ratioOf} from './xxhash.ts';

/** Which labels the groups of an aggregation have, worked out once for each. */
export class AggregatePlan {
	private readonly projection: Projection;
	private readonly isOne: boolean;

	constructor({without, grouping}: Aggregate, extra: readonly string[] = []) {
		const labels = [...grouping, ...(without ? [nameLabel] : extra)];
		this.projection = new Projection(without ? 'drop' : 'keep', labels);
		this.isOne = !without && labels.length === 0;
	}

	groupOf(labels: Labels): Labels {
		return this.isOne ? emptyLabels : this.projection.of(labels);
	}
}

/** Collects the values of one group. */
type Accumulator = {readonly add: (value: number) => void; readonly value: () => number};

/** Welford's running variance; a first value that is not finite makes it NaN for good (in 2.x only a later one does). */
class Variance implements Accumulator {
	private count = 0;
	private mean = 0;
	private squares = 0;
	private readonly finish: (variance: number) => number;
	private readonly legacy: boolean;

	constructor(finish: (variance: number) => number, legacy: boolean) {
		this.finish = finish;
		this.legacy = legacy;
	}

	add(value: number): void {
		this.count++;
		if (this.count === 1) {
			this.mean = value;
			this.squares = this.legacy || Number.isFinite(value) ? 0 : Number.NaN;
			return;
		}
		const delta = value - this.mean;
		this.mean += delta / this.count;
		this.squares += delta * (value - this.mean);
	}

	value(): number {
		return this.finish(this.squares / this.count);
	}
}

/** Sums as 2.x keeps them: plain. */
class PlainSum implements Accumulator {
	private sum = 0;
	private isEmpty = true;

	add(value: number): void {
		this.sum = this.isEmpty ? value : this.sum + value;
		this.isEmpty = false;
	}

	value(): number {
		return this.sum;
	}
}

class CompensatedSum implements Accumulator {
	private sum: KahanSum | undefined;

	add(value: number): void {
		if (this.sum) this.sum.add(value);
		else this.sum = new KahanSum(value);
	}

	value(): number {
		return this.sum?.total() ?? 0;
	}
}

class DirectMean implements Accumulator {
	private mean: Mean | undefined;

	add(value: number): void {
		if (this.mean) this.mean.add(value);
		else this.mean = new Mean(value);
	}

	value(): number {
		return this.mean?.value() ?? Number.NaN;
	}
}

/** The extreme value; NaN gives way to any number. */
class Extreme implements Accumulator {
	private best = Number.NaN;
	private readonly isBetter: (value: number, best: number) => boolean;

	constructor(isBetter: (value: number, best: number) => boolean) {
		this.isBetter = isBetter;
	}

	add(value: number): void {
		if (Number.isNaN(this.best) || this.isBetter(value, this.best)) this.best = value;
	}

	value(): number {
		return this.best;
	}
}

class Count implements Accumulator {
	private count = 0;

	add(): void {
		this.count++;
	}

	value(): number {
		return this.count;
	}
}

class Quantile implements Accumulator {
	private readonly values: number[] = [];
	private readonly phi: number;

	constructor(phi: number) {
		this.phi = phi;
	}

	add(value: number): void {
		this.values.push(value);
	}

	value(): number {
		return quantile(this.phi, Float64Array.from(this.values));
	}
}

const one: Accumulator = {add: () => undefined, value: () => 1};

function accumulatorOf(op: Aggregate['op'], param: number, legacy: boolean): Accumulator {
	switch (op) {
		case 'sum':
			return legacy ? new PlainSum() : new CompensatedSum();
		case 'avg':
			return legacy ? new RunningMean(false) : new DirectMean();
		case 'min':
			return new Extreme((value, best) => value < best);
		case 'max':
			return new Extreme((value, best) => value > best);
		case 'count':
			return new Count();
		case 'stddev':
			return new Variance(Math.sqrt, legacy);
		case 'stdvar':
			return new Variance(variance => variance, legacy);
		case 'quantile':
			return new Quantile(param);
		default:
			return one;
	}
}

type Group = {readonly labels: Labels; readonly accumulator: Accumulator; dropName: boolean};

/** `sum`, `avg`, `min`, `max`, `count`, `group`, `stddev`, `stdvar`, `quantile`: one sample for each group. */
export function aggregate(node: Aggregate, plan: AggregatePlan, input: Vector, param: number, legacy: boolean): Vector {
	const groups = new Map<string, Group>();
	for (const sample of input) {
		const labels = plan.groupOf(sample.labels);
		let group = groups.get(labels.key);
		if (!group) {
			group = {labels, accumulator: accumulatorOf(node.op, param, legacy), dropName: false};
			groups.set(labels.key, group);
		}
		group.accumulator.add(sample.value);
		group.dropName ||= sample.dropName;
	}
	return [...groups.values()].map(({labels, accumulator, dropName}) => ({labels, value: accumulator.value(), dropName}));
}

/** `count_values`: one sample for each value of each group, the value in a label. */
export function countValues(node: Aggregate, plan: AggregatePlan, input: Vector, valueLabel: string): Vector {
	const groups = new Map<string, {labels: Labels; count: number}>();
	const isDropped = node.without && node.grouping.includes(valueLabel);
	for (const sample of input) {
		// The value is a label like any other: grouping may take it off again.
		const base = plan.groupOf(sample.labels);
		const labels = isDropped ? base : labelsOf([...base.entries(), [valueLabel, formatPlain(sample.value)]]);
		const group = groups.get(labels.key);
		if (group) group.count++;
		else groups.set(labels.key, {labels, count: 1});
	}
	return [...groups.values()].map(({labels, count}) => ({labels, value: count, dropName: false}));
}

const int64Bound = 2 ** 63;

/** `topk`, `bottomk`, `limitk`, `limit_ratio`: some samples of each group as they are, the best first. */
export function select(node: Aggregate, plan: AggregatePlan, input: Vector, param: number, annotations: Annotations): Vector {
	if (node.op === 'limit_ratio') return limitRatio(node, input, param, annotations);
	if (param < 1) return [];
	if (Number.isNaN(param)) throw new EvalFailure('Parameter value is NaN');
	if (param >= int64Bound) throw new EvalFailure(`Scalar value ${formatNumber(param)} overflows int64`);
	const groups = new Map<string, Sample[]>();
	for (const sample of input) {
		const {key} = plan.groupOf(sample.labels);
		const group = groups.get(key);
		if (group) group.push(sample);
		else groups.set(key, [sample]);
	}
	const count = Math.trunc(param);
	return [...groups.values()].flatMap(group => {
		if (node.op === 'limitk') return group.slice(0, count);
		return sortByValue(group, node.op === 'topk' ? 'down' : 'up').slice(0, count);
	});
}

/** Sorted by value, NaN last either way; equal ones stay in order. */
export function sortByValue(vector: Vector, direction: 'up' | 'down'): Sample[] {
	const sign = direction === 'up' ? 1 : -1;
	return vector.toSorted((a, b) => {
		const aIsNan = Number.isNaN(a.value);
		const bIsNan = Number.isNaN(b.value);
		if (aIsNan || bIsNan) return Number(aIsNan) - Number(bIsNan);
		return a.value < b.value ? -sign : a.value > b.value ? sign : 0;
	});
}

function limitRatio(node: Aggregate, input: Vector, param: number, annotations: Annotations): Vector {
	if (param === 0) return [];
	if (Number.isNaN(param)) throw new EvalFailure('Ratio value is NaN');
	const ratio = Math.max(-1, Math.min(1, param));
	if (ratio !== param && node.param) {
		const capped = `got ${formatNumber(param)}, capping to ${formatNumber(ratio)}`;
		annotations.warn(`ratio value should be between -1 and 1, ${capped}`, node.param.span);
	}
	return input.filter(({labels}) => {
		const at = ratioOf(labels);
		return ratio >= 0 ? at < ratio : at >= 1 + ratio;
	});
}
