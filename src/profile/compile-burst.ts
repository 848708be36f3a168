import {resolve as resolvePath} from 'node:path';
import type {BurstOptions} from '../core/burst-options.ts';
import {compileTls} from './compile-metrics.ts';
import {resolveSecrets} from './resolve-metrics.ts';
import type {Profile} from './schema.ts';
import {soundMs} from './sound.ts';

type BurstProfile = NonNullable<Profile['burst']>;

export function resolveBurst(burst: BurstProfile, folder: string): BurstProfile {
	const at = (file: string | undefined): string | undefined => (file === undefined ? undefined : resolvePath(folder, file));
	const {tls} = burst;
	return {
		...burst,
		headers: resolveSecrets(burst.headers, folder),
		users: burst.users.map(user =>
			user.token && 'file' in user.token ? {...user, token: {file: resolvePath(folder, user.token.file)}} : user,
		),
		...(tls && {tls: {...tls, caFile: at(tls.caFile), certFile: at(tls.certFile), keyFile: at(tls.keyFile)}}),
	};
}

export function compileBurst({users, pause, timeout, maxDuration, tls, body, ...rest}: BurstProfile): BurstOptions {
	return {
		...rest,
		users: users.map(({name, token}) => ({name, ...(token && {token})})),
		pauseMs: soundMs(pause),
		timeoutMs: soundMs(timeout),
		maxDurationMs: soundMs(maxDuration),
		...(body !== undefined && {body}),
		...(tls && {tls: compileTls(tls)}),
	};
}
