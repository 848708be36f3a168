import {nameLabel, type Span} from './ast.ts';
import type {Annotations} from './eval-error.ts';
import {parseGoFloat} from './go-math.ts';
import {type Bucket, bucketFraction, bucketQuantile} from './histogram.ts';
import {type Labels, Projection} from './labels.ts';
import {formatNumber} from './numeral.ts';
import type {Sample, Vector} from './vector.ts';

const withoutBound = new Projection('drop', ['le']);

export type HistogramContext = {
	readonly annotations: Annotations;
	/** Where the vector stands in the query. */
	readonly span: Span;
	/** Drops the name from the labels of a result at once, or leaves that to the end. */
	readonly drop: (labels: Labels) => Labels;
	readonly delayed: boolean;
	readonly legacy: boolean;
};

type Classic = {readonly labels: Labels; readonly buckets: Bucket[]};

/** The buckets of each classic histogram in a vector, by their labels without `le`. */
function histogramsOf(vector: Vector, context: HistogramContext): readonly Classic[] {
	const found = new Map<string, Classic>();
	for (const {labels, value} of vector) {
		const le = labels.get('le');
		const bound = parseGoFloat(le);
		if (bound === undefined) {
			warnOfBound(labels, le, context);
			continue;
		}
		const rest = withoutBound.of(labels);
		let classic = found.get(rest.key);
		if (!classic) {
			classic = {labels: rest, buckets: []};
			found.set(rest.key, classic);
		}
		classic.buckets.push({bound, count: value});
	}
	return [...found.values()];
}

function warnOfBound(labels: Labels, le: string, {annotations, span, delayed}: HistogramContext): void {
	const name = delayed ? labels.get(nameLabel) : '';
	const of = name ? ` for metric name ${JSON.stringify(name)}` : '';
	annotations.warn(`bucket label "le" is missing or has a malformed value of ${JSON.stringify(le)}${of}`, span);
}

/** The quantile of each histogram; its labels get `extra` if given (the label and value of `histogram_quantiles`). */
export function quantiles(phi: number, vector: Vector, context: HistogramContext, extra?: readonly [string, string]): Sample[] {
	return histogramsOf(vector, context).map(({labels, buckets}) => {
		const {value, wasForced} = bucketQuantile(phi, buckets, context.legacy);
		if (wasForced) infoOfMonotonicity(labels, context);
		const dropped = context.drop(labels);
		return {labels: extra ? dropped.with(...extra) : dropped, value, dropName: true};
	});
}

function infoOfMonotonicity(labels: Labels, {annotations, span, delayed}: HistogramContext): void {
	const name = delayed ? labels.get(nameLabel) : '';
	const of = name ? ` for metric name ${JSON.stringify(name)}` : '';
	const link = 'https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile';
	annotations.info(`input to histogram_quantile needed to be fixed for monotonicity (see ${link})${of}`, span);
}

/** The share of each histogram between two values. */
export const fractions = (lower: number, upper: number, vector: Vector, context: HistogramContext): Sample[] =>
	histogramsOf(vector, context).map(({labels, buckets}) => ({
		labels: context.drop(labels),
		value: bucketFraction(lower, upper, buckets),
		dropName: true,
	}));

/** Warns of a quantile that is not between 0 and 1. */
export function checkQuantile(phi: number, span: Span, annotations: Annotations): void {
	if (phi >= 0 && phi <= 1) return;
	annotations.warn(`quantile value should be between 0 and 1, got ${formatNumber(phi)}`, span);
}

/** How a quantile is written as a label: OpenMetrics wants a dot or an exponent in every float. */
export function formatQuantileLabel(phi: number): string {
	const text = formatNumber(phi);
	return /^-?\d+$/.test(text) ? `${text}.0` : text;
}
