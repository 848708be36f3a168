import {nameLabel} from './ast.ts';
import {byte, isBlank} from './exposition-bytes.ts';
import {Item, type PageSeries} from './exposition-item.ts';
import {readMetaLine} from './exposition-meta.ts';
import {labelsOfScan, PageFailure, SeriesScan} from './exposition-series.ts';
import type {PageSettings} from './exposition-settings.ts';
import {SuffixScan} from './exposition-suffix.ts';

/** The samples of one page in its order. `timesMs` is NaN where the page gives no time, absent where it gives none at all. */
export type Page<Data> = {
	readonly count: number;
	readonly series: readonly PageSeries<Data>[];
	readonly values: Float64Array;
	readonly timesMs: Float64Array | undefined;
};

/** One page on its way through the parser. */
export class Reading<Data> {
	isDone = false;
	readonly items: Item<Data>[] = [];
	readonly starts: number[] = [];
	private readonly samples: Item<Data>[] = [];
	private values: Float64Array;
	private timesMs: Float64Array | undefined;
	private at = 0;
	private cursor = 0;
	private misses = 0;
	private boundLabel: string | undefined;
	private readonly bytes: Uint8Array;
	private readonly previous: Uint8Array;
	private readonly view: DataView;
	private readonly previousView: DataView;
	private readonly expected: readonly Item<Data>[];
	private readonly settings: PageSettings;
	private readonly index: () => ReadonlyMap<string, Item<Data>>;
	private readonly scan: SeriesScan;
	private readonly suffix: SuffixScan;

	constructor(
		bytes: Uint8Array,
		previous: Uint8Array,
		expected: readonly Item<Data>[],
		settings: PageSettings,
		index: () => ReadonlyMap<string, Item<Data>>,
	) {
		this.bytes = bytes;
		this.previous = previous;
		this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
		this.previousView = new DataView(previous.buffer, previous.byteOffset, previous.byteLength);
		this.expected = expected;
		this.settings = settings;
		this.index = index;
		this.scan = new SeriesScan(bytes, settings.format);
		this.suffix = new SuffixScan(bytes, settings.format);
		this.values = new Float64Array(Math.max(64, expected.length));
	}

	/** Whether the page held the same items in the same order as the last one. */
	get isSameOrder(): boolean {
		return this.misses === 0 && this.items.length === this.expected.length;
	}

	result(): Page<Data> {
		const count = this.samples.length;
		return {count, series: this.samples, values: this.values.subarray(0, count), timesMs: this.timesMs?.subarray(0, count)};
	}

	/** Goes on until so many bytes more are read, or to the end. Throws PageFailure. */
	run(sliceBytes: number): void {
		const stop = this.at + sliceBytes;
		while (this.at < stop && !this.isDone) {
			if (this.at >= this.bytes.length) this.end();
			else this.line();
		}
	}

	private end(): void {
		if (this.settings.format === 'openmetrics') throw new PageFailure('data does not end with # EOF', this.bytes.length);
		this.isDone = true;
	}

	private line(): void {
		const item = this.expected[this.cursor];
		if (item && this.isHere(item)) {
			this.cursor++;
			this.remember(item);
			if (item.series) this.sample(item, this.at + item.length);
			else {
				this.boundLabel = item.boundLabel;
				this.at += item.length;
			}
			return;
		}
		const first = this.bytes[this.at];
		if (first === byte.hash) this.metaLine();
		else if (this.settings.format === 'text' && (isBlank(first) || first === byte.newline)) this.blankLine();
		else if (this.settings.format === 'text' && first === 0) this.isDone = true;
		else this.series();
	}

	/** Whether the item that is expected stands here, byte for byte. */
	private isHere({start, length, series, boundLabel, isBare}: Item<Data>): boolean {
		const {bytes, previous, at} = this;
		const end = at + length;
		if (end > bytes.length || bytes[end - 1] !== previous[start + length - 1]) return false;
		if (series && boundLabel !== this.boundLabel) return false;
		if (!this.isEqual(at, start, length)) return false;
		if (!isBare) return true;
		if (!isBlank(bytes[end])) return false;
		let next = end + 1;
		while (isBlank(bytes[next])) next++;
		return bytes[next] !== byte.braceOpen;
	}

