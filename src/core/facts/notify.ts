import type {SessionEvent} from '../event.ts';
import {decisionNews, newsBetween} from '../news.ts';
import type {NoticeKind} from '../notify-options.ts';
import {percentText} from '../reduce-split.ts';
import type {SessionState} from '../state.ts';
import {addLine} from '../timeline.ts';

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
	/** When each guardrail's breach, and that there is no data, was last told: by key. */
	readonly breachAtMs: Readonly<Record<string, number>>;
	/** What each receiver calls its incident. */
	readonly refs: Readonly<Record<string, string>>;
	/** Notices that were never said because more came than could be. */
	readonly dropped: number;
};

const nothing: NoticeState = {owed: [], open: [], breachAtMs: {}, refs: {}, dropped: 0};

/** More than this at once is a storm: the oldest goes unsaid, and the timeline says so. */
const owedMax = 100;
/** The state with the notices that follow from one event. */
export function owe(before: SessionState, after: SessionState, event: SessionEvent): SessionState {
	const {plan} = after;
	if (!plan?.notify?.some(({bell}) => !bell) || event.type === 'notified') return after;
	const was = before.notices ?? nothing;
	const said = [...newsBetween(before, after, was), ...decisionNews(event)];
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
	const breaches = made.filter(({event: kind, phase}) => (kind === 'breach' || kind === 'no-data') && phase === 'trigger');
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
	const told = (plan?.notify ?? []).filter(({bell}) => !bell);
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
