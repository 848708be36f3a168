import type {AlertReceived, AlertResolved} from './facts/alerts.ts';
import type {BurstFact} from './facts/burst.ts';
import type {DashboardNoted} from './facts/dashboard.ts';
import type {EvidenceCollected} from './facts/evidence.ts';
import type {GradualAsked} from './facts/gradual.ts';
import type {InstanceFact} from './facts/instance.ts';
import type {Notified} from './facts/notify.ts';
import type {PreflightFact} from './facts/preflight.ts';
import type {RebalanceAsked} from './facts/rebalance.ts';
import type {RunbookFact} from './facts/runbook.ts';
import type {SignedOff} from './facts/sign-off.ts';
import type {Num} from './num.ts';
import type {Plan} from './plan.ts';
import type {Labels, Reading} from './reading.ts';
import type {RouterError, Split} from './split.ts';

/** Who asked, and from where: `ana@bastion`. Rights are given by the controller, never by the asker. */
export type Who = string;

export const outcomes = ['promoted', 'rolled-back', 'ended'] as const;
/** `ended`: a person or a signal ended the session before either. */
export type Outcome = (typeof outcomes)[number];

export const purposes = ['start', 'promote', 'rollback', 'reassert', 'rebalance', 'lower', 'handback'] as const;
/** Why a weight is set. `lower`: a step of a gradual rollback. `rebalance`: the router drifted, and a person wants the weight asked for back. `reassert`: the split drifted back up after a rollback and is set down again. `handback`: after the promotion the baseline runs the new version, and gets the traffic back. */
export type Purpose = (typeof purposes)[number];

export const checkpointTriggers = ['planned', 'stage', 'breach', 'action', 'asked', 'end'] as const;
export type CheckpointTrigger = (typeof checkpointTriggers)[number];

/** One group of error lines within one batch: how many came, and one of them. */
export type ErrorGroupDelta = {
	readonly signature: string;
	readonly code: string;
	readonly level: string;
	readonly side: 'baseline' | 'candidate' | 'both';
	readonly count: number;
	/** One line of it, sanitised and redacted. */
	readonly sample: string;
};

/**
 * Past-tense facts, in one closed union. Plain JSON; units in names; nothing derived. Values that may be NaN or infinite are
 * spelled as {@link Num}.
 */
