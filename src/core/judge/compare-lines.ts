import {formatDuration} from '../../base/duration.ts';
import type {SessionState} from '../state.ts';
import {type Comparison, comparedIn} from './comparison.ts';
import {type Followed, isEndDue, plannedIn, spacingIn, valuesMin} from './follow.ts';
import type {Verdict} from './judge.ts';
import {interimLooks} from './looks.ts';
import {median} from './pairwise.ts';
import {followedIn, isStageOver, presentOf, type StageCompare, settingsIn} from './stage-compare.ts';

/** `no data`: nothing to judge by, or nothing new. Neither that nor `too few` lets a gate pass. */
export type CompareVerdict = Verdict | 'no data';

/** One comparison as it stands in a stage. */
export type CompareLine = {
	readonly comparison: Comparison;
	readonly followed: Followed;
	readonly verdict: CompareVerdict;
	/** Medians, of the last look; before one of the values so far. */
	readonly candidate?: number;
	readonly baseline?: number;
	/** Values a side, of the last look; before one so far. */
	readonly n: number;
	/** The ratio with its interval, or why there is no verdict: `1.31× the baseline (1.24 to 1.39), n 24`. */
	readonly text: string;
	/** What is expected, and looked at, in this stage. */
	readonly planned: number;
	readonly spacingMs: number;
};

/** Without a pair for so many values' distance, what was judged is of the past. */
const silentMax = 2;

/** The comparisons of the present stage. */
export function compareLines(state: SessionState): readonly CompareLine[] {
	const present = presentOf(state);
	if (!present || present.isClosed) return linesOf(state, present);
	return linesOf(state, present, {nowMs: state.tick.lastDueMs, isOver: isStageOver(state)});
}

/** By what silence is measured, and whether the look at the end of the stage is due. */
type Now = {readonly nowMs: number; readonly isOver: boolean};

/** Those of one stage; `now` is absent for one that was left. */
export function linesOf({plan}: Pick<SessionState, 'plan'>, stage: StageCompare | undefined, now?: Now): readonly CompareLine[] {
	return (stage ? comparedIn(plan?.compare, stage.stageIndex) : (plan?.compare ?? [])).map(comparison => {
		const settings = settingsIn(plan ?? {stages: []}, stage?.stageIndex ?? -1, comparison);
		const followed = followedIn(stage?.byId ?? {}, comparison.id);
		const spacingMs = spacingIn(settings);
		const {verdict, why} = verdictOf(followed, spacingMs, stage, now);
		const {looked, values} = followed;
		const known = looked ?? (values.length > 0 ? mediansOf(values) : undefined);
		return {
			comparison,
			followed,
			verdict,
			...(known && {candidate: known.candidate, baseline: known.baseline}),
			n: known?.n ?? 0,
			text: why ?? (looked ? lookedText(looked) : ''),
			planned: plannedIn(settings),
			spacingMs,
		};
	});
}

const mediansOf = (values: Followed['values']) => ({
	candidate: median(values.map(([one]) => one)),
	baseline: median(values.map(([, one]) => one)),
	n: values.length,
});

function verdictOf(
	followed: Followed,
	spacingMs: number,
	stage: StageCompare | undefined,
	now: Now | undefined,
): {readonly verdict: CompareVerdict; readonly why?: string} {
	if (!stage) return {verdict: 'no data', why: 'not compared yet'};
	const {looked, taken, missing, pairedAtMs} = followed;
	const windows = now ? Math.floor((now.nowMs - stage.enteredAtMs - (stage.unwatchedMs ?? 0)) / spacingMs) : 0;
	const silentMs = now ? now.nowMs - (pairedAtMs ?? stage.enteredAtMs) : 0;
	const because = missing === undefined ? '' : `: ${missing}`;
	if (taken === 0 && missing !== undefined) return {verdict: 'no data', why: missing};
	if (silentMs > silentMax * spacingMs && missing !== undefined) {
		return {verdict: 'no data', why: `no value of both sides for ${formatDuration(roundS(silentMs))}${because}`};
	}
	if (windows >= 2 * valuesMin && taken < windows / 2) {
		return {verdict: 'too few', why: `only ${taken} of ${windows} times had both sides a value${because}`};
	}
	if (now?.isOver && isEndDue(followed))
		return {verdict: 'too few', why: 'the look at the end of the stage comes with the next poll'};
	if (looked && looked.verdict !== 'too few') return {verdict: looked.verdict};
	const every = `one per ${formatDuration(spacingMs)}`;
	return {verdict: 'too few', why: `${taken} ${taken === 1 ? 'value' : 'values'} a side, ${every}`};
}

const roundS = (ms: number): number => Math.round(ms / 1_000) * 1_000;

const plain = (value: number): string => {
	const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
	return value.toFixed(digits);
};

/** `1.31`, `31.4`; of nothing `-`. */
export const ratioText = (ratio: number | undefined): string => (ratio === undefined ? '-' : plain(ratio));

/** `1.31 [1.24, 1.39]`; an open end is `…`; without an interval the ratio alone. */
export function intervalText({ratio, ratioLow, ratioHigh, rule}: NonNullable<Followed['looked']>): string {
	if (ratio === undefined) return '-';
	if (rule === 'counts') return plain(ratio);
	const end = (value: number | undefined): string => (value === undefined ? '…' : plain(value));
	return `${plain(ratio)} [${end(ratioLow)}, ${end(ratioHigh)}]`;
}

function lookedText(looked: NonNullable<Followed['looked']>): string {
	const none = `no ratio, as the baseline's is ${looked.baseline < 0 ? 'below 0' : '0'}`;
	const times = looked.ratio === undefined ? none : `${intervalText(looked)} times the baseline`;
	return `${times}, n ${looked.n}`;
}

/** `worse, 1.31 [1.24, 1.39] times the baseline, n 24`. */
export const verdictText = ({verdict, text}: CompareLine): string => `${verdict}, ${text}`;

/** The comparisons that the present stage must not be worse in, and is, or can't tell; one clause each. */
export function failingComparisons(state: SessionState): readonly string[] {
	const gates = state.plan?.stages[state.stage.index]?.compare ?? [];
	return compareLines(state).flatMap(({comparison, verdict, text}) => {
		if (!gates.includes(comparison.id) || verdict === 'same' || verdict === 'better') return [];
		return verdict === 'worse'
			? [`${comparison.title} is worse than the baseline: ${text}`]
			: [`${comparison.title} can't be compared (${verdict}): ${text}`];
	});
}

/** How many values the next look waits for, before the end of the stage; undefined when the next one is at its end. */
export const nextInterim = ({followed, planned}: CompareLine): number | undefined => interimLooks(planned)[followed.interim];
