import type {SessionEvent} from './event.ts';
import type {Draft} from './intent.ts';
import {dueStep, type GradualState, gradualText, stalledAfterMs} from './reduce-gradual.ts';
import {percentText} from './reduce-split.ts';
import {sameSplit} from './split.ts';
import type {SessionState} from './state.ts';

/**
 * Events at which something may fall due. A poll comes whether the metrics answer or not: going down is leaving. What an intent of ours
 * brings about before it is itself recorded (`action-aborted`) is none of them: it would be decided twice.
 */
const looksAtTime: readonly SessionEvent['type'][] = [
	'gradual-asked',
	'tick-taken',
	'split-read',
	'split-unreadable',
	'controller-resumed',
	'action-verified',
	'action-failed',
];

/**
 * The step of a gradual rollback that is due; or the immediate rollback where a step failed for good or doesn't come to its end. The
 * last step to none is a rollback like any other, with its retries and fallbacks: from there on all is as if it had been immediate.
 * Never up: where the router already reads less, nothing is set.
 */
export function goDown(state: SessionState, event: SessionEvent): readonly Draft[] {
	const {gradual, action, split, rollback, ended, stage} = state;
	if (gradual?.status !== 'running' || rollback || ended) return [];
	const to = (
		toPercent: number,
		what: Pick<Extract<Draft, {type: 'set-weight'}>, 'purpose' | 'urgent' | 'reason' | 'endsGradual'>,
	) => [{type: 'set-weight', toPercent, stageIndex: stage.index, by: gradual.by, ...what}] as const;
	const atOnce = (why: string) =>
		to(0, {purpose: 'rollback', urgent: true, reason: `${why}; at once instead of ${gradualText(gradual)}${asked(gradual)}`});
	const at = dueStep(gradual, event.tMs);
	const step = `step ${at + 1}/${gradual.weights.length}`;
	if (!looksAtTime.includes(event.type)) return [];
	if (gradual.failure !== undefined) return atOnce(`a step down failed: ${gradual.failure}`);
	const toPercent = gradual.weights[at] ?? 0;
	if (at === gradual.weights.length - 1 && gradual.targetPercent === 0) {
		const {reason} = gradual;
		const text = gradualText(gradual);
		return to(0, {purpose: 'rollback', urgent: true, endsGradual: true, reason: reason === '' ? text : `${reason} (${text})`});
	}
	if (action) {
		const isStalled = action.purpose === 'lower' && event.tMs - action.askedAtMs >= stalledAfterMs(gradual);
		return isStalled ? atOnce(`the step down to ${percentText(action.toPercent)} is not verified`) : [];
	}
	const {weightPercent = 0} = split.configured ?? {};
	if (weightPercent <= toPercent || sameSplit(weightPercent, toPercent)) return [];
	const by = gradual.reason === '' ? '' : `: ${gradual.reason}`;
	return to(toPercent, {purpose: 'lower', urgent: false, reason: `${step} of the gradual rollback${by}`});
}

const asked = ({reason}: GradualState): string => (reason === '' ? '' : ` (${reason})`);
