import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {floors} from './floors.ts';
import {tidy} from './tidy.ts';

const root = new URL('../..', import.meta.url).pathname;

const sources = ['src', 'components', 'bin'].flatMap(folder =>
	readdirSync(join(root, folder), {recursive: true, encoding: 'utf8'})
		.filter(name => /\.tsx?$/.test(name))
		.map(name => `${folder}/${name}`),
);

test('every folder imports only what stands on a lower floor', () => {
	expect(sources.length).toBeGreaterThan(0);
	expect(sources.flatMap(path => tidy(path, readFileSync(join(root, path), 'utf8')))).toEqual([]);
});

test('every source folder has its floor', () => {
	const folders = new Set(sources.filter(path => path.startsWith('src/')).map(path => path.split('/').slice(0, 2).join('/')));
	expect([...folders].filter(folder => !(folder in floors))).toEqual([]);
});

test('a sibling import is named with the remedy', () => {
	expect(tidy('src/core/x.ts', "import {a} from '../journal/b.ts';")).toEqual([
		'src/core/x.ts imports src/journal, but src/core stands only on: src/base',
	]);
});

test('a clock in a pure folder is named with the remedy', () => {
	expect(tidy('src/core/x.ts', 'const t = Date.now();')).toEqual(['src/core/x.ts uses Date.now(; use the time on the event']);
});

test('a comment may name what the code may not do', () => {
	expect(tidy('src/core/x.ts', '// never Date.now() here')).toEqual([]);
});
