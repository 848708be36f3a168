import {assert, unreachable} from '../base/assert.ts';
import {formatDuration} from '../base/duration.ts';
import type {SessionEvent} from './event.ts';
import {reduceAlert} from './facts/alerts.ts';
import {reduceDashboard} from './facts/dashboard.ts';
import {owe, reduceNotified} from './facts/notify.ts';
import {reduceSignedOff} from './facts/sign-off.ts';
import {unasked} from './guardrail.ts';
import {latchRollback, reduceAction} from './reduce-action.ts';
import {interruptBurst, reduceBurst} from './reduce-burst.ts';
import {closeCompare} from './reduce-compare.ts';
import {reduceEvidence} from './reduce-evidence.ts';
import {followGradual, reduceGradual} from './reduce-gradual.ts';
import {interruptInstance, reduceInstance, reviveInstance} from './reduce-instance.ts';
import {interruptPreflight, reducePreflight} from './reduce-preflight.ts';
import {reduceRunbook} from './reduce-runbook.ts';
import {reduceSplit, settleAfterResume, without} from './reduce-split.ts';
import {reduceErrors, reduceLogMatch, reduceTick} from './reduce-tick.ts';
import {watchStandby} from './standby.ts';
import type {SessionState} from './state.ts';
import {addLine} from './timeline.ts';

/**
 * The state after one more event. The only way a state comes to be: live, after a crash and in a replay. Pure; does not compile
 * while a kind of event is unhandled.
 *
 * @throws when events don't follow each other without a gap: a fault of ours, or of a damaged journal.
 */
export const reduce = (state: SessionState, event: SessionEvent): SessionState =>
	owe(state, watchStandby(followGradual(state, reduceFact(state, event), event), event), event);

function reduceFact(state: SessionState, event: SessionEvent): SessionState {
	assert(event.seq === state.nextSeq, `events are dense: got ${event.seq}, expected ${state.nextSeq}`);
	const next: SessionState = {...state, nextSeq: event.seq + 1, lastAtMs: event.atMs, lastTMs: event.tMs};
	switch (event.type) {
		case 'session-started': {
			const guardrails = Object.fromEntries(event.plan.guardrails.map(({id}) => [id, unasked]));
			const started = {...next, startedAtMs: event.atMs, plan: event.plan, operator: event.by, guardrails};
			return addLine(started, event, 'session', `session started by ${event.by}`);
		}
		case 'controller-resumed':
			return settleAfterResume(interruptInstance(interruptBurst(interruptPreflight(next))), event);
		case 'controller-stopping':
			return addLine(next, event, 'session', `controller stopping: ${event.reason}`);
		case 'session-ended': {
			// Told to leave while the end was still watched: what became of the candidate stands.
			const stands = event.outcome === 'ended' ? next.ended?.outcome : undefined;
			const reason = stands && next.ended ? next.ended.reason : event.reason;
			const ended = {outcome: stands ?? event.outcome, reason, atMs: event.atMs, tMs: event.tMs};
			return addLine(closeCompare({...next, ended}), event, 'session', `${outcomeWords[event.outcome]}: ${event.reason}`);
		}
		case 'clock-jumped':
			return addLine(next, event, 'clock', `the wall clock jumped by ${signed(event.byMs)}; times go on by the monotonic clock`);
		case 'noticed':
			return reduceNotice(next, event);
		case 'tick-taken':
			return reduceTick(next, event);
		case 'log-matched':
			return reduceLogMatch(next, event);
		case 'errors-seen':
			return reduceErrors(next, event);
		case 'split-read':
		case 'split-unreadable':
			return reduceSplit(next, event);
		case 'promote-asked':
			return addLine(next, event, 'action', `promote to ${event.toPercent} % asked by ${event.by}${because(event.reason)}`);
		case 'rebalance-asked':
			return addLine(next, event, 'action', `rebalance asked by ${event.by}${because(event.reason)}`);
		case 'hold-asked': {
			const held = next.held ?? {by: event.by, reason: event.reason, sinceMs: event.tMs};
			return addLine({...next, held}, event, 'hold', `held by ${event.by}${because(event.reason)}`);
		}
		case 'resume-asked':
			return addLine(without(next, 'held'), event, 'hold', `resumed by ${event.by}${because(event.reason)}`);
		case 'rollback-asked':
			return addLine(latchRollback(next, event), event, 'action', `rollback asked by ${event.by}${because(event.reason)}`);
		case 'gradual-asked':
			return reduceGradual(next, event);
		case 'end-asked':
			return addLine(next, event, 'session', `end asked by ${event.by}${because(event.reason)}`);
		case 'snapshot-asked':
			return addLine(next, event, 'note', `snapshot asked by ${event.by}${because(event.reason)}`);
		case 'note-added':
			return addLine(next, event, 'note', `${event.by}: ${event.text}`);
		case 'alert-acknowledged':
			return reduceAcknowledged(next, event);
		case 'alert-received':
		case 'alert-resolved':
			return reduceAlert(next, event);
		case 'notified':
			return reduceNotified(next, event);
		case 'dashboard-noted':
			return reduceDashboard(next, event);
		case 'signed-off':
			return reduceSignedOff(next, event);
		case 'console-armed': {
			const armed = {by: event.by, reason: event.reason, untilMs: event.untilMs};
			return addLine({...next, armed}, event, 'note', `${event.by} armed a console${because(event.reason)}`);
		}
		case 'command-refused':
			return addLine(next, event, 'note', `refused ${event.command} of ${event.by}: ${event.reason}`);
		case 'action-intended':
		case 'action-read-before':
		case 'action-verified':
		case 'action-failed':
		case 'action-aborted':
			return reduceAction(next, event);
		case 'checkpoint-written':
		case 'checkpoint-failed':
			return reduceCheckpoint(next, event);
		case 'artifact-written': {
			const others = next.artifacts.filter(({name}) => name !== event.name);
			return {...next, artifacts: [...others, {name: event.name, sha256: event.sha256}]};
		}
		case 'evidence-collected':
			return reduceEvidence(next, event);
		case 'preflight-asked':
			return reviveInstance(reducePreflight(next, event));
		case 'preflight-started':
		case 'preflight-checked':
		case 'preflight-finished':
			return reducePreflight(next, event);
		case 'command-asked':
		case 'command-started':
		case 'command-stop-asked':
		case 'command-finished':
			return reduceRunbook(next, event);
		case 'burst-started':
		case 'burst-progressed':
		case 'burst-finished':
			return reduceBurst(next, event);
		case 'instance-start-intended':
		case 'instance-started':
		case 'instance-checked':
		case 'instance-failed':
		case 'instance-ended':
		case 'instance-stop-asked':
		case 'instance-stop-intended':
		case 'instance-stopped':
		case 'instance-stop-failed':
		case 'baseline-restart-asked':
		case 'baseline-restart-intended':
		case 'baseline-restart-started':
		case 'baseline-restarted':
			return reduceInstance(next, event);
		default:
			return unreachable(event);
	}
}

