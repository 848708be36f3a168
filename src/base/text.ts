import stringWidth from 'string-width';

/** What stands in for text that was taken out or cut off. Each is one column wide. */
export type TextMarks = {readonly replacement: string; readonly ellipsis: string};

export const unicodeMarks: TextMarks = {replacement: '\uFFFD', ellipsis: '…'};
export const asciiMarks: TextMarks = {replacement: '?', ellipsis: '~'};

/** Colour is decoration: dropping it hides nothing, so it leaves no mark. Variation selectors only choose between two drawings. */
const decoration = /(?:\u001B\[|\u009B)[\d;:]*m|[\uFE0E\uFE0F]/g;

/**
 * ECMA-48 sequences, 7-bit and 8-bit. A string sequence (OSC, DCS, SOS, PM, APC) is taken out whole only when its end is there:
 * of an unterminated one just the introducer goes, so that nobody can hide the rest of a line behind it.
 */
const sequences = [
	String.raw`(?:\x1B[\]PX^_]|[\x90\x98\x9D-\x9F])[^\x07\x1B\x90\x98\x9C-\x9F]*(?:\x07|\x1B\\|\x9C)`,
	String.raw`(?:\x1B\[|\x9B)[\x30-\x3F]*[\x20-\x2F]*[\x40-\x7E]?`,
	String.raw`\x1B[\x20-\x2F]*[\x30-\x7E]?`,
];

/** C0, C1, bidi and zero-width characters, lone surrogates, noncharacters: whatever a terminal obeys or does not draw. */
const invisible = String.raw`[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]`;

const lineBreaks = /[\t\n\v\f\r\u0085\u2028\u2029]+/g;
const unsafe = new RegExp(`(?:${[...sequences, invisible].join('|')})+`, 'gu');
const unsafeButLines = new RegExp(`(?:${[...sequences, `(?![\\t\\n])${invisible}`].join('|')})+`, 'gu');
const plain = /^[\x20-\x7E]*$/;

/** Marks piled on one letter climb over the rows above; real scripts need no more than a few. */
const piledMarks = /([\p{Mn}\p{Me}]{4})[\p{Mn}\p{Me}]+/gu;
const leadingMark = /^\p{M}/u;

/** Everything past this can't reach `maxColumns` columns in honest text; it bounds the work done on a huge line. */
const unitsPerColumn = 16;
const unitsMin = 4_096;

/**
 * One line of text from outside, safe to draw: no escape sequence, control, bidi or zero-width character is left, each run of
 * them shows as one replacement mark (colours just vanish), tabs and line breaks become a space, and it is at most `maxColumns`
 * columns wide, ending in an ellipsis if something was cut.
 */
export function sanitize(text: string, maxColumns: number, marks: TextMarks = unicodeMarks): string {
	if (text.length <= maxColumns && plain.test(text)) return text;
	const within = text.slice(0, Math.max(unitsMin, maxColumns * unitsPerColumn));
	const flat = within.replace(decoration, '').replace(lineBreaks, ' ');
	const safe = tame(flat.replace(unsafe, marks.replacement), marks);
	return truncate(within === text ? safe : safe + marks.ellipsis, maxColumns, marks);
}

/** As `sanitize`, but keeps line breaks: at most `maxLines` lines, each at most `maxColumns` columns. */
export function sanitizeLines(text: string, maxColumns: number, maxLines: number, marks: TextMarks = unicodeMarks): string[] {
	const lines = text.split(/\r\n|[\n\v\f\r\u0085\u2028\u2029]/, maxLines + 1);
	const shown = lines.slice(0, maxLines).map(line => sanitize(line, maxColumns, marks));
	if (lines.length > maxLines && maxLines > 0) shown[maxLines - 1] = marks.ellipsis;
	return shown;
}

const tame = (text: string, marks: TextMarks): string => {
	const thinned = text.replace(piledMarks, '$1');
	return leadingMark.test(thinned) ? marks.replacement + thinned : thinned;
};

/** Columns a terminal needs for sanitised text. */
export const columnsOf = (text: string): number => stringWidth(text);

const graphemes = new Intl.Segmenter();

/** At most `columns` columns; ends in an ellipsis if it was cut. A wide character is never halved. Expects sanitised text. */
export function truncate(text: string, columns: number, marks: TextMarks = unicodeMarks): string {
	if (columns <= 0) return '';
	if (text.length <= columns && plain.test(text)) return text;
	if (columnsOf(text) <= columns) return text;
	let kept = '';
	let width = 0;
	for (const {segment} of graphemes.segment(text)) {
		width += columnsOf(segment);
		if (width > columns - 1) break;
		kept += segment;
	}
	return kept + marks.ellipsis;
}

/** As String.padEnd, in columns. Text that is already wider stays as it is. */
export const padEnd = (text: string, columns: number): string => text + ' '.repeat(Math.max(0, columns - columnsOf(text)));

/** As String.padStart, in columns. Text that is already wider stays as it is. */
export const padStart = (text: string, columns: number): string => ' '.repeat(Math.max(0, columns - columnsOf(text))) + text;

/** Exactly `columns` columns: cut with an ellipsis or padded with spaces on the side away from `align`. */
export function fitColumns(
	text: string,
	columns: number,
	align: 'start' | 'end' = 'start',
	marks: TextMarks = unicodeMarks,
): string {
	const cut = truncate(text, columns, marks);
	return align === 'start' ? padEnd(cut, columns) : padStart(cut, columns);
}

const entities: Readonly<Record<string, string>> = {
	'&': '&amp;',
	'<': '&lt;',
	'>': '&gt;',
	'"': '&quot;',
	"'": '&#39;',
	'`': '&#96;',
};

/** Lines and tabs stay, colours vanish, what can't be seen or would be obeyed shows a mark. */
const visible = (text: string): string =>
	text.replace(decoration, '').replaceAll('\r\n', '\n').replace(unsafeButLines, unicodeMarks.replacement);

/** Text from outside as a plain text of many lines, whole: for a file that a person or a pager reads. A bare carriage return ends a line. */
export const plainLines = (text: string): string => visible(text.replaceAll(/\r(?!\n)/g, '\n'));

/** As `plainLines`, with nothing in the place of what was taken out: what stood apart by it only is one word again. */
export const bareLines = (text: string): string =>
	text.replace(decoration, '').replaceAll(/\r\n?/g, '\n').replace(unsafeButLines, '');

/** Text from outside for HTML, as content or inside a quoted attribute. Line breaks and tabs stay, what can't be seen shows a mark. */
export const htmlSafe = (text: string): string => visible(text).replace(/[&<>"'`]/g, char => entities[char] ?? '');

/**
 * One cell of a CSV file, quoted where RFC 4180 asks for it. Text that a spreadsheet would run as a formula gets an apostrophe in
 * front (OWASP "CSV injection"); a plain number does not.
 */
export function csvSafe(cell: string | number): string {
	if (typeof cell === 'number') return String(cell);
	const text = visible(cell);
	const isNumber = /^[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(text);
	const inert = /^\s*[=+\-@]/.test(text) && !isNumber ? `'${text}` : text;
	return /[",\n\t]|^\s|\s$/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
