import type {Result} from '../base/result.ts';
import type {RouterError, Split} from '../core/split.ts';

/**
 * A router only reads and sets a split. Promote, hold and roll back are policy and live in `decide`; verification, retries and
 * the fallback are the controller's. Every method resolves in bounded time, never rejects, and stops as soon as `signal` is
 * aborted (error kind `aborted`): a rollback may be waiting behind it.
 */
export interface Router {
	/** For people and for the lease: the same text means the same target. `haproxy unix:/run/haproxy.sock be_app/canary`. */
	readonly target: string;
	/** The split in force now, read from what serves the traffic; never the one last asked for, never a file on disk alone. */
	readSplit(signal: AbortSignal): Promise<Result<Split, RouterError>>;
	/**
	 * Sets the candidate's share, 0–100 (may be fractional), and resolves with the split read back once it is in force.
	 * Idempotent. `not-applied` when the read-back differs. What was in force stays in force when it fails, as far as the router allows.
	 */
	setWeight(weightPercent: number, signal: AbortSignal): Promise<Result<Split, RouterError>>;
	/** What is questionable about the configuration, for `canary check`: one sentence each. */
	lint(signal: AbortSignal): Promise<readonly string[]>;
	/**
	 * Which of these shares it can never set, and why: a sentence each, an error at `canary check`. Absent where any share can be set.
	 */
	cannot?(percents: readonly number[], signal: AbortSignal): Promise<readonly string[]>;
	/** Lets go of sockets and files; no call follows. */
	close(): Promise<void>;
}
