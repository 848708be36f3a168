import {closeSync, openSync, readFileSync, readSync, statSync} from 'node:fs';
import type {Result} from '../base/result.ts';
import {parseObject} from '../core/ndjson.ts';
import type {SessionState} from '../core/state.ts';
import type {JournalPosition} from './reader.ts';
import {sessionFiles} from './session-folder.ts';
import {type Written, writeWhole} from './whole-file.ts';

/**
 * A state as folded up to a position of the journal, so that a controller that died after a day is back in a moment. Only a short cut:
 * where it is missing, of another version, or does not fit the journal, the journal is folded from its beginning.
 */
export type StateIndex = {readonly position: JournalPosition; readonly state: SessionState};

/** Another version may reduce the same events to another state. */
export async function writeIndex(folder: string, version: string, index: StateIndex): Promise<Result<Written, string>> {
	return await writeWhole(sessionFiles(folder).index, JSON.stringify({format: 1, version, ...index}));
}

/** The index, when it is of this version and the journal's line before its position is the one it was made at. */
export function readIndex(folder: string, version: string): StateIndex | undefined {
	try {
		const index = parseObject(readFileSync(sessionFiles(folder).index, 'utf8'));
		if (index?.['format'] !== 1 || index['version'] !== version) return undefined;
		const {position, state} = index as unknown as StateIndex;
		return fits(sessionFiles(folder).journal, position) && state.nextSeq === position.nextSeq ? {position, state} : undefined;
	} catch {
		return undefined;
	}
}

/** Whether the line that ends at the position ends with its hash. */
function fits(journal: string, {offset, hash}: JournalPosition): boolean {
	const end = `"hash":"${hash}"}\n`;
	if (statSync(journal).size < offset || offset < end.length) return false;
	const file = openSync(journal, 'r');
	try {
		const bytes = Buffer.alloc(end.length);
		readSync(file, bytes, 0, end.length, offset - end.length);
		return bytes.toString('latin1') === end;
	} finally {
		closeSync(file);
	}
}
