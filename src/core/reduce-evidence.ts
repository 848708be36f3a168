import type {SessionEvent} from './event.ts';
import type {SessionState} from './state.ts';
import {addLine} from './timeline.ts';

export function reduceEvidence(state: SessionState, event: Extract<SessionEvent, {type: 'evidence-collected'}>): SessionState {
	const {name, ok, message} = event;
	const evidence = [...(state.evidence ?? []).filter(one => one.name !== name), {name, ok, message}];
	return addLine({...state, evidence}, event, ok ? 'notice' : 'failed', `evidence ${name}: ${message}`);
}

/** What is still to be gathered after a rollback that is over, or has failed once and goes on. */
export function evidenceOwed({plan, rollback, evidence = []}: SessionState): readonly string[] {
	if (!rollback) return [];
	return (plan?.evidence ?? []).filter(name => !evidence.some(one => one.name === name));
}
