import {restClasses} from '../../core/error-class.ts';
import {didYouMean} from '../did-you-mean.ts';
import type {Draft} from '../draft.ts';
import type {Issue} from '../fault.ts';
import {listOf, mapOf, type PlainMap, textOf} from '../lenient.ts';
import {requestsId} from '../requests.ts';

const conditions = ['code', 'codes', 'signature', 'match'] as const;
const rest: readonly string[] = Object.values(restClasses);

/** What error classes and budgets say about each other. */
export function checkErrors(draft: Draft): Issue[] {
	const classes = listOf(draft.profile['errors']).map(item => mapOf(item) ?? {});
	const names = classes.map(one => textOf(one['name']));
	return [...checkClasses(classes, names), ...checkBudgets(draft, names), ...checkRequests(draft)];
}

function checkClasses(classes: readonly PlainMap[], names: readonly (string | undefined)[]): Issue[] {
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
			const message = `no line can fall into "${name}": it has no condition. Give it a code, a signature or a match.`;
			issues.push({path: [...path, 'name'], message});
		}
		return issues;
	});
}

function checkBudgets({profile, stages}: Draft, names: readonly (string | undefined)[]): Issue[] {
	const known = [...new Set([...names.filter(name => name !== undefined), ...rest])];
	const follows = listOf(profile['logs']).length > 0;
	return stages.flatMap(({keys, path}) => {
		const budget = mapOf(keys['budget']);
		if (!budget) return [];
		const place = [...path, 'budget'];
		if (!follows) {
			const message = 'a budget counts lines of error logs, and the profile follows none. List them under "logs".';
			return [{path: place, atKey: true, message}];
		}
		return Object.entries(budget).flatMap(([name, value]): Issue[] => {
			if (!known.includes(name)) {
				const message = `there is no error class "${name}".${didYouMean(name, known)} Classes: ${known.join(', ')}.`;
				return [{path: [...place, name], atKey: true, message}];
			}
			if (typeof value !== 'string' || Object.hasOwn(profile, 'requests')) return [];
			const message = 'a share needs the number of requests. Add "requests": a query that counts those of the candidate.';
			return [{path: [...place, name], message}];
		});
	});
}

function checkRequests({profile, guardrails, imported}: Draft): Issue[] {
	const taken = [...guardrails, ...imported].some(({id}) => id === requestsId);
	if (!Object.hasOwn(profile, 'requests') || !taken) return [];
	const message = `the query becomes a row with the id "${requestsId}", and a guardrail has it already. Give that one another id.`;
	return [{path: ['requests'], atKey: true, message}];
}
