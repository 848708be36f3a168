import {readFileSync} from 'node:fs';
import type {open} from 'node:fs/promises';
import type {Fact, SessionEvent} from '../../src/core/event.ts';
import {openFileJournal} from '../../src/journal/file-journal.ts';
import type {Journal, JournalHandlers} from '../../src/journal/journal.ts';
import {plainBytesOf} from '../../src/journal/packed/packed-file.ts';
import {type JournalEntry, type JournalFault, type JournalPosition, readJournal} from '../../src/journal/reader.ts';
import {createSession, sessionFiles} from '../../src/journal/session-folder.ts';

/** Noon of some day: all test journals begin then. */
export const noonMs = Date.UTC(2026, 10, 21, 12);

export type TestJournal = {
	readonly folder: string;
	readonly path: string;
	readonly journal: Journal;
	add(...facts: Fact[]): SessionEvent[];
};

/** A new session below `parent`, open for writing. */
export function createTestJournal(parent: string, handlers: Partial<JournalHandlers> = {}, openFile?: typeof open): TestJournal {
	const created = createSession({sessionsFolder: parent, profile: 'test', version: '1.2.3', startedAtMs: noonMs});
	if (!created.ok) throw new Error(created.error);
	const {folder, last} = created.value;
	const path = sessionFiles(folder).journal;
	const silent = {onTrouble: () => {}, onRecovered: () => {}};
	const journal = openFileJournal({path, last, ...silent, ...handlers, ...(openFile && {openFile})});
	let seq = 0;
	return {
		folder,
		path,
		journal,
		add: (...facts) => facts.map(fact => journal.append({...fact, seq, atMs: noonMs + seq * 1_000, tMs: seq++ * 1_000})),
	};
}

export const note = (text: string): Fact => ({type: 'note-added', by: 'ana', text});

/** All entries up to the end or the first fault. */
export async function readAll(path: string, from?: JournalPosition): Promise<{entries: JournalEntry[]; fault?: JournalFault}> {
	const entries: JournalEntry[] = [];
	for await (const entry of readJournal(path, from)) {
		if (!entry.ok) return {entries, fault: entry.error};
		entries.push(entry.value);
	}
	return {entries};
}

export const kinds = (entries: readonly JournalEntry[]): string => entries.map(({kind}) => kind).join(' ');

/** The journal's lines, whichever way they are kept; it may be packed at this very moment. */
export function recordText(folder: string): string {
	const {journal, packed} = sessionFiles(folder);
	try {
		return readFileSync(journal, 'utf8');
	} catch {
		return Buffer.concat([...plainBytesOf(packed)]).toString('utf8');
	}
}
