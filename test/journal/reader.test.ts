import {appendFileSync, readFileSync, truncateSync, writeFileSync} from 'node:fs';
import {afterAll, expect, test} from 'vitest';
import {encodeEvent} from '../../src/journal/codec.ts';
import {foldJournal} from '../../src/journal/fold.ts';
import {started} from '../helpers/given.ts';
import {createTestJournal, kinds, noonMs, note, readAll} from '../helpers/journal.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';

const temp = createTempFolder('reader');
afterAll(() => temp.remove());

async function written(...texts: readonly string[]) {
	const test = createTestJournal(temp.path);
	const events = test.add(started(), ...texts.map(note));
	await test.journal.close(1_000);
	return {...test, events, lines: readFileSync(test.path, 'utf8').split('\n')};
}

test('what was written is read back, event for event', async () => {
	const {path, events} = await written('one', 'zwei – ✓ 🐤', 'with "quotes" and \\ and \u2028');
	const {entries, fault} = await readAll(path);
	expect(fault).toBeUndefined();
	expect(entries[0]).toMatchObject({
		kind: 'header',
		header: {format: 1, product: 'canary-console', version: '1.2.3', profile: 'test'},
	});
	expect(entries.slice(1).map(entry => entry.kind === 'event' && entry.event)).toEqual(events);
});

test('a line begins with its number and its time, and ends with its hash', async () => {
	const {lines} = await written('one');
	expect(lines[2]).toMatch(
		/^\{"seq":1,"at":"2026-11-21T12:00:01.000Z","tMs":1000,"type":"note-added",.*"hash":"[0-9a-f]{32}"\}$/,
	);
});

test('a torn last line is left out, with a note', async () => {
	const {path, lines} = await written('one', 'two');
	truncateSync(path, readFileSync(path).length - 10);
	const {entries, fault} = await readAll(path);
	expect(fault).toBeUndefined();
	expect(kinds(entries)).toBe('header event event torn');
	expect(entries.at(-1)).toMatchObject({lineNumber: 4, bytes: Buffer.byteLength(lines[3] ?? '') + 1 - 10});
});

test('a last line of zeros, as a power cut leaves, is left out too', async () => {
	const {path} = await written('one');
	appendFileSync(path, `${'\0'.repeat(500)}\n`);
	expect(kinds((await readAll(path)).entries)).toBe('header event event torn');
});

test('a bad line in the middle is an error with its number', async () => {
	const {path, lines} = await written('one', 'two', 'three');
	writeFileSync(path, [...lines.slice(0, 2), 'rubbish', ...lines.slice(3)].join('\n'));
	const {entries, fault} = await readAll(path);
	expect(kinds(entries)).toBe('header event');
	expect(fault).toEqual({lineNumber: 3, message: 'line 3 is no JSON object'});
});

test('a bad line before a torn one is an error all the same', async () => {
	const {path, lines} = await written('one', 'two');
	writeFileSync(path, [...lines.slice(0, 3), 'rubbish', '{"seq":3,"at"'].join('\n'));
	expect((await readAll(path)).fault?.lineNumber).toBe(4);
});

test.each([
	['in the middle', 2],
	['at the end', 3],
])('a changed line %s is found by the chain', async (_, index) => {
	const {path, lines} = await written('one', 'two');
	const forged = lines.map((line, at) => (at === index ? line.replace('ana', 'eve') : line));
	expect(forged).not.toEqual(lines);
	writeFileSync(path, forged.join('\n'));
	expect((await readAll(path)).fault?.message).toMatch(new RegExp(`line ${index + 1} does not follow from the line before it`));
});

test('a changed header is found by the chain', async () => {
	const {path, lines} = await written('one');
	writeFileSync(path, lines.join('\n').replace('1.2.3', '1.2.4'));
	expect((await readAll(path)).fault?.lineNumber).toBe(2);
});

test('a line taken out shows as a gap', async () => {
	const {path, lines} = await written('one', 'two', 'three');
	writeFileSync(path, lines.filter((_, index) => index !== 2).join('\n'));
	const {entries} = await readAll(path);
	expect(kinds(entries)).toBe('header event gap event event');
	expect(entries[2]).toMatchObject({fromSeq: 1, toSeq: 1, lineNumber: 3});
});

test('a line put in twice is an error', async () => {
	const {path, lines} = await written('one');
	writeFileSync(path, [...lines.slice(0, 3), lines[2], ''].join('\n'));
	expect((await readAll(path)).fault?.message).toMatch(/^line 4 /);
});

test('an event of an unknown type is kept in place and stepped over', async () => {
	const {path, journal} = await written();
	const fromTheFuture = {type: 'moon-landed', where: 'there', seq: 1, atMs: noonMs, tMs: 1} as never;
	const unknown = encodeEvent(fromTheFuture, journal.mark().hash);
	const after = encodeEvent({type: 'note-added', by: 'ana', text: 'after', seq: 2, atMs: noonMs, tMs: 2}, unknown.hash);
	appendFileSync(path, `${unknown.line}\n${after.line}\n`);
	const {entries} = await readAll(path);
	expect(kinds(entries)).toBe('header event unknown event');
	const folded = await foldJournal(path);
	expect(folded).toMatchObject({ok: true, value: {state: {nextSeq: 3}}});
	expect(folded.ok && folded.value.notes).toEqual(['event 1 is of a type this version does not know: moon-landed']);
});

test('reading goes on from a position', async () => {
	const {path} = await written('one', 'two', 'three');
	const all = (await readAll(path)).entries;
	const second = all[2];
	if (second?.kind !== 'event') throw new Error('no event');
	const position = {offset: second.end, lineNumber: second.lineNumber, hash: second.hash, nextSeq: second.event.seq + 1};
	expect((await readAll(path, position)).entries).toEqual(all.slice(3));
});

test('a journal of a newer format is refused with the version that wrote it', async () => {
	const {path, lines} = await written();
	writeFileSync(path, lines.join('\n').replace('"format":1', '"format":9'));
	expect((await readAll(path)).fault?.message).toMatch(/canary-console 1\.2\.3 in format 9/);
});

test.each([
	['an empty file', '', /empty/],
	['something else', 'hello\n', /no journal header/],
])('%s is no journal', async (_, content, message) => {
	const path = `${temp.path}/other`;
	writeFileSync(path, content);
	expect((await readAll(path)).fault?.message).toMatch(message);
});

test('a file that is not there is a fault, not a throw', async () => {
	expect((await readAll(`${temp.path}/missing`)).fault?.message).toMatch(/ENOENT/);
});

test('folding gives the state and where the next line goes', async () => {
	const {path, lines} = await written('one', 'two');
	const folded = await foldJournal(path);
	expect(folded).toMatchObject({
		ok: true,
		value: {state: {nextSeq: 3, lastAtMs: noonMs + 2_000, operator: 'ana'}, notes: [], position: {lineNumber: 4, nextSeq: 3}},
	});
	expect(folded.ok && folded.value.position.offset).toBe(Buffer.byteLength(lines.join('\n')));
});
