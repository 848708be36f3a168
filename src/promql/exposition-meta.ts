import {byte, isBlank, metricNameEnd, quotedEnd} from './exposition-bytes.ts';
import {decodeText, type Format, PageFailure} from './exposition-series.ts';

const types: Readonly<Record<Format, ReadonlySet<string>>> = {
	text: new Set(['counter', 'gauge', 'histogram', 'summary', 'untyped']),
	openmetrics: new Set(['counter', 'gauge', 'histogram', 'gaugehistogram', 'summary', 'info', 'stateset', 'unknown']),
};

/** What a line that begins with `#` says: nothing of interest, the type of what follows, or that the page ends here. */
export type MetaLine =
	| {readonly kind: 'other'; readonly end: number}
	| {readonly kind: 'type'; readonly type: string; readonly end: number}
	| {readonly kind: 'eof'};

const rawText = new TextDecoder('latin1');
const keywords: ReadonlySet<string> = new Set(['HELP', 'TYPE']);

/** Reads the line whose `#` stands at an offset. `end` is the offset of its line end. Throws PageFailure. */
export function readMetaLine(bytes: Uint8Array, at: number, format: Format): MetaLine {
	return format === 'openmetrics' ? readStrict(bytes, at) : readLoose(bytes, at);
}

const wordAt = (bytes: Uint8Array, start: number): string => rawText.decode(bytes.subarray(start, start + 4));

function skipBlanks(bytes: Uint8Array, from: number): number {
	let at = from;
	while (isBlank(bytes[at])) at++;
	return at;
}

function lineEnd(bytes: Uint8Array, from: number): number {
	const end = bytes.indexOf(byte.newline, from);
	return end === -1 ? bytes.length : end;
}

function readLoose(bytes: Uint8Array, at: number): MetaLine {
	const word = skipBlanks(bytes, at + 1);
	const keyword = word > at + 1 ? wordAt(bytes, word) : '';
	if (endsAtNul(bytes, at, word)) return {kind: 'eof'};
	// `#TYPE` and `# TYPES` are comments.
	if (!keywords.has(keyword) || !isBlank(bytes[word + 4])) return {kind: 'other', end: lineEnd(bytes, at)};
	return readMetadata(bytes, keyword, skipBlanks(bytes, word + 4));
}

/**
 * A server's lexer takes a NUL where a token could begin for the end of the page: right after `# `, and anywhere in a comment
 * that has no blank after its `#`.
 */
function endsAtNul(bytes: Uint8Array, at: number, word: number): boolean {
	if (bytes[word] === 0) return true;
	const nul = word > at + 1 ? -1 : bytes.subarray(at, lineEnd(bytes, at)).indexOf(0);
	return nul !== -1;
}

function readStrict(bytes: Uint8Array, at: number): MetaLine {
	const keyword = bytes[at + 1] === byte.space ? wordAt(bytes, at + 2) : '';
	if (keyword.startsWith('EOF')) {
		const end = bytes[at + 5] === byte.newline ? at + 6 : at + 5;
		if (end < bytes.length) throw new PageFailure('unexpected data after # EOF', end);
		return {kind: 'eof'};
	}
	const isKnown = keywords.has(keyword) || keyword === 'UNIT';
	if (!isKnown || bytes[at + 6] !== byte.space) throw new PageFailure('expected HELP, TYPE, UNIT or EOF after "# "', at);
	return readMetadata(bytes, keyword, at + 7, true);
}

function readMetadata(bytes: Uint8Array, keyword: string, nameStart: number, isStrict = false): MetaLine {
	const isQuoted = bytes[nameStart] === byte.quote;
	const nameEnd = isQuoted ? quotedEnd(bytes, nameStart, true) : metricNameEnd(bytes, nameStart);
	if (nameEnd === nameStart) throw new PageFailure(`expected metric name after ${keyword}`, nameStart);
	const end = lineEnd(bytes, nameEnd);
	if (isStrict && (bytes[nameEnd] !== byte.space || end === bytes.length)) {
		throw new PageFailure(`expected text in ${keyword}`, nameEnd);
	}
	if (bytes[nameEnd] === 0) throw new PageFailure(`expected text in ${keyword}`, nameEnd);
	const textStart = Math.min(nameEnd + 1, end);
	const text = decodeText(bytes, textStart, end);
	if (keyword === 'UNIT' && text !== '') {
		const name = decodeText(bytes, isQuoted ? nameStart + 1 : nameStart, isQuoted ? nameEnd - 1 : nameEnd);
		if (!name.endsWith(`_${text}`)) throw new PageFailure(`unit "${text}" not a suffix of metric "${name}"`, textStart);
	}
	if (keyword !== 'TYPE') return {kind: 'other', end};
	if (!types[isStrict ? 'openmetrics' : 'text'].has(text)) {
		throw new PageFailure(`invalid metric type ${JSON.stringify(text)}`, textStart);
	}
	return {kind: 'type', type: text, end};
}
