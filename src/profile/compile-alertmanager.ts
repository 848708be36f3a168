import {assert} from '../base/assert.ts';
import type {AlertmanagerOptions} from '../core/alertmanager-options.ts';
import type {Profile} from './schema.ts';
import {parseSocket} from './socket.ts';
import {soundMs} from './sound.ts';

/** Undefined where the profile names no Alertmanager. */
export function compileAlertmanager({name, alertmanager}: Profile): AlertmanagerOptions | undefined {
	if (!alertmanager) return undefined;
	const {webhook, poll} = alertmanager;
	const socket = webhook && parseSocket(webhook.listen);
	assert(socket === undefined || 'port' in socket, 'a loaded webhook listens on host:port');
	return {
		...(webhook && socket && {webhook: {...socket, token: webhook.token}}),
		...(poll && {
			poll: {
				url: poll.url.replace(/\/$/, ''),
				everyMs: soundMs(poll.every),
				matchers: poll.matchers ?? [`canary=${JSON.stringify(name)}`],
				...(poll.token && {token: poll.token}),
			},
		}),
	};
}
