import {formatDuration} from '../base/duration.ts';
import type {Outcome, SessionEvent} from './event.ts';
import type {Notice, NoticeState} from './facts/notify.ts';
import {guards, nextStageIndex, stageEndBlockers} from './next.ts';
import type {GuardrailPlan, Plan} from './plan.ts';
import {type GradualState, ladderText} from './reduce-gradual.ts';
import {percentText} from './reduce-split.ts';
import type {SessionState} from './state.ts';
import {breachCause} from './timeline.ts';

/** Something worth telling somebody who does not look. */
export type Saying = Pick<Notice, 'event' | 'key' | 'phase' | 'subject' | 'text'> & {
	readonly fields?: Readonly<Record<string, string>>;
};

/** What was told before: which keys stand open, and when each was last told. */
type Told = Pick<NoticeState, 'open' | 'breachAtMs'>;

/** A guardrail that goes in and out of its bound with every poll is told once a minute. */
const breachEveryMs = 60_000;

/** What is news between two states, most urgent first; the decision apart. What stood before is told to be over only if it was told. */
export const newsBetween = (before: SessionState, after: SessionState, was: Told): readonly Saying[] => [
	...rollbackNews(before, after),
	...alarmNews(before, after, was),
	...breachNews(before, after, was),
	...noDataNews(before, after, was),
	...holdNews(before, after),
	...stageNews(before, after),
	...dueNews(before, after, was),
];

function rollbackNews({rollback: before, gradual: was}: SessionState, {rollback, plan, gradual}: SessionState): Saying[] {
	if (!rollback) return gradual && gradual.askedAtMs !== was?.askedAtMs ? [gradualNews(gradual, plan)] : [];
	const kind = rollback.security ? 'security-rollback' : 'rollback';
	const what = rollback.security ? 'SECURITY ROLLBACK' : 'rollback';
	const reason = rollback.reason === '' ? `asked by ${rollback.by}` : rollback.reason;
	const about = {event: kind, key: 'rollback', fields: {reason, by: rollback.by}} as const;
	const candidate = plan?.candidate.name ?? 'the candidate';
	if (!before)
		return [{...about, phase: 'trigger', subject: `${what} of ${candidate}`, text: `${what} of ${candidate}: ${reason}`}];
	if (before.verifiedAtMs !== undefined || rollback.verifiedAtMs === undefined) return [];
	const took = formatDuration(rollback.verifiedAtMs - rollback.askedAtMs);
	const text = `${candidate} is rolled back: the router reads 0 %, verified in ${took}. ${reason}`;
	return [{...about, phase: 'update', subject: `${candidate} is rolled back, verified`, text}];
}

function gradualNews(gradual: GradualState, plan: Plan | undefined): Saying {
	const subject = `gradual rollback of ${plan?.candidate.name ?? 'the candidate'}`;
	const reason = gradual.reason === '' ? `asked by ${gradual.by}` : gradual.reason;
	const fields = {reason, by: gradual.by};
	return {
		event: 'rollback',
		key: 'rollback',
		phase: 'trigger',
		subject,
		text: `${subject}, ${ladderText(gradual)}: ${reason}`,
		fields,
	};
}

function breachNews(before: SessionState, after: SessionState, was: Told): Saying[] {
	return (after.plan?.guardrails ?? []).flatMap((guardrail): Saying[] => {
		const {id, title, severity} = guardrail;
		const [then, now] = [before.guardrails[id], after.guardrails[id]];
		if (!now || now === then) return [];
		const key = `breach:${id}`;
		const fields = {guardrail: title, severity};
		const isBreached = now.status === 'breached';
		if (isBreached === (then?.status === 'breached')) return [];
		if (!isBreached) {
			if (!was.open.includes(key)) return [];
			return [
				{event: 'breach', key, phase: 'resolve', subject: `${title} ok again`, text: `${title} is no longer breached`, fields},
			];
		}
		const lastMs = was.breachAtMs[key];
		if (lastMs !== undefined && after.lastTMs - lastMs < breachEveryMs) return [];
		const text = `${title} breached: ${breachCause(guardrail, now)}`;
		return [{event: 'breach', key, phase: 'trigger', subject: `${title} breached`, text, fields}];
	});
}

function holdNews({held: before}: SessionState, {held}: SessionState): Saying[] {
	if (held && !before) {
		const text = `held by ${held.by}${held.reason === '' ? '' : `: ${held.reason}`}`;
		return [{event: 'hold', key: 'hold', phase: 'trigger', subject: 'held', text, fields: {by: held.by, reason: held.reason}}];
	}
	return before && !held ? [{event: 'hold', key: 'hold', phase: 'resolve', subject: 'resumed', text: 'the hold is over'}] : [];
}

function stageNews(before: SessionState, after: SessionState): Saying[] {
	const {plan, stage, canaryStartedAtMs, split} = after;
	// A gradual rollback that ends above none is in another stage, but no further.
	if (stage.index === before.stage.index || stage.index < 0 || before.gradual?.status === 'running') return [];
	const isStart = before.canaryStartedAtMs === undefined && canaryStartedAtMs !== undefined;
	const weight = percentText(split.configured?.weightPercent ?? plan?.stages[stage.index]?.weightPercent ?? 0);
	const at = `stage ${stage.index + 1} of ${plan?.stages.length ?? 0}, ${weight} to ${plan?.candidate.name ?? 'the candidate'}`;
	const event = isStart ? 'start' : 'stage';
	const subject = isStart ? `canary started: ${weight}` : `next stage: ${weight}`;
	return [
		{
			event,
			key: `stage:${stage.index}`,
			phase: 'update',
			subject,
			text: `${isStart ? 'canary started' : 'next stage'}: ${at}, verified`,
		},
	];
}

