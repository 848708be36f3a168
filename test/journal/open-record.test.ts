import {expect, test} from 'vitest';
import {openRecord} from '../../src/journal/open-record.ts';
import {createTestJournal, note, readAll} from '../helpers/journal.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';

test('the blocks of a plain journal together are its entries', async () => {
	using temp = createTempFolder('open-record');
	const {folder, path, journal, add} = createTestJournal(temp.path);
	for (let count = 0; count < 700; count++) add(note(`${count} ${'x'.repeat(9_000)}`));
	await journal.close(5_000);
	const opened = await openRecord(folder);
	if (!opened.ok) throw new Error(opened.error.message);
	const {blocks, readBlock, close} = opened.value;
	expect(blocks.length).toBeGreaterThan(3);
	expect(blocks[0]).toMatchObject({firstSeq: 0, firstTMs: 0});
	expect(blocks.at(-1)).toMatchObject({lastSeq: 699, lastTMs: 699_000});
	const read = await Promise.all(blocks.map((_, index) => readBlock(index)));
	const {entries} = await readAll(path);
	expect(read.flatMap(block => (block.ok ? block.value : []))).toEqual(entries.slice(1));
	await close();
});
