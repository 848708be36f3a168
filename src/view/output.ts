import {formatAge, formatDuration} from '../base/duration.ts';
import {sanitize} from '../base/text.ts';
import {argvText, type CommandRun, endText, hasSucceeded} from '../core/reduce-runbook.ts';
import type {Box} from './dialog-parts.ts';
import {passes} from './filter.ts';
import {spell} from './glyphs.ts';
import {type Row, row, span, type Tone, wrapText} from './row.ts';
import type {Scene} from './scene.ts';
import type {Dialog} from './ui-state.ts';

/** What has been read so far of what a command printed. A new object, with a new list, whenever there is more. */
export type OutputText = {
	readonly lines: readonly string[];
	readonly bytes: number;
	/** The run is over, and all of its file has been read. */
	readonly isWhole: boolean;
	/** Why there is not more, or why it is not to be believed. */
	readonly trouble?: string;
};

export type OutputDialog = Extract<Dialog, {kind: 'output'}>;

export const runOf = ({state}: Scene, {run}: Pick<OutputDialog, 'run'>): CommandRun | undefined =>
	state.runbook?.runs.find(one => one.run === run);

const filtered = new WeakMap<readonly string[], {filter: string; lines: readonly string[]}>();

/** The lines that the filter lets through; looked through once for each text. */
function shownLines({output}: Scene, {filter}: OutputDialog): readonly string[] {
	const lines = output?.lines ?? [];
	if (filter === '') return lines;
	const known = filtered.get(lines);
	if (known?.filter === filter) return known.lines;
	const through = lines.filter(line => passes([filter], line));
	filtered.set(lines, {filter, lines: through});
	return through;
}

/** Lines above the text: what runs, and how it stands. */
const headRows = 2;

/** How many lines of the text a box of so many rows (its frame not counted) has room for. */
const textRows = (rows: number): number => Math.max(1, rows - headRows - (rows > 6 ? 1 : 0));

/** The last `scroll` that changes anything, in a box of so many rows. */
export const outputScrollMax = (scene: Scene, dialog: OutputDialog, rows: number): number =>
	Math.max(0, shownLines(scene, dialog).length - textRows(rows));

/** What a command prints, as it prints it: over the panes, under the header. */
export function outputBox(scene: Scene, dialog: OutputDialog, columns: number, rowsMax: number): Box {
	const {glyphs, output} = scene;
	const run = runOf(scene, dialog);
	const rows = Math.max(3, rowsMax - 2);
	const inner = Math.max(4, columns - 4);
	if (!run) return {title: 'Output', tone: 'accent', columns, rows: [row('this run is not in the record any more', 'dim')]};
	const lines = shownLines(scene, dialog);
	const height = textRows(rows);
	const most = Math.max(0, lines.length - height);
	const start = dialog.scroll === 'end' ? most : Math.min(dialog.scroll, most);
	const shown = lines.slice(start, start + height);
	const all = output?.lines.length ?? 0;
	const silence = all === 0 && height > 0 ? silenceOf(scene, run) : undefined;
	const body = silence ? [silence] : shown.map((line): Row => [span(lineFrom(scene, line, dialog.left, inner))]);
	const rest = Array.from({length: height - body.length}, (): Row => []);
	const where =
		lines.length === 0
			? ''
			: `lines ${start + 1}–${Math.min(lines.length, start + height)} of ${lines.length}`.replace(
					'–',
					glyphs.name === 'ascii' ? '-' : '–',
				);
	const hidden = dialog.filter === '' ? '' : `, ${all - lines.length} hidden by /${sanitize(dialog.filter, 20, glyphs.marks)}/`;
	const title = `${sanitize(run.title, 40, glyphs.marks)}   Esc closes`;
	const tone = run.end && !hasSucceeded(run.end) ? 'bad' : 'accent';
	return {
		title,
		tone,
		columns,
		rows: [
			// Where there is no room for a last row, what is typed takes the first.
			rows <= 6 && (dialog.typing !== undefined || dialog.stops)
				? foot(scene, dialog, '')
				: [span(sanitize(spell(argvText(run.argv), glyphs), inner, glyphs.marks), 'dim')],
			statusRow(scene, run, inner),
			...body,
			...rest,
			...(rows > 6 ? [foot(scene, dialog, `${where}${hidden}`)] : []),
		],
	};
}

