import type {SessionEvent} from './event.ts';
import type {EvidenceTime} from './evidence-options.ts';
import type {SessionState} from './state.ts';
import {addLine} from './timeline.ts';

export function reduceEvidence(state: SessionState, event: Extract<SessionEvent, {type: 'evidence-collected'}>): SessionState {
	const {name, ok, message} = event;
	const evidence = [...(state.evidence ?? []).filter(one => one.name !== name), {name, ok, message}];
	return addLine({...state, evidence}, event, ok ? 'notice' : 'failed', `evidence ${name}: ${message}`);
}

/** What is still to be gathered behind `after`. Of a rollback: one that is over, or has failed once and goes on; who asks knows that. */
export function evidenceOwed(
	{plan, rollback, canaryStartedAtMs, ended, evidence = []}: SessionState,
	after: EvidenceTime,
): readonly string[] {
	const hasCome = {
		start: canaryStartedAtMs !== undefined,
		promotion: ended?.outcome === 'promoted',
		rollback: rollback !== undefined,
	}[after];
	if (!hasCome) return [];
	return (plan?.evidence ?? [])
		.filter(name => (plan?.evidenceAfter?.[name] ?? 'rollback') === after)
		.filter(name => !evidence.some(one => one.name === name));
}
