import {answerOf} from './answer.ts';
import type {SessionEvent} from './event.ts';
import {compareLines, verdictText} from './judge/compare-lines.ts';
import {type ComparedSide, type Comparison, comparedIn, sideGuardrail, sideId} from './judge/comparison.ts';
import {closeFollowed, type Followed, follow} from './judge/follow.ts';
import {followedIn, isStageOver, presentOf, type StageCompare, settingsIn} from './judge/stage-compare.ts';
import {fromNum} from './num.ts';
import type {Reading} from './reading.ts';
import type {SessionState} from './state.ts';
import {addLine} from './timeline.ts';

/** A stage is entered again only after a drift or a restart; more than these are in the journal. */
const stagesKept = 100;

/** A look costs work by the square of its values (160 a side: about 10 ms); nothing else may wait for many of them in one tick. */
const pairsPerTick = 40_000;

type Tick = Extract<SessionEvent, {type: 'tick-taken'}>;

/** Both sides' answers of one tick, taken into the comparisons of the present stage. A new stage begins anew. */
export function followCompare(state: SessionState, event: Tick): SessionState {
	const {plan, stage, rollback, ended} = state;
	if (!plan?.compare || stage.index < 0) return state;
	if (rollback || ended) return closeCompare(state);
	if (event.dueMs < stage.enteredAtMs) return state;
	const opened = openStage(state);
	const present = presentOf(opened);
	if (!present) return opened;
	const isOver = isStageOver(state);
	let pairsLeft = pairsPerTick;
	const byId: Record<string, Followed> = {};
	const compared = comparedIn(plan.compare, stage.index);
	for (const comparison of compared) {
		const before = followedIn(present.byId, comparison.id);
		const moment = {tMs: event.dueMs, enteredAtMs: stage.enteredAtMs, isOver, mayLook: pairsLeft > 0};
		const after = follow(before, settingsIn(plan, stage.index, comparison), moment, pairOf(comparison, event));
		if (after.looked !== before.looked) pairsLeft -= after.values.length ** 2;
		byId[comparison.id] = after;
	}
	const unwatchedMs = (present.unwatchedMs ?? 0) + unwatched(present, event, plan.pollMs);
	const next = withPresent(opened, {...present, byId, lastDueMs: event.dueMs, unwatchedMs});
	return compared.reduce((lined, comparison) => tell(lined, opened, comparison, event), next);
}

/** Between two polls further apart than this many nobody asked: as for the stage clock. */
const watchedPollsMax = 2;

const unwatched = ({lastDueMs, enteredAtMs}: StageCompare, {dueMs}: Tick, pollMs: number): number =>
	Math.max(0, dueMs - (lastDueMs ?? enteredAtMs) - watchedPollsMax * pollMs);

function withPresent(state: SessionState, present: StageCompare): SessionState {
	const others = (state.compare?.stages ?? []).filter(one => one.enteredAtMs !== present.enteredAtMs);
	return {...state, compare: {stages: [...others, present].slice(-stagesKept)}};
}

function openStage(state: SessionState): SessionState {
	if (presentOf(state)) return state;
	const {compare} = closeCompare(state);
	const {index, enteredAtMs} = state.stage;
	// What was judged stays; of a stage that is over nobody asks for single values.
	const before = (compare?.stages ?? []).map(one => ({
		...one,
		byId: Object.fromEntries(Object.entries(one.byId).map(([id, followed]) => [id, {...followed, values: []}])),
	}));
	return {...state, compare: {stages: [...before, {stageIndex: index, enteredAtMs, byId: {}}].slice(-stagesKept)}};
}

/** The last stage is over, or was left early: judged by what there is. */
export function closeCompare(state: SessionState): SessionState {
	const {compare, plan} = state;
	const last = compare?.stages.at(-1);
	if (!last || last.isClosed || !plan) return state;
	const byId = Object.fromEntries(
		comparedIn(plan.compare, last.stageIndex).map(comparison => {
			const settings = settingsIn(plan, last.stageIndex, comparison);
			return [comparison.id, closeFollowed(followedIn(last.byId, comparison.id), settings, state.lastTMs)] as const;
		}),
	);
	return {...state, compare: {stages: [...(compare?.stages.slice(0, -1) ?? []), {...last, byId, isClosed: true}]}};
}

/** A value of each side at the same tick, or why there is none. */
function pairOf(comparison: Comparison, event: Tick): readonly [number, number] | string {
	const candidate = sideValue(comparison, 'candidate', event);
	if (typeof candidate === 'string') return `candidate: ${candidate}`;
	const baseline = sideValue(comparison, 'baseline', event);
	return typeof baseline === 'string' ? `baseline: ${baseline}` : [candidate, baseline];
}

function sideValue(comparison: Comparison, side: ComparedSide, {readings}: Tick): number | string {
	const id = sideId(comparison.id, side);
	return comparedValue(comparison, side, Object.hasOwn(readings, id) ? readings[id] : undefined);
}

/** The one number an answer gives for a side; or why it gives none. Stale ones, NaN, infinities and several series are none. */
export function comparedValue(comparison: Comparison, side: ComparedSide, reading: Reading | undefined): number | string {
	if (!reading) return 'it was not asked';
	const answer = answerOf(sideGuardrail(comparison, side), reading);
	if (answer.kind === 'missing') return answer.because;
	if (reading.kind === 'values' && reading.seriesCount > 1) {
		return `the query answers with ${reading.seriesCount} series: make one of them (sum, max, or a label)`;
	}
	const value = answer.worst ? fromNum(answer.worst.value) : Number.NaN;
	return Number.isFinite(value) ? value : `the answer is ${value}`;
}

/** A line of the timeline when a look says something else than the one before. */
function tell(state: SessionState, before: SessionState, {id}: Comparison, event: Tick): SessionState {
	const was = presentOf(before)?.byId[id]?.looked;
	const is = presentOf(state)?.byId[id]?.looked;
	if (!is || state.isLean || is.verdict === was?.verdict || (!was && is.verdict === 'too few')) return state;
	const line = compareLines(state).find(one => one.comparison.id === id);
	return line ? addLine(state, event, 'notice', `${line.comparison.title} against the baseline: ${verdictText(line)}`) : state;
}