/** A stage whose time is over and that goes no further without somebody: why, in words; undefined while there is none. */
export function dueOf(state: SessionState): string | undefined {
	const {plan, stage, rollback, ended, action, held, gradual} = state;
	const at = plan?.stages[stage.index];
	if (
		!at ||
		rollback ||
		ended ||
		action ||
		held ||
		gradual?.status === 'running' ||
		at.durationMs === 0 ||
		stage.elapsedMs < at.durationMs
	)
		return undefined;
	const waits = stageEndBlockers(state)[0];
	const next = nextStageIndex(state);
	if (waits !== undefined || next === undefined) return waits;
	return at.promote === 'manual' ? `promote to ${percentText(plan.stages[next]?.weightPercent ?? 100)}, or roll back` : undefined;
}

/** Told once a stage, whatever it waits for in the end. */
function dueNews(before: SessionState, after: SessionState, {open}: Told): Saying[] {
	const key = (index: number): string => `due:${index}`;
	const left = key(before.stage.index);
	const isLeft = after.stage.index !== before.stage.index || after.rollback !== undefined || after.ended !== undefined;
	if (isLeft && open.includes(left))
		return [{event: 'due', key: left, phase: 'resolve', subject: 'waits no more', text: 'the stage that waited is left'}];
	const here = key(after.stage.index);
	// Told once: what a stage waits for is a regression over all of it, and is not computed at every event of a long wait.
	if (open.includes(here)) return [];
	const due = dueOf(after);
	if (due === undefined || dueOf(before) !== undefined) return [];
	const at = `stage ${after.stage.index + 1} of ${after.plan?.stages.length ?? 0}`;
	return [{event: 'due', key: here, phase: 'trigger', subject: `${at} waits`, text: `the time of ${at} is over: ${due}`}];
}

/** Guardrails that say nothing for longer than the profile waits: nothing goes forward, and nobody may be watching. */
function silent({plan, guardrails, canaryStartedAtMs, rollback, ended, lastTMs}: SessionState): readonly GuardrailPlan[] {
	if (canaryStartedAtMs === undefined || rollback || ended) return [];
	return (plan?.guardrails ?? []).filter(guardrail => {
		const sinceMs = guardrails[guardrail.id]?.noDataSinceMs;
		return guards(guardrail) && sinceMs !== undefined && lastTMs - sinceMs >= guardrail.noDataAfterMs;
	});
}

/** One notice for all of them: a server that is gone takes every guardrail with it. */
function noDataNews(before: SessionState, after: SessionState, {open, breachAtMs}: Told): Saying[] {
	const key = 'no-data';
	const [was, now] = [silent(before), silent(after)];
	const about = {event: 'no-data', key} as const;
	if (now.length === 0) {
		const why = after.rollback || after.ended ? 'none is expected any more' : 'every guardrail has data again';
		return open.includes(key) ? [{...about, phase: 'resolve', subject: 'data again', text: why}] : [];
	}
	const [first] = now;
	const lastMs = breachAtMs[key];
	if (!first || was.length > 0 || open.includes(key)) return [];
	if (lastMs !== undefined && after.lastTMs - lastMs < breachEveryMs) return [];
	const others = now.length > 1 ? `, and ${now.length - 1} more` : '';
	const text = `no data for ${first.title}${others}: ${after.guardrails[first.id]?.because ?? 'no answer'}; nothing goes forward`;
	return [{...about, phase: 'trigger', subject: `no data: ${first.title}${others}`, text, fields: {guardrail: first.title}}];
}

const outcomeWords = {promoted: 'promoted', 'rolled-back': 'rolled back', ended: 'ended'} as const;

/** The session's outcome, from the event that ends it. */
export const decisionNews = (event: SessionEvent): Saying[] => (event.type === 'session-ended' ? [decided(event)] : []);

/** The outcome as it is told. */
export function decided({outcome, reason}: {readonly outcome: Outcome; readonly reason: string}): Saying {
	const words = outcomeWords[outcome];
	return {
		event: 'decision',
		key: 'decision',
		phase: 'update',
		subject: words,
		text: `${words}: ${reason}`,
		fields: {outcome, reason},
	};
}

function alarmNews({alarms: before}: SessionState, {alarms}: SessionState, {open}: Told): Saying[] {
	if (alarms === before) return [];
	const fresh = Object.entries(alarms).filter(([topic]) => before[topic] === undefined);
	const over = Object.keys(before).filter(topic => alarms[topic] === undefined && open.includes(`alarm:${topic}`));
	return [
		...fresh.map(
			([topic, text]): Saying => ({
				event: 'alarm',
				key: `alarm:${topic}`,
				phase: 'trigger',
				subject: `alarm: ${topic}`,
				text,
				fields: {topic},
			}),
		),
		...over.map(
			(topic): Saying => ({
				event: 'alarm',
				key: `alarm:${topic}`,
				phase: 'resolve',
				subject: `${topic}: over`,
				text: `the alarm is over: ${before[topic] ?? topic}`,
				fields: {topic},
			}),
		),
	];
}
