import type {GuardrailPlan} from './plan.ts';
import type {SessionState} from './state.ts';
import {valueBesideBound} from './timeline.ts';

/** Guardrails whose breach asks for a rollback. */
export const breachedForRollback = ({plan, guardrails}: SessionState): readonly GuardrailPlan[] =>
	(plan?.guardrails ?? []).filter(({id, onBreach}) => onBreach === 'rollback' && guardrails[id]?.status === 'breached');

/** `SSE success breached: 99.41 % (healthy ≥ 99.6 %)`; a security matter says so first. */
export function rollbackReason(state: SessionState, breached: readonly GuardrailPlan[]): string {
	const security = breached.some(one => one.security) ? 'SECURITY: ' : '';
	const reasons = breached.map(guardrail => {
		const seen = state.guardrails[guardrail.id];
		return seen ? `${guardrail.title} breached: ${valueBesideBound(guardrail, seen)}` : `${guardrail.title} breached`;
	});
	return `${security}${reasons.join('; ')}`;
}
