import {access, constants, stat} from 'node:fs/promises';
import {dirname, isAbsolute, resolve} from 'node:path';
import type {Issue} from '../fault.ts';
import {listOf, mapOf, type PlainMap, textOf, textsOf} from '../lenient.ts';
import {reasonOf} from '../read-text.ts';
import {metricsKinds} from '../schema/metrics.ts';
import {type Env, unsetFor} from '../substitute.ts';
import type {Path, Plain} from '../tree.ts';

type Kind = 'file' | 'folder' | 'folder of' | 'program' | 'variable';
type Reference = {readonly kind: Kind; readonly value: Plain | undefined; readonly path: Path};

/** Files, folders, programs and variables that a profile names must be there before anything moves. */
export async function checkReferences(profile: PlainMap, folder: string, env: Env): Promise<Issue[]> {
	const references = [
		...metricsReferences(profile),
		...routerReferences(profile),
		...preflightReferences(profile),
		...notifyReferences(profile, env),
		...burstReferences(profile),
		...alertReferences(profile),
		...evidenceReferences(profile),
		...instanceReferences(profile),
	];
	const issues = await Promise.all(references.map(reference => checkReference(reference, folder, env)));
	return issues.flat();
}

function metricsReferences(profile: PlainMap): Reference[] {
	const metrics = mapOf(profile['metrics']);
	const ruleFiles = listOf(mapOf(metrics?.['scrape'])?.['ruleFiles']);
	return [
		...metricsKinds.flatMap(kind => httpReferences(mapOf(metrics?.[kind]), ['metrics', kind])),
		...ruleFiles.map((value, index): Reference => ({kind: 'file', value, path: ['metrics', 'scrape', 'ruleFiles', index]})),
	];
}

function httpReferences(source: PlainMap | undefined, path: Path): Reference[] {
	const auth = mapOf(source?.['auth']);
	const basic = mapOf(auth?.['basic']);
	const tls = mapOf(source?.['tls']);
	return [
		{kind: 'file', value: auth?.['bearerTokenFile'], path: [...path, 'auth', 'bearerTokenFile']},
		{kind: 'variable', value: auth?.['bearerTokenEnv'], path: [...path, 'auth', 'bearerTokenEnv']},
		{kind: 'file', value: basic?.['passwordFile'], path: [...path, 'auth', 'basic', 'passwordFile']},
		{kind: 'variable', value: basic?.['passwordEnv'], path: [...path, 'auth', 'basic', 'passwordEnv']},
		...['caFile', 'certFile', 'keyFile'].map(
			(key): Reference => ({kind: 'file', value: tls?.[key], path: [...path, 'tls', key]}),
		),
		...secretReferences(source?.['headers'], [...path, 'headers']),
	];
}

function evidenceReferences(profile: PlainMap): Reference[] {
	return listOf(profile['evidence']).flatMap((item, index) => {
		const one = mapOf(item);
		const path = ['evidence', index];
		return [...httpReferences(mapOf(one?.['page']), [...path, 'page']), ...commandReferences(one, path)];
	});
}

function instanceReferences(profile: PlainMap): Reference[] {
	const instance = mapOf(profile['instance']);
	const restart = mapOf(instance?.['restartBaseline']);
	const path = ['instance'];
	return [
		...programReferences(mapOf(instance?.['start']), [...path, 'start']),
		...httpReferences(mapOf(instance?.['health']), [...path, 'health']),
		...programReferences(restart, [...path, 'restartBaseline']),
		...httpReferences(mapOf(restart?.['health']), [...path, 'restartBaseline', 'health']),
	];
}

/** A command beside others: `command: {argv, cwd, env}`. */
function commandReferences(one: PlainMap | undefined, path: Path): Reference[] {
	return programReferences(mapOf(one?.['command']), [...path, 'command']);
}

/** `{argv, cwd, env}`. */
function programReferences(command: PlainMap | undefined, place: Path): Reference[] {
	const program = Object.hasOwn(command ?? {}, 'cwd') ? undefined : listOf(command?.['argv'])[0];
	return [
		{kind: 'folder', value: command?.['cwd'], path: [...place, 'cwd']},
		{kind: 'program', value: program, path: [...place, 'argv', 0]},
		...secretReferences(command?.['env'], [...place, 'env']),
	];
}

function burstReferences(profile: PlainMap): Reference[] {
	const burst = mapOf(profile['burst']);
	return [
		...httpReferences(burst, ['burst']),
		...listOf(burst?.['users']).flatMap((item, index) =>
			secretReferences({token: mapOf(item)?.['token'] ?? null}, ['burst', 'users', index]),
		),
	];
}

function preflightReferences(profile: PlainMap): Reference[] {
	return listOf(profile['preflight']).flatMap((item, index): Reference[] => {
		const check = mapOf(item);
		const path = ['preflight', index];
		return [
			...commandReferences(check, path),
			...secretReferences({url: mapOf(check?.['postgres'])?.['url'] ?? null}, [...path, 'postgres']),
			...(['http', 'metricsPage'] as const).flatMap(kind => httpReferences(mapOf(check?.[kind]), [...path, kind])),
		];
	});
}

