import {fail, type Result} from '../base/result.ts';
import type {RouterError} from '../core/split.ts';
import type {ControllerClock} from './clock.ts';

export type Answer<Value> = Result<Value, RouterError>;

/** Calls that were given up and had not ended after {@link graceMs}: their effect may still come. */
export type Stragglers = Set<Promise<unknown>>;

/** A router stops when told to; one that doesn't must not keep a rollback waiting for longer than this. */
export const graceMs = 500;

export type CallOptions = {
	readonly what: string;
	readonly timeoutMs: number;
	/** Ends the call early. */
	readonly signal: AbortSignal;
	readonly clock: ControllerClock;
	readonly stragglers: Stragglers;
};

/**
 * One call to a router, bounded in time whatever the router does. Ends with the router's answer, or with `timeout` or `aborted`
 * after the call itself has ended or {@link graceMs} more have passed; then it stands among the stragglers until it ends.
 */
export async function callRouter<Value>(
	call: (signal: AbortSignal) => Promise<Answer<Value>>,
	{what, timeoutMs, signal, clock, stragglers}: CallOptions,
): Promise<Answer<Value>> {
	if (signal.aborted) return fail({kind: 'aborted', message: `${what} was given up before it began.`});
	const stop = new AbortController();
	const answer = (async () => await call(AbortSignal.any([signal, stop.signal])))().catch(
		// A router that breaks its promise must not break the chain: the next call may be the rollback.
		(error: unknown): Answer<Value> => fail({kind: 'refused', message: `${what}: the router threw: ${String(error)}`}),
	);
	const over = new AbortController();
	const given = await Promise.race([answer, clock.sleep(timeoutMs, AbortSignal.any([signal, over.signal]))]);
	over.abort();
	if (given) return given;
	stop.abort();
	const late = new AbortController();
	const ended = await Promise.race([answer, clock.sleep(graceMs, late.signal)]);
	late.abort();
	if (!ended) {
		stragglers.add(answer);
		void answer.finally(() => stragglers.delete(answer));
	}
	if (signal.aborted) return fail({kind: 'aborted', message: `${what} was given up for something more urgent.`});
	// It may have come in during the grace: what it says then is truer than that it was late.
	return ended?.ok ? ended : fail({kind: 'timeout', message: `${what} did not answer within ${timeoutMs} ms.`});
}
