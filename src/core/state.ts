import type {BudgetState} from './budget.ts';
import type {ErrorGroupsState} from './error-state.ts';
import {noErrors} from './error-state.ts';
import type {CheckpointTrigger, Outcome, Purpose, Who} from './event.ts';
import type {StandingAlert} from './facts/alerts.ts';
import type {NotedDashboard} from './facts/dashboard.ts';
import type {NoticeState} from './facts/notify.ts';
import type {SignOff} from './facts/sign-off.ts';
import type {CompareState} from './judge/stage-compare.ts';
import type {Num} from './num.ts';
import type {Plan} from './plan.ts';
import type {Reading, SeriesValue} from './reading.ts';
import type {BurstState} from './reduce-burst.ts';
import type {GradualState} from './reduce-gradual.ts';
import type {BaselineState, InstanceState} from './reduce-instance.ts';
import type {PreflightState} from './reduce-preflight.ts';
import type {RunbookState} from './reduce-runbook.ts';
import type {RouterError, Split} from './split.ts';
import type {TrendState} from './trend-state.ts';

export const statuses = ['ok', 'pending', 'no-data', 'error', 'breached'] as const;
export type Status = (typeof statuses)[number];

/** Everything known about one guardrail. Plain JSON, bounded. */
export type GuardrailState = {
	readonly status: Status;
	/** Session time since which `status` holds. */
	readonly sinceMs: number;
	/** The last answer, whatever it was; absent before the first. */
	readonly reading?: Reading;
	/** Session time of the last answer. */
	readonly readAtMs?: number;
	/** The worst series of the last answer that had values. Kept through a gap, with its time, so that a screen can show it as old. */
	readonly worst?: SeriesValue;
	readonly worstAtMs?: number;
	/** Since when the bound is broken without a break in the evidence; absent when it isn't. A gap in the data doesn't reset it. */
	readonly breachingSinceMs?: number;
	/** The same for the severe bound. */
	readonly severeSinceMs?: number;
	/** When the pending breach counts, by session time, if the value stays where it is. */
	readonly firesAtMs?: number;
	/** Which bound made it breached. */
	readonly breachedBy?: 'bound' | 'severe' | 'no-data';
	/** Last session time at which a breached one was not seen inside its bound (for keepFiringFor): a gap is no recovery. */
	readonly lastBadAtMs?: number;
	/** Since when there is no data; absent while there is. */
	readonly noDataSinceMs?: number;
	/** Set once its breach has led to a rollback: absence of traffic never reads as recovery. */
	readonly latched: boolean;
	/** How often it has become breached. */
	readonly breaches: number;
	/** Inside the bound, outside the warning bound. */
	readonly warning: boolean;
	readonly acknowledgedBy?: Who;
	/** In words: why the status is what it is ("too few requests: 0.2/s of 1/s", "newest sample is 95 s old"). */
	readonly because: string;
	/** The newest {@link historyKept} worst values with their times; null is no data. */
	readonly history: readonly (readonly [tMs: number, value: Num | null])[];
};

/** Four minutes at a poll a second: a sparkline and a chart. Longer stretches are read from the journal. */
export const historyKept = 240;

/** One change of weight on its way through the action protocol. */
export type ActionState = {
	readonly intentId: string;
	readonly purpose: Purpose;
	readonly fromPercent?: number;
	readonly toPercent: number;
	readonly stageIndex: number;
	readonly reason: string;
	readonly by: Who;
	readonly askedAtMs: number;
	readonly attempts: number;
	readonly lastError?: RouterError;
	/** Session time of the next try. */
	readonly retryAtMs?: number;
};

export type TimelineKind =
	| 'session'
	| 'tick'
	| 'breach'
	| 'pending'
	| 'recovered'
	| 'no-data'
	| 'action'
	| 'failed'
	| 'hold'
	| 'checkpoint'
	| 'note'
	| 'drift'
	| 'clock'
	| 'notice'
	| 'alarm'
	| 'stage';

export type TimelineEntry = {
	readonly seq: number;
	readonly atMs: number;
	readonly tMs: number;
	readonly kind: TimelineKind;
	readonly text: string;
	readonly guardrail?: string;
};

/** The newest this many lines of the timeline; the journal has all. */
export const timelineKept = 300;

export type StageState = {
	/** Index into the plan's stages; -1 before the first weight, or when the split matches no stage. */
	readonly index: number;
	/** Session time at which this stage's weight was verified. */
	readonly enteredAtMs: number;
	/** The stage clock: watched time, which stands still while held and through gaps. */
	readonly elapsedMs: number;
};

