import {formatClock, formatElapsed, formatTimeOfDay} from '../../base/duration.ts';
import {fail, ok, type Result} from '../../base/result.ts';
import type {Moment} from '../../view/replay.ts';
import type {Axis, RecordIndex} from './record-index.ts';

/** What an event is sought by, and the last value of it that counts. */
export type Target = {readonly axis: Axis; readonly limit: number};

/** What is known of the record, and of where the replay stands. */
export type Known = {
	readonly index: RecordIndex;
	/** About how long the record is, until it has been read. */
	readonly guessedMs: number | undefined;
	/** Minutes the reader's clock is ahead of UTC. */
	readonly offsetMinutes: number;
	/** Wall time of the event shown: a time of day is the nearest one. */
	readonly spotAtMs: number;
};

/** Where the record ends by all that is known: read, or guessed. */
export const supposedEndMs = (index: RecordIndex, guessedMs = 0): number =>
	index.isRead ? index.endMs : Math.max(index.endMs, index.startMs + guessedMs);

const dayMs = 86_400_000;

/** Where a moment lies, once enough has been read to tell (undefined until then); a sentence when it lies nowhere. */
export function whereIs(moment: Moment, known: Known): Result<Target | undefined, string> {
	const {index, guessedMs, offsetMinutes, spotAtMs} = known;
	const {startMs, startAtMs, isRead} = index;
	switch (moment.kind) {
		case 'elapsed': {
			const began = index.tip.state.canaryStartedAtMs;
			if (began === undefined)
				return isRead ? fail('the candidate had no traffic in this session: there is no T+') : ok(undefined);
			return within(known, 'tMs', began + moment.ms, index.endMs, formatElapsed(moment.ms));
		}
		case 'share':
			// Nobody knows where the end is before it has been read, or guessed.
			if (!isRead && (guessedMs === undefined || moment.percent >= 100)) return ok(undefined);
			return within(known, 'tMs', startMs + ((supposedEndMs(index, guessedMs) - startMs) * moment.percent) / 100, index.endMs);
		case 'event':
			return within(known, 'seq', moment.seq, index.tip.state.nextSeq - 1, `event ${moment.seq}`);
		case 'wall':
			return moment.atMs < startAtMs
				? fail('the session had not begun by then')
				: within(known, 'atMs', moment.atMs, index.endAtMs);
		case 'time-of-day': {
			const name = formatTimeOfDay(moment.ofDayMs);
			if (startAtMs === 0) return ok(undefined);
			const offset = offsetMinutes * 60_000;
			const after = Math.max(startAtMs, spotAtMs - dayMs / 2);
			const midnight = Math.floor((after + offset) / dayMs) * dayMs - offset;
			let atMs = midnight + moment.ofDayMs;
			// A second that is begun counts: 12:30:05 of a session that began at 12:30:05.4.
			while (atMs + 999 < after) atMs += dayMs;
			return within(known, 'atMs', atMs, index.endAtMs, name);
		}
	}
}

function within(
	{index, offsetMinutes}: Known,
	axis: Axis,
	limit: number,
	end: number,
	name = 'that moment',
): Result<Target | undefined, string> {
	if (limit <= end) return ok({axis, limit});
	if (!index.isRead) return ok(undefined);
	const {startMs, startAtMs, endAtMs} = index;
	const [from, to] = [formatTimeOfDay(startAtMs, offsetMinutes), formatTimeOfDay(endAtMs, offsetMinutes)];
	const span = `${from} to ${to}, ${formatClock(index.endMs - startMs)}`;
	return fail(`${name} is not in the record (${span}, events 0 to ${index.tip.state.nextSeq - 1})`);
}

/** A moment as a person would say it. */
export function named(moment: Moment): string {
	switch (moment.kind) {
		case 'elapsed':
			return formatElapsed(moment.ms);
		case 'time-of-day':
			return formatTimeOfDay(moment.ofDayMs);
		case 'wall':
			return 'that moment';
		case 'event':
			return `event ${moment.seq}`;
		case 'share':
			return `${moment.percent} %`;
	}
}
