import {createWriteStream, mkdtempSync, openSync, rmSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join, resolve} from 'node:path';
import {pipeline} from 'node:stream/promises';
import {setTimeout as sleep} from 'node:timers/promises';
import {ReadStream} from 'node:tty';
import type {ReadEntries} from '../console/replay/record-index.ts';
import {readJournal} from '../journal/reader.ts';
import {readRecord} from '../journal/record.ts';
import {sessionFiles} from '../journal/session-folder.ts';
import type {SessionSummary} from '../journal/sessions.ts';
import {exitCodes} from './exit-codes.ts';
import {CommandError} from './output.ts';
import {findSession} from './sessions-on-disk.ts';

/** What a replay reads from: nothing but files, and nothing is ever written to them. */
export type ReplaySource = {
	readonly name: string;
	readonly folder: string;
	readonly read: ReadEntries;
	/** About how long it is. */
	readonly guessedMs?: number;
	/** Resolves when it has grown; false when it never will again. Absent: it is as it is. */
	readonly grown?: () => Promise<boolean>;
	/** Where keys come from, when standard input brings the journal. */
	readonly input?: NodeJS.ReadStream;
	close(): void;
};

const lookEveryMs = 250;

/** `wanted`: a name or a part of one, a folder, a journal's file, or `-`. @throws CommandError that says what there is. */
export async function openReplaySource(wanted: string, follow: boolean): Promise<ReplaySource> {
	if (wanted === '-') return fromPipe();
	const file = journalFile(wanted);
	if (file !== undefined) {
		const folder = dirname(file);
		const isPacked = file === sessionFiles(folder).packed;
		const read: ReadEntries = from => (isPacked ? readRecord(folder, from) : readJournal(file, from));
		return {name: file, folder, read, ...(follow && {grown: growth(file)}), close: () => {}};
	}
	const session = findSession(wanted, 'any');
	const {name, folder} = session;
	const guessedMs = lengthOf(session);
	return {
		name,
		folder,
		read: from => readRecord(folder, from),
		...(guessedMs !== undefined && {guessedMs}),
		...(follow && {grown: growth(sessionFiles(folder).journal)}),
		close: () => {},
	};
}

function journalFile(wanted: string): string | undefined {
	const path = resolve(wanted);
	try {
		return statSync(path).isFile() ? path : undefined;
	} catch {
		return undefined;
	}
}

function lengthOf({header, lastAtMs}: SessionSummary): number | undefined {
	const startedAtMs = Date.parse(header?.startedAt ?? '');
	return lastAtMs === undefined || Number.isNaN(startedAtMs) ? undefined : Math.max(0, lastAtMs - startedAtMs);
}

/** A file has grown when it is longer than it was at the last look; when it is gone its session is over, and was packed: one look more. */
function growth(path: string): () => Promise<boolean> {
	const sizeNow = (): number | undefined => statSync(path, {throwIfNoEntry: false})?.size;
	let size = 0;
	return async () => {
		for (;;) {
			const now = sizeNow();
			if (now === undefined) return false;
			if (now > size) {
				size = now;
				return true;
			}
			await sleep(lookEveryMs, undefined, {ref: false});
		}
	};
}

/** A pipe can't be read twice, and a jump back must: what comes is kept in a file of our own for as long as it is looked at. */
function fromPipe(): ReplaySource {
	if (process.stdin.isTTY)
		throw new CommandError('standard input is a terminal: canary replay - reads a journal from a pipe.', exitCodes.usage);
	const input = keysFromTerminal();
	const folder = mkdtempSync(join(tmpdir(), 'canary-replay-'));
	const path = join(folder, 'journal.ndjson');
	const file = createWriteStream(path, {mode: 0o600});
	let isOver = false;
	const end = (): void => {
		isOver = true;
	};
	const over = pipeline(process.stdin, file).then(end, end);
	const grew = growth(path);
	const remove = (): void => rmSync(folder, {recursive: true, force: true});
	process.on('exit', remove);
	return {
		name: 'standard input',
		folder,
		read: from => readJournal(path, from),
		grown: async () => {
			if (isOver) return false;
			await Promise.race([grew(), over]);
			return !isOver;
		},
		input,
		close() {
			// A pipe whose other end goes on, and the terminal, would keep the program.
			process.stdin.destroy();
			input.destroy();
			remove();
		},
	};
}

function keysFromTerminal(): ReadStream {
	try {
		return new ReadStream(openSync('/dev/tty', 'r'));
	} catch (error) {
		const why = error instanceof Error ? error.message : String(error);
		throw new CommandError(`There is no terminal to read keys from: ${why}.`, exitCodes.usage);
	}
}
