import type {Who} from '../event.ts';
import {guardrailBlockers} from '../next.ts';
import {percentText} from '../reduce-split.ts';
import {sameSplit} from '../split.ts';
import type {SessionState} from '../state.ts';
import {whyGradual} from './gradual.ts';

/** Somebody wants the router back at the weight that was asked for last. */
export type RebalanceAsked = {readonly type: 'rebalance-asked'; readonly by: Who; readonly reason: string};

/** Why the weight can't be set once more; undefined when it can. Down is always allowed; up only while the guardrails hold. */
export function whyNoRebalance(state: SessionState): string | undefined {
	const {split, action, ended} = state;
	const {askedPercent, configured, error} = split;
	const going = whyGradual(state);
	if (going !== undefined) return going;
	if (action) return `the step to ${percentText(action.toPercent)} is under way`;
	if (ended?.outcome === 'ended') return `the run has ended: ${ended.reason}`;
	if (error || askedPercent === undefined || configured === undefined)
		return `the split can't be read${error ? `: ${error.message}` : ''}`;
	if (sameSplit(configured.weightPercent, askedPercent)) return `the split is as asked: ${percentText(askedPercent)}`;
	return configured.weightPercent < askedPercent ? guardrailBlockers(state)[0] : undefined;
}
