import {randomUUID} from 'node:crypto';
import {copyFile, open, rename} from 'node:fs/promises';
import {dirname} from 'node:path';
import {fail, ok, type Result} from '../../base/result.ts';
import type {Fact} from '../../core/event.ts';
import {type AddedFacts, linesFor} from '../next-lines.ts';
import {removeQuietly} from '../remove.ts';
import {sessionFiles} from '../session-folder.ts';
import {syncFolder} from '../whole-file.ts';
import {encodeBlock} from './block.ts';
import {encodeIndex, type PackedIndex, sumOf} from './index-part.ts';
import {blockFacts, factsOf} from './pack.ts';
import {readPackedIndex} from './packed-file.ts';

/** A packed journal with one block more: made beside, and renamed. The caller holds the lock. Throws what the disk says. */
export async function appendPacked(folder: string, facts: readonly Fact[], nowMs: number): Promise<Result<AddedFacts, string>> {
	const {packed} = sessionFiles(folder);
	const read = readPackedIndex(packed);
	if (!read.ok) return fail(`${packed} can't be added to: ${read.error}.`);
	const index = read.value;
	const last = factsOf(index.ends.last);
	const {text, events} = linesFor(facts, {...last, seq: index.end.seq, hash: index.end.hash}, nowMs);
	const lines = text.split('\n').slice(0, -1);
	if (lines.length === 0) return ok({events, end: index.end});
	const at = index.blocks.reduce((end, block) => Math.max(end, block.at + block.size), 0);
	const {bytes, next} = added(index, lines, at);
	const temporary = `${packed}.${randomUUID().slice(0, 8)}.tmp`;
	try {
		await copyFile(packed, temporary);
		const file = await open(temporary, 'r+');
		try {
			await file.truncate(at);
			const all = Buffer.concat([bytes, encodeIndex(next)]);
			for (let done = 0; done < all.length; ) done += (await file.write(all, done, all.length - done, at + done)).bytesWritten;
			await file.sync();
		} finally {
			await file.close();
		}
		await rename(temporary, packed);
		await syncFolder(dirname(packed));
		return ok({events, end: next.end});
	} finally {
		removeQuietly(temporary);
	}
}

function added(index: PackedIndex, lines: readonly string[], at: number): {readonly bytes: Buffer; readonly next: PackedIndex} {
	const {end, ends, blocks} = index;
	const {bytes, endHash} = encodeBlock(lines, end.hash);
	const plainBytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
	const facts = blockFacts(lines.map(factsOf));
	const position = {offset: end.plainBytes, lineNumber: end.lines, hash: end.hash, nextSeq: end.seq + 1};
	const block = {...facts, position, at, size: bytes.length, sum: sumOf(bytes), lines: lines.length, plainBytes};
	const next = {
		...index,
		blocks: [...blocks, block],
		end: {hash: endHash, seq: facts.lastSeq, lines: end.lines + lines.length, plainBytes: end.plainBytes + plainBytes},
		ends: {...ends, last: lines.at(-1) ?? ends.last},
	};
	return {bytes, next};
}
