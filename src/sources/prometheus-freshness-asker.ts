import type {Clock} from '../base/clock.ts';
import {type FreshnessTracker, surveyEveryMs} from './prometheus-freshness.ts';
import type {Tick} from './prometheus-tick.ts';

/** A survey that failed, or one for series that have just appeared, is not repeated sooner than this. */
const surveyPauseMs = 3_000;

/**
 * Asks what stands beside the values and gives it to the tracker, whenever it arrives before the tick's deadline. Resolves with
 * what is doubtful about it, as warnings for the readings.
 */
export function createFreshnessAsker(tracker: FreshnessTracker, clock: Clock) {
	let surveyedAt = Number.NEGATIVE_INFINITY;
	let triedAt = Number.NEGATIVE_INFINITY;

	async function newest(tick: Tick): Promise<string[]> {
		const doubts: string[] = [];
		const ask = async (piece: ReturnType<FreshnessTracker['newestQueries']>[number]): Promise<void> => {
			const outcome = await tick.askBeside(piece.query);
			if (outcome.ok) tracker.takeNewest(outcome.value.samples, piece);
			else doubts.push(`the age of its data is not known anew: ${outcome.error.message}`);
		};
		await Promise.all(tracker.newestQueries().map(ask));
		return doubts.slice(0, 1);
	}

	async function survey(tick: Tick): Promise<boolean> {
		const outcomes = await Promise.all(
			tracker.surveyQueries().map(async piece => {
				const outcome = await tick.askBeside(piece.query);
				if (outcome.ok) tracker.takeSurvey(outcome.value.samples, piece);
				return outcome.ok;
			}),
		);
		return outcomes.every(Boolean);
	}

	async function targets(tick: Tick): Promise<void> {
		const now = performance.now();
		const isDue = now - surveyedAt >= surveyEveryMs || tracker.wantsSurvey();
		const surveys = isDue && now - triedAt >= surveyPauseMs;
		if (surveys) {
			triedAt = now;
			if (await survey(tick)) surveyedAt = now;
		}
		const upQuery = tracker.upQuery();
		const coverageQuery = surveys ? tracker.coverageQuery() : undefined;
		const [up, coverage] = await Promise.all(
			[upQuery, coverageQuery].map(query => (query === undefined ? undefined : tick.askBeside(query))),
		);
		if (up?.ok) tracker.takeUp(up.value.samples, clock.nowMs());
		if (coverage?.ok) tracker.takeCoverage(coverage.value.samples);
	}

	return async (tick: Tick): Promise<readonly string[]> => {
		const [doubts] = await Promise.all([newest(tick), targets(tick)]);
		return doubts;
	};
}
