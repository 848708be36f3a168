import {badness} from './bound.ts';
import {fromNum, toNum} from './num.ts';
import type {GuardrailPlan} from './plan.ts';
import {type Reading, type SeriesValue, seriesKeptMax} from './reading.ts';

/**
 * A reading with no more than {@link seriesKeptMax} series: the worst by the guardrail's bound, worst first, NaN behind the numbers;
 * without a bound the first as they came. `seriesCount` keeps how many there were.
 */
export function condense(answer: Reading, guardrail: Pick<GuardrailPlan, 'bound'> | undefined): Reading {
	if (answer.kind !== 'values') return answer;
	const reading = spelled(answer);
	const {bound} = guardrail ?? {};
	if (!bound) {
		return reading.series.length <= seriesKeptMax ? reading : {...reading, series: reading.series.slice(0, seriesKeptMax)};
	}
	if (reading.series.length === 1) return reading;
	const rank = ({value}: SeriesValue): number => (value === 'NaN' ? Number.NEGATIVE_INFINITY : badness(bound, fromNum(value)));
	const ranked = reading.series
		.map(series => ({series, rank: rank(series)}))
		.sort(
			(left, right) =>
				compare(right.rank, left.rank) || Number(left.series.value === 'NaN') - Number(right.series.value === 'NaN'),
		);
	return {...reading, series: ranked.slice(0, seriesKeptMax).map(({series}) => series)};
}

/** Infinities of the same sign are equal; their difference would be NaN. */
const compare = (left: number, right: number): number => (left === right ? 0 : left < right ? -1 : 1);

/** A bare NaN or infinity would become null in the journal, and null is no number to judge by: it is spelled out here at the latest. */
function spelled(reading: Extract<Reading, {kind: 'values'}>): Extract<Reading, {kind: 'values'}> {
	if (!reading.series.some(({value}) => typeof value === 'number' && !Number.isFinite(value))) return reading;
	return {...reading, series: reading.series.map(({labels, value}) => ({labels, value: toNum(fromNum(value))}))};
}
