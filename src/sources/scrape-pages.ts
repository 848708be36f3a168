import type {Page} from '../promql/exposition.ts';
import type {Labels} from '../promql/labels.ts';
import type {SampleStore, StoreRefusal} from '../promql/store.ts';
import type {StoredSeries} from '../promql/store-series.ts';
import type {BirthWatch} from './scrape-births.ts';
import {ownSeries, type PageTarget, withTarget} from './scrape-targets.ts';
import type {MayBeWanted, ownNames} from './scrape-wanted.ts';

/** A series of a page that somebody asks for. */
export type Kept = {
	readonly series: StoredSeries;
	/** The number of the page it was seen in last. */
	seenIn: number;
	/** Counters whose births count, by their selectors; emptied once they know of it. */
	watchedBy: readonly string[];
};

/** `null`: nobody asks for it. Stands at a series of the page, so that the next page need not look again. */
export type KeptOrNot = Kept | null;

export type PagesParts = {
	readonly target: PageTarget;
	readonly store: SampleStore;
	readonly births: BirthWatch;
	readonly mayBeWanted: MayBeWanted;
};

/** Series that are looked up before somebody else gets a turn. */
const sliceSeries = 100;
/** What a page dates further into the future than this is not believed, as Prometheus does. */
const aheadMsMax = 600_000;

/** Takes the pages of one target into the store, with the stale markers and the series that Prometheus adds by itself. */
export class TargetPages {
	readonly #parts: PagesParts;
	#number = 0;
	#mustRecheck = false;
	/** Series of the last page that get a stale marker when they are gone. */
	#present: Kept[] = [];
	#refused = new Map<StoreRefusal['kind'], {readonly refusal: StoreRefusal; count: number}>();

	constructor(parts: PagesParts) {
		this.#parts = parts;
	}

	/** Whole pages so far. */
	get count(): number {
		return this.#number;
	}

	/** The store has dropped series that had no samples for long: those kept here may be among them. */
	recheck(): void {
		this.#mustRecheck = true;
	}

	/** What could not be kept, for people. */
	get refusals(): readonly string[] {
		return [...this.#refused.values()].map(({refusal, count}) => `${count} series are not kept: ${refusalText(refusal)}`);
	}

	/** Finds out which series of a page are kept, a few at a time; nothing is stored yet. */
	*lookUp({series}: Page<KeptOrNot>): Generator<undefined, void> {
		let looked = 0;
		for (const one of series) {
			if (one.data === null || (one.data && this.#isStillKept(one.data))) continue;
			one.data = this.#keep(one.labels);
			if (++looked % sliceSeries === 0) yield undefined;
		}
		this.#mustRecheck = false;
	}

	/** Stores a page that was looked up, at once: no question may see half of it. `timeMs`: when the scrape began. */
	append({series, values, timesMs, count}: Page<KeptOrNot>, timeMs: number): void {
		const isFirst = this.#number === 0;
		const number = ++this.#number;
		const present: Kept[] = [];
		for (let i = 0; i < count; i++) {
			const kept = series[i]?.data;
			if (!kept) continue;
			const value = values[i] as number;
			const pageMs = timesMs ? (timesMs[i] as number) : Number.NaN;
			const isDated = !Number.isNaN(pageMs);
			if (isDated && pageMs > timeMs + aheadMsMax) continue;
			kept.series.append(isDated ? pageMs : timeMs, value);
			if (kept.watchedBy.length > 0) this.#born(kept, value, timeMs, isFirst);
			// What the page dates itself may lie still for long; Prometheus puts no stale marker behind it either.
			if (isDated || kept.seenIn === number) continue;
			kept.seenIn = number;
			present.push(kept);
		}
		for (const kept of this.#present) if (kept.seenIn !== number) kept.series.appendStale(timeMs);
		this.#present = present;
	}

	/** The scrape failed: whatever the target had is over. */
	fail(timeMs: number): void {
		for (const {series} of this.#present) series.appendStale(timeMs);
		this.#present = [];
	}

	/** What Prometheus adds by itself. */
	report(timeMs: number, values: Readonly<Record<(typeof ownNames)[number], number>>): void {
		for (const [name, value] of Object.entries(values)) {
			const series = this.#parts.store.series(ownSeries(name, this.#parts.target.labels));
			if (series.ok) series.value?.append(timeMs, value);
		}
	}

	#isStillKept({series}: Kept): boolean {
		return !this.#mustRecheck || this.#parts.store.has(series);
	}

	#keep(pageLabels: Labels): KeptOrNot {
		const {target, store, births, mayBeWanted} = this.#parts;
		if (!mayBeWanted(pageLabels, target.labels)) return null;
		const labels = withTarget(pageLabels, target.labels);
		const series = store.series(labels);
		if (!series.ok) {
			const known = this.#refused.get(series.error.kind);
			if (known) known.count++;
			else this.#refused.set(series.error.kind, {refusal: series.error, count: 1});
			return null;
		}
		return series.value ? {series: series.value, seenIn: 0, watchedBy: births.selectorsOf(labels)} : null;
	}

	/** Series of the first page have been there before anybody looked; who comes later was born meanwhile. */
	#born(kept: Kept, value: number, timeMs: number, isFirst: boolean): void {
		const labels = kept.series.labels.toObject();
		for (const selector of kept.watchedBy) {
			if (isFirst) this.#parts.births.know(selector, labels);
			else this.#parts.births.take(selector, labels, value, timeMs);
		}
		kept.watchedBy = [];
	}
}

function refusalText(refusal: StoreRefusal): string {
	switch (refusal.kind) {
		case 'too-many-series':
			return `more than ${refusal.max} are asked for`;
		case 'too-many-labels':
			return `one has ${refusal.count} labels, more than ${refusal.max}`;
		case 'label-too-long':
			return `a label has ${refusal.length} characters, more than ${refusal.max}`;
	}
}
