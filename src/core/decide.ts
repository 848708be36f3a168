import {formatDuration} from '../base/duration.ts';
import {hasTraffic, rollbackReason, whyOnlyAdvice} from './breach.ts';
import {decideInstance} from './decide-instance.ts';
import type {CheckpointTrigger, SessionEvent} from './event.ts';
import {missingSignOffs} from './facts/sign-off.ts';
import {goDown} from './gradual-steps.ts';
import type {Draft, Intent} from './intent.ts';
import {checkpointName, compactDuration, nextStageIndex, promoteBlockers} from './next.ts';
import type {StagePlan} from './plan.ts';
import {percentText} from './reduce-split.ts';
import {sameSplit} from './split.ts';
import type {SessionState} from './state.ts';

/** Who acts when nobody asked. */
export const automatic = 'canary-console';

/**
 * What follows from one event: `before` is the state without it, `after` with it. Pure; the ids come from the event's number.
 * Decisions that matter look at the state, not at its change, so that one lost in a crash is taken at the next event.
 */
export function decide(before: SessionState, after: SessionState, event: SessionEvent): readonly Intent[] {
	const left = leave(after, event);
	const down = left.length === 0 ? goDown(after, event) : left;
	const up = down.length === 0 ? goOn(after, event) : [];
	// A way down that begins here is what ends the session, when it is verified.
	const over = down.length === 0 ? finish(after, event) : [];
	const beside = down.length + up.length + over.length === 0 ? decideInstance(after, event) : [];
	const decided = [...down, ...up, ...over, ...beside, ...record(before, after, event)];
	return decided.map((intent, index) => ({...intent, id: `${event.seq}:${index}`}) as Intent);
}

/** The weight asked for once more: after a rollback that is none, otherwise the stage's, which goes on. */
const rebalance = (state: SessionState, {by, reason}: Extract<SessionEvent, {type: 'rebalance-asked'}>): Draft => ({
	type: 'set-weight',
	purpose: state.rollback ? 'reassert' : 'rebalance',
	toPercent: state.rollback ? 0 : (state.split.askedPercent ?? 0),
	stageIndex: state.stage.index,
	reason,
	by,
	urgent: state.rollback !== undefined,
});

/** Ways down. They are asked about first and gated by nothing but their own cause. */
function leave(state: SessionState, event: SessionEvent): readonly Draft[] {
	const rollback = (purpose: 'rollback' | 'reassert', reason: string, by: string): Draft => ({
		type: 'set-weight',
		purpose,
		toPercent: 0,
		stageIndex: state.stage.index,
		reason,
		by,
		urgent: true,
	});
	switch (event.type) {
		case 'rollback-asked':
			return [rollback('rollback', event.reason, event.by)];
		case 'rebalance-asked':
			return [rebalance(state, event)];
		case 'controller-resumed': {
			const {action} = state;
			if (action) return [rollback('rollback', action.reason, action.by)];
			const isUnguarded = state.plan?.policies.onResume === 'rollback' && event.unguardedMs > state.plan.policies.unguardedMaxMs;
			if (isUnguarded && hasTraffic(state) && !state.rollback && !state.ended) {
				return [rollback('rollback', 'nobody was guarding for too long', automatic)];
			}
			return owedRollback(state, rollback);
		}
		case 'split-read':
			// After a rollback the only right weight is none: a reload of the router brings old weights back.
			if (state.rollback?.verifiedAtMs !== undefined && !state.action && !sameSplit(event.split.weightPercent, 0)) {
				return [rollback('reassert', `the split drifted back to ${percentText(event.split.weightPercent)}`, automatic)];
			}
			return owedRollback(state, rollback);
		case 'tick-taken':
		case 'alert-received':
		case 'log-matched':
		case 'errors-seen':
		case 'instance-ended':
			return owedRollback(state, rollback);
		default:
			return [];
	}
}

