import {preflightKinds} from '../../core/preflight-options.ts';
import type {Issue} from '../fault.ts';
import {listOf, mapOf, type PlainMap, textOf} from '../lenient.ts';
import {exactlyOne} from './kinds.ts';
import {checkArguments, checkUrl, checkValues} from './secrets.ts';

/** What a check's keys say about each other, and secrets written out in it. */
export const checkPreflight = (profile: PlainMap): Issue[] =>
	listOf(profile['preflight']).flatMap((item, index) => checkOne(mapOf(item), ['preflight', index]));

function checkOne(check: PlainMap | undefined, path: readonly (string | number)[]): Issue[] {
	const postgres = mapOf(check?.['postgres']);
	const command = mapOf(check?.['command']);
	const place = [...path, 'postgres'];
	return [
		...exactlyOne(check, path, preflightKinds),
		...exactlyOne(postgres, place, ['query', 'rls']),
		...checkExpected(postgres, place),
		...checkArguments(command?.['argv'], [...path, 'command', 'argv']),
		...checkValues(mapOf(command?.['env']), [...path, 'command', 'env'], 'variable'),
		...(['http', 'metricsPage'] as const).flatMap(kind => {
			const page = mapOf(check?.[kind]);
			return [
				...checkUrl(page?.['url'], [...path, kind, 'url']),
				...checkValues(mapOf(page?.['headers']), [...path, kind, 'headers'], 'header'),
			];
		}),
	];
}

/** A query that nothing is expected of passes always. */
function checkExpected(postgres: PlainMap | undefined, path: readonly (string | number)[]): Issue[] {
	if (!postgres) return [];
	const expects = ['count', 'rows'].filter(key => Object.hasOwn(postgres, key));
	if (textOf(postgres['query']) !== undefined && expects.length === 0) {
		return [
			{
				path: [...path, 'query'],
				atKey: true,
				message: 'nothing is expected of this query, so it could not fail. Add "count" or "rows".',
			},
		];
	}
	const [key] = expects;
	return Object.hasOwn(postgres, 'rls') && key !== undefined
		? [{path: [...path, key], atKey: true, message: `"${key}" belongs to a "query"; beside "rls" it has no effect.`}]
		: [];
}
