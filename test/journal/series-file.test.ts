import {chmodSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {openSeriesFile, seriesFiles} from '../../src/journal/series-file.ts';
import {createTempFolder, waitUntil} from '../helpers/process.ts';

const lastLine = (why: string): string => `["end",${JSON.stringify(why)}]\n`;

test('lines are added to what an earlier controller wrote, up to the limit, which is said once', async () => {
	using folder = createTempFolder('series-file');
	const path = seriesFiles(folder.path).scrape;
	mkdirSync(join(folder.path, 'series'));
	writeFileSync(path, 'before\n');
	const said: string[] = [];
	const file = openSeriesFile({path, bytesMax: 30, lastLine, onEnd: text => said.push(text)});
	for (const line of ['one\n', 'two\n', `${'x'.repeat(40)}\n`, 'after\n']) file.write(line);
	await file.close();
	expect(readFileSync(path, 'utf8')).toMatch(/^before\none\ntwo\n\["end","the limit of .* is reached"\]\n$/);
	expect(said).toHaveLength(1);
	expect(said[0]).toContain('Guarding goes on');
});

test('a folder that can not be written ends the record, and nothing else', async () => {
	using folder = createTempFolder('series-file');
	// A file stands where the folder should be: no right of any user helps.
	writeFileSync(join(folder.path, 'series'), '');
	chmodSync(join(folder.path, 'series'), 0o400);
	const said: string[] = [];
	const file = openSeriesFile({path: seriesFiles(folder.path).scrape, bytesMax: 1e6, lastLine, onEnd: text => said.push(text)});
	file.write('one\n');
	await waitUntil('it is said', () => said.length > 0);
	file.write('two\n');
	await file.close();
	expect(said).toHaveLength(1);
	expect(said[0]).toContain("can't be written");
});
