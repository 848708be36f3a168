import {type Bound, badness} from '../core/bound.ts';
import {toNum} from '../core/num.ts';
import type {Stats} from './model-stage.ts';
import {refOf} from './ref.ts';

/** Nearest rank: the smallest recorded value that at least `share` of all values don't exceed. Expects sorted, not empty. */
export const quantile = (sorted: Float64Array, share: number): number =>
	sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;

/** Numbers of values with the events they came from, in the journal's order. Undefined when there is none. */
export function statsOf(values: Float64Array, seqs: Float64Array, bound: Bound | undefined): Stats | undefined {
	const first = seqs[0];
	const lastSeq = seqs[seqs.length - 1];
	const last = values[values.length - 1];
	if (first === undefined || lastSeq === undefined || last === undefined) return undefined;
	const sorted = values.slice().sort();
	return {
		count: values.length,
		min: toNum(quantile(sorted, 0)),
		median: toNum(quantile(sorted, 0.5)),
		p95: toNum(quantile(sorted, 0.95)),
		p99: toNum(quantile(sorted, 0.99)),
		max: toNum(quantile(sorted, 1)),
		last: toNum(last),
		worst: worstOf(values, seqs, bound),
		events: refOf(first, lastSeq),
	};
}

/** Furthest from health by the bound; without one the largest. The first of equals. */
function worstOf(values: Float64Array, seqs: Float64Array, bound: Bound | undefined): Stats['worst'] {
	let at = 0;
	const bad = (index: number): number => (bound ? badness(bound, values[index] ?? 0) : (values[index] ?? 0));
	for (let index = 1; index < values.length; index++) {
		if (bad(index) > bad(at)) at = index;
	}
	return {value: toNum(values[at] ?? Number.NaN), seq: seqs[at] ?? 0};
}
