import {evidenceKinds} from '../../core/evidence-options.ts';
import type {Issue} from '../fault.ts';
import {listOf, mapOf, type PlainMap, textOf} from '../lenient.ts';
import {exactlyOne} from './kinds.ts';
import {checkArguments, checkUrl, checkValues} from './secrets.ts';

export function checkEvidence(profile: PlainMap): Issue[] {
	const list = listOf(profile['evidence']).map(item => mapOf(item));
	const names = list.map(item => textOf(item?.['name']));
	return list.flatMap((item, index): Issue[] => {
		const path = ['evidence', index];
		const command = mapOf(item?.['command']);
		const page = mapOf(item?.['page']);
		const first = names.indexOf(names[index]);
		const isTwice = names[index] !== undefined && first !== index;
		return [
			...exactlyOne(item, path, evidenceKinds),
			...(isTwice
				? [{path: [...path, 'name'], message: `the name "${names[index]}" is taken by evidence[${first}] already.`}]
				: []),
			...checkArguments(command?.['argv'], [...path, 'command', 'argv']),
			...checkValues(mapOf(command?.['env']), [...path, 'command', 'env'], 'variable'),
			...checkUrl(page?.['url'], [...path, 'page', 'url']),
			...checkValues(mapOf(page?.['headers']), [...path, 'page', 'headers'], 'header'),
		];
	});
}
