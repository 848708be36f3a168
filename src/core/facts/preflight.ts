import type {Who} from '../event.ts';
import type {PreflightKind} from '../preflight-options.ts';

/** How one check of the pre-flight ended. */
export type CheckResult = {
	readonly ok: boolean;
	/** What was seen, as a sentence; for a failed one with what was expected. */
	readonly message: string;
	/** What can be done about it. */
	readonly remedy?: string;
	/** Nobody answered, so that nothing is known: not the same as an answer that is wrong. */
	readonly unreachable?: boolean;
};

/** The checks before the first weight: they begin, each has its result, they are over. */
export type PreflightFact =
	| {readonly type: 'preflight-asked'; readonly by: Who; readonly reason: string}
	| {readonly type: 'preflight-started'; readonly checks: number}
	| ({
			readonly type: 'preflight-checked';
			/** Its place in the plan's list. */
			readonly index: number;
			readonly title: string;
			readonly kind: PreflightKind;
			readonly tookMs: number;
	  } & CheckResult)
	| {
			readonly type: 'preflight-finished';
			readonly passed: boolean;
			/** Titles of the checks that failed. */
			readonly failed: readonly string[];
			readonly tookMs: number;
	  };
