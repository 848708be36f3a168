import {formatAge, formatClock, formatCountdown} from '../base/duration.ts';
import {formatNumber} from '../base/number-format.ts';
import type {BurstState} from '../core/reduce-burst.ts';
import type {Glyphs} from './glyphs.ts';
import {joinRows, outside, type Row, rowWidth, span} from './row.ts';

/** A burst as its rows show it: in a session, or sent alone. */
export type BurstLook = Omit<BurstState, 'stageIndex' | 'stagesDone'>;

/** `nowMs` is by the clock of the burst's own times; `waits`: no request begins, since something else goes first. */
export type BurstScene = {readonly glyphs: Glyphs; readonly nowMs: number; readonly waits: boolean};

/** So long a burst that is over stays on the screen by itself. */
export const burstShownMs = 15_000;

/** The burst that is to be seen now: while it runs, and for a moment after. */
export const shownBurst = <Burst extends BurstLook>(burst: Burst | undefined, nowMs: number): Burst | undefined =>
	burst && (burst.status === 'running' || (burst.endedTMs !== undefined && nowMs - burst.endedTMs < burstShownMs))
		? burst
		: undefined;

/** Everything about a burst, what matters most first: its bar, its figures, the statuses, its users. Made for `columns`; who draws them cuts. */
export function burstRows(burst: BurstLook, scene: BurstScene, columns: number): readonly Row[] {
	const {glyphs} = scene;
	return [
		barRow(burst, scene, columns),
		figuresRow(burst, glyphs),
		codesRow(burst, glyphs),
		usersRow(burst, glyphs, columns),
	].filter(content => rowWidth(content) > 0);
}

/** The same in one line, for a screen that has no room: what finds none of the last ones is left out. */
export function burstLine(burst: BurstLook, scene: BurstScene, columns: number): Row {
	const {done, planned, failed, p95Ms} = burst;
	const p95 = msText(p95Ms);
	const pieces: Row = [
		span('burst ', 'accent'),
		span(`${done}/${planned}`, 'strong'),
		...(failed > 0 ? [span(`  ${failed} failed`, 'bad')] : []),
		span(`  ${briefly(timeText(burst, scene))}`, 'dim'),
		...(p95 === undefined ? [] : [span(`  p95 ${p95} ms`)]),
	];
	return pieces.filter((_, index) => index < 2 || rowWidth(pieces.slice(0, index + 1)) <= columns);
}

/** How it stands, in a word or two, for the title. */
export function burstWord({status, stoppedBy, failed}: BurstLook, {glyphs, waits}: BurstScene): Row {
	switch (status) {
		case 'running':
			return waits ? [span('waits', 'warn'), span(': something else goes first', 'dim')] : [span('running', 'accent')];
		case 'interrupted':
			return [span('cut off; it will be sent anew', 'warn')];
		case 'stopped':
			return [outside(`${glyphs.bad} stopped: ${stoppedBy ?? ''}`, 'bad', 60, glyphs.marks)];
		case 'done':
			return failed > 0 ? [span(`${glyphs.bad} ${failed} failed`, 'bad')] : [span(`${glyphs.ok} all ok`, 'good')];
	}
}

function barRow(burst: BurstLook, scene: BurstScene, columns: number): Row {
	const {done, planned, failed} = burst;
	const time = timeText(burst, scene);
	const isNarrow = columns < narrowBelow;
	const right: Row = [
		span(isNarrow ? `  ${done}/${planned}` : `  ${done} of ${planned}`, 'strong'),
		span(`  ${isNarrow ? briefly(time) : time}`, burst.status === 'running' ? 'accent' : 'dim'),
	];
	const room = Math.min(60, columns - rowWidth(right));
	if (room < 6) return right;
	const [full, , rest] = scene.glyphs.progress;
	const filled = planned > 0 ? Math.floor((Math.min(done, planned) / planned) * room) : 0;
	// One failed request of thousands must not vanish from the bar.
	const bad = failed > 0 && filled > 0 ? Math.min(filled, Math.max(1, Math.round((failed / done) * filled))) : 0;
	return [
		span(full.repeat(filled - bad), 'accent'),
		span(full.repeat(bad), 'bad'),
		span(rest.repeat(room - filled), 'border'),
		...right,
	];
}

