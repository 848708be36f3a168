import {formatDuration} from '../base/duration.ts';
import {isHandedBack, whyOnlyAdvice} from '../core/breach.ts';
import {instanceBlocker} from '../core/decide-instance.ts';
import {fromNum} from '../core/num.ts';
import {preflightBlocker} from '../core/reduce-preflight.ts';
import {percentText} from '../core/reduce-split.ts';
import type {SessionState} from '../core/state.ts';
import {gradualLine} from './gradual-text.ts';
import type {Tone} from './row.ts';
import type {Scene} from './scene.ts';
import {dataFreshness, type GuardrailView, guardrailViews, valueText} from './values.ts';

/** The session in one word, for the band, the terminal's title and a screen reader. */
export type Verdict = {
	readonly word: string;
	/** What stands behind the word. Holds text from the profile: sanitise before drawing. */
	readonly detail: string;
	readonly level: 'good' | 'info' | 'warn' | 'bad';
	readonly glyph: 'ok' | 'warn' | 'bad' | 'unknown' | 'pending' | 'held' | 'lost';
};

export const bandTones: Readonly<Record<Verdict['level'], Tone>> = {
	good: 'goodStrong',
	info: 'infoBand',
	warn: 'warnBand',
	bad: 'badBand',
};

/** The loudest true thing about the session. A lost controller or old data never reads as health. */
export function verdictOf(scene: Scene): Verdict {
	const {state, link} = scene;
	if (link.status === 'lost') {
		const detail = `no word from the controller for ${formatDuration(Math.floor(link.lostForMs / 1_000) * 1_000)}; what you see is old`;
		return {word: 'CONTROLLER LOST', detail, level: 'bad', glyph: 'lost'};
	}
	if (!state.plan) return {word: 'STARTING', detail: 'no event yet', level: 'info', glyph: 'pending'};
	const guard = guardVerdict(scene);
	return (
		endVerdict(state) ?? (guard?.level === 'bad' ? guard : undefined) ?? gradualVerdict(scene) ?? guard ?? restVerdict(scene)
	);
}

function endVerdict(state: SessionState): Verdict | undefined {
	const {ended, action, rollback, lastAction} = state;
	if (action?.purpose === 'rollback' || action?.purpose === 'reassert') {
		const failed = action.attempts > 0;
		const detail = `to ${percentText(action.toPercent)}: ${failed ? `attempt ${action.attempts} failed` : 'waiting for the router to confirm'}`;
		return {word: failed ? 'ROLLBACK FAILING' : 'ROLLING BACK', detail, level: 'bad', glyph: 'bad'};
	}
	if (rollback) {
		const isDown = rollback.verifiedAtMs !== undefined;
		const took = isDown && lastAction ? ` (verified in ${formatDuration(Math.max(0, Math.round(lastAction.tookMs)))})` : '';
		const detail = `${rollback.reason || 'asked'}, by ${rollback.by}${took}`;
		return isDown
			? {word: rollback.security ? 'SECURITY ROLLBACK DONE' : 'ROLLED BACK', detail, level: 'warn', glyph: 'bad'}
			: {word: 'ROLLBACK NOT VERIFIED', detail, level: 'bad', glyph: 'bad'};
	}
	if (ended) {
		const word = {promoted: 'PROMOTED', 'rolled-back': 'ROLLED BACK', ended: 'ENDED'}[ended.outcome];
		const isBack = isHandedBack(state) ? '; the baseline has the traffic, with the new version' : '';
		return {word, detail: `${ended.reason}${isBack}`, level: ended.outcome === 'promoted' ? 'good' : 'info', glyph: 'ok'};
	}
	return undefined;
}

/** A rollback in steps: what is missing to judge by changes nothing about it. */
function gradualVerdict(scene: Scene): Verdict | undefined {
	const detail = gradualLine(scene);
	return detail === undefined ? undefined : {word: 'ROLLING BACK GRADUALLY', detail, level: 'warn', glyph: 'pending'};
}

const titles = (views: readonly GuardrailView[]): string => {
	const names = views.map(({plan}) => plan.title);
	return names.length <= 3 ? names.join(', ') : `${names.slice(0, 2).join(', ')} and ${names.length - 2} more`;
};

const worstOf = ({plan, now}: GuardrailView): string =>
	now?.worst ? ` ${valueText(now.worst.value, plan.unit, plan.bound)}` : '';

const andBound = (view: GuardrailView | undefined, all: readonly GuardrailView[]): string =>
	view && all.length === 1 ? `${view.plan.title}${worstOf(view)}` : titles(all);

