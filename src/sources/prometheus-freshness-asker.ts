import type {Clock} from '../base/clock.ts';
import type {Asking} from './asking.ts';
import {type FreshnessTracker, surveyEveryMs} from './prometheus-freshness.ts';
import type {Piece} from './prometheus-selectors.ts';

/** A survey that failed, or one for series that have just appeared, is not repeated sooner than this. */
const surveyPauseMs = 3_000;

/** Asks what stands beside the values, and gives it to the tracker whenever it arrives before the tick's deadline. */
export class FreshnessAsker {
	readonly #tracker: FreshnessTracker;
	readonly #clock: Clock;
	#surveyedAt = Number.NEGATIVE_INFINITY;
	#triedAt = Number.NEGATIVE_INFINITY;

	readonly #surveyHere: (() => void) | undefined;

	/** `surveyHere`: the targets are known without asking, and this tells the tracker. */
	constructor(tracker: FreshnessTracker, clock: Clock, surveyHere?: () => void) {
		this.#tracker = tracker;
		this.#clock = clock;
		this.#surveyHere = surveyHere;
	}

	/** Resolves with what is doubtful about it, as warnings for the readings. */
	async ask(tick: Asking): Promise<readonly string[]> {
		const [doubts] = await Promise.all([this.#askNewest(tick), this.#askTargets(tick)]);
		return doubts;
	}

	async #askNewest(tick: Asking): Promise<string[]> {
		const doubts: string[] = [];
		const ask = async (piece: Piece): Promise<void> => {
			const outcome = await tick.askBeside(piece.query);
			if (outcome.ok) this.#tracker.takeNewest(outcome.value.samples, piece);
			else doubts.push(`the age of its data is not known anew: ${outcome.error.message}`);
		};
		await Promise.all(this.#tracker.newestQueries().map(ask));
		return doubts.slice(0, 1);
	}

	async #askTargets(tick: Asking): Promise<void> {
		const now = performance.now();
		const isDue = now - this.#surveyedAt >= surveyEveryMs || this.#tracker.wantsSurvey();
		const surveys = isDue && now - this.#triedAt >= surveyPauseMs;
		if (surveys) {
			this.#triedAt = now;
			if (await this.#survey(tick)) this.#surveyedAt = now;
		}
		const ask = (query: string | undefined) => (query === undefined ? undefined : tick.askBeside(query));
		const [up, coverage] = await Promise.all([
			ask(this.#tracker.upQuery()),
			surveys ? ask(this.#tracker.coverageQuery()) : undefined,
		]);
		if (up?.ok) this.#tracker.takeUp(up.value.samples, this.#clock.nowMs());
		if (coverage?.ok) this.#tracker.takeCoverage(coverage.value.samples);
	}

	async #survey(tick: Asking): Promise<boolean> {
		if (this.#surveyHere) {
			this.#surveyHere();
			return true;
		}
		const ask = async (piece: Piece): Promise<boolean> => {
			const outcome = await tick.askBeside(piece.query);
			if (outcome.ok) this.#tracker.takeSurvey(outcome.value.samples, piece);
			return outcome.ok;
		};
		return (await Promise.all(this.#tracker.surveyQueries().map(ask))).every(Boolean);
	}
}
