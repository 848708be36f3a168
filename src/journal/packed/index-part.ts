import {zstdCompressSync, zstdDecompressSync} from 'node:zlib';
import {fail, ok, type Result} from '../../base/result.ts';
import {parseObject} from '../../core/ndjson.ts';
import type {RecordBlock} from '../open-record.ts';

/** Where a block's bytes stand in the packed file, beside what it holds. */
export type PackedBlock = RecordBlock & {
	readonly at: number;
	readonly size: number;
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
/** Length and magic after the index. */
export const footerBytes = 4 + packedMagic.length;
const indexBytesMax = 64 * 1024 * 1024;

export function encodeIndex(index: PackedIndex): Buffer {
	const bytes = zstdCompressSync(Buffer.from(JSON.stringify(index)));
	const length = Buffer.alloc(4);
	length.writeUInt32LE(bytes.length);
	return Buffer.concat([bytes, length, packedMagic]);
}

/** How many bytes before the footer the index takes; undefined when the file's end is none of ours. */
export function indexLength(footer: Buffer): number | undefined {
	if (footer.length !== footerBytes || !footer.subarray(4).equals(packedMagic)) return undefined;
	return footer.readUInt32LE(0);
}

export function decodeIndex(bytes: Buffer): Result<PackedIndex, string> {
	try {
		const index = parseObject(zstdDecompressSync(bytes, {maxOutputLength: indexBytesMax}).toString('utf8'));
		if (index?.['format'] !== 1) return fail('its index is of a newer format than this program reads');
		if (!Array.isArray(index['blocks']) || typeof index['header'] !== 'string') return fail('its index is damaged');
		return ok(index as unknown as PackedIndex);
	} catch (error) {
		return fail(`its index is damaged (${error instanceof Error ? error.message : String(error)})`);
	}
}
