import {orList} from '../did-you-mean.ts';
import type {Issue} from '../fault.ts';
import {missingText, schemaAt} from '../json-schema.ts';
import {listOf, mapOf, type PlainMap} from '../lenient.ts';
import {metricsKinds} from '../schema/metrics.ts';
import {receiverKinds} from '../schema/notify.ts';
import {routerKinds} from '../schema/router.ts';
import type {Path, Plain} from '../tree.ts';

/** Where exactly one of several keys must stand, and the two sides of everything that has two. */
export function checkKinds(profile: PlainMap): Issue[] {
	const metrics = mapOf(profile['metrics']);
	const router = mapOf(profile['router']);
	return [
		...checkSides(profile, []),
		...exactlyOne(metrics, ['metrics'], metricsKinds),
		...metricsKinds.flatMap(kind => checkAuth(mapOf(mapOf(metrics?.[kind])?.['auth']), ['metrics', kind, 'auth'])),
		...listOf(mapOf(metrics?.['scrape'])?.['targets']).flatMap((item, index) =>
			exactlyOne(mapOf(item), ['metrics', 'scrape', 'targets', index], ['url', 'urls']),
		),
		...checkRouter(router, ['router']),
		...checkRouter(mapOf(router?.['fallback']), ['router', 'fallback']),
		...listOf(profile['guardrails']).flatMap((item, index) => exactlyOne(mapOf(item), ['guardrails', index], ['query', 'log'])),
		...listOf(profile['notify']).flatMap((item, index) => exactlyOne(mapOf(item), ['notify', index], receiverKinds)),
		...listOf(profile['logs']).flatMap((item, index) => exactlyOne(mapOf(item), ['logs', index], ['path', 'paths'])),
	];
}

const checkAuth = (auth: PlainMap | undefined, path: Path): Issue[] => [
	...exactlyOne(auth, path, ['basic', 'bearerTokenFile', 'bearerTokenEnv']),
	...exactlyOne(mapOf(auth?.['basic']), [...path, 'basic'], ['passwordFile', 'passwordEnv']),
];

function checkRouter(router: PlainMap | undefined, path: Path): Issue[] {
	const nginx = mapOf(router?.['nginx']);
	const builtin = mapOf(router?.['builtin']);
	const gateway = mapOf(router?.['gateway-api']);
	const alb = mapOf(router?.['aws-alb']);
	const haproxyPath = [...path, 'haproxy'];
	const parsePath = [...path, 'command', 'read', 'parse'];
	return [
		...exactlyOne(router, path, routerKinds),
		...exactlyOne(alb, [...path, 'aws-alb'], ['rule', 'listener']),
		...(gateway ? checkSides(gateway, [...path, 'gateway-api']) : []),
		...(alb ? checkSides(alb, [...path, 'aws-alb']) : []),
		...(nginx ? checkSides(nginx, [...path, 'nginx']) : []),
		...(builtin ? checkSides(builtin, [...path, 'builtin']) : []),
		...exactlyOne(mapOf(builtin?.['sticky']), [...path, 'builtin', 'sticky'], ['header', 'cookie']),
		...listOf(mapOf(router?.['haproxy'])?.['backends']).flatMap((item, index) => {
			const backend = mapOf(item);
			return backend ? checkSides(backend, [...haproxyPath, 'backends', index]) : [];
		}),
		...exactlyOne(mapOf(mapOf(mapOf(router?.['command'])?.['read'])?.['parse']), parsePath, ['regex', 'jsonPath']),
	];
}

function checkSides(map: PlainMap, path: Path): Issue[] {
	return [
		...exactlyOne(map, path, ['baseline', 'stable'], 'baseline'),
		...exactlyOne(map, path, ['candidate', 'canary'], 'candidate'),
	];
}

/** `wanted` names the key in the message when none is there; without it the message lists them all. */
export function exactlyOne(map: PlainMap | undefined, path: Path, keys: readonly string[], wanted?: string): Issue[] {
	if (!map) return [];
	const there = keys.filter(key => Object.hasOwn(map, key));
	if (there.length === 1) return [];
	if (there.length > 1) {
		const message = `${there.map(key => `"${key}"`).join(' and ')} both stand here; only one of ${orList(keys)} may.`;
		return [{path: [...path, there[1] ?? ''], atKey: true, message}];
	}
	// An unknown key is told already, and is probably the one that is missing.
	if (hasUnknownKey(map, path)) return [];
	if (wanted === undefined) return [{path, message: `one of ${orList(keys)} must stand here, and none does.`}];
	const place = [...path, wanted];
	return [{path: place, message: missingText(wanted, place)}];
}

function hasUnknownKey(map: {readonly [key: string]: Plain}, path: Path): boolean {
	const allowed = Object.keys(schemaAt(path)?.properties ?? {});
	return Object.keys(map).some(key => !allowed.includes(key));
}
