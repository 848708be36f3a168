import {createHash, randomUUID} from 'node:crypto';
import {createReadStream, readdirSync} from 'node:fs';
import {type FileHandle, open, rename, rm} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {fail, ok, type Result} from '../../base/result.ts';
import {hashOf} from '../codec.ts';
import {type JournalPosition, readJournal} from '../reader.ts';
import {recordForm} from '../record.ts';
import {lockRecord} from '../record-lock.ts';
import {removeQuietly} from '../remove.ts';
import {sessionFiles} from '../session-folder.ts';
import {readEnds} from '../sessions.ts';
import {syncFolder} from '../whole-file.ts';
import {encodeBlock} from './block.ts';
import {encodeIndex, type PackedBlock, packedMagic, sumOf} from './index-part.ts';
import {plainBytesOf} from './packed-file.ts';

/** Few enough that one is unpacked within a frame or two, enough that the columns' names weigh nothing. */
export const blockLines = 512;

export type Packed = {readonly plainBytes: number; readonly packedBytes: number};

/**
 * Packs the journal of a session that no controller runs for: written beside, on the disk, renamed, and only then the plain one goes. A
 * crash leaves the plain one, or both, or the whole packed one. One that is packed already, is damaged, or ends in the middle of a
 * line stays as it is; the error is a sentence.
 */
export async function packRecord(folder: string): Promise<Result<Packed, string>> {
	const lock = await lockRecord(folder);
	if (!lock.ok) return lock;
	const {journal, packed, index} = sessionFiles(folder);
	const temporary = `${packed}.${randomUUID().slice(0, 8)}.tmp`;
	try {
		if (recordForm(folder) !== 'plain') return fail(`${folder} holds no plain journal.`);
		removeLeftovers(folder);
		const written = await write(journal, temporary);
		if (!written.ok) return written;
		if (!(await isSame(journal, temporary)))
			return fail(`${journal} would not come out of its packed form unchanged: it is left as it is.`);
		await rename(temporary, packed);
		await syncFolder(dirname(packed));
		await rm(journal);
		await syncFolder(dirname(packed));
		// A short cut for taking up a session whose controller died; this one is over.
		removeQuietly(index);
		return written;
	} catch (error) {
		return fail(`${journal} can't be packed: ${error instanceof Error ? error.message : String(error)}.`);
	} finally {
		removeQuietly(temporary);
		lock.value.release();
	}
}

/** What a crash left of packing before. The lock is ours: nobody writes one now. */
function removeLeftovers(folder: string): void {
	for (const name of readdirSync(folder)) if (/^journal\..*\.tmp$/.test(name)) removeQuietly(join(folder, name));
}

async function write(journal: string, temporary: string): Promise<Result<Packed, string>> {
	const ends = readEnds(journal);
	if (!ends?.lastLine) return fail(`${journal} holds no event.`);
	const file = await open(temporary, 'wx', 0o600);
	try {
		const packing = new Packing(file);
		const read = await packing.all(journal);
		if (!read.ok) return read;
		const {ended, endedLine, lastLine, isOwed} = ends;
		const own = {last: lastLine, ...(ended && endedLine !== undefined && {ended: endedLine}), isOwed};
		await packing.finish(own);
		await file.sync();
		return ok({plainBytes: packing.offset, packedBytes: packing.at});
	} finally {
		await file.close();
	}
}

class Packing {
	offset = 0;
	at = 0;
	readonly #file: FileHandle;
	readonly #blocks: PackedBlock[] = [];
	#header = '';
	#hash = '';
	#seq = -1;
	#lines = 0;

	constructor(file: FileHandle) {
		this.#file = file;
	}

