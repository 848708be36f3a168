import {columnsOf} from '../../base/text.ts';
import {namesIn, placeMeanings, placeOf, takenKeys} from '../../core/runbook-options.ts';
import {didYouMean} from '../did-you-mean.ts';
import type {Issue} from '../fault.ts';
import {listOf, mapOf, type PlainMap, textOf} from '../lenient.ts';
import type {Path, Plain} from '../tree.ts';
import {checkArguments, checkValues} from './secrets.ts';

/** What the commands of the runbook say about each other, about the keys of the console, and what their places name. */
export function checkCommands(profile: PlainMap): Issue[] {
	const commands = listOf(profile['commands']).map(item => mapOf(item) ?? {});
	const titles = commands.map(one => textOf(one['title'])?.toLowerCase());
	const keys = commands.map(one => textOf(one['key']));
	return commands.flatMap((command, index): Issue[] => {
		const path = ['commands', index];
		const title = textOf(command['title']);
		const first = titles.indexOf(titles[index]);
		const isTwice = title !== undefined && first !== index;
		return [
			...(isTwice ? [{path: [...path, 'title'], message: `the title "${title}" is taken by commands[${first}] already.`}] : []),
			...checkKey(keys, index, [...path, 'key']),
			...checkPlaces(command['argv'], [...path, 'argv']),
			...checkArguments(command['argv'], [...path, 'argv']),
			...checkValues(mapOf(command['env']), [...path, 'env'], 'variable'),
		];
	});
}

const graphemes = new Intl.Segmenter();

function checkKey(keys: readonly (string | undefined)[], index: number, path: Path): Issue[] {
	const key = keys[index];
	if (key === undefined) return [];
	const say = (message: string): Issue[] => [{path, message}];
	const isOne = [...graphemes.segment(key)].length === 1 && [...key].length === 1;
	if (!isOne || !/^[^\p{C}\p{Z}\p{M}]$/u.test(key) || columnsOf(key) !== 1)
		return say(
			`${JSON.stringify(key)} is no key: write one printable character, such as D. What is typed with Ctrl or Alt can't be one.`,
		);
	const taken = Object.hasOwn(takenKeys, key) ? takenKeys[key] : undefined;
	if (taken !== undefined) return say(`the console's own key "${key}" is "${taken}". Free are, for example, ${freeKeys(keys)}.`);
	const first = keys.indexOf(key);
	return first === index
		? []
		: say(`the key "${key}" is taken by commands[${first}] already. Free are, for example, ${freeKeys(keys)}.`);
}

const freeKeys = (used: readonly (string | undefined)[]): string =>
	[...'DLTSOWBCFHIJKMNPQRUVXYZbcdfilmotuvwxy']
		.filter(key => !used.includes(key) && !Object.hasOwn(takenKeys, key))
		.slice(0, 5)
		.join(', ');

function checkPlaces(argv: Plain | undefined, path: Path): Issue[] {
	const known = Object.keys(placeMeanings);
	return listOf(argv).flatMap((word, index): Issue[] => {
		if (typeof word !== 'string') return [];
		if (index === 0 && namesIn(word).length > 0)
			return [
				{
					path: [...path, index],
					message: 'the program itself is named in the profile, and nowhere else: nothing is filled in here.',
				},
			];
		const unknown = namesIn(word).find(name => placeOf(name) === undefined);
		if (unknown === undefined) return [];
		const meant = didYouMean(unknown, known);
		const message = `{{${unknown}}} stands for nothing.${meant} There are: ${known.join(', ')}. To hand it on as it is, put a backslash before it: \\{{${unknown}}}.`;
		return [{path: [...path, index], message}];
	});
}