const alertReferences = (profile: PlainMap): Reference[] =>
	['webhook', 'poll'].flatMap(key => secretReferences(mapOf(profile['alertmanager'])?.[key], ['alertmanager', key]));

const notifyReferences = (profile: PlainMap, env: Env): Reference[] =>
	listOf(profile['notify']).flatMap((item, index) => {
		const path = ['notify', index];
		const one = mapOf(item);
		if (unsetFor(textsOf(one?.['ifSet']), env).length > 0) return [];
		const [webhook, command] = [mapOf(one?.['webhook']), mapOf(one?.['command'])];
		const program = textOf(listOf(command?.['argv'])[0]);
		return [
			...['webhook', 'pagerduty', 'statuspage', 'mail'].flatMap(kind => secretReferences(one?.[kind], [...path, kind])),
			...secretReferences(webhook?.['headers'], [...path, 'webhook', 'headers']),
			...secretReferences(command?.['env'], [...path, 'command', 'env']),
			...(program?.includes('{{') ? [] : [{kind: 'program', value: program, path: [...path, 'command', 'argv', 0]} as const]),
		];
	});

function routerReferences(profile: PlainMap): Reference[] {
	const router = mapOf(profile['router']);
	return [...routerFiles(router, ['router']), ...routerFiles(mapOf(router?.['fallback']), ['router', 'fallback'])];
}

function routerFiles(router: PlainMap | undefined, path: Path): Reference[] {
	const nginx = mapOf(router?.['nginx']);
	const command = mapOf(router?.['command']);
	const nginxPath = [...path, 'nginx'];
	return [
		{kind: 'folder of', value: mapOf(router?.['haproxy'])?.['stateFile'], path: [...path, 'haproxy', 'stateFile']},
		{kind: 'folder of', value: nginx?.['include'], path: [...nginxPath, 'include']},
		{kind: 'folder', value: nginx?.['prefix'], path: [...nginxPath, 'prefix']},
		{kind: 'file', value: nginx?.['config'], path: [...nginxPath, 'config']},
		{kind: 'program', value: nginx?.['binary'], path: [...nginxPath, 'binary']},
		...['gateway-api', 'argo-rollouts'].map((kind): Reference => {
			return {kind: 'file', value: mapOf(router?.[kind])?.['kubeconfig'], path: [...path, kind, 'kubeconfig']};
		}),
		{kind: 'folder', value: command?.['cwd'], path: [...path, 'command', 'cwd']},
		...['read', 'write'].flatMap((key): Reference[] => {
			const part = mapOf(command?.[key]);
			const place = [...path, 'command', key];
			// With a folder of its own for the commands, a relative program is looked up there, by the one who runs it.
			const program = Object.hasOwn(command ?? {}, 'cwd') ? undefined : listOf(part?.['argv'])[0];
			return [
				{kind: 'program', value: program, path: [...place, 'argv', 0]},
				...secretReferences(part?.['env'], [...place, 'env']),
			];
		}),
	];
}

const secretReferences = (values: Plain | undefined, path: Path): Reference[] =>
	Object.entries(mapOf(values) ?? {}).flatMap(([key, value]) => {
		const reference = mapOf(value);
		return [
			{kind: 'file', value: reference?.['file'], path: [...path, key, 'file']},
			{kind: 'variable', value: reference?.['env'], path: [...path, key, 'env']},
		] satisfies Reference[];
	});

async function checkReference({kind, value, path}: Reference, folder: string, env: Env): Promise<Issue[]> {
	const text = textOf(value);
	if (text === undefined || text === '') return [];
	if (kind === 'variable') {
		const isSet = (Object.hasOwn(env, text) ? env[text] : '') !== '';
		// A name that is none is told by the schema.
		return isSet || !/^[A-Za-z_]\w*$/.test(text)
			? []
			: [{path, message: `the environment variable ${text} is not set or empty.`}];
	}
	if (kind === 'program' && !text.includes('/')) return [];
	if (text.startsWith('~')) return [{path, message: `"~" is only understood by a shell. Write the whole path, or \${HOME}/….`}];
	const absolute = resolve(folder, text);
	const looked = kind === 'folder of' ? dirname(absolute) : absolute;
	const reason = await whyNot(kind, looked);
	if (reason === undefined) return [];
	const inWords = kind.startsWith('folder') ? reason.replace('no such file', 'no such folder') : reason;
	const where = isAbsolute(text) && kind !== 'folder of' ? '' : ` (looked for at ${looked})`;
	return [{path, message: `the ${kind === 'folder of' ? 'folder of this file' : kind} can't be used: ${inWords}${where}.`}];
}

async function whyNot(kind: Kind, path: string): Promise<string | undefined> {
	try {
		const found = await stat(path);
		const wantsFolder = kind === 'folder' || kind === 'folder of';
		if (wantsFolder !== found.isDirectory()) return wantsFolder ? 'it is no folder' : 'it is a folder';
		await access(path, kind === 'program' ? constants.X_OK : constants.R_OK);
		return undefined;
	} catch (error) {
		const reason = reasonOf(error);
		return kind === 'program' && reason.startsWith('this user') ? 'this user may not run it' : reason;
	}
}
