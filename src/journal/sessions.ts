import {closeSync, existsSync, fstatSync, openSync, readdirSync, readSync} from 'node:fs';
import {dirname, join} from 'node:path';
import type {Outcome, SessionEvent} from '../core/event.ts';
import {decodeHeader, decodeLine, type JournalHeader} from './codec.ts';
import {readPackedIndex} from './packed/packed-file.ts';
import {readProcess} from './pid-file.ts';
import {lifeOf, type ProcessId} from './process-id.ts';
import {recordForm} from './record.ts';
import {sessionFiles} from './session-folder.ts';

/**
 * `running`: its controller lives. `finished`: it ended. `dead`: no controller, and no end: nobody guards it. `elsewhere`: its
 * controller was started on another machine, which we can't look at. `unreadable`: no journal of ours.
 */
export type SessionStatus = 'running' | 'finished' | 'dead' | 'elsewhere' | 'unreadable';

export type SessionSummary = {
	readonly name: string;
	readonly folder: string;
	readonly status: SessionStatus;
	readonly header?: JournalHeader;
	readonly process?: ProcessId;
	readonly outcome?: Outcome;
	readonly reason?: string;
	/** Of the last event, in ms since 1970. */
	readonly lastAtMs?: number;
};

/** All sessions below the folder, newest first. Reads the head and the tail of each journal only. */
export function listSessions(sessionsFolder: string): readonly SessionSummary[] {
	let names: string[];
	try {
		names = readdirSync(sessionsFolder);
	} catch {
		return [];
	}
	return names
		.filter(name => /^\d{4}-\d\d-\d\dT/.test(name))
		.sort()
		.reverse()
		.map(name => summarise(join(sessionsFolder, name), name));
}

/** One session by its folder. */
export function summarise(folder: string, name: string = folder.split('/').at(-1) ?? folder): SessionSummary {
	const process = readProcess(folder);
	const ends = endsOf(folder);
	if (!ends) return {name, folder, status: 'unreadable', ...(process && {process})};
	const {header, last, ended, isOwed} = ends;
	const life = process ? lifeOf(process) : 'dead';
	const status = life === 'alive' ? 'running' : ended && !isOwed ? 'finished' : life === 'unknown' ? 'elsewhere' : 'dead';
	return {
		name,
		folder,
		status,
		header,
		...(process && {process}),
		...(ended && {outcome: ended.outcome, reason: ended.reason}),
		...(last && {lastAtMs: last.atMs}),
	};
}

type Ended = {readonly outcome: Outcome; readonly reason: string};

/** How the session had ended by this event; undefined when it says nothing of that. */
function endIn(event: SessionEvent | undefined): Ended | undefined {
	if (event?.type === 'session-ended') return {outcome: event.outcome, reason: event.reason};
	return event?.type === 'controller-stopping' ? event.ended : undefined;
}

const tailBytes = 64 * 1024;
/** So far back a journal is searched for how it ended; a controller that leaves in good order says so anew. */
const searchBytesMax = 32 * 1024 * 1024;
const searchBytes = 1024 * 1024;
/** What tells whether an end still stands: a way down that was begun after it, and was cut off, is owed. */
const turns = ['session-ended', 'rollback-asked', 'action-intended', 'action-verified'] as const;
const headBytes = 8 * 1024;

type Ends = {
	readonly header: JournalHeader;
	readonly last?: SessionEvent;
	readonly lastLine?: string;
	readonly ended?: Ended;
	readonly endedLine?: string;
	readonly isOwed: boolean;
};

function endsOf(folder: string): Ends | undefined {
	const {journal, packed} = sessionFiles(folder);
	return recordForm(folder) === 'packed' ? packedEnds(packed) : readEnds(journal);
}

function packedEnds(path: string): Ends | undefined {
	const index = readPackedIndex(path);
	const header = index.ok ? decodeHeader(index.value.header) : index;
	if (!index.ok || !header.ok) return undefined;
	const {last, ended, isOwed} = index.value.ends;
	const [lastEvent, end] = [eventsIn(last).at(0), endIn(eventsIn(ended ?? '').at(0))];
	return {header: header.value, ...(lastEvent && {last: lastEvent}), ...(end && {ended: end}), isOwed};
}

