import {formatClock, formatElapsed, formatTimeOfDay} from '../base/duration.ts';
import {countUpTo} from '../base/sorted.ts';
import {sanitize} from '../base/text.ts';
import {spell} from './glyphs.ts';
import type {MarkKind, ReplayView} from './replay.ts';
import {fitRow, type Row, rowWidth, type Span, span, type Tone} from './row.ts';
import {type Scene, wallOf} from './scene.ts';

/** Less than this is no line to find one's place on. */
const lineMin = 10;

/** In a replay: what is wrong with the record, if anything, and the line that shows where in it we are. No rows otherwise. */
export function scrubberRows(scene: Scene, columns: number): readonly Row[] {
	const {replay, glyphs} = scene;
	if (!replay) return [];
	const [notice, ...more] = replay.notices;
	const line = scrubberRow(scene, replay, columns);
	if (notice === undefined) return [line];
	const others = more.length > 0 ? ` (and ${more.length} more; all are told on leaving)` : '';
	const text = sanitize(spell(` ${glyphs.warn} ${notice}${others}`, glyphs), columns, glyphs.marks);
	return [fitRow([span(text, 'warnBand')], columns, glyphs.marks, 'warnBand'), line];
}

function scrubberRow(scene: Scene, replay: ReplayView, columns: number): Row {
	const {glyphs} = scene;
	const left: Row = [span(' '), ...wherePieces(scene, replay, columns), span(' ')];
	const right: Row = [span(' '), span(spanText(scene, replay, columns), 'dim'), span(' ')];
	const room = columns - rowWidth(left) - rowWidth(right);
	if (room >= lineMin) return fitRow([...left, ...lineOf(scene, replay, room), ...right], columns, glyphs.marks);
	const alone = columns - rowWidth(left) - 1;
	return fitRow(alone >= lineMin ? [...left, ...lineOf(scene, replay, alone)] : left, columns, glyphs.marks);
}

/** What it does, and the time of day it shows. */
function wherePieces({replay: _, ...scene}: Scene, replay: ReplayView, columns: number): Row {
	const {glyphs, now} = scene;
	const clock = span(formatTimeOfDay(wallOf(now, replay.positionMs), now.offsetMinutes), 'strong');
	const speed = `${replay.speed}${glyphs.times}`;
	if (replay.awaited !== undefined) {
		const percent = Math.floor((100 * (replay.readToMs - replay.startMs)) / Math.max(1, replay.endMs - replay.startMs));
		return [span(`reading up to ${replay.awaited} ${percent} % `, 'warn'), clock];
	}
	const isWide = columns >= 70;
	if (replay.following) return [span(isWide ? 'following ' : `${glyphs.live} `, 'goodStrong'), clock];
	if (replay.playing) return [span(isWide ? `playing ${speed} ` : `${glyphs.select}${speed} `, 'accent'), clock];
	return [span(isWide ? `paused ${speed} ` : `${glyphs.held}${speed} `, 'warn'), clock];
}

/** `T+12:05 of 42:10`: since the first weight, of the whole record. */
function spanText({state}: Scene, {positionMs, startMs, endMs}: ReplayView, columns: number): string {
	const began = state.canaryStartedAtMs;
	const whole = formatClock(endMs - startMs);
	if (columns < 60) return whole;
	return began === undefined
		? `${formatClock(positionMs - startMs)} of ${whole}`
		: `${formatElapsed(positionMs - began)} of ${whole}`;
}

type Mark = {readonly kind: MarkKind; readonly glyph: (scene: Scene) => string; readonly tone: Tone};

/** Where several fall into one column, the first counts. */
const drawn: readonly Mark[] = [
	{kind: 'breach', glyph: ({glyphs}) => glyphs.bad, tone: 'badStrong'},
	{kind: 'action', glyph: ({glyphs}) => (glyphs.name === 'ascii' ? '>' : glyphs.arrow), tone: 'strong'},
	{kind: 'checkpoint', glyph: ({glyphs}) => glyphs.ok, tone: 'good'},
];

function lineOf(scene: Scene, replay: ReplayView, columns: number): Row {
	const {glyphs} = scene;
	const {startMs, endMs, positionMs, readToMs, isRead, marks} = replay;
	const perColumn = Math.max(1, endMs - startMs) / columns;
	const columnOf = (tMs: number): number => Math.max(0, Math.min(columns - 1, Math.floor((tMs - startMs) / perColumn)));
	const at = columnOf(positionMs);
	const [done, , rest] = glyphs.progress;
	const cells = Array.from({length: columns}, (_, column): Span => {
		if (column === at) return span(glyphs.live, 'focus');
		const fromMs = startMs + column * perColumn;
		const toMs = column === columns - 1 ? Number.POSITIVE_INFINITY : fromMs + perColumn;
		// A mark lies in the column that its own moment would have the cursor in.
		const has = ({kind}: Mark): boolean => countBelow(marks[kind], toMs) > countBelow(marks[kind], fromMs);
		const mark = drawn.find(has);
		if (mark) return span(mark.glyph(scene), mark.tone);
		if (!isRead && fromMs > readToMs) return span(glyphs.gap, 'dim');
		return column < at ? span(done, 'accent') : span(rest, 'border');
	});
	return joined(cells);
}

/** Neighbours of one tone as one piece. */
function joined(cells: readonly Span[]): Row {
	const pieces: Span[] = [];
	for (const cell of cells) {
		const last = pieces.at(-1);
		if (last?.tone === cell.tone) pieces[pieces.length - 1] = span(last.text + cell.text, cell.tone);
		else pieces.push(cell);
	}
	return pieces;
}

/** How many are earlier than the moment: session times are whole milliseconds or finer, never exactly between. */
const countBelow = (sorted: ArrayLike<number>, limit: number): number => countUpTo(sorted, limit - 1e-6);
