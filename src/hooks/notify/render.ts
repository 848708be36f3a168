import Mustache from 'mustache';
import type {Notice} from '../../core/facts/notify.ts';
import type {ReceiverOptions} from '../../core/notify-options.ts';

/** What a receiver is sent: the notice with the receiver's own texts. */
export type Message = {
	readonly notice: Omit<Notice, 'owed'>;
	/** Tells this session's notices from those of another: dedup keys begin with it. */
	readonly session: string;
	readonly subject: string;
	readonly text: string;
	/** Every name a template may use. */
	readonly view: Readonly<Record<string, string>>;
};

const plain = (value: unknown): string => String(value);

/** Puts the values in as they are: for texts, and for arguments. */
export const renderText = (template: string, view: Message['view']): string =>
	Mustache.render(template, view, {}, {escape: plain});

/** Puts the values into texts of JSON, so that quotes and line breaks in them stay inside. */
export const renderJson = (template: string, view: Message['view']): string =>
	Mustache.render(template, view, {}, {escape: value => JSON.stringify(String(value)).slice(1, -1)});

export function messageOf(notice: Notice, session: string, {subject, text}: Pick<ReceiverOptions, 'subject' | 'text'>): Message {
	const {owed: _, ...said} = notice;
	const view = {
		...said.fields,
		event: said.event,
		phase: said.phase,
		subject: said.subject,
		text: said.text,
		at: new Date(said.atMs).toISOString(),
		session,
	};
	return {notice: said, session, subject: renderText(subject, view).trim(), text: renderText(text, view), view};
}
