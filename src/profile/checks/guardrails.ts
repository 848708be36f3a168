import {parseQuery} from '../../promql/parse.ts';
import {healthyBoundOf} from '../../promql/split.ts';
import {didYouMean} from '../did-you-mean.ts';
import type {Draft, DraftGuardrail} from '../draft.ts';
import type {Issue} from '../fault.ts';
import {durationOf, listOf, mapOf, textOf, textsOf} from '../lenient.ts';
import {baseName} from '../names.ts';
import type {Plain} from '../tree.ts';
import {checkBounds} from './bounds.ts';

/** What a guardrail's keys say about each other, and about the rest of the profile. */
export function checkGuardrails(draft: Draft): Issue[] {
	const {guardrails, imported, importFailed, profile} = draft;
	const nothing = guardrails.length + imported.length === 0 && !importFailed && !hasUnknownGuardrailKey(draft);
	return [
		...(nothing
			? [
					{
						path: ['guardrails'],
						message:
							'nothing is guarded: give the profile at least one guardrail (title, query, healthy), or a rule file under "rules".',
					},
				]
			: []),
		...guardrails.flatMap(guardrail => [
			...checkId(guardrail),
			...checkBounds(guardrail.keys, guardrail.path, textOf(guardrail.keys['unit'])),
			...checkUnbounded(guardrail, draft),
			...checkComparison(guardrail),
			...checkLogNames(guardrail, profile['logs']),
		]),
		...checkDuplicates(draft),
	];
}

/** A misspelled `guardrails:` is told already. */
const hasUnknownGuardrailKey = ({profile}: Draft): boolean =>
	Object.keys(profile).some(key => key !== 'guardrails' && didYouMean(key, ['guardrails', 'rules']) !== '');

function checkId({id, keys, path}: DraftGuardrail): Issue[] {
	if (id !== undefined) return [];
	const title = textOf(keys['title']);
	if (title === undefined && (Object.hasOwn(keys, 'title') || Object.hasOwn(keys, 'id'))) return [];
	const message =
		title === undefined
			? 'a guardrail needs a title or an id: people and the record must be able to name it.'
			: 'no id can be made from this title, for it has no Latin letters and no digits. Give the guardrail an id.';
	return [{path: title === undefined ? path : [...path, 'title'], message}];
}

function checkDuplicates(draft: Draft): Issue[] {
	const seen = new Map<string, string>(draft.imported.map(({id = ''}) => [id, 'a rule file']));
	return draft.guardrails.flatMap(({id, path, keys}, index) => {
		if (id === undefined) return [];
		const where = seen.get(id);
		if (where === undefined) {
			seen.set(id, `guardrails[${index}]`);
			return [];
		}
		const remedy = where === 'a rule file' ? 'Give this one another id, or exclude the alert.' : 'Give each its own id.';
		const key = Object.hasOwn(keys, 'id') ? 'id' : 'title';
		return [{path: [...path, key], message: `the id "${id}" is taken by ${where} already. ${remedy}`}];
	});
}

/** Says no more than leaving the key out would. */
const isHarmless = (value: Plain | undefined): boolean => value === false || value === 'warn' || durationOf(value) === 0;

/** Keys that mean nothing where there is no bound to break. */
function checkUnbounded({bound, id, keys, path}: DraftGuardrail, draft: Draft): Issue[] {
	if (bound || Object.hasOwn(keys, 'healthy') || hasComparison(keys['query'])) return [];
	const boundedLater = draft.stages.some(
		({keys: stage}) => mapOf(mapOf(stage['overrides'])?.[id ?? ''])?.['healthy'] !== undefined,
	);
	const misspelled = Object.keys(keys).some(
		key => didYouMean(key, ['healthy']) !== '' || /threshold|bound|limit|condition/i.test(key),
	);
	if (boundedLater || misspelled) return [];
	return ['for', 'severe', 'keepFiringFor', 'onBreach', 'security']
		.filter(key => Object.hasOwn(keys, key) && !isHarmless(keys[key]))
		.slice(0, 1)
		.map(key => ({
			path: [...path, key],
			atKey: true,
			message: `"${key}" has no effect without "healthy": a value without a bound is only shown. Add the bound (healthy: "< 5"), or take "${key}" out.`,
		}));
}

function hasComparison(query: Plain | undefined): boolean {
	const parsed = typeof query === 'string' ? parseQuery(query) : undefined;
	return parsed?.ok === true && healthyBoundOf(parsed.value) !== undefined;
}

/** An alert's expression in place of a value: a healthy answer would be empty, and empty is no data. */
function checkComparison({keys, path}: DraftGuardrail): Issue[] {
	const query = textOf(keys['query']);
	const parsed = query === undefined || Object.hasOwn(keys, 'healthy') ? undefined : parseQuery(query);
	const healthy = parsed?.ok ? healthyBoundOf(parsed.value) : undefined;
	if (!healthy) return [];
	const bound = `${healthy.op === '==' ? '=' : healthy.op} ${healthy.value}`;
	const message = `the query ends in a comparison, so it answers with nothing while all is well. Write the value and the bound apart: query: ${healthy.left} and healthy: "${bound}".`;
	return [{path: [...path, 'query'], message}];
}

function checkLogNames({keys, path}: DraftGuardrail, logs: Plain | undefined): Issue[] {
	const log = mapOf(keys['log']);
	if (!log) return [];
	const names = listOf(logs).flatMap(item => {
		const map = mapOf(item);
		const name = textOf(map?.['name']) ?? baseName(textOf(map?.['path']) ?? textsOf(map?.['paths'])[0]);
		return name === undefined ? [] : [name];
	});
	if (listOf(logs).length === 0) {
		return [
			{
				path: [...path, 'log'],
				atKey: true,
				message: 'this guardrail counts lines of the logs, and the profile follows none. List them under "logs".',
			},
		];
	}
	return listOf(log['logs']).flatMap((name, index) =>
		typeof name !== 'string' || names.includes(name)
			? []
			: [
					{
						path: [...path, 'log', 'logs', index],
						message: `there is no log "${name}".${didYouMean(name, names)} The profile follows: ${names.join(', ')}.`,
					},
				],
	);
}
