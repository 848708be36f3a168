import {createHash} from 'node:crypto';
import {zstdCompressSync, zstdDecompressSync} from 'node:zlib';
import {fail, ok, type Result} from '../../base/result.ts';
import {parseObject} from '../../core/ndjson.ts';
import type {RecordBlock} from '../open-record.ts';

/** Where a block's bytes stand in the packed file, beside what it holds. */
export type PackedBlock = RecordBlock & {
	readonly at: number;
	readonly size: number;
	/** Of its bytes in the file, see {@link sumOf}. */
	readonly sum: string;
	readonly lines: number;
	/** Of its lines with their line breaks. */
	readonly plainBytes: number;
};

export type PackedIndex = {
	readonly format: 1;
	/** The journal's first line. */
	readonly header: string;
	readonly blocks: readonly PackedBlock[];
	/** How it ends: the last line's hash and number, and the whole of the plain journal. */
	readonly end: {readonly hash: string; readonly seq: number; readonly lines: number; readonly plainBytes: number};
	/** Lines that a list of sessions needs: the last one, the newest end, and whether a way down was begun after it. */
	readonly ends: {readonly last: string; readonly ended?: string; readonly isOwed: boolean};
};

export const packedMagic = Buffer.from('CANARYJ1');
const sumBytes = 16;
/** Sum of the index, its length, and magic, after the index. */
export const footerBytes = sumBytes + 4 + packedMagic.length;

const shaOf = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest().subarray(0, sumBytes);

/** The first half of a SHA-256: a change that unpacks to the same lines is a change all the same. */
export const sumOf = (bytes: Uint8Array): string => shaOf(bytes).toString('hex');
const indexBytesMax = 64 * 1024 * 1024;

export function encodeIndex(index: PackedIndex): Buffer {
	const bytes = zstdCompressSync(Buffer.from(JSON.stringify(index)));
	const length = Buffer.alloc(4);
	length.writeUInt32LE(bytes.length);
	return Buffer.concat([bytes, shaOf(bytes), length, packedMagic]);
}

/** How many bytes before the footer the index takes; undefined when the file's end is none of ours. */
export function indexLength(footer: Buffer): number | undefined {
	if (footer.length !== footerBytes || !footer.subarray(-packedMagic.length).equals(packedMagic)) return undefined;
	return footer.readUInt32LE(sumBytes);
}

export function decodeIndex(bytes: Buffer, footer: Buffer): Result<PackedIndex, string> {
	if (!shaOf(bytes).equals(footer.subarray(0, sumBytes))) return fail('its index is damaged (its sum differs)');
	try {
		const index = parseObject(zstdDecompressSync(bytes, {maxOutputLength: indexBytesMax}).toString('utf8'));
		if (index?.['format'] !== 1) return fail('its index is of a newer format than this program reads');
		if (!Array.isArray(index['blocks']) || typeof index['header'] !== 'string') return fail('its index is damaged');
		return ok(index as unknown as PackedIndex);
	} catch (error) {
		return fail(`its index is damaged (${error instanceof Error ? error.message : String(error)})`);
	}
}
