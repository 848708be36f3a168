import {formatValue} from '../base/number-format.ts';
import {boundText, isHealthy} from './bound.ts';
import {whyOnlyAdvice} from './breach.ts';
import {instanceBlocker, stopsAtMs} from './decide-instance.ts';
import {alertCauses} from './facts/alerts.ts';
import {whyGradual} from './facts/gradual.ts';
import {missingSignOffs} from './facts/sign-off.ts';
import {compareLines, failingComparisons, verdictText} from './judge/compare-lines.ts';
import {type GuardrailPlan, guardrailInStage, type Plan, type StagePlan} from './plan.ts';
import {gradualNow} from './reduce-gradual.ts';
import {preflightBlocker} from './reduce-preflight.ts';
import {percentText} from './reduce-split.ts';
import {sameSplit} from './split.ts';
import {firstLeftMs, stageNow} from './stage-now.ts';
import type {GuardrailState, SessionState} from './state.ts';
import {breachCause, valueBesideBound} from './timeline.ts';
import {believed, failingTrends} from './trend-state.ts';

/** A tick older than this many polls is no ground to go forward on. */
const freshPollsMax = 3;

/**
 * The step a promote would take: index into the plan's stages; undefined at 100 %. It may be the present stage itself, whose weight the
 * candidate does not have any more, or not yet: after a gradual rollback to less, or where less was found.
 */
export function nextStageIndex({plan, split, stage}: SessionState): number | undefined {
	const at = split.askedPercent ?? 0;
	const isAbove = ({weightPercent}: StagePlan): boolean => weightPercent > at && !sameSplit(weightPercent, at);
	const index = (plan?.stages ?? []).findIndex((one, position) => position >= stage.index && isAbove(one));
	return index === -1 ? undefined : index;
}

/** Guardrails that must be green to go forward: all that have a bound and do more than warn. */
export const guards = ({bound, onBreach}: GuardrailPlan): boolean => bound !== undefined && onBreach !== 'warn';

function inStage(state: SessionState): readonly (readonly [GuardrailPlan, GuardrailState])[] {
	const stage = stageNow(state);
	return (state.plan?.guardrails ?? []).flatMap(guardrail => {
		const seen = state.guardrails[guardrail.id];
		return seen ? [[guardrailInStage(guardrail, stage), seen] as const] : [];
	});
}

/** Why the stage clock stands still, one clause each; empty while it runs. */
export function stageBlockers(state: SessionState): readonly string[] {
	const {held, rollback, ended, action, split} = state;
	const blockers: string[] = [];
	if (rollback) blockers.push('rolled back: start a new run to go on');
	if (ended) blockers.push(`the run has ended: ${ended.reason}`);
	const going = whyGradual(state);
	if (going !== undefined) blockers.push(going);
	if (held) blockers.push(`held by ${held.by}${held.reason === '' ? '' : `: ${held.reason}`}`);
	if (action) blockers.push(`the step to ${percentText(action.toPercent)} is under way`);
	if (split.error) blockers.push(`the split can't be read: ${split.error.message}`);
	else if (split.driftSinceMs !== undefined) {
		blockers.push(
			`the split drifted: asked ${percentText(split.askedPercent ?? 0)}, configured ${percentText(split.configured?.weightPercent ?? 0)}`,
		);
	}
	return [...blockers, ...guardrailBlockers(state)];
}

/** Those of them that the guardrails are. */
export const guardrailBlockers = (state: SessionState): readonly string[] =>
	inStage(state).flatMap(([guardrail, seen]) => (guards(guardrail) ? guardrailBlocker(guardrail, seen) : []));

function guardrailBlocker(guardrail: GuardrailPlan, seen: GuardrailState): string[] {
	switch (seen.status) {
		case 'ok':
			return [];
		case 'pending':
			return [`${guardrail.title} is breaching: ${valueBesideBound(guardrail, seen)}`];
		case 'breached':
			return [`${guardrail.title} is breached: ${breachCause(guardrail, seen)}`];
		case 'no-data':
			return [`${guardrail.title} has no data: ${seen.because}`];
		case 'error':
			return [`${guardrail.title} can't be asked: ${seen.because}`];
	}
}

/**
 * Why the candidate can't get its next weight now, one clause each; empty when it can. `nowMs` is session time. Before the first
 * weight a guardrail without data stands in no one's way: the candidate has had no traffic to make any.
 */
