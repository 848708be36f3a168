import {formatDuration} from '../base/duration.ts';
import {budgetLines} from '../core/budget.ts';
import {firstMinutes} from '../core/stage-now.ts';
import {clean} from './clean.ts';
import {guardrailSummary, ticksBetween} from './guardrail-summary.ts';
import type {ArmedRule} from './model.ts';
import type {BakeSummary, FirstSummary} from './model-stage.ts';
import type {Recorded, StagePeriod} from './recorded.ts';
import {refOf} from './ref.ts';
import {stageName} from './stage-name.ts';
import {healthyText} from './words.ts';

const waits = (forMs: number): string => (forMs === 0 ? 'at once' : `for ${formatDuration(forMs)}`);

/** The breaches of a guardrail in a range of events. */
const firedIn = ({episodes}: Recorded, guardrail: string, fromSeq: number, toSeq: number): readonly number[] =>
	episodes.flatMap(one =>
		one.guardrail === guardrail && one.breached && one.breached.seq >= fromSeq && one.breached.seq <= toSeq
			? [one.breached.seq]
			: [],
	);

/** The stop rules of a stage's first minutes as they held, over the polls of those minutes alone. */
export function firstOf(recorded: Recorded, period: StagePeriod): FirstSummary | undefined {
	const stage = recorded.plan?.stages[period.index];
	if (!stage?.first) return undefined;
	const toSeq = period.firstToSeq ?? period.entered.seq;
	const range = ticksBetween(recorded, period.entered.seq, toSeq);
	const laid = firstMinutes(stage);
	const ruled = (recorded.plan?.guardrails ?? []).filter(({id}) => Object.hasOwn(stage.first?.overrides ?? {}, id));
	return {
		forMs: stage.first.forMs,
		rules: ruled.map(planned => {
			const {title, ...figures} = guardrailSummary(recorded, planned, laid, range);
			return {...figures, title: clean(title), fired: firedIn(recorded, planned.id, period.entered.seq, toSeq)};
		}),
		events: refOf(period.entered.seq, toSeq),
	};
}

/** How long the session guarded on at 100 %, with the baseline on standby. */
export function bakeOf(recorded: Recorded, {index, watchedMs}: StagePeriod): BakeSummary | undefined {
	const stage = recorded.plan?.stages[index];
	return stage?.bake ? {plannedMs: stage.durationMs, watchedMs, isWhole: watchedMs >= stage.durationMs} : undefined;
}

/**
 * What stood ready to act besides each guardrail's own bound: the other bounds of stages, the first minutes, budgets, the time
 * without data that counts as a breach, an instance of its own, and alerts from outside. Those of stages that were never reached are not in it.
 */
export function armedRules(recorded: Recorded): readonly ArmedRule[] {
	const {plan, periods} = recorded;
	if (!plan) return [];
	const advisory = plan.policies.autoRollback === 'advisory';
	const of = (id: string) => plan.guardrails.find(one => one.id === id);
	const does = (what: 'rollback' | 'hold' | 'warn') => (what === 'rollback' && advisory ? ('advises a rollback' as const) : what);
	const seen = new Map<number, StagePeriod[]>();
	for (const period of periods) seen.set(period.index, [...(seen.get(period.index) ?? []), period]);
	const rules: ArmedRule[] = [];
	for (const [index, own] of seen) {
		const stage = plan.stages[index];
		if (!stage) continue;
		const name = stageName(stage, index);
		const fired = (id: string, until: (period: StagePeriod) => number, since = (period: StagePeriod) => period.entered.seq) =>
			own.flatMap(period => firedIn(recorded, id, since(period), until(period)));
		const toSeq = (period: StagePeriod): number => period.exited?.seq ?? recorded.last?.seq ?? period.entered.seq;
		for (const [id, {bound, forMs}] of Object.entries(stage.overrides)) {
			const guardrail = of(id);
			if (!guardrail || !bound) continue;
			const when = `not ${healthyText(bound, guardrail.unit)}, ${waits(forMs ?? guardrail.forMs)}`;
			const since = (period: StagePeriod): number => (period.firstToSeq ?? period.entered.seq - 1) + 1;
			const isFirstToo = Object.hasOwn(stage.first?.overrides ?? {}, id);
			rules.push({
				...{title: `${clean(guardrail.title)}, ${name}`, when, does: does(guardrail.onBreach)},
				fired: isFirstToo ? fired(id, toSeq, since) : fired(id, toSeq),
			});
		}
		for (const [id, {bound, forMs}] of Object.entries(stage.first?.overrides ?? {})) {
			const guardrail = of(id);
			const limit = bound ?? stage.overrides[id]?.bound ?? guardrail?.bound;
			if (!guardrail || !limit) continue;
			const wait = waits(forMs ?? stage.overrides[id]?.forMs ?? guardrail.forMs);
			rules.push({
				title: `${clean(guardrail.title)}, first ${formatDuration(stage.first?.forMs ?? 0)} of ${name}`,
				when: `not ${healthyText(limit, guardrail.unit)}, ${wait}`,
				does: does(guardrail.onBreach),
				fired: fired(id, period => period.firstToSeq ?? period.entered.seq),
			});
		}
		for (const line of budgetLines(recorded.state, index)) {
			rules.push({
				title: `budget of ${clean(line.name)} errors, ${name}`,
				when: `more than ${line.spent?.allowed ?? line.allowed}`,
				does: does(line.onSpent),
				fired: recorded.spent.filter(one => one.stageIndex === index && one.name === line.name).map(({seq}) => seq),
			});
		}
	}
	if (plan.instance) {
		rules.push({
			title: "the candidate's own instance",
			when: 'it ends by itself with traffic',
			does: does(plan.instance.onExit),
			fired: recorded.instanceEnds,
		});
	}
	if (plan.alertmanager) {
		const {mayRollBack} = plan.alertmanager;
		rules.push({
			title: 'an alert from Alertmanager',
			when: 'canary_action is AUTO_ROLLBACK or SECURITY_ROLLBACK',
			does: mayRollBack ? does('rollback') : 'only shown',
			fired: recorded.alerts.flatMap(({action, received}) => (action ? [received.seq] : [])),
		});
	}
	return rules;
}
