import {formatDuration} from '../base/duration.ts';
import {gradualText} from '../core/reduce-gradual.ts';
import {percentText} from '../core/reduce-split.ts';
import {clean} from './clean.ts';
import type {Statement} from './model.ts';
import type {Recorded} from './recorded.ts';
import {refOf} from './ref.ts';

/** How the newest rollback in steps went; undefined when there was none. */
export function gradualOf({state: {gradual}, gradualAsked, actions, last}: Recorded): Statement | undefined {
	if (!gradual || !gradualAsked) return undefined;
	const {by, targetPercent, askedAtMs, overAtMs, status, done, weights} = gradual;
	const verified = actions.findLast(({result, purpose}) => result === 'verified' && ['lower', 'rollback'].includes(purpose));
	const events = refOf(gradualAsked.seq, Math.max(gradualAsked.seq, verified?.done?.seq ?? 0));
	const what = `${gradualText(gradual)}, asked for by ${clean(by)}`;
	const took = formatDuration(Math.round(((overAtMs ?? last?.tMs ?? askedAtMs) - askedAtMs) / 1_000) * 1_000);
	if (status === 'running') return {text: `a rollback is under way (${what}): step ${done} of ${weights.length}`, events};
	const after = `after step ${done} of ${weights.length}, ${took}`;
	if (status === 'broken')
		return {text: `the rollback began as one in steps (${what}) and became an immediate one ${after}`, events};
	const to = targetPercent === 0 ? 'its last step' : percentText(targetPercent);
	return {text: `the rollback went in steps (${what}): ${took} to ${to}`, events};
}
