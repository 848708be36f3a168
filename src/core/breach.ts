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
	const security = breached.some(one => one.security) || isSecurityAlert(state) ? 'SECURITY: ' : '';
	const guardrails = breached.map(guardrail => {
		const seen = state.guardrails[guardrail.id];
		return seen ? `${guardrail.title} breached: ${breachCause(guardrail, seen)}` : `${guardrail.title} breached`;
	});
	const budgets = overspent(state, 'rollback').map(line => spentText(line, state.stage.index));
	const reasons = [...guardrails, ...budgets, ...alertCauses(state), ...instanceCauses(state)];
	return reasons.length === 0 ? undefined : `${security}${reasons.join('; ')}`;
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
