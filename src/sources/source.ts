import type {Num} from '../core/num.ts';
import type {GuardrailPlan} from '../core/plan.ts';
import type {Reading} from '../core/reading.ts';

/** All answers of one tick. A guardrail without an entry was not asked (it stands on the log). */
export type TickAnswers = {
	readonly readings: Readonly<Record<string, Reading>>;
	/** The candidate's share seen in the metrics, 0–100; null when the query answered with nothing; absent when not asked. */
	readonly observedPercent?: Num | null;
	/** Server clock minus ours, in ms, where the source can measure it; within the error of half a round trip. */
	readonly skewMs?: number;
};

/** Where guardrail values come from. Opened once per session; asked once per tick; never throws. */
export interface MetricsSource {
	/** For people: `prometheus http://127.0.0.1:9090`. */
	readonly target: string;
	/**
	 * Asks everything in parallel and answers no later than `deadlineMs` from now: what has not answered by then is an `error`
	 * reading of kind `timeout`. Resolves early when `signal` is aborted.
	 */
	ask(deadlineMs: number, signal: AbortSignal): Promise<TickAnswers>;
	/** What is questionable, for `canary check`: one sentence each ("the bound lies above the highest finite bucket"). */
	lint(signal: AbortSignal): Promise<readonly string[]>;
	close(): Promise<void>;
}

/** What a source is opened for: the guardrails that stand on queries, and the query for the observed share. */
export type Questions = {
	readonly guardrails: readonly GuardrailPlan[];
	readonly observedShareQuery?: string;
};
