import {formatDuration} from '../base/duration.ts';
import {hasTraffic} from './breach.ts';
import type {SessionEvent} from './event.ts';
import type {Draft} from './intent.ts';
import {guardrailBlockers} from './next.ts';
import type {Plan} from './plan.ts';
import {evidenceOwed} from './reduce-evidence.ts';
import {percentText} from './reduce-split.ts';
import {sameSplit} from './split.ts';
import type {SessionState} from './state.ts';

/** Who acts when nobody asked; as in decide.ts. */
const automatic = 'canary-console';

/** The state is looked at on these; never on the first event of a controller, before its doors are open. */
const looksOn: ReadonlySet<SessionEvent['type']> = new Set([
	'tick-taken',
	'split-read',
	'preflight-asked',
	'action-verified',
	'session-ended',
	'evidence-collected',
	'instance-failed',
	'instance-ended',
	'instance-stop-asked',
	'instance-stopped',
	'baseline-restart-asked',
	'baseline-restarted',
] satisfies SessionEvent['type'][]);

/** What is to be done about the candidate's own instance, and about the baseline after the promotion: at most one thing at a time. */
export function decideInstance(state: SessionState, event: SessionEvent): readonly Draft[] {
	if (!state.plan?.instance || !looksOn.has(event.type)) return [];
	if (owesStart(state)) return [{type: 'start-instance'}];
	const stop = stopCause(state, event.tMs);
	if (stop && whyNotStop(state, event.tMs) === undefined) return [{type: 'stop-instance', ...stop}];
	if (owesRestart(state)) return [{type: 'restart-baseline'}];
	if (owesHandback(state, event.tMs)) {
		return [
			{
				type: 'set-weight',
				purpose: 'handback',
				toPercent: 0,
				stageIndex: state.stage.index,
				reason: 'the baseline runs the new version',
				by: automatic,
				urgent: false,
			},
		];
	}
	return [];
}

/** Before the first weight, once; again when a person asks, or when a crash came between the intent and the process. */
function owesStart({instance, stage, rollback, ended, split}: SessionState): boolean {
	// With traffic, or perhaps with traffic, there is one already.
	const isIdle = split.configured !== undefined && sameSplit(split.configured.weightPercent, 0);
	if (stage.index >= 0 || rollback || ended || !isIdle) return false;
	if (!instance) return true;
	if (instance.status === 'starting') return instance.isUnsettled === true;
	return instance.isWanted === true && instance.process === undefined && instance.status !== 'up';
}

/** A process that is ours to stop, and not being stopped already. */
const isStoppable = ({instance}: SessionState): boolean =>
	instance?.process !== undefined && !instance.isStopFailed && !instance.isStopping;

/** Why it is to be stopped now; undefined while it is not. `nowMs` is session time. */
export function stopCause(state: SessionState, nowMs: number): {readonly reason: string; readonly by: string} | undefined {
	const {instance, plan, rollback, ended, stage} = state;
	if (!instance || !isStoppable(state)) return undefined;
	if (instance.stopAsked) {
		const {by, reason} = instance.stopAsked;
		return {by, reason: reason === '' ? `asked by ${by}` : reason};
	}
	const because = (reason: string) => ({reason, by: automatic});
	if (instance.status === 'failed') return because('it did not get healthy');
	if (rollback) {
		// While the baseline is being restarted, or could not be, it is the only one known to run.
		const isBaselineSound = state.baseline === undefined || state.baseline.status === 'done';
		const isDone = rollback.verifiedAtMs !== undefined && evidenceOwed(state, 'rollback').length === 0;
		return isDone && isBaselineSound ? because('rolled back, and the evidence is gathered') : undefined;
	}
	if (ended?.outcome === 'ended' && stage.index < 0) return because('the session ended before it got traffic');
	const stopAtMs = stopsAtMs(state);
	const afterMs = plan?.instance?.stopAfterMs;
	return afterMs !== undefined && stopAtMs !== undefined && nowMs >= stopAtMs
		? because(`${formatDuration(afterMs)} after the promotion`)
		: undefined;
}

/** When it is stopped after the promotion, by session time; undefined when that is not to come. */
export function stopsAtMs({plan, ended, instance}: SessionState): number | undefined {
	const afterMs = plan?.instance?.stopAfterMs;
	return afterMs !== undefined && ended?.outcome === 'promoted' && instance?.process ? ended.tMs + afterMs : undefined;
}

/** Between two reads of the split, and a little more: an older one is no ground to stop anything. */
const splitReadsMax = 3;
const splitAgeMinMs = 15_000;

/** Why it can't be stopped: whoever is sent to it would get nothing. Undefined when it can. */
export function whyNotStop(state: SessionState, nowMs: number): string | undefined {
	const {instance, split, action, plan} = state;
	if (!instance?.process) return 'no instance of this session runs';
	if (instance.isStopping) return 'it is being stopped already';
	if (action) return `the step to ${percentText(action.toPercent)} is under way`;
	if (split.error) return `the split can't be read, so it may get traffic: ${split.error.message}`;
	if (split.configured === undefined) return 'the split has not been read yet, so it may get traffic';
	const {weightPercent} = split.configured;
	if (!sameSplit(weightPercent, 0)) {
		const remedy =
			state.ended?.outcome === 'promoted'
				? 'restart the baseline with the new version (canary instance restart-baseline), or set the split back with the router'
				: 'roll back first';
		return `it gets ${percentText(weightPercent)} of the traffic: ${remedy}`;
	}
	const ageMaxMs = Math.max(splitAgeMinMs, splitReadsMax * (plan?.policies.splitReadEveryMs ?? 0));
	const ageMs = nowMs - (split.configuredAtMs ?? 0);
	return ageMs > ageMaxMs ? `the split was read ${formatDuration(Math.round(ageMs))} ago, so it may get traffic` : undefined;
}