export function promoteBlockers(state: SessionState, nowMs: number = state.lastTMs): readonly string[] {
	if (!state.plan) return ['the session has not started'];
	const isStart = state.stage.index < 0;
	const instance = instanceBlocker(state);
	const blockers = isStart ? startBlockers(state) : [...stageBlockers(state), ...stageEndBlockers(state)];
	const {count, lastAtMs} = state.tick;
	const isOld = count === 0 || nowMs - lastAtMs > freshPollsMax * state.plan.pollMs;
	return [
		...(instance === undefined ? [] : [instance]),
		...blockers,
		...(state.split.configured === undefined ? ['the split has not been read yet'] : []),
		...(isOld ? [count === 0 ? 'the guardrails have not been asked yet' : 'the last poll is too old'] : []),
		...alertCauses(state).map(cause => `${cause} stands`),
		...(nextStageIndex(state) === undefined ? ['there is no further stage'] : []),
	];
}

function startBlockers(state: SessionState): string[] {
	const withData: SessionState = {
		...state,
		guardrails: Object.fromEntries(Object.entries(state.guardrails).filter(([, {status}]) => status !== 'no-data')),
	};
	const preflight = preflightBlocker(state);
	return [...(preflight === undefined ? [] : [preflight]), ...stageBlockers(withData)];
}

/** What must hold at the stage's end and doesn't: its gates and trends, then the people who must sign. */
export function stageEndBlockers(state: SessionState): readonly string[] {
	const roles = missingSignOffs(state);
	return [
		...failingGates(state),
		...failingTrends(state),
		...failingComparisons(state),
		...(roles.length === 0 ? [] : [`to be signed off by ${roles.join(', ')} (canary sign)`]),
	];
}

/** The gates of the present stage that don't hold, one clause each. A gate without a value doesn't hold. */
export function failingGates(state: SessionState): readonly string[] {
	const gates = state.plan?.stages[state.stage.index]?.gates ?? {};
	return inStage(state).flatMap(([guardrail, seen]) => {
		const gate = Object.hasOwn(gates, guardrail.id) ? gates[guardrail.id] : undefined;
		if (!gate) return [];
		const wanted = boundText(gate, limit => formatValue(limit, guardrail.unit, limit));
		const value = believed(seen);
		if (value === undefined) return [`the gate ${guardrail.title} ${wanted} has no value`];
		return isHealthy(gate, value)
			? []
			: [`the gate ${guardrail.title} ${wanted} does not hold: ${formatValue(value, guardrail.unit, gate.value)}`];
	});
}

/** What a person should weigh before promoting by hand, though nothing forbids it. */
export function promoteCautions(state: SessionState): readonly string[] {
	const stage = state.plan?.stages[state.stage.index];
	const isShort = stage !== undefined && state.stage.elapsedMs < stage.durationMs;
	const short = isShort
		? [`the stage has been watched for ${Math.floor((100 * state.stage.elapsedMs) / stage.durationMs)} % of its time`]
		: [];
	const warned = inStage(state).filter(([guardrail, {status}]) => guardrail.bound && !guards(guardrail) && status !== 'ok');
	const worse = compareLines(state).filter(({verdict}) => verdict === 'worse');
	return [
		...short,
		...warned.map(([{title}, {status}]) => `${title}: ${status}`),
		...worse.map(line => `${line.comparison.title} against the baseline: ${verdictText(line)}`),
	];
}

/** What happens next by itself, and when by session time if that is known. */
export type NextUp = {readonly text: string; readonly atTMs?: number};

/** The one next thing, for the line that must always be on the screen. */
export function nextUp(state: SessionState): NextUp {
	const {action, plan, ended, rollback, held} = state;
	if (!plan) return {text: 'starting'};
	if (action) {
		const trying = `setting ${percentText(action.toPercent)}`;
		return action.retryAtMs === undefined
			? {text: trying}
			: {text: `${trying}: attempt ${action.attempts + 1}`, atTMs: action.retryAtMs};
	}
	const firing = firstToFire(state);
	if (firing && !rollback && !ended) return firing;
	if (ended) return afterEnd(state, ended.tMs + plan.policies.watchAfterEndMs);
	if (rollback) return {text: 'rolled back; ends'};
	const going = gradualNow(state);
	if (going)
		return {
			text: going.coming,
			...(going.atTMs !== undefined && {atTMs: going.atTMs}),
		};
	if (held) return {text: `held by ${held.by}: h resumes`};
	if (state.stage.index < 0) return beforeStart(state, plan.policies.start);
	return duringStage(state, plan.stages);
}

function afterEnd(state: SessionState, watchedAtMs: number): NextUp {
	const stopsAt = stopsAtMs(state);
	if (state.baseline?.status === 'running') return {text: 'the baseline is being restarted'};
	if (stopsAt !== undefined) return {text: 'the instance is stopped', atTMs: stopsAt};
	return {text: 'watching the split, then ends', atTMs: watchedAtMs};
}

