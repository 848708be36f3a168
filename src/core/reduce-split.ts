import {formatDuration} from '../base/duration.ts';
import type {SessionEvent} from './event.ts';
import type {StagePlan} from './plan.ts';
import {type Split, sameSplit} from './split.ts';
import type {ActionState, SessionState} from './state.ts';
import {addLine} from './timeline.ts';

type Of<Type extends SessionEvent['type']> = Extract<SessionEvent, {type: Type}>;

/** The state without one of its optional parts (a part set to `undefined` would not survive JSON). */
export function without<Key extends 'held' | 'action' | 'rollback' | 'armed'>(state: SessionState, key: Key): SessionState {
	const {[key]: _, ...rest} = state;
	return rest as SessionState;
}

/** From the candidate's first traffic on T+ is counted, and its silence: before, it could not have said anything. */
export function withFirstTraffic(state: SessionState, tMs: number): SessionState {
	if (state.canaryStartedAtMs !== undefined) return state;
	const guardrails = Object.entries(state.guardrails).map(([id, seen]) => {
		return [id, seen.noDataSinceMs === undefined ? seen : {...seen, noDataSinceMs: tMs}] as const;
	});
	return {...state, canaryStartedAtMs: tMs, guardrails: Object.fromEntries(guardrails)};
}

/** A percentage of the split for people: at most two decimals, no trailing zeros. */
export const percentText = (percent: number): string => `${Number(percent.toFixed(2))} %`;

/** What the router says between actions. */
export function reduceSplit(state: SessionState, event: Of<'split-read'> | Of<'split-unreadable'>): SessionState {
	if (event.type === 'split-unreadable') {
		const isNews = state.split.error === undefined;
		const unreadable = {...state, split: {...state.split, error: event.error}};
		return isNews ? addLine(unreadable, event, 'failed', `the split can't be read: ${event.error.message}`) : unreadable;
	}
	const wasUnreadable = state.split.error !== undefined;
	const read = noteSplit(state, event.split, event.tMs);
	const line = wasUnreadable
		? addLine(read, event, 'recovered', `the split can be read again: ${percentText(event.split.weightPercent)}`)
		: read;
	return line.split.askedPercent === undefined ? adopt(line, event) : watchDrift(line, event);
}

/** Takes note of a split read from the router. The first one ever is what "before" means. */
export function noteSplit(state: SessionState, split: Split, tMs: number): SessionState {
	const {error: _, ...known} = state.split;
	return {...state, split: {...known, configured: split, configuredAtMs: tMs, before: known.before ?? split}};
}

/**
 * The stage by whose bounds a weight above none is judged: the one that names it, else the one below, else the first. Never "no stage":
 * a candidate with traffic would be let forward as one that has had none yet, without data and without a budget.
 */
export function stageAt(
	stages: readonly Pick<StagePlan, 'weightPercent'>[],
	percent: number,
): {readonly index: number; readonly isNamed: boolean} {
	const named = stages.findIndex(({weightPercent}) => sameSplit(weightPercent, percent));
	if (named !== -1) return {index: named, isNamed: true};
	return {
		index: Math.max(
			0,
			stages.findLastIndex(({weightPercent}) => weightPercent <= percent),
		),
		isNamed: false,
	};
}

/** The split found at the start: nothing, a stage of ours, or something nobody planned. */
function adopt(state: SessionState, event: Of<'split-read'>): SessionState {
	const {weightPercent} = event.split;
	const stages = state.plan?.stages ?? [];
	const asked = {...state, split: {...state.split, askedPercent: weightPercent}};
	if (sameSplit(weightPercent, 0)) return asked;
	const {index, isNamed} = stageAt(stages, weightPercent);
	const found: SessionState = {...withFirstTraffic(asked, event.tMs), stage: {index, enteredAtMs: event.tMs, elapsedMs: 0}};
	if (isNamed) return addLine(found, event, 'stage', `found ${percentText(weightPercent)}: ${stageText(stages, index)} goes on`);
	const reason = `found ${percentText(weightPercent)}, which no stage names`;
	const held = {by: 'canary-console', reason, sinceMs: event.tMs};
	return addLine({...found, held}, event, 'hold', `held: ${reason}`);
}

/** Between actions, what is configured must be what was asked for: a reload of the router brings old weights back. */
function watchDrift(state: SessionState, event: Of<'split-read'>): SessionState {
	const {askedPercent = 0, driftSinceMs} = state.split;
	const hasDrifted = !state.action && !sameSplit(event.split.weightPercent, askedPercent);
	if (hasDrifted && driftSinceMs === undefined) {
		const text = `asked ${percentText(askedPercent)}, configured ${percentText(event.split.weightPercent)}`;
		const drifted = {...state, split: {...state.split, driftSinceMs: event.tMs}, alarms: {...state.alarms, split: text}};
		return addLine(drifted, event, 'drift', `the split drifted: ${text}`);
	}
	if (hasDrifted || driftSinceMs === undefined) return state;
	return addLine(withoutDrift(state), event, 'recovered', `the split is as asked again: ${percentText(askedPercent)}`);
}

