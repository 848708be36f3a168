import {fail, ok, type Result} from './result.ts';

const unitsMs = [
	['w', 604_800_000],
	['d', 86_400_000],
	['h', 3_600_000],
	['m', 60_000],
	['s', 1_000],
	['ms', 1],
] as const;

/** A year in a canary profile is a slip of the finger; ten of them still fit a Date and a setTimeout in steps. */
const durationMsMax = 10 * 365 * 86_400_000;

const grammar = /^(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?$/;

/**
 * '250ms', '5s', '1m30s', '2h', '1d', '1w' → milliseconds. Prometheus' syntax: whole numbers, biggest unit first, each unit once;
 * '0' needs no unit. The error is a sentence that quotes what was found and says what is allowed.
 */
export function parseDuration(text: string): Result<number, string> {
	const trimmed = text.trim();
	if (trimmed === '0') return ok(0);
	const match = trimmed === '' ? null : grammar.exec(trimmed);
	if (!match) return fail(`${JSON.stringify(text)} is not a duration${hint(trimmed)}: write it like 250ms, 5s, 1m30s, 2h or 1d`);
	const ms = unitsMs.reduce((sum, [, unitMs], index) => sum + Number(match[index + 1] ?? 0) * unitMs, 0);
	return ms <= durationMsMax ? ok(ms) : fail(`${JSON.stringify(text)} is too long: a duration is at most 10 years`);
}

function hint(text: string): string {
	if (/^\d+$/.test(text)) return ' (the unit is missing)';
	if (/^-/.test(text)) return ' (it is negative)';
	if (/^\d*\.\d+(?:ms|s|m|h|d|w)$/.test(text)) return ' (no fractions; use the smaller unit)';
	return '';
}

/** Milliseconds → '250ms', '5m', '1m30s', '2h'. Exact: parses back to the same number. Parts of a millisecond are rounded away. */
export function formatDuration(ms: number): string {
	if (!Number.isFinite(ms)) return Number.isNaN(ms) ? 'NaN' : ms > 0 ? '+Inf' : '-Inf';
	let rest = Math.round(Math.abs(ms));
	if (rest === 0) return '0s';
	let text = ms < 0 ? '-' : '';
	// A week is said in days: "7d" is read faster than "1w", and nobody plans a canary in weeks.
	for (const [unit, unitMs] of unitsMs.slice(1)) {
		const count = Math.floor(rest / unitMs);
		if (count > 0) text += `${count}${unit}`;
		rest -= count * unitMs;
	}
	return text;
}

/** For ages on the screen: '0.8 s', '42 s', '5m10s', '2h5m', '3d4h'. Never more than two units; rounded down, so nothing seems older. */
export function formatAge(ms: number): string {
	if (!Number.isFinite(ms)) return 'unknown';
	const age = Math.max(0, ms);
	if (age < 10_000) return `${(Math.floor(age / 100) / 10).toFixed(1)} s`;
	if (age < 60_000) return `${Math.floor(age / 1_000)} s`;
	const step = age < 3_600_000 ? 1_000 : age < 86_400_000 ? 60_000 : 3_600_000;
	return formatDuration(Math.floor(age / step) * step);
}

const pad = (count: number): string => String(count).padStart(2, '0');

/** '0:42', '17:42', '1:00:00', '26:00:00'; rounded down to whole seconds; '-0:05' before zero. */
export function formatClock(ms: number): string {
	if (!Number.isFinite(ms)) return '--:--';
	const seconds = Math.floor(Math.abs(ms) / 1_000);
	const [h, m, s] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
	return (ms < 0 && seconds > 0 ? '-' : '') + (h > 0 ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`);
}

/** Time since the start of the session: 'T+17:42', 'T-0:05'. */
export const formatElapsed = (ms: number): string => {
	const clock = formatClock(ms);
	return clock.startsWith('-') ? `T${clock}` : `T+${clock}`;
};

/** Time still to go, rounded up: it says 0:00 only when it is over. */
export const formatCountdown = (ms: number): string => formatClock(Math.max(0, Math.ceil(ms / 1_000) * 1_000));

/** '12:33:50', in the zone that is `offsetMinutes` ahead of UTC (0 is UTC). */
export function formatTimeOfDay(atMs: number, offsetMinutes = 0): string {
	if (!Number.isFinite(atMs)) return '--:--:--';
	const dayMs = 86_400_000;
	const ofDay = (((atMs + offsetMinutes * 60_000) % dayMs) + dayMs) % dayMs;
	const seconds = Math.floor(ofDay / 1_000);
	return `${pad(Math.floor(seconds / 3_600))}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
}