/** Instead of an empty box; undefined while it isn't known whether there is anything. */
function silenceOf({output}: Scene, {end}: CommandRun): Row | undefined {
	if (!end) return row('nothing printed yet', 'dim');
	return output?.isWhole ? row('it printed nothing', 'dim') : undefined;
}

/** Whether this console could end it. */
export const mayStop = ({link}: Scene): boolean => !link.replay && link.role !== 'read-only';

function foot(scene: Scene, dialog: OutputDialog, where: string): Row {
	const {glyphs} = scene;
	const {typing, stops} = dialog;
	const runs = runOf(scene, dialog)?.end === undefined && mayStop(scene);
	if (stops && runs) return [span('x', 'key'), span(' once more stops it; any other key does not', 'badStrong')];
	if (typing !== undefined) return [span('/ ', 'key'), span(typing.slice(-50), 'strong'), span(glyphs.caret, 'accent')];
	const keys: readonly (readonly [string, string])[] = [
		['j k', 'scroll'],
		['g G', 'ends'],
		['/', 'filter'],
		['o', 'pager'],
		...(runs ? [['x', 'stop'] as const] : []),
	];
	return [
		span(where === '' ? '' : `${where}   `, 'dim'),
		...keys.flatMap(([key, does]) => [span(key, 'key'), span(` ${does}   `, 'dim')]),
	];
}

/** `… running 3 s of 30 s · 120 lines`, `✓ ended with 0 in 1.2s`, `✗ FAILED: ended with 3 …`. */
function statusRow(scene: Scene, run: CommandRun, columns: number): Row {
	const {state, now, glyphs, output} = scene;
	const trouble = output?.trouble;
	const lines = output?.lines.length ?? 0;
	const by = `by ${run.by}`;
	const {word, sign, tone} = stateOf(scene, run);
	const timeout = state.plan?.commands?.[run.index]?.timeoutMs;
	const runs = `${formatAge(Math.max(0, now.tMs - run.askedAtMs))}${timeout === undefined ? '' : ` of ${formatDuration(timeout)}`}`;
	const text = run.end === undefined ? `${word} ${runs}, ${lines} lines` : word;
	const whole = trouble === undefined ? `${text}, ${by}` : `${text} ${glyphs.dot} ${trouble}`;
	return [
		span(`${sign} `, tone),
		...wrapText(sanitize(spell(whole, glyphs), columns * 2, glyphs.marks), columns - 2, 1, glyphs.marks).map(line =>
			span(line, trouble === undefined ? tone : 'bad'),
		),
	];
}

function stateOf({glyphs}: Scene, {end}: CommandRun): {word: string; sign: string; tone: Tone} {
	if (end === undefined) return {word: 'running', sign: glyphs.pending, tone: 'accent'};
	const isGood = hasSucceeded(end);
	return {word: endText(end), sign: isGood ? glyphs.ok : glyphs.bad, tone: isGood ? 'good' : 'bad'};
}

/** A line from its `left`th column on, tabs as wide as a terminal makes them. */
function lineFrom({glyphs}: Scene, line: string, left: number, columns: number): string {
	const flat = line.includes('\t') ? untabbed(line) : line;
	if (left === 0) return sanitize(spell(flat, glyphs), columns, glyphs.marks);
	const safe = sanitize(spell(flat, glyphs), left + columns + 1, glyphs.marks);
	return sanitize([...safe].slice(left).join(''), columns, glyphs.marks);
}

const tabColumns = 8;

function untabbed(line: string): string {
	let text = '';
	for (const [index, piece] of line.split('\t').entries()) {
		if (index > 0) text += ' '.repeat(tabColumns - (text.length % tabColumns));
		text += piece;
	}
	return text;
}

/** The same for who listens: how it stands, and, once it is over, its last lines. A time would be news every second. */
export function spokenOutput(scene: Scene, dialog: OutputDialog): string {
	const run = runOf(scene, dialog);
	if (!run) return '';
	const last = run.end && scene.output?.isWhole ? scene.output.lines.slice(-5) : [];
	return [`${run.title} ${run.end ? endText(run.end) : 'is running'}`, ...last].join('. ');
}
