import {unreachable} from '../base/assert.ts';
import {formatDuration} from '../base/duration.ts';
import {breachedForRollback} from './breach.ts';
import type {SessionEvent, Who} from './event.ts';
import {isSecurityAlert} from './facts/alerts.ts';
import {stepText} from './reduce-gradual.ts';
import {endedAction, noteSplit, percentText, stageText, withFirstTraffic, without, withoutDrift} from './reduce-split.ts';
import type {ActionState, SessionState} from './state.ts';
import {addLine} from './timeline.ts';

type Of<Type extends SessionEvent['type']> = Extract<SessionEvent, {type: Type}>;
type ActionEvent =
	| Of<'action-intended'>
	| Of<'action-read-before'>
	| Of<'action-verified'>
	| Of<'action-failed'>
	| Of<'action-aborted'>;

/** One change of weight on its way. A late answer to an older intent changes nothing. */
export function reduceAction(state: SessionState, event: ActionEvent): SessionState {
	if (event.type === 'action-intended') return intended(state, event);
	const {action} = state;
	if (!action || action.intentId !== event.intentId) return state;
	switch (event.type) {
		case 'action-read-before':
			return noteSplit({...state, action: {...action, fromPercent: event.split.weightPercent}}, event.split, event.tMs);
		case 'action-verified':
			return verified(state, action, event);
		case 'action-failed':
			return failed(state, action, event);
		case 'action-aborted': {
			const ended = {...without(state, 'action'), lastAction: endedAction(action, event, 'aborted')};
			return addLine(ended, event, 'action', `${words(action)} given up: ${event.reason}`);
		}
		default:
			return unreachable(event);
	}
}

const isLeaving = ({purpose}: Pick<ActionState, 'purpose'>): boolean => purpose === 'rollback' || purpose === 'reassert';

const words = ({purpose, toPercent}: Pick<ActionState, 'purpose' | 'toPercent'>): string =>
	isLeaving({purpose}) ? `rollback to ${percentText(toPercent)}` : `${stepWords[purpose] ?? 'step'} to ${percentText(toPercent)}`;

const stepWords: Readonly<Record<string, string>> = {rebalance: 'rebalance', lower: 'step down', handback: 'handback'};

function intended(state: SessionState, event: Of<'action-intended'>): SessionState {
	const {intentId, purpose, toPercent, stageIndex, reason, by} = event;
	const action: ActionState = {
		intentId,
		purpose,
		toPercent,
		stageIndex,
		reason,
		by,
		askedAtMs: event.tMs,
		attempts: 0,
		...(state.split.configured && {fromPercent: state.split.configured.weightPercent}),
	};
	const asked: SessionState = {...state, action, split: {...state.split, askedPercent: toPercent}};
	const line = addLine(asked, event, 'action', `→ ${percentText(toPercent)} (${by}${reason === '' ? '' : `: ${reason}`})`);
	return isLeaving(action) ? latchRollback(line, event) : line;
}

/** From the moment a rollback is asked for there is no way but down, and no breach behind it is forgotten. */
export function latchRollback(
	state: SessionState,
	asked: {readonly by: Who; readonly reason: string; readonly tMs: number},
): SessionState {
	const behind = breachedForRollback(state);
	const latched = behind.flatMap(({id}) => {
		const guardrail = state.guardrails[id];
		return guardrail ? [[id, {...guardrail, latched: true}] as const] : [];
	});
	const rollback = state.rollback ?? {
		by: asked.by,
		reason: asked.reason,
		askedAtMs: asked.tMs,
		guardrails: behind.map(({id}) => id),
		security: behind.some(({security}) => security) || isSecurityAlert(state),
	};
	return {...state, guardrails: {...state.guardrails, ...Object.fromEntries(latched)}, rollback};
}

function verified(state: SessionState, action: ActionState, event: Of<'action-verified'>): SessionState {
	const {rollback: _, promote: __, advice: ___, handback: ____, ...standing} = state.alarms;
	const {instance: _____, ...others} = standing;
	// The way down is verified: an instance that ended by itself is missed by nobody any more.
	const alarms = isLeaving(action) ? others : standing;
	const read = withoutDrift(noteSplit({...without(state, 'action'), alarms}, event.split, event.tMs));
	const done: SessionState = {...read, lastAction: endedAction(action, event, 'verified')};
	const took = `verified in ${formatDuration(event.tMs - action.askedAtMs)}`;
	if (isLeaving(action)) {
		const rollback = done.rollback && {...done.rollback, verifiedAtMs: done.rollback.verifiedAtMs ?? event.tMs};
		const text = `rolled back: the router reads ${percentText(event.split.weightPercent)}, ${took}`;
		return addLine({...done, ...(rollback && {rollback})}, event, 'action', text);
	}
	if (action.purpose === 'handback') {
		const baseline = done.baseline && {...done.baseline, handedBackAtMs: event.tMs};
		const text = `the baseline has all traffic again, with the new version: the router reads ${percentText(event.split.weightPercent)}, ${took}`;
		return addLine({...done, ...(baseline && {baseline})}, event, 'action', text);
	}
	// The stage goes on where it was.
	if (action.purpose === 'lower') {
		const text = `${stepText(state.gradual, action.toPercent)}: the router reads ${percentText(event.split.weightPercent)}, ${took}`;
		return addLine(done, event, 'action', text);
	}
	if (action.purpose === 'rebalance')
		return addLine(
			done,
			event,
			'action',
			`the split is as asked again: the router reads ${percentText(event.split.weightPercent)}, ${took}`,
		);
	const entered: SessionState = {
		...withFirstTraffic(done, event.tMs),
		stage: {index: action.stageIndex, enteredAtMs: event.tMs, elapsedMs: 0},
		checkpointsDoneMs: [],
	};
	const stage = stageText(state.plan?.stages ?? [], action.stageIndex);
	return addLine(entered, event, 'stage', `${stage}: the router reads ${percentText(event.split.weightPercent)}, ${took}`);
}

function failed(state: SessionState, action: ActionState, event: Of<'action-failed'>): SessionState {
	const {attempt, error, retryInMs, router} = event;
	const text = `${words(action)} failed (attempt ${attempt}, ${router}): ${error.message}`;
	const line = addLine(state, event, 'failed', text);
	const isStepDown = action.purpose === 'lower';
	const isHandback = action.purpose === 'handback';
	const topic = isLeaving(action) || isStepDown ? 'rollback' : isHandback ? 'handback' : 'promote';
	// A rollback that is not verified yet is the loudest thing there is; a promote may fail once without a siren.
	const alarms = isLeaving(action) || retryInMs === undefined ? {...state.alarms, [topic]: text} : state.alarms;
	if (retryInMs !== undefined) {
		const tried = {...action, attempts: attempt, lastError: error, retryAtMs: event.tMs + retryInMs};
		return {...line, alarms, action: tried};
	}
	// What follows a step down that failed is the immediate rollback, not a hold; a handback is tried again by itself.
	const held = state.held ?? (isStepDown || isHandback ? undefined : {by: 'canary-console', reason: text, sinceMs: event.tMs});
	const baseline = isHandback && state.baseline && {...state.baseline, handbackFailedAtMs: event.tMs};
	const backPercent = action.purpose === 'rebalance' ? action.toPercent : (action.fromPercent ?? action.toPercent);
	const split = {...line.split, askedPercent: backPercent};
	const ended = {...without(line, 'action'), alarms, split, lastAction: {...endedAction(action, event, 'failed'), error}};
	return {...ended, ...(held && {held}), ...(baseline && {baseline})};
}
