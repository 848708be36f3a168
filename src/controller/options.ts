import type {Mask} from '../base/redact.ts';
import type {Result} from '../base/result.ts';
import type {SessionEvent, Who} from '../core/event.ts';
import type {ReceiverOptions} from '../core/notify-options.ts';
import type {Plan} from '../core/plan.ts';
import type {ResolveSecret} from '../core/secret.ts';
import type {SessionState} from '../core/state.ts';
import type {Router} from '../routers/router.ts';
import type {MetricsSource} from '../sources/source.ts';
import type {TailHandlers} from '../sources/tail/tail.ts';
import type {ActionLimits} from './actions.ts';
import type {Listening} from './alert-door.ts';
import type {StageBurst} from './burst.ts';
import type {ControllerClock} from './clock.ts';
import type {KnownDashboard} from './dashboards.ts';
import type {MakeDocuments} from './documents.ts';
import type {EvidenceCollectors} from './evidence.ts';
import type {GivenInstance} from './instance/context.ts';
import type {RunPreflight} from './preflight.ts';
import type {Runbook} from './runbook.ts';

/** What a controller is made of. It closes the source, the routers and the tail when it ends, also when it could not start. */
export type ControllerOptions = {
	/** The session's folder with its journal's header (see `createSession`). One with events in it is resumed. */
	readonly folder: string;
	readonly leasesFolder: string;
	/** Of a new session. A resumed one goes on with the plan in its journal. */
	readonly plan: Plan;
	readonly by: Who;
	readonly version: string;
	readonly source: MetricsSource;
	/** The router and its fallbacks; never empty. */
	readonly routers: readonly Router[];
	/** Knows the secrets; without one, what looks like a secret is masked all the same. */
	readonly mask?: Mask;
	/** Opens the error logs. The error is a sentence. */
	readonly openTail?: (handlers: TailHandlers, signal: AbortSignal) => Result<{close(): Promise<void>}, string>;
	/** What is gathered after a rollback. */
	readonly evidence?: EvidenceCollectors;
	/** Dashboards that were pushed for this profile before. */
	readonly dashboards?: readonly KnownDashboard[];
	/** What a stage may send. */
	readonly burst?: StageBurst;
	/** The checks before the first weight. */
	readonly preflight?: RunPreflight;
	/** The candidate's own instance, started and stopped here. */
	readonly instance?: GivenInstance;
	/** What people may have run. */
	readonly runbook?: Runbook;
	/** How alerts come in. */
	readonly listening?: Listening;
	/** Who is told what happens, and how their secrets are fetched. */
	readonly notifying?: {readonly receivers: readonly ReceiverOptions[]; readonly resolve: ResolveSecret};
	readonly metricsPort?: number;
	readonly screenText?: (state: SessionState, now: {readonly atMs: number; readonly tMs: number}) => string;
	/** Writes DECISION.md and SUMMARY.json from the journal; called when the session has ended. The error is a sentence. */
	readonly writeReport?: (folder: string) => Promise<Result<void, string>>;
	/** Makes the documents that the profile asks for and that are due. */
	readonly makeDocuments?: MakeDocuments;
	/** Takes the lease even from a holder on another machine. */
	readonly force?: boolean;
	/** Something beside the guard (the record of raw series) has a word to say: it stands in the journal as a warning. */
	readonly onNotices?: (tell: (text: string) => void) => void;
	/** Hears of every event after it was taken, for a program around the controller. Must not throw. */
	readonly onEvent?: (event: SessionEvent, state: SessionState) => void;
	readonly clock?: ControllerClock;
	readonly limits?: Partial<ActionLimits>;
	/** Where our own faults are written. Defaults to standard error. */
	readonly complain?: (fault: unknown) => void;
};

/** Why a controller could not start. */
export type StartError = {
	/** `held`: another controller guards the target. `journal`: the record can't be read or kept. */
	readonly kind: 'held' | 'journal' | 'socket' | 'metrics-port' | 'alertmanager' | 'log' | 'over';
	readonly message: string;
};

export type Controller = {
	readonly folder: string;
	readonly socketPath: string;
	readonly state: SessionState;
	/** Resolves when the controller has ended in good order, with the state it ended in. */
	readonly ended: Promise<SessionState>;
	/**
	 * Ends it: `leave` keeps the split as it is, `policy` does what the plan says for a controller that must stop unasked. A rollback
	 * under way is finished first. Resolves as `ended` does; safe twice.
	 */
	stop(reason: string, how?: 'leave' | 'policy'): Promise<SessionState>;
	/** A fault of ours came out where nobody caught it: recorded, and the guard goes on. */
	fault(fault: unknown): void;
};
