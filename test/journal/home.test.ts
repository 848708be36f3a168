import {mkdirSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, expect, test} from 'vitest';
import {makeFolder, makePrivateFolder} from '../../src/journal/home.ts';
import {makeRuntimeFolder} from '../../src/journal/runtime-folder.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';

const temp = createTempFolder('home');
afterAll(() => temp.remove());

test('a private folder is for its owner alone, with all that had to be made above it, and one that is there stays as it is', () => {
	makePrivateFolder(join(temp.path, 'a/b/c'));
	for (const one of ['a', 'a/b', 'a/b/c']) expect(statSync(join(temp.path, one)).mode & 0o777).toBe(0o700);
	mkdirSync(join(temp.path, 'open'), {mode: 0o755});
	makePrivateFolder(join(temp.path, 'open'));
	expect(statSync(join(temp.path, 'open')).mode & 0o777).toBe(0o755);
});

test('a file of that name, one above it and a link to nowhere are refused', () => {
	writeFileSync(join(temp.path, 'file'), '');
	symlinkSync(join(temp.path, 'nowhere/at/all'), join(temp.path, 'link'));
	expect(() => makeFolder(join(temp.path, 'file'))).toThrow(/EEXIST/);
	expect(() => makeFolder(join(temp.path, 'file/x/y'))).toThrow(/ENOTDIR|EEXIST/);
	expect(() => makeFolder(join(temp.path, 'link'))).toThrow(/EEXIST/);
});

test.runIf(process.platform === 'linux')('where a file system takes no folders it is an error, and comes back', () => {
	for (const make of [makeFolder, makePrivateFolder, makeRuntimeFolder]) expect(() => make('/proc/nope/x/y')).toThrow(/ENOENT/);
});
