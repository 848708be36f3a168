export type Settings = {
	readonly dialect: '3.x' | '2.x';
	/** How old a sample may be for an instant selector. */
	readonly lookbackMs: number;
	/** The step of a subquery that names none. */
	readonly subqueryStepMs: number;
	/** How much one query may look at, counted at every step: a sample is one, other things by their `costs`. */
	readonly touchedMax: number;
	/** Drop metric names when the query is done instead of at each function (a feature flag of the server). */
	readonly delayedNameRemoval: boolean;
};

/** What takes time, in samples looked at: so many of them take about as long. */
export const costs = {
	/** A series at one time of an instant selector. */
	series: 8,
	/** A step of a subquery, whose result is also kept for a while. */
	step: 100,
	/** A sample on its way through an operator or an aggregation. */
	element: 5,
	/** New labels for a sample, by `label_replace` or `label_join`. */
	relabel: 100,
} as const;

/** The times of the whole query. An instant query has the same start and end, and no step. */
export type Times = {readonly startMs: number; readonly endMs: number; readonly stepMs: number};
