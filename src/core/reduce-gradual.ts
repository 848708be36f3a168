import {formatDuration} from '../base/duration.ts';
import type {SessionEvent, Who} from './event.ts';
import {percentText, stageAt, withoutDrift} from './reduce-split.ts';
import {sameSplit} from './split.ts';
import type {SessionState} from './state.ts';
import {addLine} from './timeline.ts';

/** A rollback in steps, from its asking on. All times by session time. */
export type GradualState = {
	readonly by: Who;
	readonly reason: string;
	readonly askedAtMs: number;
	readonly fromPercent: number;
	readonly targetPercent: number;
	readonly durationMs: number;
	readonly weights: readonly number[];
	/** How many of the steps the router reads as taken: one that was due late stands for those before it. */
	readonly done: number;
	/** `broken`: it became an immediate rollback. */
	readonly status: 'running' | 'done' | 'broken';
	/** Why a step could not be taken: an immediate rollback is owed. */
	readonly failure?: string;
	readonly overAtMs?: number;
};

type Of<Type extends SessionEvent['type']> = Extract<SessionEvent, {type: Type}>;

export function reduceGradual(state: SessionState, event: Of<'gradual-asked'>): SessionState {
	const {by, reason, fromPercent, targetPercent, durationMs, weights, tMs} = event;
	const plan = {by, reason, fromPercent, targetPercent, durationMs, weights};
	const gradual: GradualState = {...plan, askedAtMs: tMs, done: 0, status: 'running'};
	const why = reason === '' ? '' : `: ${reason}`;
	const text = `gradual rollback asked by ${by}${why}; ${ladderText(gradual)}`;
	return addLine({...state, gradual}, event, 'action', text);
}

type Ladder = Pick<GradualState, 'fromPercent' | 'targetPercent' | 'durationMs' | 'weights'>;

/** `25 % → 0 % in 6 steps over 30m (20, 16, 12, 8, 4, 0)`. */
export function ladderText({fromPercent, targetPercent, durationMs, weights}: Ladder): string {
	const shown = weights.length > 12 ? [...weights.slice(0, 10), '…', targetPercent] : weights;
	return `${percentText(fromPercent)} → ${percentText(targetPercent)} in ${stepsText(weights.length)} over ${formatDuration(durationMs)} (${shown.join(', ')})`;
}

const stepsText = (count: number): string => (count === 1 ? '1 step' : `${count} steps`);

/** `gradual, 6 steps from 25 % over 30m`: stands in the reason of the rollback that ends it. */
export const gradualText = ({weights, fromPercent, durationMs}: GradualState): string =>
	`gradual, ${stepsText(weights.length)} from ${percentText(fromPercent)} over ${formatDuration(durationMs)}`;

/** Session time at which a step is due; the first, index 0, at once. */
export const dueAtMs = ({askedAtMs, durationMs, weights}: GradualState, index: number): number =>
	askedAtMs + (weights.length < 2 ? 0 : (index * durationMs) / (weights.length - 1));

/** The newest step that is due by now; those before it are one with it. Time that nobody watched counts. */
export function dueStep(gradual: GradualState, nowMs: number): number {
	let index = 0;
	while (index + 1 < gradual.weights.length && dueAtMs(gradual, index + 1) <= nowMs) index++;
	return index;
}

/** From one step to the next. */
export const stepMs = ({durationMs, weights}: GradualState): number => durationMs / Math.max(1, weights.length - 1);

/** One that is not read back after so long stands in the way of leaving. */
const stalledMsMin = 10_000;
const stalledMsMax = 60_000;

/** How long a step may be under way before the rollback is an immediate one. */
export const stalledAfterMs = (gradual: GradualState): number => Math.min(stalledMsMax, Math.max(stalledMsMin, stepMs(gradual)));

/**
 * What an event means for a gradual rollback that was under way: a step is over, it has come to its end, or it is one no more.
 */
export function followGradual(before: SessionState, after: SessionState, event: SessionEvent): SessionState {
	const {gradual} = after;
	if (gradual?.status !== 'running') return after;
	if (after.rollback) return leftFor(after, gradual, event);
	if (after.ended) return {...after, gradual: {...gradual, status: 'broken', overAtMs: event.tMs}};
	// One that is to be tried again is still under way.
	if (event.type === 'action-failed' && before.action?.purpose === 'lower' && !after.action) {
		return {...after, gradual: {...gradual, failure: event.error.message}};
	}
	const done = stepsDone(after, gradual, event.tMs);
	const stepped = done === gradual.done ? after : {...after, gradual: {...gradual, done}};
	return isAtTarget(stepped, event.tMs) ? atTarget(stepped, event) : stepped;
}

