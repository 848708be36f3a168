import {constants, zstdCompressSync, zstdDecompressSync} from 'node:zlib';
import {chainHash} from '../codec.ts';
import {ByteReader, ByteWriter} from './bytes.ts';
import {type Json, readColumns, writeColumns} from './columns.ts';

/**
 * A block of journal lines in few bytes. A line's hash follows from the chain, so it is not kept; what the lines say is kept by columns,
 * so that like stands by like. A line that would not come out byte for byte is kept as it is, and a block that would not, likewise.
 */
export type EncodedBlock = {readonly bytes: Buffer; readonly endHash: string};

const level = {params: {[constants.ZSTD_c_compressionLevel]: 17, [constants.ZSTD_c_checksumFlag]: 1}};

const hashField = /,"hash":"([0-9a-f]{32})"\}$/;
const hashFieldChars = 43;

const form = {columns: 0, lines: 1} as const;

/** A line kept as it is. `c`: without its hash, which follows from the chain; `v`: with all it has. */
type Kept = `c${string}` | `v${string}`;

export function encodeBlock(lines: readonly string[], startHash: string): EncodedBlock {
	let hash = startHash;
	const values = lines.map((line): Json => {
		const before = hash;
		hash = hashField.exec(line)?.[1] ?? hash;
		const plain = `${line.slice(0, -hashFieldChars)}}`;
		return chainHash(before, plain) === hash ? columnValue(plain) : (`v${line}` satisfies Kept);
	});
	const packed = [writeColumns(values), form.columns] as const;
	// Believed only once it has been read back.
	const same = sameLines(lines, () => linesOf(readColumns(new ByteReader(packed[0]), lines.length), startHash));
	const [bytes, how] = same ? packed : ([Buffer.from(lines.join('\n')), form.lines] as const);
	const out = new ByteWriter();
	out.byte(how);
	out.varint(lines.length);
	out.raw(bytes);
	return {bytes: zstdCompressSync(out.done(), level), endHash: hash};
}

/** An event as its members, with `at` as a number; a text when it would not come out the same. */
function columnValue(plain: string): Json {
	const value = JSON.parse(plain) as Json;
	const event = value as {readonly [key: string]: Json};
	const {seq, at, ...rest} = event;
	const atMs = typeof at === 'string' ? Date.parse(at) : Number.NaN;
	const made = {seq: seq ?? null, at: atMs, ...rest};
	return !Number.isNaN(atMs) && !('hash' in made) && plainOf(made) === plain ? made : `c${plain}`;
}

type Event = {readonly [key: string]: Json};

const plainOf = (event: Event): string => JSON.stringify({...event, at: new Date(event['at'] as number).toISOString()});

/** The lines as they were, each with its hash. @throws RangeError, SyntaxError or zlib's error when the bytes are damaged. */
export function decodeBlock(bytes: Buffer, startHash: string): readonly string[] {
	const {how, count, rest} = open(bytes);
	if (how === form.lines) return rest.raw(rest.left).toString('utf8').split('\n');
	return linesOf(readColumns(rest, count), startHash);
}

/** What the lines say, without the work of spelling them and of computing their hashes; `at` in ms since 1970. */
export function decodeEvents(bytes: Buffer): readonly Event[] {
	const {how, count, rest} = open(bytes);
	if (how === form.lines) return rest.raw(rest.left).toString('utf8').split('\n').map(eventOf);
	return readColumns(rest, count).map(value => (typeof value === 'string' ? eventOf(value.slice(1)) : (value as Event)));
}

function eventOf(line: string): Event {
	const {hash: _, ...event} = JSON.parse(line) as Event;
	return {...event, at: Date.parse(String(event['at']))};
}

function open(bytes: Buffer) {
	const rest = new ByteReader(zstdDecompressSync(bytes, {maxOutputLength: blockBytesMax}));
	return {how: rest.byte(), count: rest.varint(), rest};
}

/** Of a damaged or hostile file no more than this is unpacked at once. */
const blockBytesMax = 256 * 1024 * 1024;

function linesOf(values: readonly Json[], startHash: string): string[] {
	let hash = startHash;
	return values.map(value => {
		if (typeof value === 'string' && value.startsWith('v')) {
			hash = hashField.exec(value)?.[1] ?? hash;
			return value.slice(1);
		}
		const plain = typeof value === 'string' ? value.slice(1) : plainOf(value as Event);
		hash = chainHash(hash, plain);
		return `${plain.slice(0, -1)},"hash":"${hash}"}`;
	});
}

function sameLines(lines: readonly string[], decode: () => readonly string[]): boolean {
	try {
		const decoded = decode();
		return decoded.length === lines.length && decoded.every((line, index) => line === lines[index]);
	} catch {
		return false;
	}
}
