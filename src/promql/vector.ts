import {nameLabel} from './ast.ts';
import {EvalFailure} from './eval-error.ts';
import type {Labels} from './labels.ts';

/** One series at one time. `dropName`: the metric name goes at the end of the query (delayed name removal only). */
export type Sample = {
	readonly labels: Labels;
	readonly value: number;
	readonly dropName: boolean;
};

export type Vector = readonly Sample[];

/** Refuses a vector in which a set of labels stands twice. */
export function refuseDuplicates(vector: Vector): void {
	if (vector.length < 2) return;
	const seen = new Set<string>();
	for (const {labels} of vector) {
		if (seen.has(labels.key)) throw sameLabelset();
		seen.add(labels.key);
	}
}

export const sameLabelset = (): EvalFailure => new EvalFailure('vector cannot contain metrics with the same labelset');

/** Whether two samples have different metric names: only then can dropping the name make duplicates. */
export function hasSeveralNames(vector: readonly {readonly labels: Labels}[]): boolean {
	if (vector.length < 2) return false;
	const first = vector[0]?.labels.get(nameLabel);
	return vector.some(({labels}) => labels.get(nameLabel) !== first);
}
