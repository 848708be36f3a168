import {readFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {keysManual} from '../../scripts/docs-keys.ts';
import {helpRows} from '../../src/view/help.ts';
import {holdsIn, keyTable} from '../../src/view/keys.ts';
import {textOf} from '../../src/view/row.ts';
import {liveLink} from '../../src/view/scene.ts';
import {sceneOf} from '../helpers/fake-scene.ts';
import {healthySession} from '../helpers/fake-session.ts';

test('docs/keys.md is what the key table says (npm run docs writes it)', () => {
	expect(readFileSync(new URL('../../docs/keys.md', import.meta.url), 'utf8')).toBe(keysManual());
});

describe.each([
	['live', false],
	['in a replay', true],
])('%s', (_, isReplay) => {
	const table = keyTable.filter(binding => holdsIn(binding, isReplay));

	test('no key does two things', () => {
		const keys = table.flatMap(binding => binding.keys);
		expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
	});

	test('the help on the screen has every key of the table', () => {
		const scene = sceneOf(healthySession(), {link: {...liveLink, replay: isReplay}});
		const text = helpRows(scene, 200).map(textOf).join('\n');
		for (const {help} of table) expect(text).toContain(help.split(/[.;:]/)[0]);
	});
});

test('whatever changes something counts only when pressed by itself', () => {
	expect(keyTable.filter(({group, guarded}) => group === 'Act' && !guarded)).toEqual([]);
	expect(keyTable.find(({action}) => action === 'quit')?.guarded).toBe(true);
});
