import type {Plan} from '../plan.ts';
import type {SessionState} from '../state.ts';
import {type Comparison, comparedIn} from './comparison.ts';
import {type Followed, type FollowSettings, nothingFollowed} from './follow.ts';

/** One stage's comparisons, by their id. */
export type StageCompare = {
	readonly stageIndex: number;
	/** Tells a stage that is entered twice apart. */
	readonly enteredAtMs: number;
	readonly byId: Readonly<Record<string, Followed>>;
	/** The newest poll, and how much of the time up to it had none: no controller ran, or it was stopped. */
	readonly lastDueMs?: number;
	readonly unwatchedMs?: number;
	/** The stage is over, or the run: nothing is added any more. */
	readonly isClosed?: true;
};

/** In order of time; the last is the present stage. Those before keep what was judged, not the values. */
export type CompareState = {readonly stages: readonly StageCompare[]};

/** By what a comparison is judged in a stage. What may go wrong is shared by all that are compared in it (Bonferroni). */
export function settingsIn(plan: Pick<Plan, 'compare' | 'stages'>, stageIndex: number, comparison: Comparison): FollowSettings {
	const {direction, allowed, alpha, spacingMs} = comparison;
	const count = Math.max(1, comparedIn(plan.compare, stageIndex).length);
	return {direction, allowed, alpha: alpha / count, spacingMs, durationMs: plan.stages[stageIndex]?.durationMs ?? 0};
}

/** How one stands in a stage. */
export const followedIn = (byId: StageCompare['byId'], id: string): Followed =>
	Object.hasOwn(byId, id) ? (byId[id] ?? nothingFollowed) : nothingFollowed;

/** The comparisons of the stage the session is in; absent before its first tick. */
export function presentOf({compare, stage}: Pick<SessionState, 'compare' | 'stage'>): StageCompare | undefined {
	const last = compare?.stages.at(-1);
	return last && last.enteredAtMs === stage.enteredAtMs && last.stageIndex === stage.index ? last : undefined;
}

/** The stage the session is in has been watched for its time. */
export function isStageOver({plan, stage}: Pick<SessionState, 'plan' | 'stage'>): boolean {
	const durationMs = plan?.stages[stage.index]?.durationMs ?? 0;
	return durationMs > 0 && stage.elapsedMs >= durationMs;
}
