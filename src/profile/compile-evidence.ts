import {resolve as resolvePath} from 'node:path';
import {assert} from '../base/assert.ts';
import type {EvidenceOptions, EvidenceTime} from '../core/evidence-options.ts';
import {compileTls} from './compile-metrics.ts';
import {resolveSecrets} from './resolve-metrics.ts';
import type {Profile} from './schema.ts';
import {soundMs} from './sound.ts';

type EvidenceProfile = Profile['evidence'][number];

export function resolveEvidence(one: EvidenceProfile, folder: string): EvidenceProfile {
	const {log, page, command} = one;
	const at = (file: string | undefined): string | undefined => (file === undefined ? undefined : resolvePath(folder, file));
	return {
		...one,
		...(log && {log: {...log, path: resolvePath(folder, log.path)}}),
		...(page && {
			page: {
				...page,
				headers: resolveSecrets(page.headers, folder),
				...(page.tls && {
					tls: {...page.tls, caFile: at(page.tls.caFile), certFile: at(page.tls.certFile), keyFile: at(page.tls.keyFile)},
				}),
			},
		}),
		...(command && {command: {...command, cwd: at(command.cwd) ?? folder, env: resolveSecrets(command.env, folder)}}),
	};
}

export function compileEvidence({name, after, timeout, log, page, errors, command}: EvidenceProfile): EvidenceOptions {
	const about = {name, after, timeoutMs: soundMs(timeout)};
	if (log) return {...about, kind: 'log', ...log};
	if (page) return {...about, kind: 'page', url: page.url, headers: page.headers, ...(page.tls && {tls: compileTls(page.tls)})};
	if (errors) return {...about, kind: 'errors'};
	assert(command !== undefined, 'a loaded collector has a kind');
	return {...about, kind: 'command', argv: command.argv, cwd: command.cwd ?? '.', env: command.env};
}

/** What is not gathered after a rollback, but at another time. */
export function evidenceTimesOf({evidence}: Profile): {readonly evidenceAfter?: Readonly<Record<string, EvidenceTime>>} {
	const others = evidence.filter(({after}) => after !== 'rollback').map(({name, after}) => [name, after] as const);
	return others.length === 0 ? {} : {evidenceAfter: Object.fromEntries(others)};
}
