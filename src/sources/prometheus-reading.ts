import {sanitize} from '../base/text.ts';
import {badness, isHealthy} from '../core/bound.ts';
import {type Num, toNum} from '../core/num.ts';
import type {GuardrailPlan} from '../core/plan.ts';
import {type Labels, type Reading, type SeriesValue, seriesKeptMax} from '../core/reading.ts';
import {type Answer, type Sample, warningsMax} from './prometheus-answer.ts';
import {addIncreases, type Increase} from './prometheus-births.ts';
import type {Fault} from './prometheus-fault.ts';
import type {Freshness} from './prometheus-freshness.ts';

/** What became of one query. */
export type Outcome = {readonly tookMs: number} & (
	| {readonly ok: true; readonly value: Answer}
	| {readonly ok: false; readonly error: Fault}
);

export type Beside = {
	readonly freshness: Freshness;
	readonly births: readonly Increase[];
	/** The server counts some births by itself. */
	readonly countsBirths: boolean;
	/** The outcome of the guardrail's `minRequests` query; absent when it has none. */
	readonly requests?: Outcome | undefined;
	/** What is doubtful about what stands beside the value. */
	readonly warnings: readonly string[];
};

/** One guardrail's reading out of the answer to its query and of what stands beside it. */
export function readingOf(guardrail: GuardrailPlan, outcome: Outcome, beside: Beside): Reading {
	const {tookMs} = outcome;
	if (!outcome.ok) return {kind: 'error', error: outcome.error.kind, message: outcome.error.message, tookMs};
	const {up, ageMs, coveredMs} = beside.freshness;
	const samples = addIncreases(outcome.value.samples, beside.births, beside.countsBirths);
	const said = [...beside.births.map(({note}) => sanitize(note, 300)), ...outcome.value.warnings, ...beside.warnings];
	if (beside.requests?.ok === false) said.push(`the request rate is not known: ${beside.requests.error.message}`);
	const warnings = said.slice(0, warningsMax);
	const requests = beside.requests && {requests: totalOf(beside.requests)};
	const common = {tookMs, ...(up && {up}), ...requests, ...(warnings.length > 0 && {warnings})};
	if (samples.length === 0) return {kind: 'empty', ...common};
	return {
		kind: 'values',
		series: keepWorst(guardrail, samples).map(({labels, value}) => ({labels: safeLabels(labels), value: toNum(value)})),
		seriesCount: samples.length,
		...(ageMs !== undefined && {ageMs}),
		...(coveredMs !== undefined && {coveredMs}),
		...common,
	};
}

/** Worst first; NaN stands between the bad and the good, so that no cut can hide either. Both ends where no bound says what is worse. */
function keepWorst({bound}: GuardrailPlan, samples: readonly Sample[]): readonly Sample[] {
	if (samples.length < 2) return samples;
	if (!bound) return samples.length <= seriesKeptMax ? samples : bothEnds(samples);
	const rank = ({value}: Sample): number => {
		if (Number.isNaN(value)) return 1;
		return isHealthy(bound, value) ? 2 : 0;
	};
	const sorted = samples.toSorted(
		(left, right) => rank(left) - rank(right) || descending(badness(bound, left.value), badness(bound, right.value)),
	);
	return sorted.slice(0, seriesKeptMax);
}

/** Infinities are equal to themselves, NaN is equal to everything: the order must hold for a sort. */
function descending(left: number, right: number): number {
	if (left === right || Number.isNaN(left) || Number.isNaN(right)) return 0;
	return left > right ? -1 : 1;
}

function bothEnds(samples: readonly Sample[]): readonly Sample[] {
	const known = samples.filter(({value}) => !Number.isNaN(value)).toSorted((left, right) => descending(left.value, right.value));
	if (known.length === 0) return samples.slice(0, seriesKeptMax);
	const half = seriesKeptMax / 2;
	return known.length <= seriesKeptMax ? known : [...known.slice(0, half), ...known.slice(-half)];
}

const labelsMax = 30;
const labelColumnsMax = 200;

/** Labels come from the watched service: they end in the journal and on the screen. */
const safeLabels = (labels: Labels): SeriesValue['labels'] =>
	Object.fromEntries(
		Object.entries(labels)
			.slice(0, labelsMax)
			.map(([name, value]) => [sanitize(name, labelColumnsMax), sanitize(value, labelColumnsMax)]),
	);

/** A rate of requests: the sum over what the query answered; null is no data. */
export function totalOf(outcome: Outcome): Num | null {
	if (!outcome.ok || outcome.value.samples.length === 0) return null;
	return toNum(outcome.value.samples.reduce((sum, {value}) => sum + value, 0));
}

/** The one number of a query that should have one: null is no data, and so are several. */
export function singleOf(outcome: Outcome): Num | null {
	const [only, ...more] = outcome.ok ? outcome.value.samples : [];
	return only && more.length === 0 ? toNum(only.value) : null;
}
