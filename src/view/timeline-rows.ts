import {formatTimeOfDay} from '../base/duration.ts';
import {sanitize} from '../base/text.ts';
import type {TimelineEntry, TimelineKind} from '../core/state.ts';
import {type Glyphs, spell} from './glyphs.ts';
import type {Item} from './list.ts';
import {type Row, span, type Tone, wrapText} from './row.ts';
import type {Scene} from './scene.ts';

type Mark = {readonly glyph: (glyphs: Glyphs) => string; readonly tone: Tone};

const quiet: Mark = {glyph: ({dot}) => dot, tone: 'dim'};

/** Every kind of line has a sign of its own kind; the text says the rest. */
const marks: Readonly<Record<TimelineKind, Mark>> = {
	session: {glyph: ({live}) => live, tone: 'accent'},
	tick: quiet,
	breach: {glyph: ({bad}) => bad, tone: 'bad'},
	pending: {glyph: ({bad}) => bad, tone: 'bad'},
	recovered: {glyph: ({ok}) => ok, tone: 'good'},
	'no-data': {glyph: ({unknown}) => unknown, tone: 'unknown'},
	action: {glyph: ({arrow}) => arrow, tone: 'strong'},
	failed: {glyph: ({bad}) => bad, tone: 'bad'},
	hold: {glyph: ({held}) => held, tone: 'warn'},
	checkpoint: {glyph: ({ok}) => ok, tone: 'text'},
	note: {glyph: ({dot}) => dot, tone: 'text'},
	drift: {glyph: ({bad}) => bad, tone: 'bad'},
	clock: {glyph: ({warn}) => warn, tone: 'warn'},
	notice: quiet,
	alarm: {glyph: ({bad}) => bad, tone: 'badStrong'},
	stage: {glyph: ({arrow}) => arrow, tone: 'accent'},
};

/** Newest first. `linesEach`: how many rows one entry may take. */
export function timelineItems(scene: Scene, columns: number, linesEach: number): readonly Item[] {
	const {timeline} = scene.state;
	return timeline.toReversed().map(entry => {
		const isSelected = scene.ui.focus === 'timeline' && scene.ui.panes.timeline.cursor === String(entry.seq);
		return {
			key: String(entry.seq),
			text: `${entry.kind} ${entry.text}`,
			mark: entry.seq,
			rows: entryRows(scene, entry, columns, isSelected ? Math.max(3, linesEach) : linesEach, isSelected),
		};
	});
}

function entryRows(scene: Scene, entry: TimelineEntry, columns: number, linesMax: number, isSelected: boolean): readonly Row[] {
	const {glyphs, now} = scene;
	const {glyph, tone} = marks[entry.kind];
	const text = spell(sanitize(entry.text, columns * linesMax + 40, glyphs.marks), glyphs);
	const sign = glyph(glyphs);
	// The reducer's own arrow would stand beside ours.
	const said = text.startsWith(`${glyphs.arrow} `) ? text.slice(glyphs.arrow.length + 1) : text;
	const time = formatTimeOfDay(entry.atMs, now.offsetMinutes).slice(0, columns >= 34 ? 8 : 5);
	const indent = 1 + time.length + 1 + sign.length + 1;
	const lines = wrapText(said, Math.max(6, columns - indent - 1), linesMax, glyphs.marks);
	return lines.map((line, index) =>
		index === 0
			? [
					span(isSelected ? glyphs.select : ' ', 'key'),
					span(`${time} `, 'dim'),
					span(`${sign} `, tone),
					span(line, isSelected ? 'selected' : tone),
				]
			: [span(' '.repeat(indent)), span(line, tone)],
	);
}
