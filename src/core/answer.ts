import {formatDuration} from '../base/duration.ts';
import {formatValue} from '../base/number-format.ts';
import {badness, isHealthy} from './bound.ts';
import {fromNum} from './num.ts';
import type {GuardrailPlan} from './plan.ts';
import type {Reading, SeriesValue} from './reading.ts';

/**
 * What one reading says about its guardrail, before time comes in. `missing` is neither a pass nor a breach; `shown` has no bound to
 * be judged by. `because` is a clause for people, empty when there is nothing to add.
 */
export type Answer = Healthy | Shown | Breaching | Missing;
export type Healthy = {
	readonly kind: 'healthy';
	readonly worst: SeriesValue;
	readonly because: string;
	readonly warning: boolean;
};
export type Shown = {readonly kind: 'shown'; readonly worst: SeriesValue; readonly because: string; readonly warning: boolean};
export type Breaching = {
	readonly kind: 'breaching';
	readonly worst: SeriesValue;
	readonly because: string;
	readonly severe: boolean;
};
export type Missing = {
	readonly kind: 'missing';
	readonly status: 'no-data' | 'error';
	readonly because: string;
	readonly worst?: SeriesValue;
};

type Values = Extract<Reading, {kind: 'values'}>;

const zero: SeriesValue = {labels: {}, value: 0};

/** Reads one answer: value, breach, no data, NaN and error are five different things. */
export function answerOf(guardrail: GuardrailPlan, reading: Reading): Answer {
	switch (reading.kind) {
		case 'error':
			return {kind: 'missing', status: 'error', because: reading.message};
		case 'empty':
			if (guardrail.noData === 'zero') return zeroOf(guardrail, reading, 'no series, which counts as 0 here');
			return {kind: 'missing', status: 'no-data', because: 'the query answered, with no series'};
		case 'values':
			return answerOfValues(guardrail, reading);
	}
}

function answerOfValues(guardrail: GuardrailPlan, reading: Values): Answer {
	const tooFew = tooFewRequests(guardrail, reading);
	const known = reading.series.filter(({value}) => value !== 'NaN');
	if (tooFew !== undefined) return {kind: 'missing', status: 'no-data', because: tooFew, ...worstOf(guardrail, known)};
	if (known.length === 0) {
		if (guardrail.noData === 'zero') return zeroOf(guardrail, reading, 'NaN, which counts as 0 here');
		return {kind: 'missing', status: 'no-data', because: 'the answer is NaN: 0/0, most often no traffic'};
	}
	return believed(guardrail, reading, judged(guardrail, known, partly(guardrail, reading, known.length)));
}

/** Nothing counts as 0 here; but a series that is gone because nobody could be asked, or because nobody came, is no 0. */
function zeroOf(guardrail: GuardrailPlan, reading: Exclude<Reading, {kind: 'error'}>, because: string): Answer {
	const tooFew = tooFewRequests(guardrail, reading);
	if (tooFew !== undefined) return {kind: 'missing', status: 'no-data', because: tooFew};
	return believed(guardrail, reading, judged(guardrail, [zero], because));
}

/** A hung or empty page keeps a ratio where it was: only a healthy look needs fresh evidence, a breach stands by itself. */
function believed(guardrail: GuardrailPlan, reading: Exclude<Reading, {kind: 'error'}>, answer: Answer): Answer {
	if (answer.kind === 'breaching' || answer.kind === 'missing') return answer;
	const doubt = whyNotBelieved(guardrail, reading);
	return doubt === undefined ? answer : {kind: 'missing', status: 'no-data', because: doubt, worst: answer.worst};
}

/** Series in, verdict of the worst out. */
function judged(guardrail: GuardrailPlan, series: readonly SeriesValue[], because: string): Answer {
	const {bound, severe, warn} = guardrail;
	const worst = worstSeries(guardrail, series) ?? zero;
	const value = fromNum(worst.value);
	const warning = warn !== undefined && !isHealthy(warn, value);
	if (!bound) return {kind: 'shown', worst, because, warning};
	if (isHealthy(bound, value)) return {kind: 'healthy', worst, because, warning};
	// The worst by one bound need not be the worst by the other.
	const isSevere =
		severe !== undefined && series.some(one => one.value !== 'NaN' && !isHealthy(severe.bound, fromNum(one.value)));
	return {kind: 'breaching', worst, because, severe: isSevere};
}

/** The series furthest outside (or least inside) its bound; the first where there is no bound. */
export function worstSeries({bound}: Pick<GuardrailPlan, 'bound'>, series: readonly SeriesValue[]): SeriesValue | undefined {
	if (!bound) return series[0];
	let worst: SeriesValue | undefined;
	for (const one of series) {
		if (one.value === 'NaN') continue;
		if (!worst || badness(bound, fromNum(one.value)) > badness(bound, fromNum(worst.value))) worst = one;
	}
	return worst;
}

const worstOf = (guardrail: GuardrailPlan, series: readonly SeriesValue[]): {worst?: SeriesValue} => {
	const worst = worstSeries(guardrail, series);
	return worst ? {worst} : {};
};

function partly({windowMs}: GuardrailPlan, {series, up, coveredMs}: Values, known: number): string {
	const parts: string[] = [];
	if (coveredMs !== undefined && coveredMs < windowMs) {
		parts.push(`${wholeSeconds(coveredMs)} of the ${formatDuration(windowMs)} it looks over`);
	}
	if (known < series.length) parts.push(`${series.length - known} of ${series.length} series are NaN`);
	if (up && up[0] < up[1]) parts.push(`${up[0]} of ${up[1]} targets are up`);
	return parts.join('; ');
}

function tooFewRequests({minRequests}: GuardrailPlan, {requests}: Pick<Values, 'requests'>): string | undefined {
	if (!minRequests) return undefined;
	const rate = requests === null || requests === undefined ? Number.NaN : fromNum(requests);
	if (rate >= minRequests.min) return undefined;
	const seen = Number.isNaN(rate) ? 'no request rate' : formatValue(rate, '/s', minRequests.min);
	return `too few requests to judge: ${seen} of ${formatValue(minRequests.min, '/s', minRequests.min)}`;
}

function whyNotBelieved({staleAfterMs}: GuardrailPlan, {ageMs, up}: Pick<Values, 'ageMs' | 'up'>): string | undefined {
	if (up && up[1] > 0 && up[0] === 0) return `none of its ${up[1]} targets is up, so a healthy value proves nothing`;
	if (ageMs !== undefined && ageMs > staleAfterMs) return `its newest sample is ${wholeSeconds(ageMs)} old`;
	return undefined;
}

const wholeSeconds = (ms: number): string => formatDuration(Math.round(ms / 1_000) * 1_000);
