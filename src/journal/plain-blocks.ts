import {type FileHandle, open} from 'node:fs/promises';
import {fail, ok, type Result} from '../base/result.ts';
import {decodeHeader, hashOf} from './codec.ts';
import type {OpenRecord, ReadBlockOptions, RecordBlock} from './open-record.ts';
import {type JournalEntry, type JournalFault, type JournalPosition, readLines} from './reader.ts';

/** A block of a plain journal: about six hundred ticks of twenty guardrails. */
const blockBytes = 2 * 1024 * 1024;
/** Longer than an ordinary line: what a look for the next line's beginning reads. */
const lookBytes = 64 * 1024;

type Start = {readonly position: JournalPosition; readonly seq: number; readonly tMs: number; readonly atMs: number};

/**
 * A plain journal in blocks, found by a look every two megabytes: no line in between is read. Line numbers are those of a journal
 * without gaps.
 */
export async function openPlainRecord(path: string): Promise<Result<OpenRecord, JournalFault>> {
	let file: FileHandle | undefined;
	try {
		file = await open(path, 'r');
		const {size} = await file.stat();
		const head = (await readAt(file, 0, lookBytes)).toString('utf8').split('\n', 1)[0] ?? '';
		const header = decodeHeader(head);
		if (!header.ok) {
			await file.close();
			return fail({lineNumber: 1, message: header.error});
		}
		const starts = await startsOf(file, size, head);
		const last = await lastOf(file, size, starts.at(-1));
		const blocks = starts.map((start, index) => blockOf(start, starts[index + 1] ?? last));
		const ends = [...starts.slice(1).map(({position}) => position.offset), size];
		const own = file;
		return ok({
			header: header.value,
			blocks,
			readBlock: (index, options) => readBlock(own, blocks[index], ends[index], index === blocks.length - 1, options),
			close: () => own.close(),
		});
	} catch (error) {
		await file?.close().catch(() => {});
		return fail({lineNumber: 0, message: `${path} can't be read: ${error instanceof Error ? error.message : String(error)}.`});
	}
}

async function startsOf(file: FileHandle, size: number, head: string): Promise<Start[]> {
	const starts: Start[] = [];
	const begin = Buffer.byteLength(head) + 1;
	const first = factsOf((await readAt(file, begin, lookBytes)).toString('latin1'));
	if (!first) return starts;
	starts.push({...first, position: {offset: begin, lineNumber: 1, hash: hashOf(head), nextSeq: 0}});
	for (let at = begin + blockBytes; at < size; at += blockBytes) {
		const found = await lookAt(file, at);
		if (found && found.position.offset > (starts.at(-1)?.position.offset ?? 0)) starts.push(found);
	}
	return starts;
}

/** The first line that begins after this offset, with the hash of the one before it. */
async function lookAt(file: FileHandle, at: number): Promise<Start | undefined> {
	for (let bytes = lookBytes; bytes <= blockBytes; bytes *= 8) {
		const text = (await readAt(file, at, bytes)).toString('latin1');
		const end = text.indexOf('\n');
		const hash = end === -1 ? undefined : /"hash":"([0-9a-f]{32})"\}$/.exec(text.slice(Math.max(0, end - 64), end))?.[1];
		const facts = factsOf(text.slice(end + 1, end + 200));
		if (hash && facts) return {...facts, position: {offset: at + end + 1, lineNumber: facts.seq + 1, hash, nextSeq: facts.seq}};
	}
	return undefined;
}

function factsOf(text: string): Omit<Start, 'position'> | undefined {
	const found = /^\{"seq":(\d+),"at":"([^"]+)","tMs":(-?[\d.e+]+)/.exec(text);
	return found ? {seq: Number(found[1]), atMs: Date.parse(found[2] ?? ''), tMs: Number(found[3])} : undefined;
}

/** The last line of the file, searched backwards. */
async function lastOf(file: FileHandle, size: number, from: Start | undefined): Promise<Start | undefined> {
	if (!from) return undefined;
	const begin = Math.max(from.position.offset, size - blockBytes);
	const text = (await readAt(file, begin, size - begin)).toString('latin1');
	const lines = text.split('\n').slice(0, -1);
	const facts = lines.map(factsOf).findLast(found => found !== undefined);
	return facts ? {...facts, seq: facts.seq + 1, position: from.position} : undefined;
}

const blockOf = (start: Start, next: Start | undefined): RecordBlock => ({
	position: start.position,
	firstSeq: start.seq,
	lastSeq: (next?.seq ?? start.seq + 1) - 1,
	firstTMs: start.tMs,
	lastTMs: next?.tMs ?? start.tMs,
	firstAtMs: start.atMs,
	lastAtMs: next?.atMs ?? start.atMs,
});

async function readBlock(
	file: FileHandle,
	block: RecordBlock | undefined,
	end: number | undefined,
	isLast: boolean,
	{verify = true}: ReadBlockOptions = {},
): Promise<Result<readonly JournalEntry[], JournalFault>> {
	if (!block || end === undefined) return ok([]);
	const {offset} = block.position;
	const bytes = await readAt(file, offset, end - offset);
	const entries: JournalEntry[] = [];
	for (const entry of readLines(bytes, block.position, {verify, isLast})) {
		if (!entry.ok) return entry;
		entries.push(entry.value);
	}
	return ok(entries);
}

async function readAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
	const buffer = Buffer.alloc(length);
	const {bytesRead} = await file.read(buffer, 0, length, offset);
	return buffer.subarray(0, bytesRead);
}
