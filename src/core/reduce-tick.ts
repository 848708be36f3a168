import {formatDuration} from '../base/duration.ts';
import {hasTraffic, rollbackReason, whyOnlyAdvice} from './breach.ts';
import {classesOf, countCounters, spend} from './budget.ts';
import {addErrors} from './error-state.ts';
import type {SessionEvent} from './event.ts';
import {judge} from './guardrail.ts';
import {stageBlockers} from './next.ts';
import {type GuardrailPlan, guardrailInStage, type Plan, type StagePlan} from './plan.ts';
import type {Reading} from './reading.ts';
import {followCompare} from './reduce-compare.ts';
import {stageNow} from './stage-now.ts';
import type {GuardrailState, SessionState} from './state.ts';
import {addLine, changeLine} from './timeline.ts';
import {followTrends} from './trend-state.ts';

type Of<Type extends SessionEvent['type']> = Extract<SessionEvent, {type: Type}>;

/** Between two ticks further apart than this many polls nobody watched, so the stage clock doesn't count it. */
const watchedPollsMax = 2;

/** The stage the session is in, with the bounds that hold now. */
export const stageOf = (state: SessionState): StagePlan | undefined => stageNow(state);

/** All answers of one tick, judged at the time the tick was due, which no lateness of ours distorts. */
export function reduceTick(state: SessionState, event: Of<'tick-taken'>): SessionState {
	const {plan} = state;
	if (!plan) return state;
	let lined = state;
	const guardrails = {...state.guardrails};
	for (const guardrail of plan.guardrails) {
		const before = state.guardrails[guardrail.id];
		const own = Object.hasOwn(event.readings, guardrail.id) ? event.readings[guardrail.id] : undefined;
		const reading = own ?? standing(guardrail, before);
		if (!reading || !before) continue;
		const {after, line} = judged(state, guardrail, before, reading, event.dueMs);
		guardrails[guardrail.id] = after;
		if (line) lined = addLine(lined, event, line.kind, line.text, guardrail.id);
	}
	const followed = followTrends({...lined, guardrails}, event.dueMs);
	const next = countTick(countCounters(followed, event), event, plan);
	return observe(followCompare(passStageTime(advise(next, event), state, event, plan), event), event);
}

/** A count on the log stands until it changes; only its clocks go on. A query that was left out must not stay green. */
const standing = ({origin}: GuardrailPlan, state: GuardrailState | undefined): Reading | undefined =>
	origin === 'log' ? state?.reading : unanswered;

const unanswered: Reading = {kind: 'error', error: 'internal', message: 'the poll brought no answer for it', tookMs: 0};

/** A line of the log counted: judged now, not at the next tick. */
export function reduceLogMatch(state: SessionState, event: Of<'log-matched'>): SessionState {
	const guardrail = state.plan?.guardrails.find(({id}) => id === event.guardrail);
	if (!guardrail) return state;
	const reading: Reading =
		event.value === null
			? {kind: 'error', error: 'internal', message: event.sample, tookMs: 0}
			: {kind: 'values', series: [{labels: {}, value: event.value}], seriesCount: 1, tookMs: 0};
	return advise(judgeOne(state, event, guardrail, reading, event.tMs), event);
}

/** A batch of error lines: grouped for people, counted by class for the budgets. */
export function reduceErrors(state: SessionState, event: Of<'errors-seen'>): SessionState {
	const errors = addErrors(state.errors, event, event.tMs, state.canaryStartedAtMs !== undefined, classesOf(state));
	return advise(spend({...state, errors}, event), event);
}

/** Where a breach does not roll back by itself: what it would have done, once, for all to see. */
function advise(state: SessionState, event: SessionEvent): SessionState {
	if (state.rollback) return state;
	const why = whyOnlyAdvice(state);
	const reason = why === undefined ? undefined : rollbackReason(state);
	if (reason === undefined) return state.advised ? withoutAdvice(state) : state;
	if (state.advised || !hasTraffic(state)) return state;
	const text = `ROLL BACK advised (${why}): ${reason}`;
	const advised = {...state, advised: {reason, atMs: event.atMs, tMs: event.tMs}, alarms: {...state.alarms, advice: text}};
	return addLine(advised, event, 'alarm', text);
}

/** The breach is over; the next one is worth a word of its own. */
function withoutAdvice(state: SessionState): SessionState {
	const {advised: _, ...rest} = state;
	const {advice: __, ...alarms} = state.alarms;
	return {...rest, alarms};
}

