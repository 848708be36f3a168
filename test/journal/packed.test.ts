import {existsSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import fc from 'fast-check';
import {expect, test} from 'vitest';
import type {Fact} from '../../src/core/event.ts';
import {appendFinished} from '../../src/journal/append-finished.ts';
import {encodeEvent} from '../../src/journal/codec.ts';
import {foldJournal, foldRecord} from '../../src/journal/fold.ts';
import {openRecord} from '../../src/journal/open-record.ts';
import {decodeBlock, decodeEvents, encodeBlock} from '../../src/journal/packed/block.ts';
import {packRecord, unpackRecord} from '../../src/journal/packed/pack.ts';
import type {JournalEntry, JournalPosition} from '../../src/journal/reader.ts';
import {readRecord, recordForm} from '../../src/journal/record.ts';
import {sessionFiles} from '../../src/journal/session-folder.ts';
import {summarise} from '../../src/journal/sessions.ts';
import {plan, splitRead, started} from '../helpers/given.ts';
import {createTestJournal, note, readAll} from '../helpers/journal.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';

const tick = (count: number): Fact => ({
	type: 'tick-taken',
	dueMs: count * 1_000,
	lateMs: count % 3,
	missed: 0,
	readings: {
		p95: {kind: 'values', series: [{labels: {job: 'a'}, value: 1 / (count + 3)}], seriesCount: 1, tookMs: 3},
		...(count % 7 === 0 && {gone: {kind: 'empty', tookMs: 1}}),
	},
	observedPercent: count % 2 ? null : 4.99,
});

async function finished(parent: string, ticks = 2_500) {
	const made = createTestJournal(parent);
	made.add(started(plan()), splitRead(5));
	for (let count = 0; count < ticks; count++) made.add(tick(count));
	made.add(
		note('grüße — 🐤'),
		{type: 'session-ended', outcome: 'promoted', reason: 'done'},
		{type: 'controller-stopping', reason: 'x'},
	);
	await made.journal.close(5_000);
	return made;
}

async function entriesOf(folder: string, from?: JournalPosition): Promise<JournalEntry[]> {
	const entries: JournalEntry[] = [];
	for await (const entry of readRecord(folder, from)) {
		if (!entry.ok) throw new Error(entry.error.message);
		entries.push(entry.value);
	}
	return entries;
}

test('a packed record reads as the plain one did, from the beginning and from any position, and unpacks to the same bytes', async () => {
	using temp = createTempFolder('packed');
	const {folder, path} = await finished(temp.path);
	const bytes = readFileSync(path);
	const {entries} = await readAll(path);
	const folded = await foldJournal(path);
	const before = summarise(folder);
	const packed = await packRecord(folder);
	expect(packed).toMatchObject({ok: true, value: {plainBytes: bytes.length}});
	expect(recordForm(folder)).toBe('packed');
	expect(existsSync(path)).toBe(false);
	expect(statSync(sessionFiles(folder).packed).size).toBeLessThan(bytes.length / 20);
	expect(await entriesOf(folder)).toEqual(entries);
	expect(await foldRecord(folder)).toEqual(folded);
	expect(summarise(folder)).toEqual(before);
	for (const index of [0, 1, 700, 1_023, 1_024, 1_025, 2_400, entries.length - 1]) {
		const entry = entries[index];
		if (!entry || !('end' in entry)) throw new Error('a gap');
		const seq = entry.kind === 'event' ? entry.event.seq : -1;
		const from = {offset: entry.end, lineNumber: index + 1, hash: entry.hash, nextSeq: seq + 1};
		expect(await entriesOf(folder, from)).toEqual(entries.slice(index + 1));
	}
	expect(await unpackRecord(folder)).toEqual({ok: true, value: undefined});
	expect(readFileSync(path).equals(bytes)).toBe(true);
});

test('blocks can be read alone, without the chain too', async () => {
	using temp = createTempFolder('packed');
	const {folder, path} = await finished(temp.path);
	const {entries} = await readAll(path);
	await packRecord(folder);
	const opened = await openRecord(folder);
	if (!opened.ok) throw new Error(opened.error.message);
	const {blocks, readBlock, close} = opened.value;
	expect(blocks.length).toBeGreaterThan(2);
	expect(blocks[0]?.firstSeq).toBe(0);
	expect(blocks.at(-1)?.lastSeq).toBe(2_504);
	for (const [index, block] of blocks.entries())
		if (index > 0) expect(block.firstSeq).toBe((blocks[index - 1]?.lastSeq ?? 0) + 1);
	const quick = await Promise.all(blocks.map((_, index) => readBlock(index, {verify: false})));
	const events = (list: readonly JournalEntry[]) => list.flatMap(entry => (entry.kind === 'event' ? entry.event : []));
	expect(events(quick.flatMap(block => (block.ok ? block.value : [])))).toEqual(events(entries));
	await close();
});

test('a fact is added to a packed record as to a plain one', async () => {
	using temp = createTempFolder('packed');
	const {folder} = await finished(temp.path, 10);
	await packRecord(folder);
	const before = await entriesOf(folder);
	const all = await Promise.all([1, 2, 3].map(number => appendFinished(folder, [note(`n${number}`), note('again')])));
	expect(all.every(({ok}) => ok)).toBe(true);
	const after = await entriesOf(folder);
	expect(after.slice(0, before.length)).toEqual(before);
	expect(after).toHaveLength(before.length + 6);
	expect(summarise(folder)).toMatchObject({status: 'finished', outcome: 'promoted'});
});

test('a damaged or unfinished journal is not packed, and stays', async () => {
	using temp = createTempFolder('packed');
	const {folder, path} = await finished(temp.path, 10);
	const text = readFileSync(path, 'utf8');
	writeFileSync(path, text.replace('"lateMs":1', '"lateMs":2'));
	expect(await packRecord(folder)).toMatchObject({ok: false});
	writeFileSync(path, `${text}{"seq":`);
	expect(await packRecord(folder)).toMatchObject({ok: false});
	expect(readFileSync(path, 'utf8')).toBe(`${text}{"seq":`);
	expect(existsSync(sessionFiles(folder).packed)).toBe(false);
});

test('a crash while packing: half a packed file is none, both files are the plain one, and the next packing tidies up', async () => {
	using temp = createTempFolder('packed');
	const {folder, path} = await finished(temp.path, 600);
	const plain = readFileSync(path);
	const {packed} = sessionFiles(folder);
	const left = `${packed}.deadbeef.tmp`;
	writeFileSync(left, 'CANARYJ1 half');
	expect(recordForm(folder)).toBe('plain');
	expect(await packRecord(folder)).toMatchObject({ok: true});
	expect(existsSync(left)).toBe(false);
	// Renamed, and the plain one not yet removed; then a fact came.
	writeFileSync(path, plain);
	expect(recordForm(folder)).toBe('plain');
	expect(await appendFinished(folder, [note('later')])).toMatchObject({ok: true});
	expect(await packRecord(folder)).toMatchObject({ok: true});
	expect((await entriesOf(folder)).at(-1)).toMatchObject({event: {text: 'later'}});
});

test('a gap and an event of another version come out as they were', async () => {
	using temp = createTempFolder('packed');
	const {folder, path} = await finished(temp.path, 10);
	const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
	const cut = [...lines.slice(0, 5), ...lines.slice(8)];
	const hash = /"hash":"(.{32})"/.exec(cut.at(-1) ?? '')?.[1] ?? '';
	const odd = {seq: 15, atMs: 1, tMs: 1.5, type: 'from-tomorrow', __proto: 1, 10: 'a', 2: [], deep: {n: [null, true, {}]}};
	cut.push(encodeEvent(odd as unknown as Parameters<typeof encodeEvent>[0], hash).line);
	writeFileSync(path, `${cut.join('\n')}\n`);
	const {entries} = await readAll(path);
	expect(entries.map(({kind}) => kind)).toContain('gap');
	const bytes = readFileSync(path);
	expect(await packRecord(folder)).toMatchObject({ok: true});
	expect(await entriesOf(folder)).toEqual(entries);
	await unpackRecord(folder);
	expect(readFileSync(path).equals(bytes)).toBe(true);
});

test('whatever an event holds comes out byte for byte', () => {
	const value = fc.oneof(
		fc.jsonValue({maxDepth: 4}),
		fc.double({noNaN: true, noDefaultInfinity: true}),
		fc.tuple(fc.integer({min: -9, max: 1e6}), fc.integer({min: 1, max: 1e6})).map(([up, down]) => up / down),
		fc.constantFrom('__proto__', 2 ** 53, -0, 1e300, 5e-324, 0.1 + 0.2),
	);
	const body = fc.dictionary(fc.oneof(fc.constantFrom('a', 'b', '__proto__', 'hash', '7'), fc.string()), value, {maxKeys: 5});
	fc.assert(
		fc.property(
			fc.array(fc.tuple(body, fc.integer({min: 0, max: 4e12}), fc.double({noNaN: true, min: 0, max: 1e12})), {
				minLength: 1,
				maxLength: 40,
			}),
			list => {
				let hash = 'start';
				const lines = list.map(([rest, atMs, tMs], seq) => {
					const own = Object.fromEntries(
						Object.entries(rest).filter(([name]) => !['seq', 'at', 'atMs', 'tMs', 'type'].includes(name)),
					);
					const event = {...own, seq, atMs, tMs, type: 'note-added'} as unknown as Parameters<typeof encodeEvent>[0];
					const encoded = encodeEvent(event, hash);
					hash = encoded.hash;
					return encoded.line;
				});
				const {bytes, endHash} = encodeBlock(lines, 'start');
				expect(endHash).toBe(hash);
				expect(decodeBlock(bytes, 'start')).toEqual(lines);
				expect(JSON.stringify(decodeEvents(bytes))).toBe(
					JSON.stringify(
						lines.map(line => {
							const {hash: _, ...event} = JSON.parse(line);
							return {...event, at: Date.parse(event.at)};
						}),
					),
				);
			},
		),
		{numRuns: 300},
	);
});
