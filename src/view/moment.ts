import {parseDuration} from '../base/duration.ts';
import {fail, ok, type Result} from '../base/result.ts';
import type {Moment} from './replay.ts';

export const momentForms = 'T+12m, 12:30:05, 50%, or the number of an event';

/** `T+12m`, `T+12:05`, `12:30:05`, `2026-11-21T12:30:05Z`, `50%`, `4711`. The error says what is understood. */
export function parseMoment(typed: string): Result<Moment, string> {
	const text = typed.trim();
	const elapsed = /^t\s*\+\s*(.+)$/i.exec(text)?.[1];
	if (elapsed !== undefined) {
		const clock = clockMs(elapsed, 'from the right');
		const duration = clock === undefined ? parseDuration(elapsed) : ok(clock);
		return duration.ok ? ok({kind: 'elapsed', ms: duration.value}) : fail(`T+ what? ${duration.error}`);
	}
	const percent = /^(\d{1,3}(?:\.\d+)?)\s*%$/.exec(text)?.[1];
	if (percent !== undefined && Number(percent) <= 100) return ok({kind: 'share', percent: Number(percent)});
	if (/^#?\d{1,15}$/.test(text)) return ok({kind: 'event', seq: Number(text.replace('#', ''))});
	const ofDayMs = clockMs(text, 'from the left');
	if (ofDayMs !== undefined && ofDayMs < 86_400_000) return ok({kind: 'time-of-day', ofDayMs});
	const atMs = /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) ? Date.parse(text) : Number.NaN;
	if (!Number.isNaN(atMs)) return ok({kind: 'wall', atMs});
	return fail(`${JSON.stringify(text.slice(0, 40))} is no moment: write ${momentForms}`);
}

/** `12:30` is minutes and seconds since a start, but hours and minutes of a day. */
function clockMs(text: string, reads: 'from the left' | 'from the right'): number | undefined {
	const match = /^(\d{1,4}):([0-5]\d)(?::([0-5]\d))?$/.exec(text);
	if (!match) return undefined;
	const [first = 0, second = 0, third] = match.slice(1).map(part => (part === undefined ? undefined : Number(part)));
	const isMinutes = third === undefined && reads === 'from the right';
	return isMinutes ? (first * 60 + second) * 1_000 : (first * 3_600 + second * 60 + (third ?? 0)) * 1_000;
}
