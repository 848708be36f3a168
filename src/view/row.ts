import {columnsOf, sanitize, type TextMarks, truncate, unicodeMarks} from '../base/text.ts';

/** What a piece of text means, not how it looks: the theme decides that. */
export const tones = [
	'text',
	'strong',
	'dim',
	'accent',
	'border',
	'focus',
	'good',
	'goodStrong',
	'warn',
	'warnStrong',
	'bad',
	'badStrong',
	'unknown',
	'stale',
	'goodBand',
	'warnBand',
	'badBand',
	'infoBand',
	'candidate',
	'baseline',
	'key',
	'keyOff',
	'selected',
] as const;
export type Tone = (typeof tones)[number];

/** A run of text in one tone. Its text is sanitised: it holds nothing that a terminal would obey. */
export type Span = {readonly text: string; readonly tone: Tone};

/** One line of the screen. */
export type Row = readonly Span[];

export const span = (text: string, tone: Tone = 'text'): Span => ({text, tone});

/** A row of text of ours, in one tone. */
export const row = (text: string, tone: Tone = 'text'): Row => [span(text, tone)];

/** Text from outside, made safe to draw: every label, message and name goes through here. */
export const outside = (text: string, tone: Tone = 'text', columnsMax = 400, marks: TextMarks = unicodeMarks): Span =>
	span(sanitize(text, columnsMax, marks), tone);

/** ASCII, Latin-1, box drawing, blocks, Braille and the few signs we draw: all one column, found without segmenting. */
const narrow =
	/^[\x20-\x7E\xA1-\xAC\xAE-\xFF\u2010-\u2027\u2190-\u21FF\u2200-\u22FF\u2500-\u259F\u25CF\u25CB\u25B8\u2713\u2717\u2800-\u28FF]*$/;

/** Columns a terminal needs for sanitised text. */
export const widthOf = (text: string): number => (narrow.test(text) ? text.length : columnsOf(text));

export const rowWidth = (spans: Row): number => spans.reduce((sum, {text}) => sum + widthOf(text), 0);

/** At most `columns` columns, ending in an ellipsis if something was cut. */
export function cutRow(spans: Row, columns: number, marks: TextMarks = unicodeMarks): Row {
	const kept: Span[] = [];
	let left = columns;
	for (const [index, piece] of spans.entries()) {
		const width = widthOf(piece.text);
		const isLast = spans.slice(index + 1).every(({text}) => text === '');
		if (width < left || (width === left && isLast)) {
			kept.push(piece);
			left -= width;
			continue;
		}
		// One column is kept for the ellipsis even where this piece would just fit, since more follows.
		const text = width === left ? truncate(`${piece.text} `, left, marks) : truncate(piece.text, left, marks);
		if (text !== '') kept.push({...piece, text});
		break;
	}
	return kept;
}

/** Exactly `columns` columns: cut, or padded with `tone` on the right. */
export function fitRow(spans: Row, columns: number, marks: TextMarks = unicodeMarks, tone: Tone = 'text'): Row {
	if (columns <= 0) return [];
	const cut = cutRow(spans, columns, marks);
	const missing = columns - rowWidth(cut);
	return missing > 0 ? [...cut, span(' '.repeat(missing), tone)] : cut;
}

/** `left` and `right` at the two ends of exactly `columns` columns; where both don't fit, `left` is cut. */
export function spreadRow(left: Row, right: Row, columns: number, marks: TextMarks = unicodeMarks, tone: Tone = 'text'): Row {
	const rightCut = cutRow(right, columns, marks);
	return [...fitRow(left, columns - rowWidth(rightCut), marks, tone), ...rightCut];
}

/** The row in one tone, whatever its pieces had: for a line drawn over all of it. */
export const retone = (spans: Row, tone: Tone): Row => spans.map(({text}) => ({text, tone}));

/** Pieces joined by `between`, empty rows left out. */
export const joinRows = (rows: readonly Row[], between: Span): Row =>
	rows.filter(piece => rowWidth(piece) > 0).flatMap((piece, index) => (index === 0 ? piece : [between, ...piece]));

/** The characters of a row. */
export const textOf = (spans: Row): string => spans.map(({text}) => text).join('');

const graphemes = new Intl.Segmenter();

/** Less room than this at the end of a line is not worth the beginning of a word. */
const fillMin = 8;

/** Text broken at spaces into lines of at most `columns` columns; a longer word is cut. Expects sanitised text. */
export function wrapText(text: string, columns: number, linesMax = 50, marks: TextMarks = unicodeMarks): string[] {
	const lines: string[] = [];
	let line = '';
	for (const word of text.split(' ')) {
		const longer = line === '' ? word : `${line} ${word}`;
		if (widthOf(longer) <= columns) {
			line = longer;
			continue;
		}
		// A word that no line holds, a path, begins where it stands: on a line of its own it would leave this one empty.
		const fills = widthOf(word) > columns && columns - widthOf(line) >= fillMin;
		if (line !== '' && !fills) lines.push(line);
		line = fills ? longer : word;
		while (widthOf(line) > columns && columns > 1) {
			// The blanks make it too long whatever it is, so that it is cut to what fits.
			const head = truncate(`${line}  `, columns + 1, {...marks, ellipsis: ''});
			if (head === '') {
				// A letter wider than the whole line.
				const [first] = graphemes.segment(line);
				line = marks.replacement + line.slice(first?.segment.length);
				continue;
			}
			lines.push(head);
			line = line.slice(head.length);
		}
	}
	lines.push(line);
	if (lines.length <= linesMax) return lines;
	return [...lines.slice(0, linesMax - 1), truncate(`${lines[linesMax - 1]} ${marks.ellipsis}`, columns, marks)];
}
