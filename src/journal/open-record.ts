import {fail, type Result} from '../base/result.ts';
import type {JournalHeader} from './codec.ts';
import {openPackedRecord} from './packed/packed-file.ts';
import {openPlainRecord} from './plain-blocks.ts';
import type {JournalEntry, JournalFault, JournalPosition} from './reader.ts';
import {recordForm} from './record.ts';
import {sessionFiles} from './session-folder.ts';

/** A stretch of whole lines: some hundreds to a few thousand of them. */
export type RecordBlock = {
	/** Where it begins, in the plain journal: may be given to `readRecord`. */
	readonly position: JournalPosition;
	readonly firstSeq: number;
	readonly lastSeq: number;
	readonly firstTMs: number;
	readonly lastTMs: number;
	readonly firstAtMs: number;
	readonly lastAtMs: number;
};

export type ReadBlockOptions = {
	/** Checks the chain, and gives each entry its hash. Without it reading is faster, and a packed journal's hashes are ''. */
	readonly verify?: boolean;
};

/** A record open for reading a part at a time: a seek to a number or a time needs one block, not the whole. */
export type OpenRecord = {
	readonly header: JournalHeader;
	readonly blocks: readonly RecordBlock[];
	/** The entries of one block, gaps among them. `torn` stands in the last block only. */
	readBlock(index: number, options?: ReadBlockOptions): Promise<Result<readonly JournalEntry[], JournalFault>>;
	close(): Promise<void>;
};

/** Opens a session's record, whichever way it is kept; of one that still grows, what is there now. */
export async function openRecord(folder: string): Promise<Result<OpenRecord, JournalFault>> {
	const {journal, packed} = sessionFiles(folder);
	const form = recordForm(folder);
	if (form === 'plain') return await openPlainRecord(journal);
	if (form === 'packed') return openPackedRecord(packed);
	return fail({lineNumber: 0, message: `${folder} holds no journal.`});
}

/** The block that holds the last event at or before this time (or number); 0 when all are later. For a binary search of one's own too. */
export function blockBefore(blocks: readonly RecordBlock[], isAfter: (block: RecordBlock) => boolean): number {
	let [low, high] = [0, blocks.length];
	while (low < high) {
		const middle = (low + high) >> 1;
		const block = blocks[middle];
		if (block && isAfter(block)) high = middle;
		else low = middle + 1;
	}
	return Math.max(0, low - 1);
}
