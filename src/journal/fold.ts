import {fail, ok, type Result} from '../base/result.ts';
import type {SessionEvent} from '../core/event.ts';
import {reduce} from '../core/reduce.ts';
import {initialState, type SessionState} from '../core/state.ts';
import {type JournalEntry, type JournalFault, type JournalPosition, readJournal} from './reader.ts';
import {readRecord} from './record.ts';
import type {StateIndex} from './state-index.ts';

/**
 * `reduce`, but an event that it can't take (a fault of ours, or a line of a version with other ideas) is stepped over, live and in
 * every replay alike, and `complain` hears of it.
 */
export function foldEvent(state: SessionState, event: SessionEvent, complain?: (fault: unknown) => void): SessionState {
	try {
		return reduce(state, event);
	} catch (fault) {
		complain?.(fault);
		return {...state, nextSeq: event.seq + 1, lastAtMs: event.atMs, lastTMs: event.tMs};
	}
}

/** The state after one more entry. Events that are missing or unknown are stepped over, as their numbers say. */
export function foldEntry(state: SessionState, entry: JournalEntry): SessionState {
	switch (entry.kind) {
		case 'event':
			return foldEvent(state, entry.event);
		case 'unknown':
			return {...state, nextSeq: entry.seq + 1};
		case 'gap':
			return {...state, nextSeq: entry.toSeq + 1};
		case 'header':
		case 'torn':
			return state;
	}
}

/** A journal folded to its end: the state, and where the next line goes. */
export type Folded = {
	readonly state: SessionState;
	readonly position: JournalPosition;
	/** The torn last line, gaps and unknown events, as sentences for people. */
	readonly notes: readonly string[];
};

/**
 * Reads a whole journal, or what comes after an index of it, and gives the state it describes; an error when a line in the middle
 * can't be believed.
 */
export const foldJournal = (path: string, from?: StateIndex): Promise<Result<Folded, JournalFault>> =>
	foldEntries(readJournal(path, from?.position), from);

/** The same for a session's record, whichever way it is kept. */
export const foldRecord = (folder: string, from?: StateIndex): Promise<Result<Folded, JournalFault>> =>
	foldEntries(readRecord(folder, from?.position), from);

async function foldEntries(
	entries: AsyncIterable<Result<JournalEntry, JournalFault>>,
	from?: StateIndex,
): Promise<Result<Folded, JournalFault>> {
	let state = from?.state ?? initialState;
	let position: JournalPosition = from?.position ?? {offset: 0, lineNumber: 0, hash: '', nextSeq: 0};
	const notes: string[] = [];
	for await (const entry of entries) {
		if (!entry.ok) return fail(entry.error);
		const {value} = entry;
		state = foldEntry(state, value);
		if (value.kind === 'torn') notes.push(`line ${value.lineNumber} was cut off (${value.bytes} bytes) and is left out`);
		if (value.kind === 'gap') notes.push(`events ${value.fromSeq} to ${value.toSeq} are missing before line ${value.lineNumber}`);
		if (value.kind === 'unknown') notes.push(`event ${value.seq} is of a type this version does not know: ${value.type}`);
		if (value.kind !== 'torn' && value.kind !== 'gap') {
			const lineNumber = value.kind === 'header' ? 1 : value.lineNumber;
			position = {offset: value.end, lineNumber, hash: value.hash, nextSeq: state.nextSeq};
		}
	}
	return ok({state, position, notes: notes.slice(0, notesMax)});
}

const notesMax = 50;
