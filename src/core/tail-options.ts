/** An error log that is followed, as the profile says it: plain data, durations in milliseconds, paths absolute. */
export type TailOptions = {
	/** Unique in the profile; what people read, and what a log guardrail may name. */
	readonly name: string;
	/** Files or globs (`/var/log/app/*.log`). Which files a glob means is looked up again while the session runs: daily names. */
	readonly paths: readonly string[];
	/** Whose log it is. `both`: one log for the two, not told apart. */
	readonly side: 'baseline' | 'candidate' | 'both';
	readonly format: TailFormat;
	/** Lower case. A line of one of these levels is an error; every line, if empty. A line without a level is one in a `plain` log only. */
	readonly levels: readonly string[];
	/** RE2: only lines that match are looked at, before they are parsed. */
	readonly include?: string;
	/** RE2: lines that match are left out. */
	readonly exclude?: string;
};

export type TailFormat =
	| {readonly kind: 'json' | 'logfmt'; readonly fields: TailFields}
	/** RE2 with groups named `level`, `code`, `message` and `time`, each of them optional; without a pattern the line is the message. */
	| {readonly kind: 'plain'; readonly pattern?: string};

/** For each thing the keys to try, in order; a dot steps into an object (`error.code`), an exact key wins over a step. */
export type TailFields = {
	readonly level: readonly string[];
	readonly code: readonly string[];
	readonly message: readonly string[];
	readonly time: readonly string[];
};

/** A guardrail that stands on the error logs: which lines it counts, and how. */
export type LogQuestion = {
	readonly guardrailId: string;
	/** Names of logs; empty is all. */
	readonly logs: readonly string[];
	/** RE2, looked for anywhere in the raw line. */
	readonly match?: string;
	/** The line's code, compared exactly. */
	readonly code?: string;
	/** Lower case, compared exactly. Absent: whatever the log's own `levels` let through. */
	readonly level?: string;
	/** `count`: lines in the window. `rate`: lines per second over the window. */
	readonly measure: 'count' | 'rate';
	readonly windowMs: number;
};