function firstToFire(state: SessionState): NextUp | undefined {
	const firing = inStage(state).flatMap(([{title, onBreach, severity}, {firesAtMs}]) =>
		firesAtMs === undefined ? [] : [{title, onBreach, severity, atTMs: firesAtMs}],
	);
	const first = firing.filter(({onBreach}) => onBreach !== 'warn').sort((left, right) => left.atTMs - right.atTMs)[0];
	if (!first) return undefined;
	const isAdvice = whyOnlyAdvice(state) !== undefined;
	const does = first.onBreach === 'hold' ? 'hold' : isAdvice ? 'advise rollback' : 'roll back';
	return {text: `${does} by ${first.title}`, atTMs: first.atTMs};
}

function beforeStart(state: SessionState, start: 'auto' | 'manual'): NextUp {
	const first = state.plan?.stages[0];
	const blockers = promoteBlockers(state);
	if (blockers[0] !== undefined) return {text: `waits to start: ${blockers[0]}`};
	return {
		text:
			start === 'auto'
				? `starts: ${percentText(first?.weightPercent ?? 0)}`
				: `p starts: ${percentText(first?.weightPercent ?? 0)}`,
	};
}

function duringStage(state: SessionState, stages: readonly StagePlan[]): NextUp {
	const stage = stages[state.stage.index];
	const blockers = stageBlockers(state);
	if (blockers[0] !== undefined) return {text: `the stage clock stands still: ${blockers[0]}`};
	if (!stage) return {text: 'watching'};
	const endsAtMs = state.tick.lastDueMs + stage.durationMs - state.stage.elapsedMs;
	const checkpoint = stage.checkpointsMs
		.map(plannedMs => ({text: `checkpoint ${checkpointName(state, plannedMs)}`, atTMs: state.stage.enteredAtMs + plannedMs}))
		.find(({atTMs}) => atTMs > state.lastTMs && atTMs < endsAtMs);
	const firstEndsMs = state.lastTMs + firstLeftMs(state);
	const first =
		firstEndsMs > state.lastTMs && firstEndsMs < endsAtMs
			? {text: 'the stricter first minutes end', atTMs: firstEndsMs}
			: undefined;
	if (first && (!checkpoint || first.atTMs <= checkpoint.atTMs)) return first;
	if (checkpoint) return checkpoint;
	const next = nextStageIndex(state);
	const isOver = state.stage.elapsedMs >= stage.durationMs;
	const gate = isOver ? stageEndBlockers(state)[0] : undefined;
	if (gate !== undefined) return {text: `waits: ${gate}`};
	if (next === undefined) return {text: 'promoted', atTMs: endsAtMs};
	const to = percentText(stages[next]?.weightPercent ?? 100);
	if (stage.promote === 'auto') return {text: `promotes to ${to}`, atTMs: endsAtMs};
	return isOver ? {text: `p promotes to ${to}`} : {text: `asks for ${to}`, atTMs: endsAtMs};
}

/** `T+15m`: a planned checkpoint's name counts the planned time of the stages before it, so that a hold doesn't rename it. */
export const checkpointName = ({plan, stage}: SessionState, plannedMs: number): string =>
	plannedName(plan?.stages ?? [], stage.index, plannedMs);

function plannedName(stages: readonly StagePlan[], stageIndex: number, plannedMs: number): string {
	const plainName = (index: number, atMs: number): string => {
		const earlierMs = stages.slice(0, Math.max(0, index)).reduce((sum, {durationMs}) => sum + durationMs, 0);
		return `T+${compactDuration(earlierMs + atMs)}`;
	};
	const name = plainName(stageIndex, plannedMs);
	// The end of one stage and the beginning of the next have one time, but are two records.
	const isTaken = stages
		.slice(0, Math.max(0, stageIndex))
		.some(({checkpointsMs}, index) => checkpointsMs.some(atMs => plainName(index, atMs) === name));
	return isTaken ? `${name}-stage${stageIndex + 1}` : name;
}

/** The names of all planned checkpoints, stage by stage. */
export function plannedCheckpointNames(plan: Pick<Plan, 'stages'>): readonly string[] {
	return plan.stages.flatMap(({checkpointsMs}, index) =>
		checkpointsMs.map(plannedMs => plannedName(plan.stages, index, plannedMs)),
	);
}

/** `15m`, `60m`, `12h`, `90s`: as runbooks name their checkpoints, in one unit; minutes up to two hours. */
export function compactDuration(ms: number): string {
	if (ms % 60_000 !== 0) return `${Math.round(ms / 1_000)}s`;
	const minutes = ms / 60_000;
	return minutes > 120 && minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`;
}
