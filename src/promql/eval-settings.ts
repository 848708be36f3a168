export type Settings = {
	readonly dialect: '3.x' | '2.x';
	/** How old a sample may be for an instant selector. */
	readonly lookbackMs: number;
	/** The step of a subquery that names none. */
	readonly subqueryStepMs: number;
	/** How many samples one query may look at, counted at every step. */
	readonly touchedMax: number;
	/** Drop metric names when the query is done instead of at each function (a feature flag of the server). */
	readonly delayedNameRemoval: boolean;
};

/** The times of the whole query. An instant query has the same start and end, and no step. */
export type Times = {readonly startMs: number; readonly endMs: number; readonly stepMs: number};
