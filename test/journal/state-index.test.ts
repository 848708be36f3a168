import {readFileSync, truncateSync, writeFileSync} from 'node:fs';
import {afterAll, expect, test} from 'vitest';
import {foldJournal} from '../../src/journal/fold.ts';
import {sessionFiles} from '../../src/journal/session-folder.ts';
import {readIndex, writeIndex} from '../../src/journal/state-index.ts';
import {started} from '../helpers/given.ts';
import {createTestJournal, note} from '../helpers/journal.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';

const temp = createTempFolder('index');
afterAll(() => temp.remove());

/** A journal of four events with an index at the second. */
async function indexed() {
	const {folder, path, add, journal} = createTestJournal(temp.path);
	add(started(), note('one'));
	await journal.sync(1_000);
	const half = await foldJournal(path);
	if (!half.ok) throw new Error(half.error.message);
	await writeIndex(folder, '1', half.value);
	add(note('two'), note('three'));
	await journal.close(1_000);
	return {folder, path, half: half.value};
}

test('folding from the index gives what folding from the beginning gives', async () => {
	const {folder, path} = await indexed();
	const index = readIndex(folder, '1');
	expect(index?.position.nextSeq).toBe(2);
	expect(await foldJournal(path, index)).toEqual(await foldJournal(path));
});

test('the journal knows its own lines, as the index wants them', async () => {
	const {path, add, journal} = createTestJournal(temp.path);
	add(started(), note('one'), note('two'));
	await journal.sync(1_000);
	const folded = await foldJournal(path);
	const {lines, bytes, hash} = journal.mark();
	expect(folded.ok && folded.value.position).toEqual({offset: bytes, lineNumber: lines, hash, nextSeq: 3});
	await journal.close(1_000);
});

test('an index of another version is passed by', async () => {
	expect(readIndex((await indexed()).folder, '2')).toBeUndefined();
});

test('an index beyond the journal, or of another one, is passed by', async () => {
	const [one, other] = [await indexed(), await indexed()];
	truncateSync(one.path, 100);
	expect(readIndex(one.folder, '1')).toBeUndefined();
	const {hash} = other.half.position;
	const path = sessionFiles(other.folder).index;
	writeFileSync(path, readFileSync(path, 'utf8').replace(hash, '0'.repeat(32)));
	expect(readIndex(other.folder, '1')).toBeUndefined();
});

test('no index, or rubbish in its place, is none', async () => {
	const {folder} = await indexed();
	writeFileSync(sessionFiles(folder).index, '{"format":1,"version":"1"');
	expect(readIndex(folder, '1')).toBeUndefined();
	expect(readIndex(`${temp.path}/nowhere`, '1')).toBeUndefined();
});
