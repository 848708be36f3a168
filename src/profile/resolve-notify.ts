import {resolve as resolvePath} from 'node:path';
import {receiverName} from './compile-notify.ts';
import {resolveSecrets} from './resolve-metrics.ts';
import type {Profile} from './schema.ts';
import {type Env, unsetFor} from './substitute.ts';

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

/** Receivers of which a variable is not set, one sentence each. */
export const leftOutNotes = ({notify}: Profile, env: Env): readonly string[] =>
	notify.flatMap(one => {
		const unset = unsetFor(one.ifSet, env);
		if (unset.length === 0) return [];
		return [`the receiver ${receiverName(one)} is left out: ${unset.join(' and ')} ${unset.length === 1 ? 'is' : 'are'} not set`];
	});

/** The receivers that are told anything, with their names, and files and programs by absolute paths. */
export const resolveNotify = ({notify}: Profile, folder: string, env: Env): Profile['notify'] =>
	notify.flatMap(({ifSet, ...one}) => {
		if (unsetFor(ifSet, env).length > 0) return [];
		const {webhook, pagerduty, statuspage, mail, command} = one;
		const at = refAt(folder);
		const [program = '', ...args] = command?.argv ?? [];
		const resolved = {
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
		return [resolved];
	});