/** Promoted, all is well, and the candidate has all the traffic: the baseline can be taken out of service and be brought back new. */
function owesRestart(state: SessionState): boolean {
	const {plan, baseline} = state;
	if (!plan?.instance?.restartBaseline || (baseline && baseline.status !== 'interrupted')) return false;
	return whyNoRestart(state) === undefined;
}

/** Why the baseline can't be restarted now; undefined when it can. */
export function whyNoRestart(state: SessionState): string | undefined {
	const {plan, ended, rollback, action, split, instance, baseline} = state;
	if (!plan?.instance?.restartBaseline) return 'the profile has no "instance.restartBaseline"';
	if (rollback) return 'rolled back: the baseline stays as it is';
	if (ended?.outcome !== 'promoted') return 'the candidate is not promoted: the baseline has to be there as it was';
	if (action) return `the step to ${percentText(action.toPercent)} is under way`;
	if (baseline?.status === 'running') return 'it is being restarted already';
	if (baseline?.handedBackAtMs !== undefined) return 'the baseline has the traffic again already';
	if (instance?.status !== 'up') return "the candidate's instance is not up: it has to bear all traffic meanwhile";
	const isAll = split.configured !== undefined && !split.error && sameSplit(split.configured.weightPercent, 100);
	if (!isAll) return 'the baseline gets traffic: the split has to read 100 % for the candidate';
	// What was cut off or has failed may have taken the old version away: nothing is left to be needed, and only this brings it back.
	if (baseline?.status === 'failed' || baseline?.status === 'interrupted') return undefined;
	if (instance.health?.ok === false) return `the candidate's instance is not healthy: ${instance.health.message}`;
	const [blocker] = guardrailBlockers(state);
	return blocker === undefined ? undefined : `the old version may be needed yet: ${blocker}`;
}

const handbackAgainMs = 60_000;

function owesHandback(state: SessionState, nowMs: number): boolean {
	const {baseline, rollback, action, ended} = state;
	if (baseline?.status !== 'done' || baseline.handedBackAtMs !== undefined || rollback || action) return false;
	if (ended?.outcome !== 'promoted' || !hasTraffic(state)) return false;
	return baseline.handbackFailedAtMs === undefined || nowMs - baseline.handbackFailedAtMs >= handbackAgainMs;
}

/** Beyond its end a rolled-back or ended session waits for so long at most. */
const lingerMaxMs = 10 * 60_000;

/** What is questionable about a plan's instance; empty when nothing is. */
export function instanceRemarks({instance, stages}: Plan): readonly string[] {
	const last = stages.at(-1);
	if (!instance?.restartBaseline || (last && last.durationMs > 0)) return [];
	return [
		'the baseline is restarted as soon as 100 % is verified: from then on no rollback brings the old version back. "policies.bake" keeps it for a while, such as 1h.',
	];
}

/** What becomes of a rollback now that the baseline is being replaced, for whoever is about to ask for one; undefined while nothing does. */
export function baselineCaution({baseline}: SessionState): string | undefined {
	switch (baseline?.status) {
		case undefined:
			return undefined;
		case 'running':
		case 'interrupted':
			return 'The baseline is being restarted: it may be down, and it will not be the old version.';
		case 'failed':
			return `The baseline's restart failed, so it may be down: ${baseline.message}`;
		case 'done':
			return 'The baseline runs the new version too: the old one is not brought back.';
	}
}

/** Whether the controller of an ended session still has to see to the instance or to the baseline. */
export function keepsController(state: SessionState, nowMs: number): boolean {
	const {plan, instance, baseline, ended, rollback, stage} = state;
	if (!plan?.instance || !ended) return false;
	if (baseline?.status === 'running' || instance?.isStopping) return true;
	const isThere = instance?.process !== undefined && !instance.isStopFailed;
	if (rollback || ended.outcome !== 'promoted') {
		const isDue = rollback !== undefined || stage.index < 0;
		return isThere && isDue && nowMs - ended.tMs < lingerMaxMs + plan.policies.watchAfterEndMs;
	}
	// One that failed waits for a person.
	const owesBaseline = plan.instance.restartBaseline !== undefined && baseline?.handedBackAtMs === undefined;
	return isThere && (owesBaseline || plan.instance.stopAfterMs !== undefined);
}

/** Why the candidate can't get its next weight because of its instance, in one clause; undefined when nothing stands against it. */
export function instanceBlocker({plan, instance, rollback, ended, stage}: SessionState): string | undefined {
	if (!plan?.instance || rollback || ended) return undefined;
	// Found with traffic: somebody else's instance serves.
	if (!instance) return stage.index >= 0 ? undefined : 'the instance has not been started yet';
	const {message = '', health} = instance;
	switch (instance.status) {
		case 'starting':
			return `the instance starts${health ? `: ${health.message}` : ''}`;
		case 'up':
			return health?.ok === false ? `the instance is not healthy: ${health.message}` : undefined;
		case 'failed':
			return `the instance did not start: ${message}`;
		case 'ended':
			return `the instance ended by itself: ${message}`;
		case 'stopping':
		case 'stopped':
			return 'the instance was stopped';
	}
}
