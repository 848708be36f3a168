import type {Bound} from '../core/bound.ts';
import type {Outcome, Purpose} from '../core/event.ts';
import type {Num} from '../core/num.ts';
import type {BreachAction, Unit} from '../core/plan.ts';
import type {Split} from '../core/split.ts';
import type {TimelineEntry} from '../core/state.ts';
import type {GuardrailSummary, PoolSummary, StageSummary} from './model-stage.ts';
import type {Entry} from './recorded.ts';
import type {Ref, Stamp} from './ref.ts';

/** Goes up when a reader of SUMMARY.json could misread it. */
export const summaryFormat = 1;

export const verdicts = ['PASS', 'FAIL', 'INCONCLUSIVE'] as const;
export type Verdict = (typeof verdicts)[number];

/** A sentence with the events it stands on. */
export type Statement = {readonly text: string; readonly events?: Ref};

export type Decision = {
	readonly verdict: Verdict;
	/** Why, first reason first. */
	readonly because: readonly Statement[];
	/** What a PASS would need besides; empty when nothing is missing. */
	readonly missing: readonly Statement[];
	/** What a person should weigh, though it changes no verdict. */
	readonly cautions: readonly Statement[];
};

/** What a receiver was told of one kind. */
export type NoticeSummary = {
	readonly receiver: string;
	readonly event: string;
	readonly told: number;
	readonly failed: number;
	readonly attempts: number;
	readonly failures: readonly {readonly seq: number; readonly message: string}[];
	readonly events: Ref;
};

export type AlertSummary = {
	readonly name: string;
	readonly summary: string;
	readonly via: 'webhook' | 'poll';
	readonly action?: string;
	readonly received: Stamp;
	/** Absent: it stood at the end of the record. */
	readonly over?: Stamp;
	readonly lastedMs: number;
};

/** What stood ready to act besides a guardrail's own bound. */
export type ArmedRule = {
	readonly title: string;
	readonly when: string;
	readonly does: BreachAction | 'advises a rollback' | 'only shown';
	/** Events at which it fired. */
	readonly fired: readonly number[];
};

export type TrendRow = {
	readonly fromMs: number;
	readonly toMs: number;
	readonly atMs: number;
	readonly weightPercent: number;
	readonly ticks: number;
	readonly errorLines: number;
	readonly values: Readonly<Record<string, {readonly median: Num; readonly worst: Num} | null>>;
	readonly events: Ref;
};

export type ActionSummary = {
	readonly purpose: Purpose;
	readonly toPercent: number;
	readonly by: string;
	readonly reason: string;
	readonly asked: Stamp;
	readonly result: 'verified' | 'failed' | 'aborted' | 'unanswered';
	readonly tookMs?: number;
	readonly attempts: number;
	readonly failures: readonly {
		readonly seq: number;
		readonly attempt: number;
		readonly router: string;
		readonly message: string;
	}[];
	readonly before?: {readonly seq: number; readonly router: string; readonly split: Split};
	readonly after?: {readonly seq: number; readonly router: string; readonly split: Split};
	readonly events: Ref;
};

export type TriggerSummary = {
	readonly id: string;
	readonly title: string;
	readonly does: BreachAction | 'advises a rollback';
	readonly unit: Unit;
	readonly bound: Bound;
	readonly forMs: number;
	readonly severe?: {readonly bound: Bound; readonly forMs: number};
	readonly security: boolean;
	/** Events at which it became breached. */
	readonly fired: readonly number[];
};

export type EpisodeSummary = {
	readonly guardrail: string;
	readonly title: string;
	readonly began: Stamp;
	readonly breached?: Stamp & {readonly by: 'bound' | 'severe' | 'no-data'};
	readonly over?: Stamp;
	readonly lastedMs: number;
	readonly stage: number;
	readonly worst?: {readonly value: Num; readonly seq: number; readonly labels: string};
};

export type Gap = {
	readonly kind: 'unwatched' | 'no-data' | 'unguarded' | 'clock';
	readonly guardrail?: string;
	readonly title?: string;
	readonly fromMs: number;
	readonly toMs: number;
	readonly lastedMs: number;
	readonly why: string;
	/** Longer than the profile waits: no PASS with it. */
	readonly counts: boolean;
	readonly events: Ref;
};

