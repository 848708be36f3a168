import {readFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import {keysManual} from '../../scripts/docs-keys.ts';
import {helpRows} from '../../src/view/help.ts';
import {keyTable} from '../../src/view/keys.ts';
import {textOf} from '../../src/view/row.ts';
import {sceneOf} from '../helpers/fake-scene.ts';
import {healthySession} from '../helpers/fake-session.ts';

test('docs/keys.md is what the key table says (npm run docs writes it)', () => {
	expect(readFileSync(new URL('../../docs/keys.md', import.meta.url), 'utf8')).toBe(keysManual());
});

test('no key does two things', () => {
	const keys = keyTable.flatMap(binding => binding.keys);
	expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
});

test('whatever changes something counts only when pressed by itself', () => {
	expect(keyTable.filter(({group, guarded}) => group === 'Act' && !guarded)).toEqual([]);
	expect(keyTable.find(({action}) => action === 'quit')?.guarded).toBe(true);
});

test('the help on the screen has every key of the table', () => {
	const text = helpRows(sceneOf(healthySession()), 200).map(textOf).join('\n');
	for (const {help} of keyTable) expect(text).toContain(help.split(/[.;:]/)[0]);
});
