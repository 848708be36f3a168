import {existsSync} from 'node:fs';
import type {Result} from '../base/result.ts';
import {readPacked} from './packed/packed-file.ts';
import {type JournalEntry, type JournalFault, type JournalPosition, readJournal} from './reader.ts';
import {sessionFiles} from './session-folder.ts';

/** How a session's journal is kept: lines as they were written, or packed once the session was over. */
export type RecordForm = 'plain' | 'packed';

export function recordForm(folder: string): RecordForm | undefined {
	const {journal, packed} = sessionFiles(folder);
	// A crash between the packed file's rename and the plain one's removal leaves both, the same: the plain one counts.
	return existsSync(journal) ? 'plain' : existsSync(packed) ? 'packed' : undefined;
}

/**
 * The entries of a session's journal from its beginning or from a position, whichever way it is kept: the same entries, with the same
 * line numbers, hashes and offsets (of the plain journal's bytes), so that a position of one form is good in the other.
 */
export async function* readRecord(
	folder: string,
	from?: JournalPosition,
): AsyncGenerator<Result<JournalEntry, JournalFault>, void> {
	const {journal, packed} = sessionFiles(folder);
	yield* recordForm(folder) === 'packed' ? readPacked(packed, from) : readJournal(journal, from);
}
