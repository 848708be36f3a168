import type {Num} from './num.ts';

export type Labels = Readonly<Record<string, string>>;

export type SeriesValue = {readonly labels: Labels; readonly value: Num};

/** What went wrong with a question, as a distinct fact each. */
export const readingErrors = [
	'refused', // nobody listens
	'reset', // the connection broke off
	'timeout', // no whole answer within the tick's deadline
	'tls', // certificate or handshake
	'unauthorized', // 401, 403
	'bad-query', // 400, 422: the server understood, and says the query is wrong
	'http', // any other status
	'malformed', // an answer that is no Prometheus answer
	'too-large', // more bytes or series than we take
	'unsupported', // a matrix or string where a number is due
	'internal', // a fault of ours
] as const;
export type ReadingErrorKind = (typeof readingErrors)[number];

/**
 * The answer to one guardrail's question at one tick. `empty` is an answer without a series; a series whose value is NaN is an
 * answer too, and neither is zero nor a pass.
 */
export type Reading =
	| {
			readonly kind: 'values';
			/** Worst first where a bound is known; at most {@link seriesKeptMax}. Never empty. */
			readonly series: readonly SeriesValue[];
			/** How many there were before the cut. */
			readonly seriesCount: number;
			/** Age of the newest sample behind the answer, in ms at the source; absent when the source can't tell. */
			readonly ageMs?: number;
			/** Targets behind the answer that are up, of how many. */
			readonly up?: readonly [number, number];
			/** How much of the query's window its targets have been scraped for ("20 s of 5 m"); absent when all of it, or unknown. */
			readonly coveredMs?: number;
			/** Requests per second behind the answer, where the guardrail sets a floor; null is no data. */
			readonly requests?: Num | null;
			readonly tookMs: number;
			readonly warnings?: readonly string[];
	  }
	| {
			readonly kind: 'empty';
			readonly up?: readonly [number, number];
			/** As beside values: an empty answer that counts as 0 needs requests behind it too. */
			readonly requests?: Num | null;
			readonly tookMs: number;
			readonly warnings?: readonly string[];
	  }
	| {readonly kind: 'error'; readonly error: ReadingErrorKind; readonly message: string; readonly tookMs: number};

/** More series than this are counted, not kept: the worst stay. */
export const seriesKeptMax = 20;
