import {redact} from '../../base/redact.ts';
import type {Issue} from '../fault.ts';
import {listOf, mapOf, type PlainMap} from '../lenient.ts';
import {metricsKinds} from '../schema/metrics.ts';
import {namesSecret} from '../sensitive.ts';
import type {Path, Plain} from '../tree.ts';

/** Secrets written out: in URLs, headers, arguments and environments. The value is never shown. */
export function checkSecrets(profile: PlainMap): Issue[] {
	const metrics = mapOf(profile['metrics']);
	const router = mapOf(profile['router']);
	return [
		...checkUrl(mapOf(metrics?.['prometheus'])?.['url'], ['metrics', 'prometheus', 'url']),
		...checkPages(mapOf(metrics?.['scrape'])),
		...metricsKinds.flatMap(kind =>
			checkValues(mapOf(mapOf(metrics?.[kind])?.['headers']), ['metrics', kind, 'headers'], 'header'),
		),
		...listOf(profile['notify']).flatMap((item, index) => checkReceiver(mapOf(item), ['notify', index])),
		...checkRouter(router, ['router']),
		...checkRouter(mapOf(router?.['fallback']), ['router', 'fallback']),
	];
}

function checkReceiver(receiver: PlainMap | undefined, path: Path): Issue[] {
	const [webhook, command] = [mapOf(receiver?.['webhook']), mapOf(receiver?.['command'])];
	return [
		...checkValues(mapOf(webhook?.['headers']), [...path, 'webhook', 'headers'], 'header'),
		...checkValues(mapOf(command?.['env']), [...path, 'command', 'env'], 'variable'),
		...checkArguments(command?.['argv'], [...path, 'command', 'argv']),
	];
}

const checkPages = (scrape: PlainMap | undefined): Issue[] =>
	listOf(scrape?.['targets']).flatMap((item, index) => {
		const target = mapOf(item);
		const path = ['metrics', 'scrape', 'targets', index];
		const urls = listOf(target?.['urls']).flatMap((url, at) => checkUrl(url, [...path, 'urls', at]));
		return [...checkUrl(target?.['url'], [...path, 'url']), ...urls];
	});

function checkRouter(router: PlainMap | undefined, path: Path): Issue[] {
	const command = mapOf(router?.['command']);
	const nginx = mapOf(router?.['nginx']);
	const builtin = mapOf(router?.['builtin']);
	return [
		...checkUrl(mapOf(router?.['aws-alb'])?.['endpoint'], [...path, 'aws-alb', 'endpoint']),
		...checkUrl(nginx?.['revisionUrl'], [...path, 'nginx', 'revisionUrl']),
		...(['baseline', 'candidate', 'stable', 'canary'] as const).flatMap(key =>
			listOf(builtin?.[key]).flatMap((url, index) => checkUrl(url, [...path, 'builtin', key, index])),
		),
		...(['test', 'reload'] as const).flatMap(key => checkArguments(nginx?.[key], [...path, 'nginx', key])),
		...(['read', 'write'] as const).flatMap(key => {
			const part = mapOf(command?.[key]);
			const place = [...path, 'command', key];
			return [
				...checkArguments(part?.['argv'], [...place, 'argv']),
				...checkValues(mapOf(part?.['env']), [...place, 'env'], 'variable'),
			];
		}),
	];
}

export function checkUrl(value: Plain | undefined, path: Path): Issue[] {
	const url = typeof value === 'string' ? URL.parse(value) : undefined;
	if (!url || (url.username === '' && url.password === '')) return [];
	const message =
		'the URL holds a user or a password, which would be stored and shown. Take it out; where the server asks for one, use "auth" with a reference.';
	return [{path, message, secret: true}];
}

export function checkValues(map: PlainMap | undefined, path: Path, noun: 'header' | 'variable'): Issue[] {
	return Object.entries(map ?? {}).flatMap(([key, value]) => {
		if (typeof value !== 'string' || (!namesSecret(key) && redact(`${key}: ${value}`) === `${key}: ${value}`)) return [];
		const message = `this ${noun} looks like a secret written out. Put a reference in its place: ${key}: {env: NAME} or ${key}: {file: /path}.`;
		return [{path: [...path, key], message, secret: true}];
	});
}

export function checkArguments(value: Plain | undefined, path: Path): Issue[] {
	const argv = listOf(value);
	return argv.flatMap((word, index) => {
		const before = argv[index - 1];
		const follows = typeof before === 'string' && /^--?[\w-]+$/.test(before) && namesSecret(before);
		if (typeof word !== 'string' || (!follows && redact(word) === word)) return [];
		const message =
			'this argument looks like a secret written out; arguments are also visible to every user of the machine. Give it to the program by its environment: env: {NAME: {env: NAME}}.';
		return [{path: [...path, index], message, secret: true}];
	});
}
