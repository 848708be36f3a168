import type {GuardrailPlan} from '../core/plan.ts';
import type {Reading} from '../core/reading.ts';
import {defaultSettings} from '../promql/query.ts';
import type {SeriesHead, SeriesLine} from '../promql/series-text.ts';
import {SampleStore} from '../promql/store.ts';
import type {StoredSeries} from '../promql/store-series.ts';
import {FreshnessTracker, surveyEveryMs} from './prometheus-freshness.ts';
import {type Outcome, readingOf} from './prometheus-reading.ts';
import {targetsBehind} from './scrape-behind.ts';
import {BirthWatch} from './scrape-births.ts';
import {Engine} from './scrape-engine.ts';
import {wantedSeries} from './scrape-wanted.ts';

/** A block of samples reaches further than the tick it is read for; so far at most. */
const blockReachMs = 3_600_000;

/**
 * Answers guardrails from recorded raw series: takes the lines in order, and answers as of a time with the engine, the freshness and
 * the births of a live scrape. Lines that begin after that time must not have been given yet.
 */
export class RecordedSeries {
	readonly #guardrails: readonly GuardrailPlan[];
	readonly #store: SampleStore;
	readonly #engine: Engine;
	readonly #freshness: FreshnessTracker;
	readonly #births: BirthWatch;
	#byId = new Map<number, {readonly series: StoredSeries | undefined; value: number}>();
	/** Times at which a target's first page came: what it held was there before anybody looked. */
	readonly #firstMs = new Map<string, number>();
	#surveyedAtMs = Number.NEGATIVE_INFINITY;
	#isScrape = true;

	constructor(guardrails: readonly GuardrailPlan[], dialect: SeriesHead['dialect']) {
		this.#guardrails = guardrails;
		const wanted = wantedSeries({guardrails}, [], defaultSettings.lookbackMs);
		this.#store = new SampleStore(wanted.map(one => ({...one, keepMs: one.keepMs + blockReachMs})));
		this.#engine = new Engine(this.#store, dialect);
		this.#freshness = new FreshnessTracker(guardrails);
		this.#births = new BirthWatch(guardrails);
	}

	take(line: SeriesLine): void {
		switch (line.kind) {
			case 'head':
				this.#byId = new Map();
				this.#isScrape = line.head.source === 'scrape';
				break;
			case 'series': {
				const made = this.#store.series(line.labels);
				this.#byId.set(line.id, {series: made.ok ? made.value : undefined, value: Number.NaN});
				break;
			}
			case 'samples':
				for (const [index, id] of line.ids.entries()) this.#append(id, line.fromMs, line.values[index] as number);
				for (let index = 0; index + 1 < line.same.length; index += 2) {
					for (let id = line.same[index] as number; id <= (line.same[index + 1] as number); id++) this.#append(id, line.fromMs);
				}
				break;
			case 'block':
				for (const [index, timeMs] of line.times.entries()) this.#append(line.id, timeMs, line.values[index] as number);
				break;
			case 'stale':
				for (const id of line.ids) this.#byId.get(id)?.series?.appendStale(line.fromMs);
				break;
			case 'asked':
			case 'end':
				break;
		}
	}

	#append(id: number, timeMs: number, value?: number): void {
		const known = this.#byId.get(id);
		if (!known) return;
		if (value !== undefined) known.value = value;
		const {series} = known;
		if (!series) return;
		const isNew = series.count === 0;
		series.append(timeMs, known.value);
		if (isNew && this.#isScrape) this.#born(series, known.value, timeMs);
	}

	#born({labels}: StoredSeries, value: number, timeMs: number): void {
		const target = `${labels.get('job')}\0${labels.get('instance')}`;
		const firstMs = this.#firstMs.get(target) ?? timeMs;
		this.#firstMs.set(target, firstMs);
		for (const selector of this.#births.selectorsOf(labels)) {
			if (firstMs === timeMs) this.#births.know(selector, labels.toObject());
			else this.#births.take(selector, labels.toObject(), value, timeMs);
		}
	}

	/** What each guardrail would have been answered at this time (ms since 1970). */
	readingsAt(timeMs: number): Readonly<Record<string, Reading>> {
		this.#lookBeside(timeMs);
		const readings: Record<string, Reading> = {};
		for (const guardrail of this.#guardrails) {
			const {id, query, minRequests} = guardrail;
			readings[id] = readingOf(guardrail, this.#ask(query, timeMs), {
				freshness: this.#freshness.of(id, {localMs: timeMs, serverMs: timeMs}),
				births: this.#births.of(id, timeMs),
				countsBirths: false,
				...(minRequests && {requests: this.#ask(minRequests.query, timeMs)}),
				warnings: this.#births.notes(id),
			});
		}
		return readings;
	}

	#lookBeside(timeMs: number): void {
		const tracker = this.#freshness;
		for (const piece of tracker.newestQueries()) {
			const newest = this.#ask(piece.query, timeMs);
			if (newest.ok) tracker.takeNewest(newest.value.samples, piece);
		}
		const surveys = timeMs - this.#surveyedAtMs >= surveyEveryMs || tracker.wantsSurvey();
		if (surveys) {
			this.#surveyedAtMs = timeMs;
			tracker.survey((use, lookMs) => targetsBehind(this.#store, use, timeMs - lookMs));
		}
		const upQuery = tracker.upQuery();
		const up = upQuery === undefined ? undefined : this.#ask(upQuery, timeMs);
		if (up?.ok && up.value.samples.length > 0) tracker.takeUp(up.value.samples, timeMs);
		const coverageQuery = surveys ? tracker.coverageQuery() : undefined;
		const coverage = coverageQuery === undefined ? undefined : this.#ask(coverageQuery, timeMs);
		if (coverage?.ok) tracker.takeCoverage(coverage.value.samples);
	}

	#ask(query: string, timeMs: number): Outcome {
		return {...this.#engine.answer(query, timeMs), tookMs: 0};
	}
}