export type FileSummary = {
	readonly kind: 'artifact' | 'checkpoint';
	readonly name: string;
	readonly sha256: string;
	readonly bytes: number;
	readonly at: Stamp;
	/** Beside the journal on this disk; absent when the folder was not at hand. */
	readonly onDisk?: 'same' | 'changed' | 'missing';
	readonly required: boolean;
};

/** Fewer than the profile asks for. */
export type ShortFiles = {readonly name: string; readonly have: number; readonly need: number; readonly of: 'files' | 'checks'};

export type SignOffSummary = {
	readonly role: string;
	readonly required: boolean;
	readonly signed: readonly {readonly by: string; readonly note: string; readonly at: Stamp}[];
};

export type Recovery = {
	/** First answer outside the bound, where a guardrail led to it. */
	readonly outOfBound?: Stamp;
	readonly breached?: Stamp;
	readonly asked: Stamp;
	readonly verified?: Stamp;
	/** From the first answer outside the bound, or from the asking, to the split read back. */
	readonly totalMs?: number;
	readonly events: Ref;
};

/** SUMMARY.json: all that a report says, from the journal alone. A public contract. Durations and session times in ms. */
export type Summary = {
	readonly format: number;
	readonly product: string;
	readonly version: string;
	readonly session: string;
	readonly profile: string;
	readonly title: string;
	readonly environment: string;
	readonly baseline: string;
	readonly candidate: string;
	readonly router: string;
	readonly operator: string;
	readonly started: Stamp;
	readonly last: Stamp;
	readonly ended?: Stamp & {readonly outcome: Outcome; readonly reason: string};
	/** From the candidate's first traffic to the end of its last stage; absent when it never had any. */
	readonly window?: {
		readonly from: Stamp;
		readonly to: Stamp;
		readonly lastedMs: number;
		readonly plannedMs: number;
		readonly watchedMs: number;
		/** Share of the window in which every guarding guardrail had a value, 0–100. */
		readonly coveredPercent: number;
		readonly ticks: number;
		readonly missedTicks: number;
		readonly events: Ref;
	};
	readonly decision: Decision;
	readonly highestPercent: number;
	readonly guardrails: readonly GuardrailSummary[];
	readonly stages: readonly StageSummary[];
	readonly trend: {readonly everyMs: number; readonly rows: readonly TrendRow[]};
	readonly actions: readonly ActionSummary[];
	readonly pools: readonly PoolSummary[];
	readonly triggers: {
		readonly mode: 'armed' | 'advisory';
		readonly list: readonly TriggerSummary[];
		/** Those of stages that were reached, and of alerts from outside. */
		readonly others: readonly ArmedRule[];
	};
	/** Dashboards that were pushed for the profile, by uid. */
	readonly dashboards: readonly {
		readonly uid: string;
		readonly title: string;
		readonly url: string;
		readonly by: string;
		readonly seq: number;
		readonly atMs: number;
	}[];
	readonly alerts: readonly AlertSummary[];
	/** `owed`: notices that were told nobody by the end of the record; `dropped`: that were never tried, for there were too many. */
	readonly notices: {readonly list: readonly NoticeSummary[]; readonly owed: number; readonly dropped: number};
	readonly episodes: readonly EpisodeSummary[];
	readonly gaps: readonly Gap[];
	readonly errors: {
		readonly lines: number;
		readonly dropped: number;
		readonly signatures: readonly {
			readonly signature: string;
			readonly code: string;
			readonly side: string;
			readonly count: number;
			readonly isNew: boolean;
			readonly sample: string;
		}[];
		readonly events?: Ref;
	};
	readonly files: readonly FileSummary[];
	readonly missingFiles: readonly string[];
	readonly shortFiles: readonly ShortFiles[];
	readonly signOffs: readonly SignOffSummary[];
	readonly recovery?: Recovery;
	/** A rollback in steps: how it went. */
	readonly gradual?: Statement;
	readonly changesOfWeight: {readonly count: number; readonly medianMs?: number; readonly maxMs?: number; readonly events?: Ref};
	readonly entries: readonly Entry[];
	readonly timeline: readonly TimelineEntry[];
	readonly before?: {readonly split: Split; readonly events: Ref};
	/** Entries that did not fit into the lists above. */
	readonly left: number;
	readonly damage: readonly string[];
};
