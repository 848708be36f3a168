import {badness} from './bound.ts';
import {fromNum} from './num.ts';
import type {GuardrailPlan} from './plan.ts';
import {type Reading, type SeriesValue, seriesKeptMax} from './reading.ts';

/**
 * A reading with no more than {@link seriesKeptMax} series: the worst by the guardrail's bound, worst first, NaN behind the numbers;
 * without a bound the first as they came. `seriesCount` keeps how many there were.
 */
export function condense(reading: Reading, guardrail: Pick<GuardrailPlan, 'bound'> | undefined): Reading {
	if (reading.kind !== 'values') return reading;
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
