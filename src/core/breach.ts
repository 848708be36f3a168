import {overspent, spentText} from './budget.ts';
import {alertCauses, isSecurityAlert} from './facts/alerts.ts';
import {type GuardrailPlan, guardrailInStage} from './plan.ts';
import {sameSplit} from './split.ts';
import {stageNow} from './stage-now.ts';
import type {SessionState} from './state.ts';
import {breachCause} from './timeline.ts';

/** Guardrails whose breach asks for a rollback, with the bounds that hold in the present stage. */
export const breachedForRollback = (state: SessionState): readonly GuardrailPlan[] =>
	(state.plan?.guardrails ?? [])
		.filter(({id, onBreach}) => onBreach === 'rollback' && state.guardrails[id]?.status === 'breached')
		.map(guardrail => guardrailInStage(guardrail, stageNow(state)));

/**
 * Why the session should roll back by itself, all causes in one text; undefined when there is none.
 * `SSE success breached: 99.41 % (healthy ≥ 99.6 %); the budget of critical errors is overspent …`; a security matter says so first.
 */
export function rollbackReason(state: SessionState): string | undefined {
	const breached = breachedForRollback(state);
	const security = isSecurityMatter(state) ? 'SECURITY: ' : '';
	const guardrails = breached.map(guardrail => {
		const seen = state.guardrails[guardrail.id];
		return seen ? `${guardrail.title} breached: ${breachCause(guardrail, seen)}` : `${guardrail.title} breached`;
	});
	const budgets = overspent(state, 'rollback').map(line => spentText(line, state.stage.index));
	const reasons = [...guardrails, ...budgets, ...alertCauses(state), ...instanceCauses(state)];
	return reasons.length === 0 ? undefined : `${security}${reasons.join('; ')}`;
}

/** Whether any cause of a rollback is a security matter. */
const isSecurityMatter = (state: SessionState): boolean =>
	breachedForRollback(state).some(({security}) => security) || isSecurityAlert(state);

/**
 * Why a breach only advises now, as a clause; undefined when it rolls back by itself. While the baseline is being restarted, or could not
 * be, it may be down: then all traffic would go from a candidate that is worse than it should be to nothing at all. A person may still
 * do that. A candidate whose instance has ended has nothing to lose, and a security matter is worse than being down.
 */
export function whyOnlyAdvice(state: SessionState): string | undefined {
	const {plan, baseline, instance} = state;
	if (plan?.policies.autoRollback === 'advisory') return 'auto-rollback is advisory';
	if (!baseline || baseline.status === 'done' || instance?.status !== 'up' || isSecurityMatter(state)) return undefined;
	return baseline.status === 'failed'
		? "the baseline's restart failed, so it may be down"
		: 'the baseline is being restarted, so it may be down';
}

/** An instance that ended by itself fails for everybody who is sent to it. */
function instanceCauses({plan, instance}: SessionState): string[] {
	if (plan?.instance?.onExit !== 'rollback' || instance?.status !== 'ended') return [];
	return [`the instance ended by itself: ${instance.message ?? ''}`];
}

/** The baseline runs the new version and has all traffic: there is nothing left to roll back. */
export const isHandedBack = ({baseline, action, split}: SessionState): boolean =>
	baseline?.handedBackAtMs !== undefined && !action && sameSplit(split.configured?.weightPercent ?? 100, 0);

/**
 * Whether the candidate has, or may be about to get, traffic. A split that can't be read may be anything. One that has not been read yet is
 * answered within seconds, and decides then: a session that has moved nothing must not end because its first tick was faster.
 */
export const hasTraffic = (state: SessionState): boolean => !isHandedBack(state) && mayHaveTraffic(state);

function mayHaveTraffic({split, action, stage}: SessionState): boolean {
	if (action !== undefined || stage.index >= 0) return true;
	return split.configured === undefined ? split.error !== undefined : !sameSplit(split.configured.weightPercent, 0);
}
