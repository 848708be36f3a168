import {assert} from '../base/assert.ts';
import {bellKinds, type NoticeKind, type ReceiverOptions, type ReceiverTarget} from '../core/notify-options.ts';
import type {Profile} from './schema.ts';
import {soundMs} from './sound.ts';

type Receiver = Profile['notify'][number];

const defaultOn = (one: Receiver): readonly NoticeKind[] => {
	if (one.pagerduty) return ['rollback', 'alarm'];
	if (one.bell) return bellKinds;
	return one.statuspage ? ['rollback', 'decision'] : ['start', 'stage', 'due', 'no-data', 'rollback', 'decision', 'alarm'];
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
export const receiverName = ({name, webhook, pagerduty, statuspage, mail, bell}: Receiver): string =>
	name ?? (webhook ? 'webhook' : pagerduty ? 'pagerduty' : statuspage ? 'statuspage' : mail ? 'mail' : bell ? 'bell' : 'command');

function targetOf({webhook, pagerduty, statuspage, mail, bell, command}: Receiver): ReceiverTarget {
	if (bell) return {kind: 'bell'};
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