	/** The chain is checked on the way: a damaged journal is not packed, so that nobody can say the packing did it. */
	async all(journal: string): Promise<Result<void, string>> {
		await this.#put(packedMagic);
		let texts: string[] = [];
		let facts: BlockFacts[] = [];
		const lines = linesOf(journal);
		this.#header = (await lines.next()).value ?? '';
		this.#hash = hashOf(this.#header);
		this.offset = Buffer.byteLength(this.#header) + 1;
		this.#lines = 1;
		const entries = readJournal(journal);
		for await (const entry of entries) {
			if (!entry.ok) return fail(`${journal} is damaged: ${entry.error.message}.`);
			if (entry.value.kind === 'torn') return fail(`${journal} ends in the middle of a line.`);
			if (entry.value.kind === 'header' || entry.value.kind === 'gap') continue;
			const {value: text = ''} = await lines.next();
			texts.push(text);
			facts.push(factsOf(text));
			if (texts.length < blockLines) continue;
			await this.#block(texts, facts);
			[texts, facts] = [[], []];
		}
		if (texts.length > 0) await this.#block(texts, facts);
		return ok(undefined);
	}

	async finish(ends: {readonly last: string; readonly ended?: string; readonly isOwed: boolean}): Promise<void> {
		const end = {hash: this.#hash, seq: this.#seq, lines: this.#lines, plainBytes: this.offset};
		await this.#put(encodeIndex({format: 1, header: this.#header, blocks: this.#blocks, end, ends}));
	}

	async #block(texts: readonly string[], facts: readonly BlockFacts[]): Promise<void> {
		const position: JournalPosition = {offset: this.offset, lineNumber: this.#lines, hash: this.#hash, nextSeq: this.#seq + 1};
		const {bytes, endHash} = encodeBlock(texts, this.#hash);
		const plainBytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0);
		this.#blocks.push({
			...blockFacts(facts),
			position,
			at: this.at,
			size: bytes.length,
			sum: sumOf(bytes),
			lines: texts.length,
			plainBytes,
		});
		await this.#put(bytes);
		this.offset += plainBytes;
		this.#lines += texts.length;
		this.#hash = endHash;
		this.#seq = facts.at(-1)?.seq ?? this.#seq;
	}

	async #put(bytes: Buffer): Promise<void> {
		await this.#file.writeFile(bytes);
		this.at += bytes.length;
	}
}

type BlockFacts = {readonly seq: number; readonly atMs: number; readonly tMs: number};

export function factsOf(line: string): BlockFacts {
	const found = /^\{"seq":(\d+),"at":"([^"]+)","tMs":(-?[\d.e+]+)/.exec(line);
	return {seq: Number(found?.[1]), atMs: Date.parse(found?.[2] ?? ''), tMs: Number(found?.[3])};
}

export function blockFacts(facts: readonly BlockFacts[]) {
	const [first, last] = [facts[0], facts.at(-1)];
	return {
		firstSeq: first?.seq ?? 0,
		lastSeq: last?.seq ?? 0,
		firstTMs: first?.tMs ?? 0,
		lastTMs: last?.tMs ?? 0,
		firstAtMs: first?.atMs ?? 0,
		lastAtMs: last?.atMs ?? 0,
	};
}

/** The lines of a file as they are, without their breaks. */
async function* linesOf(path: string): AsyncGenerator<string, void> {
	let rest: Buffer = Buffer.alloc(0);
	for await (const chunk of createReadStream(path, {highWaterMark: 256 * 1024})) {
		rest = Buffer.concat([rest, chunk as Buffer]);
		let begin = 0;
		for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10, begin)) {
			yield rest.toString('utf8', begin, end);
			begin = end + 1;
		}
		rest = rest.subarray(begin);
	}
}

/** Read back from the disk, all of it: only then may the plain one go. */
async function isSame(journal: string, packed: string): Promise<boolean> {
	const [before, after] = [createHash('sha256'), createHash('sha256')];
	for await (const chunk of createReadStream(journal)) before.update(chunk as Buffer);
	for (const bytes of plainBytesOf(packed)) {
		after.update(bytes);
		await new Promise(resolve => setImmediate(resolve));
	}
	return before.digest('hex') === after.digest('hex');
}

/** The plain journal again, for a controller that goes on with it. The caller is the session's only writer. */
export async function unpackRecord(folder: string): Promise<Result<void, string>> {
	const {journal, packed} = sessionFiles(folder);
	const temporary = `${journal}.${randomUUID().slice(0, 8)}.tmp`;
	try {
		const file = await open(temporary, 'wx', 0o600);
		try {
			for (const bytes of plainBytesOf(packed)) await file.writeFile(bytes);
			await file.sync();
		} finally {
			await file.close();
		}
		await rename(temporary, journal);
		await syncFolder(dirname(journal));
		await rm(packed);
		return ok(undefined);
	} catch (error) {
		removeQuietly(temporary);
		return fail(`${packed} can't be unpacked: ${error instanceof Error ? error.message : String(error)}.`);
	}
}