	/** Four bytes at a time: this is where a page of known series spends its time. */
	private isEqual(at: number, start: number, length: number): boolean {
		const {view, previousView, bytes, previous} = this;
		let i = 0;
		for (; i + 4 <= length; i += 4) if (view.getUint32(at + i) !== previousView.getUint32(start + i)) return false;
		for (; i < length; i++) if (bytes[at + i] !== previous[start + i]) return false;
		return true;
	}

	private remember(item: Item<Data>): void {
		this.items.push(item);
		this.starts.push(this.at);
	}

	/** A blank line may hold blanks. A sample may not begin with them: they would be part of its name. */
	private blankLine(): void {
		let at = this.at;
		while (isBlank(this.bytes[at])) at++;
		if (at < this.bytes.length && this.bytes[at] !== byte.newline && this.bytes[at] !== byte.hash) {
			throw new PageFailure('a sample must not begin with a blank', this.at);
		}
		this.at = this.bytes[at] === byte.hash ? at : at + 1;
	}

	/** Reads a line of metadata and remembers it as one item, its line end included. */
	private metaLine(): void {
		const line = readMetaLine(this.bytes, this.at, this.settings.format);
		if (line.kind === 'eof') {
			this.isDone = true;
			return;
		}
		if (line.kind === 'type') this.boundLabel = this.settings.dialect === '3.x' ? boundLabels[line.type] : undefined;
		const length = Math.min(line.end + 1, this.bytes.length) - this.at;
		this.misses++;
		this.remember(new Item<Data>(this.at, length, undefined, this.boundLabel, false));
		// A line that is gone or changed is passed over, so that the series after it are found in their old order.
		if (this.expected[this.cursor]?.series === undefined) this.cursor++;
		this.at += length;
	}

	private series(): void {
		const {scan, bytes, at} = this;
		this.misses++;
		scan.scan(at);
		const known = this.expected.length > 0 ? this.index().get(textOf(bytes, at, scan.end)) : undefined;
		if (known && known.boundLabel === this.boundLabel) {
			this.cursor = known.index + 1;
			this.remember(known);
			this.sample(known, scan.end);
			return;
		}
		if (this.settings.dialect === '2.x') this.refuseNews();
		const labels = labelsOfScan(bytes, at, scan, this.boundLabel);
		const isBare = bytes[scan.end - 1] !== byte.braceClose;
		const item = new Item<Data>(at, scan.end - at, labels, this.boundLabel, isBare);
		this.remember(item);
		this.sample(item, scan.end);
	}

	/** What only 3.x takes. */
	private refuseNews(): void {
		const {scan, settings} = this;
		if (scan.hasQuotedName) throw new PageFailure('names in quotes are not known in 2.x', this.at);
		if (settings.format === 'openmetrics' && scan.hasTrailingComma) throw new PageFailure('expected label name', scan.end - 1);
	}

	private sample(item: Item<Data>, from: number): void {
		const {suffix, settings} = this;
		suffix.scan(from);
		const index = this.samples.length;
		if (index >= settings.samplesMax) throw new PageFailure(`the page has more than ${settings.samplesMax} samples`, this.at);
		if (suffix.hasExemplar && settings.dialect === '2.x') refuseExemplar(item.labels.get(nameLabel), from);
		if (index >= this.values.length) this.grow();
		this.samples.push(item);
		this.values[index] = suffix.value;
		if (!Number.isNaN(suffix.timeMs)) this.timesMs ??= new Float64Array(this.values.length).fill(Number.NaN);
		if (this.timesMs) this.timesMs[index] = suffix.timeMs;
		this.at = suffix.end;
	}

	private grow(): void {
		const values = new Float64Array(this.values.length * 2);
		values.set(this.values);
		this.values = values;
		if (!this.timesMs) return;
		const timesMs = new Float64Array(values.length).fill(Number.NaN);
		timesMs.set(this.timesMs);
		this.timesMs = timesMs;
	}
}

function refuseExemplar(name: string, offset: number): void {
	if (!/_(?:total|bucket)$/.test(name)) throw new PageFailure(`metric name ${name} does not support exemplars`, offset);
}

const boundLabels: Readonly<Record<string, string>> = {histogram: 'le', summary: 'quantile'};
const rawText = new TextDecoder('latin1');

/** Bytes as a text of the same length: a key, not something to read. */
export const textOf = (bytes: Uint8Array, start: number, end: number): string => rawText.decode(bytes.subarray(start, end));
