import {badness} from '../core/bound.ts';
import {fromNum, toNum} from '../core/num.ts';
import {type GuardrailPlan, guardrailInStage, type StagePlan} from '../core/plan.ts';
import {statuses} from '../core/state.ts';
import type {GuardrailSummary, RequestsSummary} from './model-stage.ts';
import type {Recorded} from './recorded.ts';
import {refOf} from './ref.ts';
import {statsOf} from './stats.ts';

/** Ticks with numbers from..to (inclusive), as indexes: `[begin, end)`. */
export function ticksBetween({ticks}: Recorded, fromSeq: number, toSeq: number): readonly [begin: number, end: number] {
	const first = (from: number): number => {
		let low = 0;
		let high = ticks.seq.length;
		while (low < high) {
			const middle = (low + high) >> 1;
			if (ticks.seq.at(middle) < from) low = middle + 1;
			else high = middle;
		}
		return low;
	};
	return [first(fromSeq), first(toSeq + 1)];
}

const outOfBound: readonly number[] = [statuses.indexOf('pending'), statuses.indexOf('breached')];

/** What one guardrail did in a range of ticks, with the bound that held then. */
export function guardrailSummary(
	recorded: Recorded,
	planned: GuardrailPlan,
	stage: StagePlan | undefined,
	[begin, end]: readonly [number, number],
): GuardrailSummary {
	const {id, title, unit, severity, onBreach, bound, forMs} = guardrailInStage(planned, stage);
	const series = recorded.series.get(id);
	const values: number[] = [];
	const seqs: number[] = [];
	const counts = {noDataTicks: 0, outOfBoundTicks: 0, breachedTicks: 0};
	for (let index = begin; index < end; index++) {
		const value = series?.values.at(index) ?? Number.NaN;
		const status = series?.statuses.at(index) ?? -1;
		if (outOfBound.includes(status)) counts.outOfBoundTicks++;
		if (status === outOfBound[1]) counts.breachedTicks++;
		if (Number.isNaN(value)) {
			counts.noDataTicks++;
			continue;
		}
		values.push(value);
		seqs.push(recorded.ticks.seq.at(index));
	}
	const stats = statsOf(Float64Array.from(values), Float64Array.from(seqs), bound);
	const left = stats && bound ? 0 - badness(bound, fromNum(stats.worst.value)) : undefined;
	const share = left === undefined || !bound || bound.value === 0 ? undefined : (100 * left) / Math.abs(bound.value);
	return {
		id,
		title,
		unit,
		severity,
		onBreach,
		...(bound && {bound}),
		forMs,
		ticks: end - begin,
		...counts,
		...(stats && {stats}),
		...(left !== undefined && {
			margin: {value: toNum(left), ...(share !== undefined && Number.isFinite(share) && {percentOfBound: share})},
		}),
	};
}

/** Between two ticks further apart than this many polls nobody watched. */
export const watchedPollsMax = 2;

/** Requests in a range of ticks, where a guardrail records their rate: rate × time since the tick before, added up. */
export function requestsIn(recorded: Recorded, [begin, end]: readonly [number, number]): RequestsSummary | undefined {
	const {plan, ticks} = recorded;
	const asks = plan?.guardrails.find(({minRequests}) => minRequests !== undefined);
	const series = asks && recorded.series.get(asks.id);
	if (!asks?.minRequests || !series || !plan) return undefined;
	let count = 0;
	let first: number | undefined;
	let last = 0;
	for (let index = begin; index < end; index++) {
		const rate = series.requests.at(index);
		if (!Number.isFinite(rate)) continue;
		const sinceMs = index === 0 ? plan.pollMs : ticks.dueMs.at(index) - ticks.dueMs.at(index - 1);
		count += (rate * Math.min(sinceMs, watchedPollsMax * plan.pollMs)) / 1_000;
		first ??= ticks.seq.at(index);
		last = ticks.seq.at(index);
	}
	if (first === undefined) return undefined;
	const {query} = asks.minRequests;
	return {guardrail: asks.id, query, count: Math.round(count), events: refOf(first, last)};
}