/** A rollback that is owed: asked for before a crash, or by a breach. Several breaches at one event are one decision. */
function owedRollback(
	state: SessionState,
	rollback: (purpose: 'rollback', reason: string, by: string) => Draft,
): readonly Draft[] {
	// Asked for and not under way: a crash came between the asking and the doing.
	if (state.rollback && state.rollback.verifiedAtMs === undefined && !state.action) {
		return [rollback('rollback', state.rollback.reason, state.rollback.by)];
	}
	const isArmed = whyOnlyAdvice(state) === undefined;
	if (!isArmed || state.rollback || state.ended?.outcome === 'ended' || !hasTraffic(state)) return [];
	const reason = rollbackReason(state);
	return reason === undefined ? [] : [rollback('rollback', reason, automatic)];
}

/** Ways up: only by the plan, only when nothing stands against it. */
function goOn(state: SessionState, event: SessionEvent): readonly Draft[] {
	const index = nextStageIndex(state);
	const to = index === undefined ? undefined : state.plan?.stages[index];
	if (index === undefined || !to) return [];
	const step = (reason: string, by: string): Draft => ({
		type: 'set-weight',
		purpose: state.stage.index < 0 ? 'start' : 'promote',
		toPercent: to.weightPercent,
		stageIndex: index,
		reason,
		by,
		urgent: false,
	});
	if (event.type === 'promote-asked') return promoteBlockers(state).length === 0 ? [step(event.reason, event.by)] : [];
	if (event.type !== 'tick-taken' && event.type !== 'split-read') return [];
	if (!goesOnByItself(state) || promoteBlockers(state).length > 0) return [];
	return [step(state.stage.index < 0 ? 'the split and the metrics answer' : 'the stage is over and every gate holds', automatic)];
}

function goesOnByItself({plan, stage}: SessionState): boolean {
	if (!plan) return false;
	const present = plan.stages[stage.index];
	return present ? present.promote === 'auto' && stage.elapsedMs >= present.durationMs : plan.policies.start === 'auto';
}

/** Events on which a session may end by itself. */
const endsSessions: readonly SessionEvent['type'][] = ['tick-taken', 'split-read', 'action-verified', 'controller-resumed'];

/** The end: verified down, or at the last stage with its time over. */
function finish(state: SessionState, event: SessionEvent): readonly Draft[] {
	const end = (outcome: 'promoted' | 'rolled-back' | 'ended', reason: string): readonly Draft[] => [
		{type: 'end-session', outcome, reason},
	];
	if (event.type === 'end-asked') return end('ended', event.reason === '' ? `asked by ${event.by}` : event.reason);
	const {rollback, ended, action, plan, stage, split, gradual} = state;
	if (action || !plan || (gradual?.status === 'running' && !rollback) || !endsSessions.includes(event.type)) return [];
	if (rollback) {
		const isDown = rollback.verifiedAtMs !== undefined && ended?.outcome !== 'rolled-back';
		return isDown ? end('rolled-back', rollback.reason === '' ? `asked by ${rollback.by}` : rollback.reason) : [];
	}
	const present = plan.stages[stage.index];
	const isEndOfPlan = stage.index === plan.stages.length - 1 && present !== undefined && !ended;
	if (!isEndOfPlan || stage.elapsedMs < present.durationMs) return [];
	if (!sameSplit(split.configured?.weightPercent ?? 0, present.weightPercent)) return [];
	// The same ground as for a step forward, but for "there is no further stage".
	const blockers = promoteBlockers(state).filter(blocker => blocker !== 'there is no further stage');
	// A mere step is done when it is verified; a split that was only found there proves nothing until it is watched.
	const isStepDone = present.durationMs === 0 && event.type === 'action-verified' && missingSignOffs(state).length === 0;
	return isStepDone || blockers.length === 0 ? end('promoted', promotedReason(present)) : [];
}

const promotedReason = ({weightPercent, bake, durationMs}: StagePlan): string =>
	`at ${percentText(weightPercent)}, every gate held${bake ? `, baked for ${formatDuration(durationMs)}` : ''}`;

