import {formatAge} from '../base/duration.ts';
import {formatValue, type Unit} from '../base/number-format.ts';
import {type Bound, boundText} from '../core/bound.ts';
import {fromNum, type Num} from '../core/num.ts';
import type {GuardrailPlan} from '../core/plan.ts';
import {guardrailInStage} from '../core/plan.ts';
import {stageNow} from '../core/stage-now.ts';
import type {GuardrailState, SessionState} from '../core/state.ts';
import type {Scene} from './scene.ts';
import type {Stretch} from './sparkline.ts';

/** A reading as people write it; rounded so that it never seems to stand on the other side of its bound. */
export const valueText = (value: Num | null | undefined, unit: Unit, bound?: Bound): string =>
	formatValue(value === null || value === undefined ? null : fromNum(value), unit, bound?.value);

/** `< 1,500`: without the unit where the value beside it has it. */
export function limitText(bound: Bound | undefined, unit: Unit): string {
	if (!bound) return '';
	return boundText(bound, value => formatValue(value, unit).replace(unit === 'bytes' ? '' : / (?:ms|s|%)$|\/s$/, ''));
}

/** With the unit: for sentences. */
export const fullLimitText = (bound: Bound, unit: Unit): string => boundText(bound, value => formatValue(value, unit));

/** `5 %`, `0.5 %`. */
export const percentText = (percent: Num | null | undefined): string => valueText(percent, '%');

/** The number alone: `5`, `4.8`. */
export function bareNumber(percent: Num | null | undefined): string {
	return percent === null || percent === undefined ? '?' : percentText(percent).replace(/ %$/, '');
}

/** Older than this is said, and is never green: two polls, and no less than the poll's own jitter. */
export const oldAfterMs = (pollMs: number): number => 2 * pollMs + 500;

export type Freshness = {readonly ageMs: number; readonly isOld: boolean; readonly text: string};

/** How old something known since `atMs` (session time) is; `extraMs` is the age it already had at the source. */
export function freshness(scene: Scene, atMs: number | undefined, extraMs = 0, limitMs?: number): Freshness {
	const limit = limitMs ?? oldAfterMs(scene.state.plan?.pollMs ?? 1_000);
	if (atMs === undefined) return {ageMs: Number.POSITIVE_INFINITY, isOld: true, text: 'never'};
	const ageMs = Math.max(0, scene.now.tMs - atMs) + extraMs;
	return {ageMs, isOld: ageMs > limit, text: `${formatAge(ageMs)} old`};
}

/** A plan's guardrail with its state, and the bounds that hold in the stage that runs. */
export type GuardrailView = {readonly plan: GuardrailPlan; readonly now: GuardrailState | undefined};

export function guardrailViews(state: SessionState): readonly GuardrailView[] {
	const {plan, guardrails} = state;
	if (!plan) return [];
	const current = stageNow(state);
	return plan.guardrails.map(guardrail => ({plan: guardrailInStage(guardrail, current), now: guardrails[guardrail.id]}));
}

/** The age of the newest answer that had values: how old what the screen shows is. */
export function dataFreshness(scene: Scene): Freshness {
	const times = Object.values(scene.state.guardrails).flatMap(({worstAtMs}) => (worstAtMs === undefined ? [] : [worstAtMs]));
	return freshness(scene, times.length === 0 ? undefined : Math.max(...times));
}

/** What the reducer keeps of each guardrail, in polls, and the steps in which a young session's drawings reach back. */
const spanPolls = [30, 60, 120, 240] as const;

/**
 * How far back drawings reach, in ms: all that is kept, or while the session is younger the smallest step that holds it. It grows in
 * steps, so that a drawing does not shrink a little with every poll.
 */
function historySpanMs({state, now}: Scene): number {
	const pollMs = state.plan?.pollMs ?? 1_000;
	const firsts = Object.values(state.guardrails).flatMap(({history: [first]}) => (first ? [first[0]] : []));
	const ageMs = firsts.length === 0 ? 0 : now.tMs - Math.min(...firsts);
	return (spanPolls.find(polls => polls * pollMs >= ageMs) ?? spanPolls[3]) * pollMs;
}

/** The stretch of time that drawings cover. A poll may come half a poll late before its absence is a gap. */
export const stretchOf = (scene: Scene): Stretch => ({
	nowMs: scene.now.tMs,
	spanMs: historySpanMs(scene),
	holdMs: 1.5 * (scene.state.plan?.pollMs ?? 1_000),
});
