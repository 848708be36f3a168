import {asciiMarks, type TextMarks, unicodeMarks} from '../base/text.ts';
import {type Row, widthOf} from './row.ts';

/** Every sign the screen is drawn with, so that a terminal without UTF-8 loses none of the meaning. */
export type Glyphs = {
	readonly name: 'unicode' | 'ascii';
	readonly marks: TextMarks;
	readonly ok: string;
	readonly warn: string;
	readonly bad: string;
	readonly unknown: string;
	readonly pending: string;
	readonly stale: string;
	readonly live: string;
	readonly lost: string;
	readonly held: string;
	readonly select: string;
	readonly arrow: string;
	readonly dot: string;
	readonly times: string;
	readonly dash: string;
	/** Progress: done, tip, to do. */
	readonly progress: readonly [string, string, string];
	/** Bars in eighths of a cell, none first. */
	readonly eighths: readonly string[];
	/** Heights of a sparkline, lowest first. */
	readonly heights: readonly string[];
	/** A stretch without data. */
	readonly gap: string;
	/** Below the edge of a chart. */
	readonly fill: string;
	readonly box: {
		readonly topLeft: string;
		readonly topRight: string;
		readonly bottomLeft: string;
		readonly bottomRight: string;
		readonly across: string;
		readonly down: string;
	};
	/** The limit in a chart. */
	readonly limit: string;
	readonly caret: string;
	readonly up: string;
	readonly below: string;
};

export const unicodeGlyphs: Glyphs = {
	name: 'unicode',
	marks: unicodeMarks,
	ok: '✓',
	warn: '!',
	bad: '✗',
	unknown: '?',
	pending: '…',
	stale: '~',
	live: '●',
	lost: '○',
	held: '=',
	select: '▸',
	arrow: '→',
	dot: '·',
	times: '×',
	dash: '—',
	progress: ['━', '╸', '─'],
	eighths: ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'],
	heights: ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
	gap: '░',
	fill: '░',
	box: {topLeft: '╭', topRight: '╮', bottomLeft: '╰', bottomRight: '╯', across: '─', down: '│'},
	limit: '╌',
	caret: '▏',
	up: '↑',
	below: '↓',
};

export const asciiGlyphs: Glyphs = {
	name: 'ascii',
	marks: asciiMarks,
	ok: '+',
	warn: '!',
	bad: 'X',
	unknown: '?',
	pending: '.',
	stale: '~',
	live: '*',
	lost: 'o',
	held: '=',
	select: '>',
	arrow: '->',
	dot: '-',
	times: 'x',
	dash: '-',
	progress: ['=', '>', '-'],
	eighths: ['', '#', '#', '#', '#', '#', '#', '#', '#'],
	heights: ['_', '.', ',', '-', '~', '=', '+', '#'],
	gap: ' ',
	fill: ':',
	box: {topLeft: '+', topRight: '+', bottomLeft: '+', bottomRight: '+', across: '-', down: '|'},
	limit: '-',
	caret: '_',
	up: '^',
	below: 'v',
};

/** The bound signs and other letters beyond ASCII that our own texts use, in ASCII. */
const spelled: readonly (readonly [RegExp, string])[] = [
	[/≥/g, '>='],
	[/≤/g, '<='],
	[/≠/g, '!='],
	[/→/g, '->'],
	[/×/g, 'x'],
	[/[·—–]/g, '-'],
	[/…/g, '~'],
];

/** A text in the letters the terminal has. */
export const spell = (text: string, {name}: Glyphs): string =>
	name === 'unicode' ? text : spelled.reduce((done, [sign, letters]) => done.replace(sign, letters), text);

const oneForOne: Readonly<Record<string, string>> = {
	'→': '>',
	'↓': 'v',
	'↑': '^',
	'·': '-',
	'’': "'",
	'‘': "'",
	'…': '~',
	'×': 'x',
	'⊘': 'x',
	'–': '-',
	'—': '-',
	'−': '-',
	'≥': '>',
	'≤': '<',
};

const foreign = /[^\x20-\x7E]+/gu;
const graphemes = new Intl.Segmenter();

/** The last door before a terminal without UTF-8: whatever is not ASCII is drawn as near as it goes, in as many columns. */
export const asciiRow = (spans: Row): Row =>
	spans.map(({text, tone}) => ({
		tone,
		text: text.replace(foreign, run =>
			[...graphemes.segment(run)].map(({segment}) => oneForOne[segment] ?? '?'.repeat(widthOf(segment))).join(''),
		),
	}));
