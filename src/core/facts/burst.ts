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

/** How many requests of each user were sent, and failed: in the order of the profile, of the first {@link burstUsersNamed}. */
export type BurstUsers = {readonly done: readonly number[]; readonly failed: readonly number[]};

/** So many users are told of one by one. */
export const burstUsersNamed = 20;

/** How far a burst is. Latencies in ms of the answered requests so far; null without one. Absent in records of before they were kept. */
export type BurstProgress = {
	readonly done: number;
	readonly ok: number;
	readonly failed: number;
	readonly p50Ms?: number | null;
	readonly p95Ms?: number | null;
	readonly p99Ms?: number | null;
	/** The most frequent ones, `other` for the rest. */
	readonly codes?: Readonly<Record<string, number>>;
	readonly users?: BurstUsers;
};

export type BurstFact =
	| {
			readonly type: 'burst-started';
			readonly stageIndex: number;
			readonly planned: number;
			readonly users: number;
			readonly url: string;
			/** Who the first {@link burstUsersNamed} users are. */
			readonly names?: readonly string[];
	  }
	/** At most once a second. */
	| ({readonly type: 'burst-progressed'} & BurstProgress)
	/** `stopped`: why it ended before its end. */
	| ({
			readonly type: 'burst-finished';
			readonly stageIndex: number;
			readonly stopped?: string;
			readonly byUser?: BurstUsers;
	  } & BurstSummary);
