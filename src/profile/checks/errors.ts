import {restClasses} from '../../core/error-class.ts';
import {observedRequestsId} from '../../core/observed-split.ts';
import {didYouMean} from '../did-you-mean.ts';
import type {Draft} from '../draft.ts';
import type {Issue} from '../fault.ts';
import {listOf, mapOf, type PlainMap, textOf} from '../lenient.ts';
import {counterIdOf, requestsId} from '../requests.ts';

const lineConditions = ['code', 'codes', 'signature', 'match'] as const;
const conditions = [...lineConditions, 'query'] as const;
const rest: readonly string[] = Object.values(restClasses);

/** What error classes and budgets say about each other. */
export function checkErrors(draft: Draft): Issue[] {
	const classes = listOf(draft.profile['errors']).map(item => mapOf(item) ?? {});
	const names = classes.map(one => textOf(one['name']));
	return [...checkClasses(classes, names), ...checkBudgets(draft, classes, names), ...checkRows(draft, classes, names)];
}

type Names = readonly (string | undefined)[];

function checkClasses(classes: readonly PlainMap[], names: Names): Issue[] {
	return classes.flatMap((one, index) => {
		const path = ['errors', index];
		const name = names[index];
		const first = names.indexOf(name);
		const issues: Issue[] = [];
		if (name !== undefined && first !== index) {
			issues.push({path: [...path, 'name'], message: `the name "${name}" is taken by errors[${first}] already.`});
		}
		if (Object.hasOwn(one, 'code') && Object.hasOwn(one, 'codes')) {
			issues.push({path: [...path, 'codes'], atKey: true, message: '"code" and "codes" both stand here. Keep one of them.'});
		}
		if (name !== undefined && !rest.includes(name) && !conditions.some(key => Object.hasOwn(one, key))) {
			const message = `no line can fall into "${name}": it has no condition. Give it a code, a signature, a match or a query.`;
			issues.push({path: [...path, 'name'], message});
		}
		if (Object.hasOwn(one, 'query') && lineConditions.some(key => Object.hasOwn(one, key))) {
			const message = 'a class counts lines of the logs or reads a counter, not both: an error would be counted twice. Keep one.';
			issues.push({path: [...path, 'query'], atKey: true, message});
		}
		return issues;
	});
}

function checkBudgets({profile, stages}: Draft, classes: readonly PlainMap[], names: Names): Issue[] {
	const known = [...new Set([...names.filter(name => name !== undefined), ...rest])];
	const follows = listOf(profile['logs']).length > 0;
	return stages.flatMap(({keys, path}) => {
		const budget = mapOf(keys['budget']);
		if (!budget) return [];
		const place = [...path, 'budget'];
		return Object.entries(budget).flatMap(([name, value]): Issue[] => {
			if (!known.includes(name)) {
				const message = `there is no error class "${name}".${didYouMean(name, known)} Classes: ${known.join(', ')}.`;
				return [{path: [...place, name], atKey: true, message}];
			}
			if (!follows && !Object.hasOwn(classes[names.indexOf(name)] ?? {}, 'query')) {
				const message = `the errors of "${name}" are lines of error logs, and the profile follows none. List them under "logs", or give the class a query.`;
				return [{path: [...place, name], atKey: true, message}];
			}
			if (typeof value !== 'string' || Object.hasOwn(profile, 'requests')) return [];
			const message = 'a share needs the number of requests. Add "requests": a query that counts those of the candidate.';
			return [{path: [...place, name], message}];
		});
	});
}

/** Queries that become rows of their own need ids of their own. */
function checkRows({profile, guardrails, imported}: Draft, classes: readonly PlainMap[], names: Names): Issue[] {
	const taken = [...guardrails, ...imported].flatMap(({id}) => id ?? []);
	const rows = [
		...(Object.hasOwn(profile, 'requests') ? [{id: requestsId, path: ['requests']}] : []),
		...(Object.hasOwn(profile, 'observedRequests') ? [{id: observedRequestsId, path: ['observedRequests']}] : []),
		...classes.flatMap((one, index) =>
			Object.hasOwn(one, 'query') ? [{id: counterIdOf(names[index] ?? ''), path: ['errors', index, 'query']}] : [],
		),
	];
	const isLone = Object.hasOwn(profile, 'observedRequests') && !Object.hasOwn(profile, 'observedShare');
	const message = 'it says how many requests are behind "observedShare", which is missing.';
	const lone = isLone ? [{path: ['observedRequests'], atKey: true, message}] : [];
	const double = rows.flatMap(({id, path}) => {
		if (!taken.includes(id)) return [];
		const message = `the query becomes a row with the id "${id}", and a guardrail has it already. Give that one another id.`;
		return [{path, atKey: true, message}];
	});
	return [...lone, ...double];
}
