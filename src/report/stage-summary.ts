import {isHealthy} from '../core/bound.ts';
import {budgetLines} from '../core/budget.ts';
import {toNum} from '../core/num.ts';
import type {StagePlan} from '../core/plan.ts';
import {sameSplit} from '../core/split.ts';
import {trendLines} from '../core/trend-state.ts';
import {bakeOf, firstOf} from './armed.ts';
import {clean} from './clean.ts';
import {comparisonsOf} from './comparison-summary.ts';
import {guardrailSummary, requestsIn, ticksBetween} from './guardrail-summary.ts';
import type {BudgetSummary, GateSummary, SlopeSummary, StageSummary} from './model-stage.ts';
import {poolsOf} from './pools.ts';
import type {Recorded, StagePeriod} from './recorded.ts';
import {believed} from './recorder.ts';
import {refOf, type Stamp} from './ref.ts';
import {stageName} from './stage-name.ts';
import {burstsIn} from './told-summary.ts';

/** Each time a stage's weight was in force, in order. */
export function stageSummaries(recorded: Recorded): readonly StageSummary[] {
	return recorded.periods.flatMap(period => {
		const stage = recorded.plan?.stages[period.index];
		return stage ? [stageSummary(recorded, period, stage)] : [];
	});
}

function stageSummary(recorded: Recorded, period: StagePeriod, stage: StagePlan): StageSummary {
	const {entered, exited, end, watchedMs, atDecision, errorLines, errorSeqs} = period;
	const to: Stamp = exited ?? recorded.last ?? entered;
	const range = ticksBetween(recorded, entered.seq, to.seq);
	const requests = requestsIn(recorded, range);
	const first = firstOf(recorded, period);
	const bake = bakeOf(recorded, period);
	return {
		index: period.index,
		name: stageName(stage, period.index),
		weightPercent: weightOf(period, stage),
		plannedMs: stage.durationMs,
		watchedMs,
		lastedMs: to.tMs - entered.tMs,
		entered,
		...(exited && {exited}),
		end,
		...(atDecision && {decidedBy: atDecision.by, decidedBecause: atDecision.reason}),
		ticks: range[1] - range[0],
		errorLines: {count: errorLines, ...(errorSeqs && {events: refOf(...errorSeqs)})},
		...(requests && {requests}),
		guardrails: (recorded.plan?.guardrails ?? []).map(planned => guardrailSummary(recorded, planned, stage, range)),
		gates: gatesOf(recorded, period, stage),
		slopes: slopesOf(period),
		comparisons: comparisonsOf(recorded, period),
		budgets: budgetsOf(recorded, period),
		...(first && {first}),
		...(bake && {bake}),
		pools: poolsOf(period.pools),
		bursts: burstsIn(recorded, entered.seq, to.seq),
		events: refOf(entered.seq, to.seq),
	};
}

/** What the router read as it was entered, where that is another share than the stage names: lowered to it gradually, or found. */
const weightOf = ({weightPercent: read}: StagePeriod, {weightPercent}: StagePlan): number =>
	read === undefined || sameSplit(read, weightPercent) ? weightPercent : read;

/** The gates as they were judged when the stage was left for the next one, or for good. */
function gatesOf({plan}: Recorded, {atDecision}: StagePeriod, {gates}: StagePlan): readonly GateSummary[] {
	if (!atDecision) return [];
	return Object.entries(gates).flatMap(([id, bound]) => {
		const guardrail = plan?.guardrails.find(one => one.id === id);
		const seen = atDecision.state.guardrails[id];
		if (!guardrail || !seen) return [];
		const value = believed(seen);
		const has = !Number.isNaN(value);
		return [
			{
				guardrail: id,
				title: clean(guardrail.title),
				unit: guardrail.unit,
				bound,
				...(has && {value: toNum(value)}),
				holds: has && isHealthy(bound, value),
				events: refOf(Math.max(0, atDecision.seq - 1)),
			},
		];
	});
}

/** The trend gates, over the values from the stage's beginning to the moment it was left. */
function slopesOf({atDecision, entered}: StagePeriod): readonly SlopeSummary[] {
	if (!atDecision) return [];
	return trendLines(atDecision.state).map(({id, title, text, holds}) => ({
		guardrail: id,
		title: clean(title),
		was: clean(text),
		holds,
		events: refOf(entered.seq, Math.max(0, atDecision.seq - 1)),
	}));
}

/** What the stage was allowed of each class of errors and what it used, as the session counted it. */
function budgetsOf({state}: Recorded, {index, errorSeqs}: StagePeriod): readonly BudgetSummary[] {
	return budgetLines(state, index).map(({name, expected, allowed, used, spent, onSpent}) => ({
		name: clean(name),
		expected,
		allowed: spent?.allowed ?? allowed,
		used,
		spent: spent !== undefined,
		does: onSpent,
		...(errorSeqs && {events: refOf(...errorSeqs)}),
	}));
}
