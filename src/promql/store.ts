import {fail, ok, type Result} from '../base/result.ts';
import {type Matcher, nameLabel, type VectorSelector} from './ast.ts';
import {compareLabels, type Labels} from './labels.ts';
import {compileMatcher} from './matcher.ts';
import type {SampleSource} from './samples.ts';
import type {UsedSelector} from './split.ts';
import {StoredSeries} from './store-series.ts';

export type StoreLimits = {
	/** Series kept at one time. */
	readonly seriesMax: number;
	readonly samplesPerSeriesMax: number;
	readonly labelsPerSeriesMax: number;
	/** UTF-16 units of one label value or name. */
	readonly labelLengthMax: number;
	/** A series without a new sample for this long beyond its own keeping time is forgotten. */
	readonly forgetAfterMs: number;
};

/** Ten thousand series of an hour at one second are 600 MB: the limits are for a mistake, not for a plan. */
export const defaultStoreLimits: StoreLimits = {
	seriesMax: 50_000,
	samplesPerSeriesMax: 50_000,
	labelsPerSeriesMax: 64,
	labelLengthMax: 4_096,
	forgetAfterMs: 60_000,
};

/** Why a series was not taken in. */
export type StoreRefusal =
	| {readonly kind: 'too-many-series'; readonly max: number}
	| {readonly kind: 'too-many-labels'; readonly count: number; readonly max: number}
	| {readonly kind: 'label-too-long'; readonly label: string; readonly length: number; readonly max: number};

/** What is asked for and how far back it must be kept. */
export type Wanted = {readonly matchers: readonly Matcher[]; readonly keepMs: number};

/** Keeps what these selectors reach, plus the lookback of the evaluator. */
export const wantedOf = (selectors: readonly UsedSelector[], lookbackMs: number): readonly Wanted[] =>
	selectors.map(({selector, reachMs}) => ({matchers: selector.matchers, keepMs: Math.max(0, reachMs) + lookbackMs}));

type Test = (labels: Labels) => boolean;

const testOf = (matchers: readonly Matcher[]): Test => {
	const tests = matchers.map(matcher => ({name: matcher.name, matches: compileMatcher(matcher)}));
	return labels => tests.every(({name, matches}) => matches(labels.get(name)));
};

/** Recent samples of the series that somebody asks for, in memory, within limits. */
export class SampleStore implements SampleSource {
	private readonly limits: StoreLimits;
	private readonly wanted: readonly (Wanted & {readonly test: Test})[] | 'everything';
	private readonly byKey = new Map<string, StoredSeries>();
	private readonly byName = new Map<string, Set<StoredSeries>>();
	private readonly selections = new Map<VectorSelector, {version: number; series: readonly StoredSeries[]}>();
	private version = 0;

	/** `wanted`: everything is for tests and replays; a page of 20,000 series would fill 500 MB in a quarter of an hour. */
	constructor(wanted: readonly Wanted[] | 'everything', limits: StoreLimits = defaultStoreLimits) {
		this.limits = limits;
		this.wanted = wanted === 'everything' ? wanted : wanted.map(one => ({...one, test: testOf(one.matchers)}));
	}

	get seriesCount(): number {
		return this.byKey.size;
	}

	all(): Iterable<StoredSeries> {
		return this.byKey.values();
	}

	/** Samples kept at this moment, and the bytes of the arrays they lie in. */
	size(): {readonly samples: number; readonly bytes: number} {
		let samples = 0;
		let bytes = 0;
		for (const series of this.byKey.values()) {
			samples += series.count;
			bytes += series.times.byteLength + series.values.byteLength;
		}
		return {samples, bytes};
	}

	/**
	 * The series with these labels, made if it is new; undefined if nobody asks for it; a refusal at a limit. Keep the answer:
	 * it stays valid until `forgetOld` drops it, which `has` tells.
	 */
	series(labels: Labels): Result<StoredSeries | undefined, StoreRefusal> {
		const known = this.byKey.get(labels.key);
		if (known) return ok(known);
		const keepMs = this.keepMsOf(labels);
		if (keepMs === undefined) return ok(undefined);
		const refusal = this.refusalOf(labels);
		if (refusal) return fail(refusal);
		const series = new StoredSeries(labels, keepMs, this.limits.samplesPerSeriesMax);
		this.byKey.set(labels.key, series);
		const name = labels.get(nameLabel);
		const named = this.byName.get(name);
		if (named) named.add(series);
		else this.byName.set(name, new Set([series]));
		this.version++;
		return ok(series);
	}

	has(series: StoredSeries): boolean {
		return this.byKey.get(series.labels.key) === series;
	}

	private keepMsOf(labels: Labels): number | undefined {
		if (this.wanted === 'everything') return Number.POSITIVE_INFINITY;
		let keepMs: number | undefined;
		for (const one of this.wanted) {
			if (one.keepMs > (keepMs ?? -1) && one.test(labels)) keepMs = one.keepMs;
		}
		return keepMs;
	}

	private refusalOf(labels: Labels): StoreRefusal | undefined {
		const {seriesMax, labelsPerSeriesMax, labelLengthMax} = this.limits;
		if (this.byKey.size >= seriesMax) return {kind: 'too-many-series', max: seriesMax};
		const count = labels.names.length;
		if (count > labelsPerSeriesMax) return {kind: 'too-many-labels', count, max: labelsPerSeriesMax};
		for (const [label, value] of labels.entries()) {
			const length = Math.max(label.length, value.length);
			if (length > labelLengthMax) return {kind: 'label-too-long', label: label.slice(0, 40), length, max: labelLengthMax};
		}
		return undefined;
	}

	select(selector: VectorSelector): readonly StoredSeries[] {
		const known = this.selections.get(selector);
		if (known?.version === this.version) return known.series;
		const exact = selector.matchers.find(({name, op}) => name === nameLabel && op === '=');
		const candidates = exact ? (this.byName.get(exact.value) ?? []) : this.byKey.values();
		const test = testOf(selector.matchers);
		// In the order of a server: sums depend on it in their last digit.
		const series = [...candidates].filter(({labels}) => test(labels)).sort((a, b) => compareLabels(a.labels, b.labels));
		// Selectors of queries that are asked once would pile up here.
		if (this.selections.size >= 1_000) this.selections.clear();
		this.selections.set(selector, {version: this.version, series});
		return series;
	}

	/** Drops series that have had no sample for so long that no query can see them. Returns how many. */
	forgetOld(nowMs: number): number {
		let count = 0;
		for (const [key, series] of this.byKey) {
			if (!(series.newestMs + series.keepMs + this.limits.forgetAfterMs < nowMs)) continue;
			this.byKey.delete(key);
			this.byName.get(series.labels.get(nameLabel))?.delete(series);
			count++;
		}
		if (count > 0) this.version++;
		return count;
	}
}