export type Fact =
	// The session and its controller
	| {
			readonly type: 'session-started';
			readonly plan: Plan;
			readonly by: Who;
			readonly host: string;
			readonly pid: number;
			readonly version: string;
	  }
	/**
	 * A controller took up a session whose last one died. `unguardedMs`: by the wall clock, how long nobody watched. `split` is read
	 * back: it settles an action that was asked and never answered.
	 */
	| {
			readonly type: 'controller-resumed';
			readonly by: Who;
			readonly pid: number;
			readonly version: string;
			readonly unguardedMs: number;
			readonly split?: Split;
			readonly error?: RouterError;
	  }
	/** `ended`: how the session has ended, where it has: that may be days back, and a list looks at the end of a journal only. */
	| {
			readonly type: 'controller-stopping';
			readonly reason: string;
			readonly ended?: {readonly outcome: Outcome; readonly reason: string};
	  }
	| {readonly type: 'session-ended'; readonly outcome: Outcome; readonly reason: string}
	/** The wall clock and the monotonic clock parted: somebody set the clock, or the machine slept. */
	| {readonly type: 'clock-jumped'; readonly byMs: number}
	/** Something a person should read that changes no decision: a drop, a limit hit. An `alarm` with a topic stands until an `info` with the same topic. */
	| {readonly type: 'noticed'; readonly level: 'info' | 'warning' | 'alarm'; readonly topic?: string; readonly text: string}
	// What was measured
	/** `dueMs` is session time on the poll's grid; `lateMs` how much later the tick began; missed: ticks that fell out before it. */
	| {
			readonly type: 'tick-taken';
			readonly dueMs: number;
			readonly lateMs: number;
			readonly missed: number;
			readonly readings: Readonly<Record<string, Reading>>;
			readonly observedPercent?: Num | null;
			readonly skewMs?: number;
	  }
	/** A log guardrail's count or rate changed: judged when the line arrives. Also taken once, with its first value, when its log is opened; null when the log can't be read. */
	| {readonly type: 'log-matched'; readonly guardrail: string; readonly value: number | null; readonly sample: string}
	| {readonly type: 'errors-seen'; readonly groups: readonly ErrorGroupDelta[]; readonly lines: number; readonly dropped: number}
	| {readonly type: 'split-read'; readonly split: Split}
	| {readonly type: 'split-unreadable'; readonly error: RouterError}
	// What was asked
	| {readonly type: 'promote-asked'; readonly by: Who; readonly reason: string; readonly toPercent: number}
	| {readonly type: 'hold-asked'; readonly by: Who; readonly reason: string}
	| {readonly type: 'resume-asked'; readonly by: Who; readonly reason: string}
	| {readonly type: 'rollback-asked'; readonly by: Who; readonly reason: string}
	| GradualAsked
	| {readonly type: 'end-asked'; readonly by: Who; readonly reason: string}
	| {readonly type: 'snapshot-asked'; readonly by: Who; readonly reason: string}
	| {readonly type: 'note-added'; readonly by: Who; readonly text: string}
	| {readonly type: 'alert-acknowledged'; readonly by: Who; readonly guardrail: string; readonly text: string}
	| SignedOff
	| DashboardNoted
	| RebalanceAsked
	| {readonly type: 'console-armed'; readonly by: Who; readonly reason: string; readonly untilMs: number}
	/** A command that was not carried out, and why: the record holds refusals too. */
	| {readonly type: 'command-refused'; readonly by: Who; readonly command: string; readonly reason: string}
	// What was done about the split, in the order of the action protocol
	| {
			readonly type: 'action-intended';
			readonly intentId: string;
			readonly purpose: Purpose;
			readonly toPercent: number;
			readonly stageIndex: number;
			readonly reason: string;
			readonly by: Who;
			/** A rollback that is the last step of a gradual one. */
			readonly endsGradual?: true;
	  }
	| {readonly type: 'action-read-before'; readonly intentId: string; readonly router: string; readonly split: Split}
	| {
			readonly type: 'action-verified';
			readonly intentId: string;
			readonly router: string;
			readonly split: Split;
			readonly attempt: number;
			readonly tookMs: number;
	  }
	/** `retryInMs` absent: this attempt was the last of its action. */
	| {
			readonly type: 'action-failed';
			readonly intentId: string;
			readonly router: string;
			readonly error: RouterError;
			readonly attempt: number;
			readonly tookMs: number;
			readonly retryInMs?: number;
	  }
	/** Given up for a rollback that could not wait. */
	| {readonly type: 'action-aborted'; readonly intentId: string; readonly reason: string}
	// What was written down
	| {
			readonly type: 'checkpoint-written';
			readonly intentId: string;
			readonly name: string;
			readonly trigger: CheckpointTrigger;
			readonly sha256: string;
			readonly bytes: number;
	  }
	| {readonly type: 'checkpoint-failed'; readonly intentId: string; readonly name: string; readonly message: string}
	| Notified
	| AlertReceived
	| AlertResolved
	| {readonly type: 'artifact-written'; readonly name: string; readonly sha256: string; readonly bytes: number}
	| EvidenceCollected
	| PreflightFact
	| RunbookFact
	| BurstFact
	| InstanceFact;

export type FactType = Fact['type'];

/**
 * `seq` is dense from 0. `atMs` is the wall clock, for people; `tMs` is session time: milliseconds since the session began by a
 * clock that nobody can set. Decisions use `tMs` alone. Both are stamped once, by the runtime.
 */
export type SessionEvent = Readonly<Fact & {seq: number; atMs: number; tMs: number}>;

export type {Labels};