/** The drift, if any, is over. */
export function withoutDrift(state: SessionState): SessionState {
	const {driftSinceMs: _, ...split} = state.split;
	const {split: __, ...alarms} = state.alarms;
	return {...state, split, alarms};
}

export const stageText = (stages: readonly StagePlan[], index: number): string =>
	`stage ${index + 1}/${stages.length} ${percentText(stages[index]?.weightPercent ?? 0)}`;

/**
 * A controller came back. The split read back settles an action that was asked and never answered: done, or not done. A restart
 * never moves traffic forward by itself: a promote that was not carried out is not tried again, the session is held instead.
 */
export function settleAfterResume(state: SessionState, event: Of<'controller-resumed'>): SessionState {
	const gap = `unguarded for ${formatDuration(Math.max(0, Math.round(event.unguardedMs / 1_000) * 1_000))}`;
	const line = addLine(state, event, 'session', `controller resumed by ${event.by}, ${gap}`);
	const read = event.split
		? noteSplit(line, event.split, event.tMs)
		: {...line, split: {...line.split, ...(event.error && {error: event.error})}};
	const settled = state.action ? settleAction(read, event) : read;
	const isGoingDown = settled.gradual?.status === 'running';
	const unguardedMaxMs = state.plan?.policies.unguardedMaxMs ?? 0;
	const isLong =
		event.unguardedMs > unguardedMaxMs && settled.stage.index >= 0 && !settled.rollback && !settled.ended && !isGoingDown;
	return isLong && !settled.held ? hold(settled, event, `${gap}, longer than ${formatDuration(unguardedMaxMs)}`) : settled;
}

/** What is kept of an action once it has ended with this event. */
export function endedAction(action: ActionState, {atMs, tMs}: SessionEvent, result: 'verified' | 'failed' | 'aborted') {
	const {intentId, purpose, toPercent, reason, by, askedAtMs} = action;
	return {intentId, purpose, toPercent, reason, by, result, atMs, tMs, tookMs: tMs - askedAtMs};
}

function settleAction(state: SessionState, event: Of<'controller-resumed'>): SessionState {
	const {action} = state;
	if (!action) return state;
	const isDone = event.split !== undefined && sameSplit(event.split.weightPercent, action.toPercent);
	const {purpose, toPercent} = action;
	const isRebalance = purpose === 'rebalance';
	const lastAction = endedAction(action, event, isDone ? 'verified' : 'failed');
	if (purpose === 'rollback' || purpose === 'reassert') {
		// Not done, or not known: `decide` asks for it again, at once.
		if (!isDone) return state;
		const rollback = state.rollback && {...state.rollback, verifiedAtMs: event.tMs};
		const read = inForce(state, toPercent);
		const done = {...read, lastAction, ...(rollback && {rollback})};
		return addLine(done, event, 'action', `the rollback asked for before the restart is in force`);
	}
	// Down is where it goes on: `decide` takes the step that is due by now.
	if (purpose === 'lower' && !isDone) return {...without(state, 'action'), lastAction};
	if (!isDone) {
		const seen = event.split ? `the split is ${percentText(event.split.weightPercent)}` : "the split can't be read";
		const askedPercent = isRebalance ? toPercent : (action.fromPercent ?? state.split.configured?.weightPercent ?? 0);
		const undone = {...without(state, 'action'), lastAction, split: {...state.split, askedPercent}};
		// The way back to the baseline is not a step forward: it is begun anew by itself.
		if (purpose === 'handback') return undone;
		return hold(undone, event, `the restart cut off the step to ${percentText(toPercent)}; ${seen}`);
	}
	if (isRebalance || purpose === 'lower') return {...inForce(state, toPercent), lastAction};
	if (purpose === 'handback') {
		const baseline = state.baseline && {...state.baseline, handedBackAtMs: event.tMs};
		return {...inForce(state, toPercent), lastAction, ...(baseline && {baseline})};
	}
	const entered: SessionState = {
		...withFirstTraffic(inForce(state, toPercent), event.tMs),
		lastAction,
		stage: {index: action.stageIndex, enteredAtMs: event.tMs, elapsedMs: 0},
		checkpointsDoneMs: [],
	};
	return addLine(entered, event, 'stage', `the step to ${percentText(toPercent)} asked for before the restart is in force`);
}

/** The action is over, and what it asked for is what the router says: nothing about it is an alarm any more. */
function inForce(state: SessionState, askedPercent: number): SessionState {
	const {rollback: _, promote: __, advice: ___, ...alarms} = state.alarms;
	const settled = withoutDrift({...without(state, 'action'), alarms});
	return {...settled, split: {...settled.split, askedPercent}};
}

function hold(state: SessionState, event: SessionEvent, reason: string): SessionState {
	return addLine({...state, held: {by: 'canary-console', reason, sinceMs: event.tMs}}, event, 'hold', `held: ${reason}`);
}