/** Below this the bar would find no place beside all that is said of it. */
const narrowBelow = 60;

/** `0:23 to go` alone. */
const briefly = (time: string): string => time.replace(/^.*about /, '');

/** `0:12, about 0:23 to go`; of one that is over, how long it took. */
function timeText(burst: BurstLook, {nowMs}: BurstScene): string {
	const {status, done, planned, startedTMs, toldTMs, endedTMs, summary} = burst;
	if (status !== 'running') return `in ${formatAge(summary?.tookMs ?? (endedTMs ?? toldTMs) - startedTMs)}`;
	const elapsed = formatClock(nowMs - startedTMs);
	if (done === 0) return elapsed;
	// The pace so far, counted to when it was told: a controller that is silent makes no progress up.
	const leftMs = ((planned - done) * (toldTMs - startedTMs)) / done - (nowMs - toldTMs);
	return `${elapsed}, about ${formatCountdown(leftMs)} to go`;
}

const msText = (ms: number | null | undefined): string | undefined =>
	ms === null || ms === undefined ? undefined : formatNumber(Math.round(ms));

function figuresRow({done, ok, failed, perSecond, summary, p50Ms, p95Ms, p99Ms}: BurstLook, {dot}: Glyphs): Row {
	const rate = summary ? (summary.tookMs > 0 ? (1_000 * summary.total) / summary.tookMs : undefined) : perSecond;
	const times = [
		['p50', p50Ms],
		['p95', p95Ms],
		['p99', p99Ms],
	] as const;
	const known = times.flatMap(([name, ms]) => {
		const text = msText(ms);
		return text === undefined ? [] : [`${name} ${text}`];
	});
	const pieces: Row[] = [
		[span(`${done} sent`)],
		[span(`${ok} ok`, ok > 0 ? 'good' : 'text')],
		failed > 0 ? [span(`${failed} failed`, 'bad')] : [span('none failed', 'dim')],
		rate === undefined ? [] : [span(`${formatNumber(Number(rate.toPrecision(2)))}/s`)],
		known.length === 0 ? [] : [span(`${known.join(` ${dot} `)} ms`, 'strong')],
	];
	return joinRows(pieces, span('  ', 'dim'));
}

/** Statuses with their counts, the most frequent first. */
function codesRow({codes}: BurstLook, {times}: Glyphs): Row {
	const entries = Object.entries(codes ?? {}).sort(([, left], [, right]) => right - left);
	if (entries.length === 0) return [];
	const isGood = (code: string): boolean => /^[23]/.test(code);
	return [
		span('answers', 'dim'),
		...entries.slice(0, 12).map(([code, count]) => span(`  ${count} ${times} ${code}`, isGood(code) ? 'text' : 'warn')),
		...(entries.length > 12 ? [span(`  and ${entries.length - 12} more`, 'dim')] : []),
	];
}

/** Each user's count; those that find no room are counted. */
function usersRow({names, users, planned, userCount}: BurstLook, {marks, bad}: Glyphs, columns: number): Row {
	if (names.length === 0 || userCount === 0) return [];
	const each = Math.round(planned / userCount);
	const lead: Row = [span('users', 'dim')];
	const pieces = names.map((name, index): Row => {
		const failed = users?.failed[index] ?? 0;
		const count = ` ${users?.done[index] ?? 0}/${each}`;
		return [
			span('  '),
			outside(name, 'text', 16, marks),
			span(count, 'dim'),
			...(failed > 0 ? [span(` ${bad}${failed}`, 'bad')] : []),
		];
	});
	const more = (count: number): Row => (count > 0 ? [span(`  and ${count} more`, 'dim')] : []);
	for (let kept = pieces.length; kept > 0; kept--) {
		const row = [...lead, ...pieces.slice(0, kept).flat(), ...more(userCount - kept)];
		if (rowWidth(row) <= columns) return row;
	}
	return [...lead, ...more(userCount)];
}
