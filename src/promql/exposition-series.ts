import {nameLabel} from './ast.ts';
import {byte, isBlank, labelNameEnd, metricNameEnd, quotedEnd} from './exposition-bytes.ts';
import {parseGoFloat} from './go-math.ts';
import {Labels} from './labels.ts';
import {formatNumber} from './numeral.ts';

/** The two text formats that a page may come in. */
export type Format = 'text' | 'openmetrics';

/** Thrown inside the page parser; `PageParser` turns it into a Result with line and column. */
export class PageFailure extends Error {
	readonly offset: number;

	constructor(message: string, offset: number) {
		super(message);
		this.offset = offset;
	}
}

/** A name with its braces. Offsets of names and values are without quotes; `nameStart` is -1 for a name not seen yet. */
export class SeriesScan {
	end = 0;
	nameStart = -1;
	nameEnd = -1;
	hasQuotedName = false;
	hasTrailingComma = false;
	/** Pairs of start and end: label name, label value, label name, … */
	readonly labels: number[] = [];
	private readonly bytes: Uint8Array;
	private readonly format: Format;

	constructor(bytes: Uint8Array, format: Format) {
		this.bytes = bytes;
		this.format = format;
	}

	/** Reads the series that starts here. Throws PageFailure. */
	scan(start: number): void {
		const {bytes} = this;
		this.labels.length = 0;
		this.nameStart = -1;
		this.hasQuotedName = false;
		this.hasTrailingComma = false;
		const nameEnd = metricNameEnd(bytes, start);
		if (nameEnd > start) {
			this.nameStart = start;
			this.nameEnd = nameEnd;
		}
		this.end = nameEnd;
		const brace = nameEnd > start ? this.skipBlanks(nameEnd) : start;
		if (bytes[brace] === byte.braceOpen) this.end = this.braces(brace + 1);
		else if (nameEnd === start) throw new PageFailure('expected a metric name, "{" or "#"', start);
		if (this.nameStart === -1) throw new PageFailure('metric name not set', start);
	}

	/** Reads the labels of an exemplar, whose brace is open already; gives the offset after the closing one. */
	scanExemplar(start: number): number {
		// A name in quotes alone is no label here.
		this.nameStart = start;
		return this.braces(start);
	}

	/** The text format takes blanks between any two tokens, OpenMetrics nowhere. */
	private skipBlanks(start: number): number {
		let at = start;
		if (this.format === 'text') while (isBlank(this.bytes[at])) at++;
		return at;
	}

	private braces(start: number): number {
		const {bytes} = this;
		let at = this.skipBlanks(start);
		while (bytes[at] !== byte.braceClose) {
			const isQuoted = bytes[at] === byte.quote;
			this.hasQuotedName ||= isQuoted;
			const end = isQuoted ? quotedEnd(bytes, at, true) : labelNameEnd(bytes, at);
			if (end === at) throw new PageFailure('expected label name', at);
			const next = this.skipBlanks(end);
			const isName = isQuoted && (bytes[next] === byte.comma || bytes[next] === byte.braceClose);
			if (isName) at = this.quotedName(at, end, next);
			else at = this.pair(isQuoted ? at + 1 : at, isQuoted ? end - 1 : end, next);
		}
		return at + 1;
	}

	/** `{"a.b", …}`: the metric's name, in quotes. */
	private quotedName(start: number, end: number, next: number): number {
		if (this.nameStart !== -1) throw new PageFailure('metric name already set', start);
		this.nameStart = start + 1;
		this.nameEnd = end - 1;
		return this.bytes[next] === byte.comma ? this.skipBlanks(next + 1) : next;
	}

	private pair(nameStart: number, nameEnd: number, equal: number): number {
		const {bytes} = this;
		if (bytes[equal] !== byte.equal) throw new PageFailure('expected "=" after label name', equal);
		const value = this.skipBlanks(equal + 1);
		const end = quotedEnd(bytes, value, this.format === 'text');
		if (end === value) throw new PageFailure('expected label value in quotes', value);
		this.labels.push(nameStart, nameEnd, value + 1, end - 1);
		const next = this.skipBlanks(this.skipNuls(end));
		if (bytes[next] === byte.comma) return this.afterComma(next + 1);
		// The text format does without commas, by accident or not; OpenMetrics doesn't.
		if (this.format === 'openmetrics' && bytes[next] !== byte.braceClose) throw new PageFailure('expected "," or "}"', next);
		return next;
	}

