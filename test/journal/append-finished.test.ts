import {appendFileSync, readFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import {appendFinished} from '../../src/journal/append-finished.ts';
import {writeOwnPid} from '../../src/journal/pid-file.ts';
import {createTestJournal, noonMs, note, readAll} from '../helpers/journal.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';

async function finished(parent: string) {
	const made = createTestJournal(parent);
	made.add(note('one'), note('two'));
	await made.journal.close(1_000);
	return made;
}

test('a fact added a day later goes on with the chain, the numbers and session time', async () => {
	using temp = createTempFolder('append-finished');
	const {folder, path} = await finished(temp.path);
	const dayMs = 86_400_000;
	const added = await appendFinished(folder, [note('signed'), note('again')], noonMs + 1_000 + dayMs);
	expect(added.ok && added.value.map(({seq, tMs}) => [seq, tMs])).toEqual([
		[2, 1_000 + dayMs],
		[3, 1_000 + dayMs],
	]);
	const {entries, fault} = await readAll(path);
	expect(fault).toBeUndefined();
	expect(entries.flatMap(entry => (entry.kind === 'event' && entry.event.type === 'note-added' ? entry.event.text : []))).toEqual(
		['one', 'two', 'signed', 'again'],
	);
});

test('session time never goes backwards, whatever the clock says', async () => {
	using temp = createTempFolder('append-finished');
	const {folder} = await finished(temp.path);
	const added = await appendFinished(folder, [note('earlier')], noonMs - 3_600_000);
	expect(added.ok && added.value[0]?.tMs).toBe(1_000);
});

test('what a crash left of a last line is cut off', async () => {
	using temp = createTempFolder('append-finished');
	const {folder, path} = await finished(temp.path);
	appendFileSync(path, '{"seq":2,"at":"2026');
	expect((await appendFinished(folder, [note('three')])).ok).toBe(true);
	expect((await readAll(path)).entries.map(({kind}) => kind)).toEqual(['header', 'event', 'event', 'event']);
});

test('twenty at once: each is in the record once, and the chain holds', async () => {
	using temp = createTempFolder('append-finished');
	const {folder, path} = await finished(temp.path);
	const all = await Promise.all(Array.from({length: 20}, (_, index) => appendFinished(folder, [note(`n${index}`)])));
	expect(all.every(({ok}) => ok)).toBe(true);
	const {entries, fault} = await readAll(path);
	expect(fault).toBeUndefined();
	expect(entries).toHaveLength(23);
	expect(new Set(readFileSync(path, 'utf8').match(/"text":"n\d+"/g)).size).toBe(20);
});

test('refused while a controller runs: its own writer would not know', async () => {
	using temp = createTempFolder('append-finished');
	const {folder, path} = await finished(temp.path);
	const before = readFileSync(path, 'utf8');
	writeOwnPid(folder);
	const refused = await appendFinished(folder, [note('no')]);
	expect(refused.ok || refused.error).toContain('runs this session');
	expect(readFileSync(path, 'utf8')).toBe(before);
});
