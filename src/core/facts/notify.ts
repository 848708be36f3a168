import {formatDuration} from '../../base/duration.ts';
import type {SessionEvent} from '../event.ts';
import type {NoticeKind} from '../notify-options.ts';
import type {Plan} from '../plan.ts';
import {type GradualState, ladderText} from '../reduce-gradual.ts';
import {percentText} from '../reduce-split.ts';
import type {SessionState} from '../state.ts';
import {addLine, breachCause} from '../timeline.ts';

/** A receiver was told, or could not be told for good. */
export type Notified = {
	readonly type: 'notified';
	readonly receiver: string;
	/** The notice's id: the number of the event it came from, and its place in it. */
	readonly notice: string;
	readonly event: NoticeKind;
	readonly ok: boolean;
	readonly attempts: number;
	/** What the receiver answered, or what went wrong. */
	readonly message: string;
	/** What the receiver calls it (an incident's id), for the notices that follow. */
	readonly ref?: string;
};

/** What is to be said, and to whom it was not said yet. Made from the journal alone, so that a resume owes what a crash left. */
export type Notice = {
	readonly id: string;
	readonly event: NoticeKind;
	/** What begins with a trigger and ends with a resolve has one key. */
	readonly key: string;
	readonly phase: 'trigger' | 'update' | 'resolve';
	readonly subject: string;
	readonly text: string;
	readonly atMs: number;
	/** What templates may name besides. */
	readonly fields: Readonly<Record<string, string>>;
	/** Receivers that are still owed it. */
	readonly owed: readonly string[];
};

export type NoticeState = {
	readonly owed: readonly Notice[];
	/** Keys that were triggered and not resolved. */
	readonly open: readonly string[];
	/** When each guardrail's breach was last told. */
	readonly breachAtMs: Readonly<Record<string, number>>;
	/** What each receiver calls its incident. */
	readonly refs: Readonly<Record<string, string>>;
	/** Notices that were never said because more came than could be. */
	readonly dropped: number;
};

const nothing: NoticeState = {owed: [], open: [], breachAtMs: {}, refs: {}, dropped: 0};

/** More than this at once is a storm: the oldest goes unsaid, and the timeline says so. */
const owedMax = 100;
/** A guardrail that goes in and out of its bound with every poll is told once a minute. */
const breachEveryMs = 60_000;

/** The state with the notices that follow from one event. */
export function owe(before: SessionState, after: SessionState, event: SessionEvent): SessionState {
	const {plan} = after;
	if (!plan?.notify || plan.notify.length === 0 || event.type === 'notified') return after;
	const was = before.notices ?? nothing;
	const said = sayings(before, after, event, was);
	if (said.length === 0) return after;
	const made = said.map(
		(one, index): Notice => ({
			...one,
			id: `${event.seq}:${index}`,
			atMs: event.atMs,
			fields: {...commonFields(after), ...one.fields},
			owed: receiversOf(after, one.event),
		}),
	);
	const owed = [...was.owed, ...made.filter(notice => notice.owed.length > 0)];
	const dropped = Math.max(0, owed.length - owedMax);
	const resolved = made.filter(({phase}) => phase === 'resolve').map(({key}) => key);
	const opened = made.filter(({phase}) => phase === 'trigger').map(({key}) => key);
	const breaches = made.filter(({event: kind, phase}) => kind === 'breach' && phase === 'trigger');
	const notices: NoticeState = {
		...was,
		owed: owed.slice(-owedMax),
		open: [...new Set([...was.open, ...opened])].filter(key => !resolved.includes(key)),
		breachAtMs: {...was.breachAtMs, ...Object.fromEntries(breaches.map(({key}) => [key, event.tMs]))},
		dropped: was.dropped + dropped,
	};
	const next = {...after, notices};
	return dropped === 0
		? next
		: addLine(next, event, 'notice', `notices dropped, because more came than could be sent: ${dropped}`);
}

/** One receiver's answer. A failure is worth a line; that everybody was told is not. */
export function reduceNotified(
	state: SessionState,
	event: Notified & {readonly seq: number; readonly atMs: number; readonly tMs: number},
): SessionState {
	const was = state.notices ?? nothing;
	const {receiver, notice, ok, attempts, message, ref} = event;
	const owed = was.owed
		.map(one => (one.id === notice ? {...one, owed: one.owed.filter(name => name !== receiver)} : one))
		.filter(one => one.owed.length > 0);
	const refs = ref === undefined ? was.refs : {...was.refs, [receiver]: ref};
	const next = {...state, notices: {...was, owed, refs}};
	if (ok) return next;
	const tries = attempts === 1 ? 'one attempt' : `${attempts} attempts`;
	return addLine(next, event, 'notice', `${receiver} could not be told (${event.event}, ${tries}): ${message}`);
}

/** A security matter goes to those who asked for it by name; where nobody did, to those who are told of rollbacks. */
function receiversOf({plan}: SessionState, event: NoticeKind): readonly string[] {
	const told = plan?.notify ?? [];
	const wanting = (kind: NoticeKind): string[] => told.filter(({on}) => on.includes(kind)).map(({name}) => name);
	const own = wanting(event);
	return event === 'security-rollback' && own.length === 0 ? wanting('rollback') : own;
}

function commonFields({plan, stage, split, operator}: SessionState): Record<string, string> {
	return {
		profile: plan?.profile ?? '',
		title: plan?.title ?? '',
		environment: plan?.environment ?? '',
		baseline: plan?.baseline.name ?? '',
		candidate: plan?.candidate.name ?? '',
		stage: plan?.stages[stage.index]?.name ?? '',
		weight: split.configured === undefined ? 'unknown' : percentText(split.configured.weightPercent),
		operator,
	};
}

type Saying = Pick<Notice, 'event' | 'key' | 'phase' | 'subject' | 'text'> & {readonly fields?: Readonly<Record<string, string>>};

/** What is news between two states, most urgent first. */
function sayings(before: SessionState, after: SessionState, event: SessionEvent, was: NoticeState): readonly Saying[] {
	return [
		...rollbackNews(before, after),
		...alarmNews(before, after, was),
		...breachNews(before, after, event, was),
		...holdNews(before, after),
		...stageNews(before, after),
		...decisionNews(event),
	];
}

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

function breachNews(before: SessionState, after: SessionState, {tMs}: SessionEvent, was: NoticeState): Saying[] {
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
		if (lastMs !== undefined && tMs - lastMs < breachEveryMs) return [];
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

const outcomeWords = {promoted: 'promoted', 'rolled-back': 'rolled back', ended: 'ended'} as const;

function decisionNews(event: SessionEvent): Saying[] {
	if (event.type !== 'session-ended') return [];
	const {outcome, reason} = event;
	const words = outcomeWords[outcome];
	return [
		{event: 'decision', key: 'decision', phase: 'update', subject: words, text: `${words}: ${reason}`, fields: {outcome, reason}},
	];
}

function alarmNews({alarms: before}: SessionState, {alarms}: SessionState, {open}: NoticeState): Saying[] {
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
