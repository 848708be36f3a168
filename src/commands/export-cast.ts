import type {SessionEvent} from '../core/event.ts';
import {initialState} from '../core/state.ts';
import {foldEntry} from '../journal/fold.ts';
import {readRecord} from '../journal/record.ts';
import {castChange, castEvent, castHeader, castRows} from '../view/asciicast.ts';
import {pickTheme} from '../view/theme.ts';
import {exitCodes} from './exit-codes.ts';
import {CommandError, safe} from './output.ts';

export type CastOptions = {
	/** How many times faster than it was. */
	readonly speed: number;
	/** Nothing happens for at most so long, in the time of the recording. */
	readonly idleMs: number;
};

const size = {columns: 120, rows: 40} as const;
/** A recording of thirty frames a second is smooth; more only makes it large. */
const frameMsMin = 33;

const marks: Partial<Record<SessionEvent['type'], (event: SessionEvent) => string>> = {
	'session-started': () => 'started',
	'rollback-asked': event => `rollback: ${'reason' in event ? event.reason : ''}`,
	'promote-asked': () => 'promote',
	'checkpoint-written': event => `checkpoint ${'name' in event ? event.name : ''}`,
	'note-added': event => `note: ${'text' in event ? event.text : ''}`,
	'session-ended': event => `ended: ${'outcome' in event ? event.outcome : ''}`,
};

/** The lines of an asciicast v3 recording of a session's replay, each with its line break. @throws CommandError for a damaged record. */
export async function* castOf(folder: string, name: string, {speed, idleMs}: CastOptions): AsyncGenerator<string, void> {
	const theme = pickTheme('default', {TERM: 'xterm-256color'});
	let state = initialState;
	let shown: readonly string[] = [];
	/** In the time of the session: when the last line was written, and what is owed since. */
	let lastTMs: number | undefined;
	let owedMs = 0;
	for await (const entry of readRecord(folder)) {
		if (!entry.ok) throw new CommandError(`${name}: ${entry.error.message}`, exitCodes.unreachable);
		state = foldEntry(state, entry.value);
		if (entry.value.kind === 'header') yield `${castHeader(size, Date.parse(entry.value.header.startedAt), name)}\n`;
		if (entry.value.kind !== 'event') continue;
		const {event} = entry.value;
		owedMs += Math.max(0, event.tMs - (lastTMs ?? event.tMs)) / speed;
		lastTMs = event.tMs;
		const mark = marks[event.type];
		if (owedMs < frameMsMin && !mark && shown.length > 0) continue;
		const rows = castRows(state, size, {tMs: event.tMs, atMs: event.atMs, offsetMinutes: 0}, theme);
		const change = castChange(shown, rows);
		if (change !== '') {
			yield `${castEvent(Math.min(owedMs, idleMs), 'o', change)}\n`;
			owedMs = 0;
			shown = rows;
		}
		if (mark) yield `${castEvent(0, 'm', safe(mark(event), 80))}\n`;
	}
	yield `${castEvent(Math.min(owedMs, idleMs), 'x', '0')}\n`;
}