function guardVerdict(scene: Scene): Verdict | undefined {
	const views = guardrailViews(scene.state).filter(({plan}) => plan.bound !== undefined);
	const having = (status: string, onlyGuards = true): readonly GuardrailView[] =>
		views.filter(({plan, now}) => now?.status === status && (!onlyGuards || plan.onBreach !== 'warn'));
	const breached = having('breached');
	const {advised} = scene.state;
	if (breached.length > 0) {
		const advice = advised ? `: it would roll back, but ${whyOnlyAdvice(scene.state) ?? 'auto-rollback is advisory'} (r)` : '';
		return {word: 'BREACHED', detail: andBound(breached[0], breached) + advice, level: 'bad', glyph: 'bad'};
	}
	const pending = having('pending');
	if (pending.length > 0) return {word: 'BREACHING', detail: andBound(pending[0], pending), level: 'bad', glyph: 'bad'};
	const failing = having('error');
	if (failing.length > 0) return {word: 'NO ANSWER', detail: titles(failing), level: 'warn', glyph: 'unknown'};
	// Before its first weight the candidate has had no traffic to make data of.
	const silent = scene.state.stage.index < 0 ? [] : having('no-data');
	if (silent.length > 0) return {word: 'NO DATA', detail: titles(silent), level: 'warn', glyph: 'unknown'};
	return undefined;
}

function restVerdict(scene: Scene): Verdict {
	const {state} = scene;
	const {held, action, stage, split, promotedAtMs} = state;
	if (split.driftSinceMs !== undefined)
		return {word: 'DRIFTED', detail: state.alarms['split'] ?? 'the split is not as asked', level: 'bad', glyph: 'bad'};
	if (split.error) return {word: 'ROUTER SILENT', detail: split.error.message, level: 'warn', glyph: 'unknown'};
	if (held)
		return {word: 'HELD', detail: `by ${held.by}${held.reason === '' ? '' : `: ${held.reason}`}`, level: 'warn', glyph: 'held'};
	if (action) return {word: 'MOVING', detail: `to ${percentText(action.toPercent)}`, level: 'info', glyph: 'pending'};
	if (promotedAtMs !== undefined) return {word: 'PROMOTED', detail: 'the candidate has all traffic', level: 'good', glyph: 'ok'};
	const starts = stage.index < 0 ? instanceBlocker(state) : undefined;
	if (starts !== undefined) {
		const isComing = state.instance === undefined || state.instance.status === 'starting';
		return {word: 'INSTANCE', detail: starts, level: isComing ? 'info' : 'bad', glyph: isComing ? 'pending' : 'bad'};
	}
	const waits = stage.index < 0 ? preflightBlocker(state) : undefined;
	if (waits !== undefined) {
		const isFailed = state.preflight?.status === 'failed';
		return {word: 'PRE-FLIGHT', detail: waits, level: isFailed ? 'bad' : 'info', glyph: isFailed ? 'bad' : 'pending'};
	}
	if (stage.index < 0) return {word: 'NOT STARTED', detail: 'the candidate has no traffic yet', level: 'info', glyph: 'pending'};
	const data = dataFreshness(scene);
	if (data.isOld) return {word: 'OLD DATA', detail: `the newest value is ${data.text}`, level: 'warn', glyph: 'unknown'};
	const views = guardrailViews(state).filter(({plan}) => plan.bound !== undefined);
	const warned = views.filter(({plan, now}) => now?.warning || (now?.status !== 'ok' && plan.onBreach === 'warn'));
	if (warned.length > 0) return {word: 'WARNING', detail: andBound(warned[0], warned), level: 'warn', glyph: 'warn'};
	const detail = views.length === 1 ? 'the guardrail holds' : `all ${views.length} guardrails hold`;
	return {word: 'HEALTHY', detail, level: 'good', glyph: 'ok'};
}

/** The candidate's share for a title: configured, or as asked. */
export function shareOf({split}: SessionState): string {
	const percent = split.configured?.weightPercent ?? split.askedPercent;
	return percent === undefined ? '?' : percentText(fromNum(percent)).replace(' ', '');
}

/** The terminal's title: the word first, because tmux shows few letters. */
export function titleOf(scene: Scene): string {
	const {word} = verdictOf(scene);
	const {plan, alarms} = scene.state;
	const loud = Object.keys(alarms).length > 0 ? 'ALARM ' : '';
	return `${loud}${word} ${shareOf(scene.state)} ${plan?.profile ?? 'canary'}`;
}