/** What a list tells of a plain journal, from its head and its tail. */
export function readEnds(path: string): Ends | undefined {
	let file: number;
	try {
		file = openSync(path, 'r');
	} catch {
		return undefined;
	}
	try {
		const {size} = fstatSync(file);
		const header = decodeHeader(readText(file, 0, Math.min(size, headBytes)).split('\n', 1)[0] ?? '');
		if (!header.ok) return undefined;
		const start = Math.max(0, size - tailBytes);
		const tail = readText(file, start, size - start).split('\n');
		const lastLine = tail.findLast(line => eventsIn(line).length > 0);
		const last = lastLine === undefined ? undefined : eventsIn(lastLine)[0];
		const newestEnd = findNewest(file, size, endTypes, {fits: event => endIn(event) !== undefined});
		// Told to leave while the end was still watched: what became of the candidate stands, as in the state.
		const isLeft = newestEnd?.includes('"type":"session-ended"') && newestEnd.includes('"outcome":"ended"');
		const standing = isLeft
			? findNewest(file, size, ['session-ended'], {without: '"outcome":"ended"', bytes: 4 * searchBytes})
			: undefined;
		const endedLine = standing ?? newestEnd;
		const ended = endedLine === undefined ? undefined : endIn(eventsIn(endedLine)[0]);
		const newest = endedLine === undefined ? undefined : eventsIn(findNewest(file, size, turns) ?? '')[0];
		const isDown = newest?.type === 'rollback-asked' || newest?.type === 'action-intended';
		return {
			header: header.value,
			...(last && {last}),
			...(lastLine !== undefined && {lastLine}),
			...(ended && {ended}),
			...(endedLine !== undefined && {endedLine}),
			isOwed: isDown || (ended !== undefined && existsSync(join(dirname(path), 'instance.log')) && isInstanceOwed(file, size)),
		};
	} catch {
		return undefined;
	} finally {
		closeSync(file);
	}
}

/** What tells whether an instance was still to be seen to: a controller that died behind the end left it to nobody. */
const instanceTurns = ['session-ended', 'controller-stopping', 'instance-stopped'] as const;

const isInstanceOwed = (file: number, size: number): boolean =>
	eventsIn(findNewest(file, size, instanceTurns) ?? '')[0]?.type === 'session-ended';

const eventsIn = (text: string): readonly SessionEvent[] =>
	text.split('\n').flatMap(line => {
		const decoded = line.endsWith('"}') ? decodeLine(line) : undefined;
		return decoded?.ok && decoded.value.kind === 'event' ? [decoded.value.event] : [];
	});

const endTypes = ['session-ended', 'controller-stopping'] as const;

type Search = {
	readonly without?: string;
	readonly bytes?: number;
	readonly fits?: (event: SessionEvent) => boolean;
};

/** The newest event of these types, searched backwards; the blocks overlap by more than such a line is long. */
function findNewest(
	file: number,
	size: number,
	types: readonly SessionEvent['type'][],
	{without, bytes = searchBytesMax, fits = ({type}) => types.includes(type)}: Search = {},
): string | undefined {
	const marks = types.map(type => `"type":"${type}"`);
	const isMarked = (text: string): boolean => marks.some(mark => text.includes(mark));
	const isMeant = (line: string): boolean => isMarked(line) && (without === undefined || !line.includes(without));
	const overlap = 16 * 1024;
	for (let end = size; end > 0 && size - end < bytes; end -= searchBytes) {
		const start = Math.max(0, end - searchBytes);
		const text = readText(file, start, Math.min(size, end + overlap) - start);
		if (!isMarked(text)) continue;
		const lines = text.split('\n').filter(isMeant);
		const found = lines.findLast(line => eventsIn(line).some(fits));
		if (found !== undefined) return found;
	}
	return undefined;
}

function readText(file: number, start: number, length: number): string {
	const buffer = Buffer.alloc(length);
	return buffer.subarray(0, readSync(file, buffer, 0, length, start)).toString('utf8');
}
