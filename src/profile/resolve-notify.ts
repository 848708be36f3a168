import {resolve as resolvePath} from 'node:path';
import {receiverName} from './compile-notify.ts';
import {resolveSecrets} from './resolve-metrics.ts';
import type {Profile} from './schema.ts';

const refAt =
	(folder: string) =>
	<Ref extends {env: string} | {file: string}>(ref: Ref): Ref =>
		'file' in ref ? {...ref, file: resolvePath(folder, ref.file)} : ref;

/** Alertmanager's secrets by absolute paths. */
export function resolveAlertmanager({alertmanager}: Profile, folder: string): Profile['alertmanager'] {
	if (!alertmanager) return undefined;
	const {webhook, poll} = alertmanager;
	const at = refAt(folder);
	return {
		...alertmanager,
		...(webhook && {webhook: {...webhook, token: at(webhook.token)}}),
		...(poll && {poll: {...poll, ...(poll.token && {token: at(poll.token)})}}),
	};
}

/** Receivers with their names, and files and programs by absolute paths. */
export const resolveNotify = ({notify}: Profile, folder: string): Profile['notify'] =>
	notify.map(one => {
		const {webhook, pagerduty, statuspage, mail, command} = one;
		const at = refAt(folder);
		const [program = '', ...args] = command?.argv ?? [];
		return {
			...one,
			name: receiverName(one),
			...(webhook && {
				webhook: {
					...webhook,
					url: typeof webhook.url === 'string' ? webhook.url : at(webhook.url),
					headers: resolveSecrets(webhook.headers ?? {}, folder),
				},
			}),
			...(pagerduty && {pagerduty: {...pagerduty, routingKey: at(pagerduty.routingKey)}}),
			...(statuspage && {statuspage: {...statuspage, token: at(statuspage.token)}}),
			...(mail && {mail: {...mail, ...(mail.password && {password: at(mail.password)})}}),
			...(command && {
				command: {
					argv: [program.includes('/') ? resolvePath(folder, program) : program, ...args],
					env: resolveSecrets(command.env ?? {}, folder),
				},
			}),
		};
	});
