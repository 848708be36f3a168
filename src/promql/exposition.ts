import {fail, ok, type Result} from '../base/result.ts';
import {byte} from './exposition-bytes.ts';
import type {Item} from './exposition-item.ts';
import {type Page, Reading, textOf} from './exposition-reading.ts';
import {PageFailure} from './exposition-series.ts';
import {defaultPageSettings, type PageSettings} from './exposition-settings.ts';

export type {PageSeries} from './exposition-item.ts';
export type {Page} from './exposition-reading.ts';
export type {Format} from './exposition-series.ts';
export type {PageSettings} from './exposition-settings.ts';

/** Where and why a page is not what it says it is. Lines and columns (bytes) count from 1. */
export type PageError = {readonly message: string; readonly line: number; readonly column: number};

/**
 * Reads the pages of one target, one after the other (Prometheus text 0.0.4 and OpenMetrics 1.0, accepting and refusing what
 * Prometheus' own scraper does). Pages of a target hold the same series in the same order, so each line is first compared with
 * the line that stood there last time; only a new one is parsed. A page with a fault gives nothing at all.
 */
export class PageParser<Data> {
	private readonly settings: PageSettings;
	private page = new Uint8Array(0);
	private items: readonly Item<Data>[] = [];
	private byText: Map<string, Item<Data>> | undefined;

	constructor(settings: Partial<PageSettings> = {}) {
		this.settings = {...defaultPageSettings, ...settings};
	}

	/** Reads a whole page at once. The bytes belong to the parser afterwards: don't write into them. */
	parse(bytes: Uint8Array): Result<Page<Data>, PageError> {
		const reading = this.slices(bytes, Number.POSITIVE_INFINITY);
		for (;;) {
			const step = reading.next();
			if (step.done) return step.value;
		}
	}

	/** Reads a page in slices of about so many bytes, so that a large one doesn't hold up everything else. */
	*slices(bytes: Uint8Array, sliceBytes: number): Generator<undefined, Result<Page<Data>, PageError>> {
		const reading = new Reading(bytes, this.page, this.items, this.settings, () => this.index());
		try {
			while (!reading.isDone) {
				reading.run(sliceBytes);
				if (!reading.isDone) yield undefined;
			}
		} catch (error) {
			if (error instanceof PageFailure) return fail(positionIn(bytes, error));
			throw error;
		}
		this.take(bytes, reading);
		return ok(reading.result());
	}

	/** Every series of the last page by its text; made when a page first differs from the one before. */
	private index(): ReadonlyMap<string, Item<Data>> {
		if (!this.byText) {
			this.byText = new Map();
			for (const item of this.items) {
				if (item.series) this.byText.set(textOf(this.page, item.start, item.start + item.length), item);
			}
		}
		return this.byText;
	}

	private take(bytes: Uint8Array, reading: Reading<Data>): void {
		if (!reading.isSameOrder) this.byText = undefined;
		for (const [i, item] of reading.items.entries()) {
			item.start = reading.starts[i] as number;
			item.index = i;
		}
		this.page = bytes as Uint8Array<ArrayBuffer>;
		this.items = reading.items;
	}
}

function positionIn(bytes: Uint8Array, {message, offset}: PageFailure): PageError {
	let line = 1;
	let lineStart = 0;
	for (let at = 0; at < offset && at < bytes.length; at++) {
		if (bytes[at] !== byte.newline) continue;
		line++;
		lineStart = at + 1;
	}
	return {message, line, column: offset - lineStart + 1};
}
