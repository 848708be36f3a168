import type {Bound} from '../core/bound.ts';
import type {BurstSummary} from '../core/facts/burst.ts';
import type {CompareVerdict} from '../core/judge/compare-lines.ts';
import type {Num} from '../core/num.ts';
import type {BreachAction, Severity, Unit} from '../core/plan.ts';
import type {Ref, Stamp} from './ref.ts';

/** Every value is one that was recorded (nearest rank), never one between two. */
export type Stats = {
	readonly count: number;
	readonly min: Num;
	readonly median: Num;
	readonly p95: Num;
	readonly p99: Num;
	readonly max: Num;
	readonly last: Num;
	readonly worst: {readonly value: Num; readonly seq: number};
	readonly events: Ref;
};

export type GuardrailSummary = {
	readonly id: string;
	readonly title: string;
	readonly unit: Unit;
	readonly severity: Severity;
	readonly onBreach: BreachAction;
	readonly bound?: Bound;
	readonly forMs: number;
	/** Ticks in that time, and those without a value to judge by. */
	readonly ticks: number;
	readonly noDataTicks: number;
	readonly outOfBoundTicks: number;
	readonly breachedTicks: number;
	readonly stats?: Stats;
	/** How far the worst value stayed from its bound, in the bound's unit; negative: outside. */
	readonly margin?: {readonly value: Num; readonly percentOfBound?: number};
};

export type GateSummary = {
	readonly guardrail: string;
	readonly title: string;
	readonly unit: Unit;
	readonly bound: Bound;
	readonly value?: Num;
	readonly holds: boolean;
	readonly events: Ref;
};

/** A trend gate as it was judged when the stage was left: `was` is the slope with its interval, or why there was none. */
export type SlopeSummary = {
	readonly guardrail: string;
	readonly title: string;
	readonly was: string;
	readonly holds: boolean;
	readonly events: Ref;
};

export type RequestsSummary = {
	/** The guardrail whose request rate was recorded, and the query of that rate. */
	readonly guardrail: string;
	readonly query: string;
	/** Rate times time, added up over the ticks. */
	readonly count: number;
	readonly events: Ref;
};

/** Candidate against baseline over a stage: figures of the last look, and what it stands on. */
export type ComparisonSummary = {
	readonly id: string;
	readonly title: string;
	readonly unit: Unit;
	readonly verdict: CompareVerdict;
	/** Values a side. */
	readonly n: number;
	/** Medians. */
	readonly candidate?: number;
	readonly baseline?: number;
	readonly ratio?: number;
	readonly ratioLow?: number;
	readonly ratioHigh?: number;
	readonly texts: {readonly candidate: string; readonly baseline: string; readonly ratio: string};
	readonly because: string;
	readonly why: readonly string[];
	/** Whether the stage asks for it; and whether it held as the stage was left. */
	readonly gate: boolean;
	readonly holds: boolean;
	readonly events: Ref;
};

/** Errors of one class in a stage, beside what it was allowed. */
export type BudgetSummary = {
	readonly name: string;
	readonly expected: boolean;
	readonly allowed: number;
	readonly used: number;
	/** It was overspent, and stays so. */
	readonly spent: boolean;
	readonly does: BreachAction;
	/** The batches of error lines it was counted from; absent when there were none. */
	readonly events?: Ref;
};

/** The stop rules of a stage's first minutes, over the polls of those minutes alone. */
export type FirstSummary = {
	readonly forMs: number;
	readonly rules: readonly (GuardrailSummary & {readonly fired: readonly number[]})[];
	readonly events: Ref;
};

/** The time at 100 % with the baseline on standby. */
export type BakeSummary = {readonly plannedMs: number; readonly watchedMs: number; readonly isWhole: boolean};

/** A load burst; without a result where it was cut off. Latencies in ms. */
export type BurstRunSummary = {
	readonly planned: number;
	readonly users: number;
	readonly url: string;
	readonly started: Stamp;
	readonly finished?: Stamp;
	readonly result?: BurstSummary;
	/** Why it ended before its end. */
	readonly stopped?: string;
	readonly events: Ref;
};

/** Servers that were up of all, at the first reading, at the worst and at the last. */
export type PoolSummary = {
	readonly side: 'baseline' | 'candidate';
	readonly first: string;
	readonly min: string;
	readonly last: string;
	readonly events: Ref;
};

export type StageSummary = {
	readonly index: number;
	readonly name: string;
	readonly weightPercent: number;
	readonly plannedMs: number;
	readonly watchedMs: number;
	readonly lastedMs: number;
	readonly entered: Stamp;
	readonly exited?: Stamp;
	readonly end: 'next' | 'lowered' | 'rolled-back' | 'promoted' | 'ended' | 'open';
	readonly decidedBy?: string;
	readonly decidedBecause?: string;
	readonly ticks: number;
	readonly errorLines: {readonly count: number; readonly events?: Ref};
	readonly requests?: RequestsSummary;
	readonly guardrails: readonly GuardrailSummary[];
	readonly gates: readonly GateSummary[];
	readonly slopes: readonly SlopeSummary[];
	readonly comparisons: readonly ComparisonSummary[];
	readonly budgets: readonly BudgetSummary[];
	readonly first?: FirstSummary;
	readonly bake?: BakeSummary;
	readonly pools: readonly PoolSummary[];
	readonly bursts: readonly BurstRunSummary[];
	readonly events: Ref;
};