/** How many steps a weight stands for. */
const stepsAt = ({weights}: GradualState, percent: number): number =>
	weights.findLastIndex(weight => weight >= percent || sameSplit(weight, percent)) + 1;

/** Steps that were due and that the router reads as taken, whoever took them. */
function stepsDone({action, split}: SessionState, gradual: GradualState, nowMs: number): number {
	const {configured} = split;
	if (action || !configured) return gradual.done;
	return Math.max(gradual.done, Math.min(dueStep(gradual, nowMs) + 1, stepsAt(gradual, configured.weightPercent)));
}

/** `step 3/6 down`: what the step to a weight is called. */
export const stepText = (gradual: GradualState | undefined, percent: number): string =>
	gradual?.status === 'running' ? `step ${stepsAt(gradual, percent)}/${gradual.weights.length} down` : 'step down';

/** Its last step to none is the rollback itself; any other rollback has broken it off. */
function leftFor(state: SessionState, gradual: GradualState, event: SessionEvent): SessionState {
	const {weights, done} = gradual;
	const over = {overAtMs: event.tMs};
	if (event.type === 'action-intended' && event.endsGradual) {
		return {...state, gradual: {...gradual, ...over, status: 'done', done: weights.length}};
	}
	const broken: SessionState = {...state, gradual: {...gradual, ...over, status: 'broken'}};
	return addLine(broken, event, 'action', `the gradual rollback becomes an immediate one after step ${done}/${weights.length}`);
}

/** At a target above none it ends when the router reads it, whoever set it: there is no last action to wait for. */
function isAtTarget({gradual, action, split}: SessionState, nowMs: number): boolean {
	if (!gradual || gradual.targetPercent <= 0 || action || !split.configured) return false;
	const {weightPercent} = split.configured;
	const isThere = weightPercent <= gradual.targetPercent || sameSplit(weightPercent, gradual.targetPercent);
	return isThere && nowMs >= dueAtMs(gradual, gradual.weights.length - 1);
}

/** Held at the target, in the stage whose weight it is (or the one below, or the first), so that the next step up is the one above it. */
function atTarget(state: SessionState, event: SessionEvent): SessionState {
	const {gradual, plan, split} = state;
	if (!gradual) return state;
	const {by, reason, weights, targetPercent} = gradual;
	const weight = split.configured?.weightPercent ?? targetPercent;
	const {index} = stageAt(plan?.stages ?? [], weight);
	const why = `${gradualText(gradual)}, down to ${percentText(targetPercent)}${reason === '' ? '' : `: ${reason}`}`;
	// Where somebody else had set less, that is what is asked for from here on: nothing sets it up again.
	const settled = withoutDrift(state);
	const ended: SessionState = {
		...settled,
		split: {...settled.split, askedPercent: weight},
		gradual: {...gradual, status: 'done', done: weights.length, overAtMs: event.tMs},
		held: {by, reason: why, sinceMs: event.tMs},
		stage: {index, enteredAtMs: event.tMs, elapsedMs: 0},
		checkpointsDoneMs: [],
	};
	return addLine(ended, event, 'hold', `held by ${by}: ${why}`);
}

/** Where it stands: `25 % → 0 %: step 2/6`, `20 % → 16 %`, `step 3/6 down to 16 %`; `atTMs`: when, by session time. */
export type GradualNow = {readonly stands: string; readonly next: string; readonly coming: string; readonly atTMs?: number};

/** What a person should know while it is under way; undefined while it is not. */
export function gradualNow({gradual}: SessionState): GradualNow | undefined {
	if (gradual?.status !== 'running') return undefined;
	const {fromPercent, targetPercent, weights, done} = gradual;
	const stands = `${percentText(fromPercent)} → ${percentText(targetPercent)}: step ${done}/${weights.length}`;
	const from = weights[done - 1] ?? fromPercent;
	const to = weights[done];
	if (to === undefined) return {stands, next: 'its end', coming: 'the last step down is over'};
	const coming = `step ${done + 1}/${weights.length} down to ${percentText(to)}`;
	return {stands, next: `${percentText(from)} → ${percentText(to)}`, coming, atTMs: dueAtMs(gradual, done)};
}
