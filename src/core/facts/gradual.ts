import {formatDuration} from '../../base/duration.ts';
import type {Who} from '../event.ts';
import {gradualDefaults, gradualLimits} from '../gradual-options.ts';
import {percentText} from '../reduce-split.ts';
import type {SessionState} from '../state.ts';

/** Somebody wants the candidate's traffic to go down in steps. The plan stands in it whole, so that a resume needs nothing else. */
export type GradualAsked = {
	readonly type: 'gradual-asked';
	readonly by: Who;
	readonly reason: string;
	/** The candidate's weight when it was asked for. */
	readonly fromPercent: number;
	readonly targetPercent: number;
	/** From the first step, at once, to the last. */
	readonly durationMs: number;
	/** The candidate's weight after each step, falling; the last is the target. */
	readonly weights: readonly number[];
};

/** What is asked for beside the reason; what is left out is the profile's. */
export type GradualWish = {readonly durationMs?: number; readonly steps?: number; readonly targetPercent?: number};

/**
 * The weights of the steps from one weight down to another, evenly, in whole percent rounded down: no router knows finer ones for
 * sure. Fewer than `steps` where there are fewer whole percents between; the last is always the target. Empty when it is not lower.
 */
export function stepWeights(fromPercent: number, targetPercent: number, steps: number): readonly number[] {
	const span = fromPercent - targetPercent;
	if (!(span > 0)) return [];
	const count = Math.max(1, Math.min(steps, Math.floor(span)));
	return Array.from({length: count}, (_, index) =>
		index === count - 1 ? targetPercent : targetPercent + Math.floor((span * (count - 1 - index)) / count),
	);
}

const within = (value: number, {min, max}: {readonly min: number; readonly max: number}): boolean => value >= min && value <= max;

/** The fact that a wish makes in this state; an error says why it can't be, as a clause. */
export function planGradual(state: SessionState, wish: GradualWish, by: Who, reason: string): GradualAsked | string {
	const refusal = whyNoGradual(state);
	if (refusal !== undefined) return refusal;
	const defaults = state.plan?.policies.gradualRollback ?? gradualDefaults;
	const {durationMs = defaults.durationMs, steps = defaults.steps, targetPercent = 0} = wish;
	const {durationMs: times, steps: counts} = gradualLimits;
	if (!within(durationMs, times)) {
		return `a gradual rollback lasts ${formatDuration(times.min)} to ${formatDuration(times.max)}, not ${formatDuration(durationMs)}`;
	}
	if (!Number.isInteger(steps) || !within(steps, counts)) {
		return `a gradual rollback has ${counts.min} to ${counts.max} steps, not ${steps}`;
	}
	const fromPercent = state.split.configured?.weightPercent ?? 0;
	if (!(targetPercent >= 0 && targetPercent < fromPercent)) {
		return `a gradual rollback ends below the present weight, ${percentText(fromPercent)}, and not below 0 %: ${percentText(targetPercent)} does not`;
	}
	const weights = stepWeights(fromPercent, targetPercent, steps);
	return {type: 'gradual-asked', by, reason, fromPercent, targetPercent, durationMs, weights};
}

const immediately = 'an immediate rollback is open (r, canary rollback)';

/** Why none can begin now. An immediate one always can. */
export function whyNoGradual(state: SessionState): string | undefined {
	const {rollback, ended, action, split, gradual} = state;
	if (rollback) return 'rolled back already';
	if (ended) return `the run has ended (${ended.reason}), so nobody stays to take the steps: ${immediately}`;
	if (gradual?.status === 'running') return whyGradual(state);
	if (action) return `the step to ${percentText(action.toPercent)} is under way: ${immediately}`;
	if (split.error) return `the split can't be read (${split.error.message}): ${immediately}`;
	if (split.configured === undefined) return `the split has not been read yet: ${immediately}`;
	return split.configured.weightPercent > 0 ? undefined : 'the candidate has no traffic';
}

/** Why nothing else is done while one is under way; undefined while none is. */
export const whyGradual = ({gradual}: SessionState): string | undefined =>
	gradual?.status === 'running' ? `a gradual rollback by ${gradual.by} is under way: only ${immediately}` : undefined;
