import {byte, isBlank, parseFloatBytes} from './exposition-bytes.ts';
import {decodeText, type Format, PageFailure, SeriesScan} from './exposition-series.ts';

/** What follows the series on its line: the value, and a time if there is one. */
export class SuffixScan {
	value = Number.NaN;
	/** NaN if the page gives none. */
	timeMs = Number.NaN;
	/** Whether an exemplar stood there. It is checked and left out: nothing here shows them. */
	hasExemplar = false;
	/** The offset after the line end. */
	end = 0;
	private readonly bytes: Uint8Array;
	private readonly format: Format;

	constructor(bytes: Uint8Array, format: Format) {
		this.bytes = bytes;
		this.format = format;
	}

	/** Reads from the end of the series to the end of the line. Throws PageFailure. */
	scan(from: number): void {
		this.timeMs = Number.NaN;
		this.hasExemplar = false;
		if (this.format === 'text') this.loose(from);
		else this.strict(from);
	}

	private skipBlanks(from: number): number {
		let at = from;
		while (isBlank(this.bytes[at])) at++;
		return at;
	}

	private wordEnd(from: number): number {
		const {bytes} = this;
		const endsAtTab = this.format === 'text';
		let at = from;
		while (at < bytes.length) {
			const char = bytes[at];
			if (char === byte.space || char === byte.newline || (endsAtTab && char === byte.tab)) break;
			at++;
		}
		return at;
	}

	private float(start: number, end: number): number {
		if (end === start) throw new PageFailure('expected value after metric', start);
		const value = parseFloatBytes(this.bytes, start, end);
		if (value === undefined) throw new PageFailure('value is not a float, or too large for one', start);
		return value;
	}

	private loose(from: number): void {
		const {bytes} = this;
		const start = this.skipBlanks(from);
		const end = this.wordEnd(start);
		this.value = this.float(start, end);
		let last = this.skipBlanks(end);
		if (last < bytes.length && bytes[last] !== byte.newline) {
			const timeEnd = this.wordEnd(last);
			this.timeMs = this.milliseconds(last, timeEnd);
			last = this.skipBlanks(timeEnd);
			if (last < bytes.length && bytes[last] !== byte.newline) throw new PageFailure('expected line end after timestamp', last);
		}
		this.end = last + 1;
	}

	/** Whole milliseconds, digits only, within 64 bits. */
	private milliseconds(start: number, end: number): number {
		let value = 0;
		for (let at = start; at < end; at++) {
			const digit = (this.bytes[at] as number) - 48;
			if (digit < 0 || digit > 9) throw new PageFailure('expected timestamp (whole milliseconds) or line end', start);
			value = value * 10 + digit;
		}
		// From 19 digits on a float is not exact enough to tell whether 64 bits hold it.
		if (end - start > 18 && BigInt(decodeText(this.bytes, start, end)) >= 2n ** 63n) {
			throw new PageFailure('timestamp is out of range', start);
		}
		return value;
	}

	private strict(from: number): void {
		const {bytes} = this;
		let at = this.number(from, 'value after metric');
		this.value = this.last;
		if (bytes[at] === byte.space && !this.isExemplar(at)) {
			const time = at + 1;
			at = this.number(at, 'timestamp');
			if (!Number.isFinite(this.last)) throw new PageFailure('invalid timestamp', time);
			this.timeMs = Math.trunc(this.last * 1000);
		}
		if (this.isExemplar(at)) at = this.exemplar(at + 4);
		if (at >= bytes.length) throw new PageFailure('data does not end with # EOF', at);
		if (bytes[at] !== byte.newline) throw new PageFailure('expected timestamp, exemplar or line end', at);
		this.end = at + 1;
	}

	/** The number that `number` read last. */
	private last = Number.NaN;

	/** Reads a blank and a number; gives where it ends. */
	private number(from: number, what: string): number {
		if (this.bytes[from] !== byte.space) throw new PageFailure(`expected ${what}`, from);
		const end = this.wordEnd(from + 1);
		this.last = this.float(from + 1, end);
		return end;
	}

	/** Whether ` # {` stands here. */
	private isExemplar(at: number): boolean {
		const {bytes} = this;
		const isHash = bytes[at] === byte.space && bytes[at + 1] === byte.hash;
		return isHash && bytes[at + 2] === byte.space && bytes[at + 3] === byte.braceOpen;
	}

	private exemplar(from: number): number {
		this.hasExemplar = true;
		const scan = new SeriesScan(this.bytes, 'openmetrics');
		const end = scan.scanExemplar(from);
		for (let i = 0; i < scan.labels.length; i += 2)
			decodeText(this.bytes, scan.labels[i] as number, scan.labels[i + 1] as number);
		const valueEnd = this.number(end, 'value after exemplar labels');
		if (this.bytes[valueEnd] !== byte.space) return valueEnd;
		const timeEnd = this.number(valueEnd, 'exemplar timestamp');
		if (!Number.isFinite(this.last)) throw new PageFailure('invalid exemplar timestamp', valueEnd + 1);
		return timeEnd;
	}
}
