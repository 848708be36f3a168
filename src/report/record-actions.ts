import type {SessionEvent} from '../core/event.ts';
import type {Split} from '../core/split.ts';
import type {SessionState} from '../core/state.ts';
import {clean, cleanLines} from './clean.ts';
import {type ActionRecord, type Recorded, stampOf} from './recorded.ts';

const open = ({actions}: Recorded, intentId: string): ActionRecord | undefined =>
	actions.findLast(action => action.intentId === intentId);

/** Follows each change of weight through the action protocol. */
export function recordAction(recorded: Recorded, event: SessionEvent): void {
	switch (event.type) {
		case 'action-intended': {
			const {intentId, purpose, toPercent, stageIndex, reason, by} = event;
			const intended = stampOf(event);
			const words = {reason: clean(reason), by: clean(by)};
			const none = {failures: [], result: 'unanswered', attempts: 0} as const;
			recorded.actions.push({intentId, purpose, toPercent, stageIndex, ...words, intended, ...none, failures: []});
			break;
		}
		case 'action-read-before': {
			const action = open(recorded, event.intentId);
			if (action) action.before ??= {seq: event.seq, router: clean(event.router), split: cleanSplit(event.split)};
			break;
		}
		case 'action-verified': {
			const action = open(recorded, event.intentId);
			if (!action || action.done) break;
			action.after = {seq: event.seq, router: clean(event.router), split: cleanSplit(event.split)};
			Object.assign(action, {result: 'verified', attempts: event.attempt, done: stampOf(event)});
			break;
		}
		case 'action-failed': {
			const action = open(recorded, event.intentId);
			if (!action || action.done) break;
			const {seq, attempt} = event;
			action.failures.push({seq, attempt, router: clean(event.router), message: clean(event.error.message)});
			action.attempts = attempt;
			if (event.retryInMs === undefined) Object.assign(action, {result: 'failed', done: stampOf(event)});
			break;
		}
		case 'action-aborted': {
			const action = open(recorded, event.intentId);
			if (action && !action.done) Object.assign(action, {result: 'aborted', done: stampOf(event)});
			break;
		}
		default:
			break;
	}
}

/** A restart between question and answer: the split read back says what became of the action. */
export function settleAction(recorded: Recorded, event: SessionEvent, before: SessionState, after: SessionState): void {
	if (event.type !== 'controller-resumed' || !before.action || after.action) return;
	const action = open(recorded, before.action.intentId);
	if (!action || action.done) return;
	action.result = after.lastAction?.result === 'verified' ? 'verified' : 'failed';
	action.done = stampOf(event);
	if (event.split) action.after = {seq: event.seq, router: 'read back by the resumed controller', split: cleanSplit(event.split)};
}

export const cleanSplit = ({text, warnings, ...split}: Split): Split => ({
	...split,
	...(text !== undefined && {text: cleanLines(text)}),
	...(warnings && {warnings: warnings.map(warning => clean(warning))}),
});
