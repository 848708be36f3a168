import {type Binary, type BinaryOp, isComparison, nameLabel, type VectorMatching} from './ast.ts';
import {EvalFailure} from './eval-error.ts';
import {goPow} from './go-math.ts';
import {compareLabels, type Labels, ofMetric, Projection} from './labels.ts';
import {refuseDuplicates, type Sample, type Vector} from './vector.ts';

/** An operator on two numbers; a comparison gives 1 or 0. */
export function applyOp(op: BinaryOp, left: number, right: number): number {
	switch (op) {
		case '+':
			return left + right;
		case '-':
			return left - right;
		case '*':
			return left * right;
		case '/':
			return left / right;
		case '%':
			return left % right;
		case '^':
			return goPow(left, right);
		case 'atan2':
			return Math.atan2(left, right);
		case '==':
			return left === right ? 1 : 0;
		case '!=':
			return left !== right ? 1 : 0;
		case '<':
			return left < right ? 1 : 0;
		case '<=':
			return left <= right ? 1 : 0;
		case '>':
			return left > right ? 1 : 0;
		case '>=':
			return left >= right ? 1 : 0;
		default:
			throw new EvalFailure(`operator ${op} is not defined on two numbers`);
	}
}

/** Arithmetic gives something that is no longer the metric. 2.x forgot about atan2. */
export const changesMetric = (op: BinaryOp, legacy: boolean): boolean => !isComparison(op) && !(legacy && op === 'atan2');

type Dropper = (labels: Labels) => Labels;

/** What is worked out once for each operator of a query and then used at every step. */
export class BinaryPlan {
	readonly matching: VectorMatching;
	/** The labels that both sides must share to be a pair. */
	readonly signature: Projection;
	private readonly results = new WeakMap<Labels, {one: Labels; result: Labels}>();
	private readonly dropsName: boolean;
	readonly legacy: boolean;

	constructor(node: Binary, matching: VectorMatching, legacy: boolean) {
		this.legacy = legacy;
		this.dropsName = changesMetric(node.op, legacy);
		this.matching = matching;
		const {on, labels} = matching;
		this.signature = on
			? new Projection('keep', labels)
			: new Projection('drop', [...labels, ...(legacy ? [nameLabel] : ofMetric)]);
	}

	/** The labels of a pair: of the side of many, plus what `group_left` copies; arithmetic has no metric name. */
	resultOf(many: Labels, one: Labels): Labels {
		const known = this.results.get(many);
		if (known?.one === one) return known.result;
		const {matching} = this;
		const listed = new Set(matching.labels);
		const isOneToOne = matching.card === 'one-to-one';
		let result = many.filter(name => {
			if (this.dropsName && (this.legacy ? name === nameLabel : ofMetric.has(name))) return false;
			return !isOneToOne || listed.has(name) === matching.on;
		});
		for (const name of matching.include) result = result.with(name, one.get(name));
		this.results.set(many, {one, result});
		return result;
	}
}

/** `and`, `or`, `unless`. */
export function setOperation(plan: BinaryPlan, op: BinaryOp, left: Vector, right: Vector): Vector {
	const keysOf = (vector: Vector) => new Set(vector.map(({labels}) => plan.signature.of(labels).key));
	const inSet = (keys: ReadonlySet<string>, {labels}: Sample) => keys.has(plan.signature.of(labels).key);
	if (op === 'or') {
		if (left.length === 0) return right;
		const keys = keysOf(left);
		return [...left, ...right.filter(sample => !inSet(keys, sample))];
	}
	const keys = keysOf(right);
	return left.filter(sample => inSet(keys, sample) === (op === 'and'));
}

