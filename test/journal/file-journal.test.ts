import {appendFileSync, readFileSync} from 'node:fs';
import {type FileHandle, open} from 'node:fs/promises';
import {afterAll, expect, test} from 'vitest';
import {openFileJournal} from '../../src/journal/file-journal.ts';
import {foldJournal} from '../../src/journal/fold.ts';
import {started} from '../helpers/given.ts';
import {createTestJournal, kinds, noonMs, note, readAll} from '../helpers/journal.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';
import {waitUntil} from '../helpers/wait.ts';

const temp = createTempFolder('file-journal');
afterAll(() => temp.remove());

/** A disk whose next writes and syncs can be made to fail, or to take only so many bytes. */
function createDisk() {
	const disk = {writes: 0, syncs: 0, fails: undefined as string | undefined, bytesFree: Number.POSITIVE_INFINITY, hangs: false};
	const refuse = (): void => {
		if (disk.fails) throw Object.assign(new Error(`${disk.fails}: made up`), {code: disk.fails});
	};
	const openFile = (async (path: string, flags: string, mode: number) => {
		refuse();
		const file: FileHandle = await open(path, flags, mode);
		const {write, datasync} = file;
		file.write = (async (bytes: Buffer) => {
			disk.writes++;
			if (disk.hangs) await new Promise(() => {});
			refuse();
			if (disk.bytesFree <= 0) throw Object.assign(new Error('ENOSPC: made up'), {code: 'ENOSPC'});
			const taken = bytes.subarray(0, Math.min(bytes.length, disk.bytesFree));
			disk.bytesFree -= taken.length;
			return await write.call(file, taken as never);
		}) as never;
		file.datasync = async () => {
			disk.syncs++;
			refuse();
			await datasync.call(file);
		};
		return file;
	}) as unknown as typeof open;
	return {disk, openFile};
}

test('what is appended is in the file once it is synced', async () => {
	const {journal, add, path} = createTestJournal(temp.path);
	add(started(), note('one'));
	expect(await journal.sync(1_000)).toEqual({ok: true, value: undefined});
	expect(kinds((await readAll(path)).entries)).toBe('header event event');
	expect(journal.mark()).toMatchObject({seq: 1, bytes: readFileSync(path).length, unwrittenBytes: 0});
	await journal.close(1_000);
});

test('an appended event comes back as JSON keeps it', async () => {
	const {journal, add} = createTestJournal(temp.path);
	const odd = {type: 'log-matched', guardrail: 'x', value: Number.NaN, sample: undefined} as never;
	const [event] = add(odd);
	expect(event).toMatchObject({type: 'log-matched', value: null});
	expect(event && 'sample' in event).toBe(false);
	await journal.close(1_000);
});

test('many lines go in few writes, and a sync covers all that came before it', async () => {
	const {disk, openFile} = createDisk();
	const {journal, add, path} = createTestJournal(temp.path, {}, openFile);
	add(started(), ...Array.from({length: 1_000}, (_, index) => note(String(index))));
	await Promise.all([journal.sync(1_000), journal.sync(1_000), journal.sync(1_000)]);
	expect((await readAll(path)).entries).toHaveLength(1_002);
	expect(disk.writes).toBeLessThanOrEqual(3);
	expect(disk.syncs).toBeLessThanOrEqual(2);
	await journal.close(1_000);
});

test('every line arrives, whenever it is appended', async () => {
	const {journal, add, path} = createTestJournal(temp.path);
	add(started());
	for (let index = 0; index < 300; index++) {
		add(note(String(index)));
		if (index % 7 === 0) await new Promise(resolve => setImmediate(resolve));
		if (index % 50 === 0) await journal.sync(1_000);
	}
	await waitUntil('all lines are in the file without a sync', () => journal.mark().unwrittenBytes === 0);
	await journal.close(1_000);
	expect((await readAll(path)).entries).toHaveLength(302);
});