export type SessionState = {
	/** Kept for verdicts alone (a backtest): no timeline, no histories. What is decided is the same. */
	readonly isLean?: true;
	readonly nextSeq: number;
	readonly lastAtMs: number;
	readonly lastTMs: number;
	readonly startedAtMs: number;
	/** Absent only before the first event. */
	readonly plan?: Plan;
	readonly operator: Who;
	readonly guardrails: Readonly<Record<string, GuardrailState>>;
	readonly stage: StageState;
	/** Session time at which the candidate's first weight was verified, or found: T+ counts from here. */
	readonly canaryStartedAtMs?: number;
	/** The checks before the first weight. */
	readonly preflight?: PreflightState;
	readonly burst?: BurstState;
	/** Dashboards of this profile that were pushed, by uid. */
	readonly dashboards?: readonly NotedDashboard[];
	/** The candidate's own instance, where the controller starts it. */
	readonly instance?: InstanceState;
	readonly baseline?: BaselineState;
	/** Commands of the profile that were run. Absent before the first. */
	readonly runbook?: RunbookState;
	/** What was gathered after a rollback. */
	readonly evidence?: readonly {readonly name: string; readonly ok: boolean; readonly message: string}[];
	/** A person's hold. */
	readonly held?: {readonly by: Who; readonly reason: string; readonly sinceMs: number};
	readonly split: {
		/** What was last asked for and verified, or found at the start. */
		readonly askedPercent?: number;
		/** What the router last said. */
		readonly configured?: Split;
		readonly configuredAtMs?: number;
		readonly error?: RouterError;
		/** The candidate's share seen in the metrics, with its time. */
		readonly observedPercent?: Num | null;
		readonly observedAtMs?: number;
		/** Since when configured is not asked, while no action is under way. */
		readonly driftSinceMs?: number;
		/** The first split ever read: what "before" means in the record. */
		readonly before?: Split;
	};
	readonly action?: ActionState;
	/** The last action that ended, for "what just happened". */
	readonly lastAction?: {
		readonly intentId: string;
		readonly purpose: Purpose;
		readonly toPercent: number;
		readonly result: 'verified' | 'failed' | 'aborted';
		readonly atMs: number;
		readonly tMs: number;
		readonly tookMs: number;
		readonly error?: RouterError;
		readonly reason: string;
		readonly by: Who;
	};
	/** A rollback was asked for, by whom and why: from here on nothing but rollback again. */
	readonly rollback?: {
		readonly by: Who;
		readonly reason: string;
		readonly askedAtMs: number;
		readonly guardrails: readonly string[];
		readonly verifiedAtMs?: number;
		readonly security: boolean;
	};
	/** The newest rollback in steps. While it runs, nothing but an immediate one is open. */
	readonly gradual?: GradualState;
	/** Advisory auto-rollback: what it would have done. */
	readonly advised?: {readonly reason: string; readonly atMs: number; readonly tMs: number};
	readonly promotedAtMs?: number;
	readonly ended?: {readonly outcome: Outcome; readonly reason: string; readonly atMs: number; readonly tMs: number};
	readonly tick: {
		readonly count: number;
		readonly lastDueMs: number;
		readonly lastAtMs: number;
		readonly lateMs: number;
		readonly missed: number;
		readonly lateCount: number;
		readonly skewMs?: number;
	};
	readonly armed?: {readonly by: Who; readonly reason: string; readonly untilMs: number};
	readonly errors: ErrorGroupsState;
	/** What each stage has used of its error budgets. */
	readonly budget: BudgetState;
	readonly checkpoints: readonly {
		readonly name: string;
		readonly trigger: CheckpointTrigger;
		readonly tMs: number;
		readonly sha256: string;
	}[];
	/** Planned checkpoints of the current stage that are done, by their planned time. */
	readonly checkpointsDoneMs: readonly number[];
	/** Names of checkpoints that could not be written, to be tried again. */
	readonly checkpointsFailed: readonly string[];
	readonly artifacts: readonly {readonly name: string; readonly sha256: string}[];
	/** What the trend gates of the present stage are judged by; absent where it has none. */
	readonly trends?: TrendState;
	/** How the candidate compares with the baseline, stage by stage. Absent where nothing is compared. */
	readonly compare?: CompareState;
	/** Alerts of Alertmanager that fire, by its fingerprint. Absent before the first. */
	readonly alerts?: Readonly<Record<string, StandingAlert>>;
	/** What is to be told to whom. Absent while nothing was ever to be told. */
	readonly notices?: NoticeState;
	/** Who signed, the newest per role and stage. */
	readonly signOffs: readonly SignOff[];
	readonly timeline: readonly TimelineEntry[];
	/** What must not be missed, by topic (`rollback`, `promote`, `journal`, `checkpoint`, `split`): drawn over everything until it is over. */
	readonly alarms: Readonly<Record<string, string>>;
};

export const initialState: SessionState = {
	nextSeq: 0,
	lastAtMs: 0,
	lastTMs: 0,
	startedAtMs: 0,
	operator: '',
	guardrails: {},
	stage: {index: -1, enteredAtMs: 0, elapsedMs: 0},
	split: {},
	tick: {count: 0, lastDueMs: 0, lastAtMs: 0, lateMs: 0, missed: 0, lateCount: 0},
	errors: noErrors,
	budget: {stages: []},
	checkpoints: [],
	checkpointsDoneMs: [],
	checkpointsFailed: [],
	alarms: {},
	artifacts: [],
	signOffs: [],
	timeline: [],
};