	/** A server's lexer looks over NULs in a label value, and at those right behind it with the same eye. */
	private skipNuls(from: number): number {
		let at = from;
		while (this.bytes[at] === 0) at++;
		return at;
	}

	private afterComma(from: number): number {
		const next = this.skipBlanks(from);
		this.hasTrailingComma ||= this.bytes[next] === byte.braceClose;
		return next;
	}
}

const decoder = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});

/** The text between two offsets; PageFailure if it is not UTF-8. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
	try {
		return decoder.decode(bytes.subarray(start, end));
	} catch {
		throw new PageFailure('not valid UTF-8', start);
	}
}

const withoutEscapes = (text: string): string =>
	text.includes('\\') ? text.replaceAll(/\\(["\\n])/g, (_all, char: string) => (char === 'n' ? '\n' : char)) : text;

/** Texts that many series share, each kept once. Cleared when full: sharing saves memory, nothing hangs on it. */
const shared = new Map<string, string>();
const sharedMax = 50_000;

function share(text: string): string {
	const known = shared.get(text);
	if (known !== undefined) return known;
	if (shared.size >= sharedMax) shared.clear();
	shared.set(text, text);
	return text;
}

/** Cuts names and values out of a series: of its text decoded once where that is ASCII, else piece by piece. */
function cutter(bytes: Uint8Array, from: number, end: number): (start: number, end: number) => string {
	const whole = asciiText(bytes, from, end);
	if (whole === undefined) return (start, stop) => share(withoutEscapes(decodeText(bytes, start, stop)));
	return (start, stop) => share(withoutEscapes(whole.slice(start - from, stop - from)));
}

function asciiText(bytes: Uint8Array, start: number, end: number): string | undefined {
	for (let at = start; at < end; at++) if ((bytes[at] as number) > 127) return undefined;
	return decoder.decode(bytes.subarray(start, end));
}

/**
 * The labels of a series that was scanned from an offset on. From 3.x on a server writes the bounds of histograms and the φ of
 * summaries as floats (`le="500.0"`), whatever the page says; `boundLabel` names the label it does that to.
 */
export function labelsOfScan(bytes: Uint8Array, from: number, scan: SeriesScan, boundLabel: string | undefined): Labels {
	const cut = cutter(bytes, from, scan.end);
	const name = cut(scan.nameStart, scan.nameEnd);
	if (name === '') throw new PageFailure('metric name is empty', scan.nameStart);
	const names = [nameLabel];
	const values = [name];
	const {labels} = scan;
	const emptied: string[] = [];
	let twice: {label: string; offset: number} | undefined;
	for (let i = 0; i < labels.length; i += 4) {
		const label = cut(labels[i] as number, labels[i + 1] as number);
		const value = cut(labels[i + 2] as number, labels[i + 3] as number);
		if (label === '') throw new PageFailure('label name is empty', labels[i] as number);
		if (value === '') {
			emptied.push(label);
			continue;
		}
		if (!insert(names, values, label, label === boundLabel ? canonicalBound(value) : value)) {
			twice ??= {label, offset: labels[i] as number};
		}
	}
	// A label that is empty once is gone, however often it stands there.
	const found =
		emptied.length === 0 ? new Labels(names, values) : new Labels(names, values).filter(name => !emptied.includes(name));
	if (twice && !emptied.includes(twice.label)) {
		throw new PageFailure(`label name ${JSON.stringify(twice.label)} is not unique`, twice.offset);
	}
	return found;
}

/** Puts a label where it belongs in the order of names; false if the name is there already. */
function insert(names: string[], values: string[], name: string, value: string): boolean {
	let at = names.length;
	while (at > 0 && (names[at - 1] as string) > name) at--;
	if (at > 0 && names[at - 1] === name) return false;
	names.splice(at, 0, name);
	values.splice(at, 0, value);
	return true;
}

/** A bucket bound or a quantile as 3.x keeps it: `500` becomes `500.0`; what is not a number stays. */
export function canonicalBound(text: string): string {
	const value = parseGoFloat(text);
	if (value === undefined) return text;
	const formatted = formatNumber(value);
	return /^-?\d+$/.test(formatted) ? `${formatted}.0` : formatted;
}