function judgeOne(
	state: SessionState,
	event: SessionEvent,
	guardrail: GuardrailPlan,
	reading: Reading,
	judgedAtMs: number,
): SessionState {
	const before = state.guardrails[guardrail.id];
	if (!before) return state;
	const {after, line} = judged(state, guardrail, before, reading, judgedAtMs);
	const next = {...state, guardrails: {...state.guardrails, [guardrail.id]: after}};
	return line ? addLine(next, event, line.kind, line.text, guardrail.id) : next;
}

/** One reading judged by the bounds of the present stage, and the line of the timeline that its change of status is worth. */
function judged(
	state: SessionState,
	guardrail: GuardrailPlan,
	before: GuardrailState,
	reading: Reading,
	judgedAtMs: number,
): {readonly after: GuardrailState; readonly line?: ReturnType<typeof changeLine>} {
	const inStage = whileSilent(guardrailInStage(guardrail, stageOf(state)), state);
	// A line in the log and a tick that was due before it may arrive in either order: a guardrail's clock never runs back.
	const tMs = Math.max(judgedAtMs, before.readAtMs ?? 0);
	const after = judge(inStage, before, reading, tMs, !state.isLean);
	return state.isLean ? {after} : {after, line: changeLine(inStage, before, after, tMs)};
}

/** Silence counts as a breach only of a candidate that has traffic: before its first weight, and after a rollback, it has none. */
const whileSilent = (guardrail: GuardrailPlan, {canaryStartedAtMs, rollback}: SessionState): GuardrailPlan =>
	guardrail.noData === 'fail' && (canaryStartedAtMs === undefined || rollback) ? {...guardrail, noData: 'hold'} : guardrail;

function countTick(state: SessionState, event: Of<'tick-taken'>, {pollMs}: Plan): SessionState {
	const {count, lateCount, missed} = state.tick;
	const isLate = event.missed > 0 || event.lateMs > pollMs / 2;
	const tick = {
		count: count + 1,
		lastDueMs: event.dueMs,
		lastAtMs: event.tMs,
		lateMs: event.lateMs,
		missed: missed + event.missed,
		lateCount: lateCount + (isLate ? 1 : 0),
		...(event.skewMs !== undefined && {skewMs: event.skewMs}),
	};
	const counted = {...state, tick};
	if (event.missed === 0) return counted;
	const text = `${event.missed} ${event.missed === 1 ? 'poll was' : 'polls were'} missed: ${formatDuration(event.missed * pollMs)} unwatched`;
	return addLine(counted, event, 'tick', text);
}

/** The stage clock counts time that was watched, on both ends, with nothing in the way of going on. */
function passStageTime(state: SessionState, before: SessionState, event: Of<'tick-taken'>, plan: Plan): SessionState {
	const {stage} = state;
	if (stage.index < 0 || state.ended) return state;
	const from = Math.max(before.tick.lastDueMs, stage.enteredAtMs);
	const passedMs = Math.min(event.dueMs - from, watchedPollsMax * plan.pollMs);
	if (passedMs <= 0 || stageBlockers(state).length > 0) return state;
	const duration = plan.stages[stage.index]?.durationMs ?? 0;
	const elapsedMs = stage.elapsedMs + passedMs;
	const next = {...state, stage: {...stage, elapsedMs}};
	if (stage.elapsedMs >= duration || elapsedMs < duration || duration === 0) return next;
	return addLine(next, event, 'stage', `stage ${stage.index + 1} has been watched for its ${formatDuration(duration)}`);
}

function observe(state: SessionState, event: Of<'tick-taken'>): SessionState {
	const checkpointsDoneMs = dueCheckpoints(state, event.tMs);
	const next = checkpointsDoneMs.length === state.checkpointsDoneMs.length ? state : {...state, checkpointsDoneMs};
	if (event.observedPercent === undefined) return next;
	return {...next, split: {...next.split, observedPercent: event.observedPercent, observedAtMs: event.dueMs}};
}

/** The planned checkpoints of this stage whose time has come, by session time since the stage began (held or not). */
function dueCheckpoints(state: SessionState, tMs: number): readonly number[] {
	if (state.stage.index < 0 || state.rollback) return state.checkpointsDoneMs;
	return (stageOf(state)?.checkpointsMs ?? []).filter(plannedMs => tMs - state.stage.enteredAtMs >= plannedMs);
}
