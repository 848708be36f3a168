import {assert} from '../base/assert.ts';
import type {NoticeKind, ReceiverOptions, ReceiverTarget} from '../core/notify-options.ts';
import type {Profile} from './schema.ts';
import {soundMs} from './sound.ts';

type Receiver = Profile['notify'][number];

const defaultOn = (one: Receiver): readonly NoticeKind[] => {
	if (one.pagerduty) return ['rollback', 'alarm'];
	return one.statuspage ? ['rollback', 'decision'] : ['start', 'stage', 'rollback', 'decision', 'alarm'];
};

export const compileNotify = ({notify}: Profile): readonly ReceiverOptions[] =>
	notify.map(one => ({
		name: receiverName(one),
		on: one.on ?? defaultOn(one),
		subject: one.subject,
		text: one.text,
		deadlineMs: soundMs(one.deadline),
		to: targetOf(one),
	}));

/** Its own name, or its kind. */
export const receiverName = ({name, webhook, pagerduty, statuspage, mail}: Receiver): string =>
	name ?? (webhook ? 'webhook' : pagerduty ? 'pagerduty' : statuspage ? 'statuspage' : mail ? 'mail' : 'command');

function targetOf({webhook, pagerduty, statuspage, mail, command}: Receiver): ReceiverTarget {
	if (webhook) {
		const {url, headers = {}, body} = webhook;
		return {kind: 'webhook', url, headers, ...(body !== undefined && {body})};
	}
	if (pagerduty) return {kind: 'pagerduty', ...pagerduty};
	if (statuspage) return {kind: 'statuspage', ...statuspage};
	if (mail) {
		const {username, password, ...rest} = mail;
		return {kind: 'mail', ...rest, ...(username !== undefined && {username}), ...(password && {password})};
	}
	assert(command !== undefined, 'a loaded receiver has one kind');
	return {kind: 'command', argv: command.argv, env: command.env ?? {}};
}