/** An operator between two vectors, one to one or many to one. */
export function vectorOperation(node: Binary, plan: BinaryPlan, left: Vector, right: Vector, drop: Dropper): Vector {
	const {matching} = plan;
	const {fillLeft, fillRight} = matching;
	const neverFilled = fillLeft === undefined && fillRight === undefined;
	if ((left.length === 0 || right.length === 0) && (neverFilled || left.length === right.length)) return [];
	const isSwapped = matching.card === 'one-to-many';
	const pairing = new Pairing(node, plan, drop);
	const [many, one] = isSwapped ? [right, left] : [left, right];
	const bySignature = pairing.indexOne(one);
	for (const sample of many) {
		const signature = plan.signature.of(sample.labels);
		const partner = bySignature.get(signature.key);
		if (partner) pairing.pair(sample, partner, signature.key);
		else if (fillRight !== undefined) pairing.pair(sample, {labels: signature, value: fillRight, dropName: false}, signature.key);
	}
	// With group_right a server swaps the sides and not the fills: fill_right stands in for the left then. So here.
	if (fillLeft !== undefined) pairing.fillMany(bySignature, fillLeft);
	if (matching.card !== 'one-to-one') refuseDuplicates(pairing.out);
	return pairing.out;
}

class Pairing {
	readonly out: Sample[] = [];
	private readonly node: Binary;
	private readonly plan: BinaryPlan;
	private readonly drop: Dropper;
	/** By signature: the results it has given, kept or not. */
	private readonly matched = new Map<string, Set<string>>();

	constructor(node: Binary, plan: BinaryPlan, drop: Dropper) {
		this.node = node;
		this.plan = plan;
		this.drop = drop;
	}

	indexOne(one: Vector): ReadonlyMap<string, Sample> {
		const found = new Map<string, Sample>();
		for (const sample of one) {
			const signature = this.plan.signature.of(sample.labels);
			const twin = found.get(signature.key);
			if (twin) throw this.manyToMany(signature, [twin.labels, sample.labels]);
			found.set(signature.key, sample);
		}
		return found;
	}

	private manyToMany(signature: Labels, twins: Labels[]): EvalFailure {
		const side = this.plan.matching.card === 'one-to-many' ? 'left' : 'right';
		const [first, second] = twins.sort(compareLabels).map(labels => labels.toBraces());
		return new EvalFailure(
			`found duplicate series for the match group ${signature.toBraces()} on the ${side} hand-side of the operation: ` +
				`[${first}, ${second}];many-to-many matching not allowed: matching labels must be unique on one side`,
		);
	}

	pair(many: Sample, one: Sample, signature: string): void {
		const {node, plan} = this;
		const isSwapped = plan.matching.card === 'one-to-many';
		const leftValue = isSwapped ? one.value : many.value;
		const value = applyOp(node.op, leftValue, isSwapped ? many.value : one.value);
		const result = plan.resultOf(many.labels, one.labels);
		const labels = node.bool ? this.drop(result) : result;
		const isFilter = isComparison(node.op) && !node.bool;
		const isFilteredOut = isFilter && value === 0;
		if (!(isFilteredOut && plan.legacy)) this.refuseSecond(signature, labels);
		if (isFilteredOut) return;
		this.out.push({labels, value: isFilter ? leftValue : value, dropName: node.bool || (isFilter && many.dropName)});
	}

	/** From 3.x on a pair that the comparison filters away counts all the same: the query is ambiguous, whatever the values are now. */
	private refuseSecond(signature: string, labels: Labels): void {
		const known = this.matched.get(signature);
		if (this.plan.matching.card === 'one-to-one') {
			if (known) {
				throw new EvalFailure('multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)');
			}
			this.matched.set(signature, noResults);
		} else if (known) {
			if (known.has(labels.key)) {
				throw new EvalFailure('multiple matches for labels: grouping labels must ensure unique matches');
			}
			known.add(labels.key);
		} else {
			this.matched.set(signature, new Set([labels.key]));
		}
	}

	fillMany(one: ReadonlyMap<string, Sample>, fill: number): void {
		for (const [key, sample] of one) {
			if (this.matched.has(key)) continue;
			const labels = this.plan.signature.of(sample.labels);
			this.pair({labels, value: fill, dropName: false}, sample, key);
		}
	}
}

const noResults: Set<string> = new Set();
