import type {Issue} from '../fault.ts';
import {mapOf, type PlainMap} from '../lenient.ts';
import type {Path} from '../tree.ts';
import {checkArguments, checkUrl, checkValues} from './secrets.ts';

/** Secrets written out in the instance's section, and what its keys say about each other. */
export function checkInstance(profile: PlainMap): Issue[] {
	const instance = mapOf(profile['instance']);
	const restart = mapOf(instance?.['restartBaseline']);
	const path = ['instance'];
	return [
		...checkProgram(mapOf(instance?.['start']), [...path, 'start']),
		...checkHealth(mapOf(instance?.['health']), [...path, 'health']),
		...checkProgram(restart, [...path, 'restartBaseline']),
		...checkHealth(mapOf(restart?.['health']), [...path, 'restartBaseline', 'health']),
		...checkStopAfter(instance, path),
	];
}

const checkProgram = (program: PlainMap | undefined, path: Path): Issue[] => [
	...checkArguments(program?.['argv'], [...path, 'argv']),
	...checkValues(mapOf(program?.['env']), [...path, 'env'], 'variable'),
];

const checkHealth = (health: PlainMap | undefined, path: Path): Issue[] => [
	...checkUrl(health?.['url'], [...path, 'url']),
	...checkValues(mapOf(health?.['headers']), [...path, 'headers'], 'header'),
];

/** Promoted, the candidate has all traffic: without a way back for it the instance could never be stopped. */
function checkStopAfter(instance: PlainMap | undefined, path: Path): Issue[] {
	if (!instance || !Object.hasOwn(instance, 'stopAfter') || Object.hasOwn(instance, 'restartBaseline')) return [];
	const message =
		'after the promotion this instance has all traffic, and is never stopped while it has. Add "restartBaseline", which puts the new version into service beside it and gives it the traffic; or take "stopAfter" out.';
	return [{path: [...path, 'stopAfter'], atKey: true, message}];
}