test('a full disk is an alarm once; nothing is lost, no line is torn, and it goes on when there is room', async () => {
	const {disk, openFile} = createDisk();
	const heard: string[] = [];
	const handlers = {
		onTrouble: (text: string) => heard.push(text),
		onRecovered: (lost: number) => heard.push(`again, ${lost} lost`),
	};
	const {journal, add, path} = createTestJournal(temp.path, handlers, openFile);
	add(started());
	await journal.sync(1_000);
	disk.bytesFree = 100;
	add(note('a longer text than a hundred bytes have room for, so that the line is cut in the middle by the disk'), note('next'));
	expect(await journal.sync(1_000)).toMatchObject({ok: false, error: expect.stringMatching(/can't be written: ENOSPC/)});
	add(note('while it is full'));
	expect(kinds((await readAll(path)).entries)).toBe('header event torn');
	expect(journal.mark().unwrittenBytes).toBeGreaterThan(0);
	disk.bytesFree = Number.POSITIVE_INFINITY;
	await waitUntil('it is written again', () => heard.length === 2);
	await journal.close(1_000);
	expect(heard).toEqual([expect.stringMatching(/ENOSPC/), 'again, 0 lost']);
	expect(kinds((await readAll(path)).entries)).toBe('header event event event event');
});

test('what is appended around the moment a write ends is written without another push', async () => {
	const {disk, openFile} = createDisk();
	const {journal, add} = createTestJournal(temp.path, {onRecovered: () => void add(note('it is written again'))}, openFile);
	disk.fails = 'EIO';
	add(started());
	await journal.sync(100);
	disk.fails = undefined;
	await waitUntil('all is written', () => journal.mark().seq === 1 && journal.mark().unwrittenBytes === 0);
	for (let turns = 0; turns < 30; turns++) {
		add(note('first'));
		await journal.sync(1_000);
		for (let turn = 0; turn < turns; turn++) await undefined;
		add(note('second'));
		await waitUntil('it is written', () => journal.mark().unwrittenBytes === 0, {timeoutMs: 1_000, everyMs: 1});
	}
	await journal.close(1_000);
});

test('a file that can not be opened is tried again', async () => {
	const {disk, openFile} = createDisk();
	disk.fails = 'EROFS';
	let recovered = false;
	const {journal, add, path} = createTestJournal(temp.path, {onRecovered: () => (recovered = true)} as never, openFile);
	add(started());
	expect(await journal.sync(200)).toMatchObject({ok: false});
	disk.fails = undefined;
	await waitUntil('it is written', () => recovered);
	await journal.close(1_000);
	expect(kinds((await readAll(path)).entries)).toBe('header event');
});

test('a failed fsync is a failed sync', async () => {
	const {disk, openFile} = createDisk();
	const {journal, add} = createTestJournal(temp.path, {}, openFile);
	add(started());
	await journal.sync(1_000);
	disk.fails = 'EIO';
	expect(await journal.sync(1_000)).toMatchObject({ok: false, error: expect.stringMatching(/EIO/)});
	disk.fails = undefined;
	expect(await journal.sync(1_000)).toMatchObject({ok: true});
	await journal.close(1_000);
});

test('a disk that hangs keeps a sync waiting no longer than it was told, and an append not at all', async () => {
	const {disk, openFile} = createDisk();
	const {journal, add} = createTestJournal(temp.path, {}, openFile);
	disk.hangs = true;
	const before = performance.now();
	add(started(), note('one'));
	expect(performance.now() - before).toBeLessThan(50);
	expect(await journal.sync(100)).toMatchObject({ok: false, error: expect.stringMatching(/within 100 ms/)});
	await journal.close(100);
});

test('the torn end of a crash is cut off before the next line', async () => {
	const first = createTestJournal(temp.path);
	first.add(started(), note('one'));
	await first.journal.close(1_000);
	appendFileSync(first.path, '{"seq":2,"at":"2026');
	const folded = await foldJournal(first.path);
	if (!folded.ok) throw new Error(folded.error.message);
	const {position, state} = folded.value;
	const last = {seq: state.nextSeq - 1, hash: position.hash, bytes: position.offset, lines: position.lineNumber};
	const second = openFileJournal({path: first.path, last, onTrouble: () => {}, onRecovered: () => {}});
	second.append({...note('two'), seq: 2, atMs: noonMs, tMs: 2_000});
	await second.close(1_000);
	const {entries, fault} = await readAll(first.path);
	expect(fault).toBeUndefined();
	expect(kinds(entries)).toBe('header event event event');
});
