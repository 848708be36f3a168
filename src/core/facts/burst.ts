/** What a burst came to. Every figure is of the requests that were sent. Latencies in ms, of those that were answered; null without one. */
export type BurstSummary = {
	readonly planned: number;
	readonly total: number;
	readonly ok: number;
	readonly failed: number;
	/** Of those sent; null when none was. */
	readonly successPercent: number | null;
	readonly averageMs: number | null;
	readonly p50Ms: number | null;
	readonly p95Ms: number | null;
	readonly p99Ms: number | null;
	readonly maxMs: number | null;
	/** How often each status came; `error` stands for those without one. */
	readonly codes: Readonly<Record<string, number>>;
	readonly tookMs: number;
};

export type BurstFact =
	| {
			readonly type: 'burst-started';
			readonly stageIndex: number;
			readonly planned: number;
			readonly users: number;
			readonly url: string;
	  }
	/** At most once a second. */
	| {readonly type: 'burst-progressed'; readonly done: number; readonly ok: number; readonly failed: number}
	/** `stopped`: why it ended before its end. */
	| ({readonly type: 'burst-finished'; readonly stageIndex: number; readonly stopped?: string} & BurstSummary);
