import {closeSync, fstatSync, openSync, readSync} from 'node:fs';
import {fail, ok, type Result} from '../../base/result.ts';
import {decodeEvent, decodeHeader, hashOf} from '../codec.ts';
import type {OpenRecord, ReadBlockOptions} from '../open-record.ts';
import {type JournalEntry, type JournalFault, type JournalPosition, readLines} from '../reader.ts';
import {decodeBlock, decodeEvents} from './block.ts';
import {decodeIndex, footerBytes, indexLength, type PackedBlock, type PackedIndex, packedMagic, sumOf} from './index-part.ts';

/** The index alone: what a list of sessions reads. */
export function readPackedIndex(path: string): Result<PackedIndex, string> {
	let file: number | undefined;
	try {
		file = openSync(path, 'r');
		const {size} = fstatSync(file);
		if (!readAt(file, 0, packedMagic.length).equals(packedMagic)) return fail('it does not begin as a packed journal begins');
		const footer = readAt(file, size - footerBytes, footerBytes);
		const length = indexLength(footer);
		if (length === undefined || length > size) return fail('it does not end as a packed journal ends: its end was cut off');
		return decodeIndex(readAt(file, size - footerBytes - length, length), footer);
	} catch (error) {
		return fail(error instanceof Error ? error.message : String(error));
	} finally {
		if (file !== undefined) closeSync(file);
	}
}

/** A packed journal open for reading by blocks. */
export function openPackedRecord(path: string): Result<OpenRecord & {readonly index: PackedIndex}, JournalFault> {
	const index = readPackedIndex(path);
	if (!index.ok) return fail({lineNumber: 0, message: `${path} can't be read: ${index.error}.`});
	const header = decodeHeader(index.value.header);
	if (!header.ok) return fail({lineNumber: 1, message: header.error});
	const {blocks, end} = index.value;
	const file = openSync(path, 'r');
	return ok({
		header: header.value,
		index: index.value,
		blocks,
		async readBlock(number, {verify = true}: ReadBlockOptions = {}) {
			const block = blocks[number];
			if (!block) return ok([]);
			const endHash = blocks[number + 1]?.position.hash ?? end.hash;
			return verify ? verified(file, block, endHash) : quick(file, block);
		},
		close: async () => closeSync(file),
	});
}

function verified(file: number, block: PackedBlock, endHash: string): Result<readonly JournalEntry[], JournalFault> {
	const lines = linesOf(file, block);
	if (!lines.ok) return lines;
	const entries: JournalEntry[] = [];
	const bytes = Buffer.from(`${lines.value.join('\n')}\n`);
	for (const entry of readLines(bytes, block.position, {verify: true, isLast: false})) {
		if (!entry.ok) return entry;
		entries.push(entry.value);
	}
	const last = entries.at(-1);
	if (last && 'hash' in last && last.hash === endHash) return ok(entries);
	const message = `${placeOf(block)} do not lead to the hash that stands after them: one of them was changed, or lines are missing`;
	return fail({lineNumber: block.position.lineNumber + 1, message});
}

/** Without hashes, and with the block's own offsets. */
function quick(file: number, block: PackedBlock): Result<readonly JournalEntry[], JournalFault> {
	const {position} = block;
	try {
		const entries: JournalEntry[] = [];
		let {nextSeq, lineNumber} = position;
		for (const event of decodeEvents(readAt(file, block.at, block.size))) {
			lineNumber++;
			const decoded = decodeEvent(event, '');
			if (!decoded.ok) return fail({lineNumber, message: `line ${lineNumber} ${decoded.error}`});
			const seq = decoded.value.kind === 'event' ? decoded.value.event.seq : decoded.value.seq;
			if (seq > nextSeq) entries.push({kind: 'gap', fromSeq: nextSeq, toSeq: seq - 1, lineNumber});
			nextSeq = seq + 1;
			entries.push({...decoded.value, lineNumber, offset: position.offset, end: position.offset});
		}
		return ok(entries);
	} catch (error) {
		return damaged(block, error);
	}
}

function linesOf(file: number, block: PackedBlock): Result<readonly string[], JournalFault> {
	try {
		const bytes = readAt(file, block.at, block.size);
		if (sumOf(bytes) !== block.sum) throw new Error('its sum differs');
		return ok(decodeBlock(bytes, block.position.hash));
	} catch (error) {
		return damaged(block, error);
	}
}

const placeOf = ({position, lines, firstSeq, lastSeq}: PackedBlock): string =>
	`lines ${position.lineNumber + 1} to ${position.lineNumber + lines} (events ${firstSeq} to ${lastSeq})`;

const damaged = (block: PackedBlock, error: unknown) =>
	fail({
		lineNumber: block.position.lineNumber + 1,
		message: `${placeOf(block)} can't be unpacked: ${error instanceof Error ? error.message : String(error)}`,
	});

/** As readJournal gives them: the header first, or from a position on. */
export async function* readPacked(
	path: string,
	from?: JournalPosition,
): AsyncGenerator<Result<JournalEntry, JournalFault>, void> {
	const opened = openPackedRecord(path);
	if (!opened.ok) {
		yield opened;
		return;
	}
	const {index, header, readBlock, close} = opened.value;
	try {
		if (!from || from.offset === 0)
			yield ok({kind: 'header', header, hash: hashOf(index.header), end: Buffer.byteLength(index.header) + 1});
		const start = from?.offset ?? 0;
		for (const [number, block] of index.blocks.entries()) {
			if (block.position.offset + block.plainBytes <= start) continue;
			const read = await readBlock(number);
			if (!read.ok) {
				yield read;
				return;
			}
			for (const entry of read.value) if (!('end' in entry) || entry.end > start) yield ok(entry);
			// A day takes seconds: others may want a turn.
			await new Promise(resolve => setImmediate(resolve));
		}
	} finally {
		await close();
	}
}

/** The plain journal's bytes, a block at a time: for unpacking and for exports. @throws where a block is damaged. */
export function* plainBytesOf(path: string): Generator<Buffer, void> {
	const index = readPackedIndex(path);
	if (!index.ok) throw new Error(`${path}: ${index.error}`);
	const {header, blocks} = index.value;
	yield Buffer.from(`${header}\n`);
	const file = openSync(path, 'r');
	try {
		for (const block of blocks) {
			const lines = linesOf(file, block);
			if (!lines.ok) throw new Error(`${path}: ${lines.error.message}`);
			yield Buffer.from(`${lines.value.join('\n')}\n`);
		}
	} finally {
		closeSync(file);
	}
}

function readAt(file: number, offset: number, length: number): Buffer {
	const buffer = Buffer.alloc(length);
	if (offset < 0 || readSync(file, buffer, 0, length, offset) < length) throw new RangeError('the file ends too early');
	return buffer;
}
