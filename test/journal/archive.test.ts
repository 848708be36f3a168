import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {createWriteStream, existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {archiveTo} from '../../src/journal/archive.ts';
import {packRecord} from '../../src/journal/packed/pack.ts';
import {writeOwnPid} from '../../src/journal/pid-file.ts';
import {folderBytes, removeSession, type Sized, toPrune} from '../../src/journal/retention.ts';
import {createTestJournal, note} from '../helpers/journal.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';

const hour = 3_600_000;

test('an archive holds every file and the journal as plain lines, each with its sum; tar reads it', async () => {
	using temp = createTempFolder('archive');
	const {folder, path, journal, add} = createTestJournal(temp.path);
	for (let count = 0; count < 2_000; count++) add(note(`line ${count}`));
	await journal.close(5_000);
	const plain = readFileSync(path);
	writeFileSync(join(folder, 'checkpoints', 'T+15m.json'), '{}');
	writeFileSync(join(folder, 'artifacts', 'empty.log'), '');
	writeFileSync(join(folder, 'artifacts', 'large.bin'), Buffer.alloc(3_000_000, 7));
	writeFileSync(join(folder, 'index.json'), 'a short cut');
	expect(await packRecord(folder)).toMatchObject({ok: true});
	const tar = join(temp.path, 'one.tar');
	const manifest = await archiveTo(folder, createWriteStream(tar));
	const out = join(temp.path, 'out');
	mkdirSync(out);
	execFileSync('tar', ['xf', tar, '-C', out]);
	const unpacked = join(out, folder.split('/').at(-1) ?? '');
	expect(manifest.map(one => one.path).sort()).toEqual([
		'artifacts/empty.log',
		'artifacts/large.bin',
		'checkpoints/T+15m.json',
		'journal.ndjson',
	]);
	for (const {path: name, bytes, sha256} of manifest) {
		const content = readFileSync(join(unpacked, name));
		expect(content.length).toBe(bytes);
		expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
	}
	expect(readFileSync(join(unpacked, 'journal.ndjson')).equals(plain)).toBe(true);
	expect(JSON.parse(readFileSync(join(unpacked, 'MANIFEST.json'), 'utf8'))).toMatchObject({format: 1, files: manifest});
});

const sized = (name: string, status: Sized['status'], lastAtMs: number, bytes: number): Sized => ({
	name,
	folder: name,
	status,
	lastAtMs,
	bytes,
});

/** Newest first. */
const sessions = [
	sized('e', 'running', 100 * hour, 900),
	sized('d', 'finished', 90 * hour, 50),
	sized('c', 'dead', 50 * hour, 60),
	sized('b', 'finished', 40 * hour, 70),
	sized('a', 'finished', 1 * hour, 80),
];
const names = (...given: Parameters<typeof toPrune> extends [unknown, infer Limits, unknown] ? [Limits] : never) =>
	toPrune(sessions, given[0], 101 * hour).map(({name}) => name);

test('what goes: finished sessions alone, oldest first, by age, number and size', () => {
	expect(names({olderThanMs: 20 * hour})).toEqual(['a', 'b']);
	expect(names({olderThanMs: 0})).toEqual(['a', 'b', 'd']);
	expect(names({keep: 1})).toEqual(['a', 'b']);
	expect(names({keep: 2, olderThanMs: 0})).toEqual(['a']);
	expect(names({bytesMax: 1_100})).toEqual(['a']);
	expect(names({bytesMax: 1})).toEqual(['a', 'b', 'd']);
	expect(names({})).toEqual([]);
});

test('a session is taken away whole, but not while a controller runs it', async () => {
	using temp = createTempFolder('prune');
	const {folder, journal, add} = createTestJournal(temp.path);
	add(note('x'));
	await journal.close(1_000);
	expect(folderBytes(folder)).toBeGreaterThan(100);
	writeOwnPid(folder);
	expect(await removeSession(folder)).toMatchObject({ok: false, error: expect.stringContaining('runs this session')});
	expect(existsSync(folder)).toBe(true);
	const {removePid} = await import('../../src/journal/pid-file.ts');
	removePid(folder);
	expect(await removeSession(folder)).toMatchObject({ok: true});
	expect(existsSync(folder)).toBe(false);
});