/** What is written down, and what is looked at again. */
function record(before: SessionState, after: SessionState, event: SessionEvent): readonly Draft[] {
	const drafts: Draft[] = [];
	const checkpoint = (trigger: CheckpointTrigger, name = `${elapsedName(after, event)}-${trigger}-${event.seq}`): void => {
		drafts.push({type: 'write-checkpoint', name, trigger});
	};
	for (const plannedMs of after.checkpointsDoneMs) {
		if (!before.checkpointsDoneMs.includes(plannedMs))
			checkpoint('planned', freeName(before, checkpointName(after, plannedMs), event));
	}
	if (newlyBreached(before, after) && !hasFreshBreachCheckpoint(before, event)) checkpoint('breach');
	switch (event.type) {
		case 'action-verified':
			checkpoint(event.split.weightPercent > 0 ? 'stage' : 'action');
			break;
		case 'action-failed':
			if (event.retryInMs === undefined) checkpoint('action');
			break;
		case 'rollback-asked':
		case 'promote-asked':
		case 'hold-asked':
		case 'resume-asked':
		case 'rebalance-asked':
		case 'gradual-asked':
			checkpoint('action');
			break;
		case 'snapshot-asked':
			checkpoint('asked');
			break;
		case 'session-ended':
			checkpoint('end');
			break;
		case 'controller-resumed':
			drafts.push(...lostCheckpoints(after).map(name => ({type: 'write-checkpoint', name, trigger: 'planned'}) as const));
			break;
		default:
			break;
	}
	if (event.type === 'tick-taken') drafts.push(...periodic(before, after));
	return drafts;
}

/** A stage that is entered again (after a gradual rollback, a drift) has its planned times again; what was written then stays as it was. */
const freeName = ({checkpoints}: SessionState, name: string, {seq}: SessionEvent): string =>
	checkpoints.some(written => written.name === name) ? `${name}-${seq}` : name;

/** Every few minutes: the metrics check, and another try at checkpoints that could not be written. */
function periodic(before: SessionState, after: SessionState): readonly Draft[] {
	const everyMs = after.plan?.policies.metricsCheckEveryMs ?? 0;
	const startMs = after.canaryStartedAtMs;
	if (everyMs <= 0 || startMs === undefined || after.ended) return [];
	const checks = (tMs: number): number => Math.floor(Math.max(0, tMs - startMs) / everyMs);
	if (checks(after.tick.lastAtMs) === checks(Math.max(startMs, before.tick.lastAtMs))) return [];
	const again = after.checkpointsFailed.map(name => ({type: 'write-checkpoint', name, trigger: 'planned'}) as const);
	return [{type: 'append-metrics-check'}, ...again];
}

const newlyBreached = (before: SessionState, after: SessionState): boolean =>
	Object.entries(after.guardrails).some(
		([id, {status}]) => status === 'breached' && before.guardrails[id]?.status !== 'breached',
	);

/** A guardrail that goes in and out of its bound with every poll must not fill the disk: a few checkpoints a minute say as much. */
const breachCheckpointEveryMs = 60_000;

const hasFreshBreachCheckpoint = ({checkpoints}: SessionState, {tMs}: SessionEvent): boolean =>
	checkpoints.filter(({trigger, tMs: writtenMs}) => trigger === 'breach' && tMs - writtenMs < breachCheckpointEveryMs).length >=
	breachCheckpointsAtOnce;

/** So many different breaches within that minute still get one each. */
const breachCheckpointsAtOnce = 5;

/** Planned checkpoints whose time came and which were never written: a crash came between. */
function lostCheckpoints(state: SessionState): readonly string[] {
	const written = new Set(state.checkpoints.map(({name}) => name));
	return state.checkpointsDoneMs.map(plannedMs => checkpointName(state, plannedMs)).filter(name => !written.has(name));
}

/** `T+430s`; before the first weight `T-0s`. */
function elapsedName({canaryStartedAtMs}: SessionState, {tMs}: SessionEvent): string {
	return canaryStartedAtMs === undefined ? 'T-0s' : `T+${compactDuration(Math.floor((tMs - canaryStartedAtMs) / 1_000) * 1_000)}`;
}