const outcomeWords = {promoted: 'promoted', 'rolled-back': 'rolled back', ended: 'ended'} as const;

const because = (reason: string): string => (reason === '' ? '' : `: ${reason}`);

const signed = (ms: number): string => `${ms < 0 ? '−' : '+'}${formatDuration(Math.abs(Math.round(ms)))}`;

type Of<Type extends SessionEvent['type']> = Extract<SessionEvent, {type: Type}>;

function reduceNotice(state: SessionState, event: Of<'noticed'>): SessionState {
	const {level, topic, text} = event;
	const line = addLine(state, event, level === 'alarm' ? 'alarm' : 'notice', text);
	if (topic === undefined || level === 'warning') return line;
	return level === 'alarm'
		? {...line, alarms: {...line.alarms, [topic]: text}}
		: {...line, alarms: withoutKey(line.alarms, topic)};
}

function reduceAcknowledged(state: SessionState, event: Of<'alert-acknowledged'>): SessionState {
	const guardrail = Object.hasOwn(state.guardrails, event.guardrail) ? state.guardrails[event.guardrail] : undefined;
	const title = state.plan?.guardrails.find(({id}) => id === event.guardrail)?.title ?? event.guardrail;
	const line = addLine(state, event, 'note', `${title} acknowledged by ${event.by}${because(event.text)}`, event.guardrail);
	if (!guardrail) return line;
	return {...line, guardrails: {...line.guardrails, [event.guardrail]: {...guardrail, acknowledgedBy: event.by}}};
}

/** A day of minutes: more checkpoints than this are in the folder and in the journal, not on the screen. */
const checkpointsKept = 1_440;

function reduceCheckpoint(state: SessionState, event: Of<'checkpoint-written'> | Of<'checkpoint-failed'>): SessionState {
	const others = state.checkpointsFailed.filter(name => name !== event.name);
	if (event.type === 'checkpoint-failed') {
		const text = `checkpoint ${event.name} could not be written: ${event.message}`;
		const failed = {
			...state,
			checkpointsFailed: [...others, event.name].slice(-checkpointsKept),
			alarms: {...state.alarms, checkpoint: text},
		};
		return addLine(failed, event, 'alarm', text);
	}
	const {name, trigger, tMs, sha256} = event;
	const written: SessionState = {
		...state,
		checkpointsFailed: others,
		checkpoints: [...state.checkpoints, {name, trigger, tMs, sha256}].slice(-checkpointsKept),
		alarms: others.length === 0 ? withoutKey(state.alarms, 'checkpoint') : state.alarms,
	};
	return addLine(written, event, 'checkpoint', `checkpoint ${name}`);
}

function withoutKey(record: Readonly<Record<string, string>>, key: string): Readonly<Record<string, string>> {
	const {[key]: _, ...rest} = record;
	return rest;
}
