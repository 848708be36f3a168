import type {PreflightFact} from '../core/facts/preflight.ts';
import {owesPreflight} from '../core/reduce-preflight.ts';
import type {Wired} from './wiring.ts';

/** Runs the checks before the first weight, and tells each step. Never rejects; gives nothing when it was called off. */
export type RunPreflight = (tell: (fact: PreflightFact) => void, signal: AbortSignal) => Promise<unknown>;

/**
 * Runs the pre-flight when it is owed (a passed one is not repeated by a controller that takes the session up; one that was cut off
 * is) and when it is asked for again. It runs beside everything else: ticks and a way down never wait for it; a way down ends it.
 */
export function watchPreflight({runtime, listeners, stopping, complain}: Wired, run: RunPreflight | undefined): void {
	if (!run) return;
	let running: AbortController | undefined;

	function start(): void {
		if (running) return;
		const mine = new AbortController();
		running = mine;
		void run?.(fact => void (mine.signal.aborted || runtime.take(fact)), AbortSignal.any([mine.signal, stopping.signal]))
			.catch(complain)
			.finally(() => {
				running = undefined;
			});
	}

	listeners.add(({type}) => {
		const {plan, instance} = runtime.state;
		const isAsked = type === 'preflight-asked' && (!plan?.instance || instance?.status === 'up');
		// With an instance of our own they begin when it is healthy.
		const isReady = type === 'instance-checked';
		if (isAsked || (isReady && owesPreflight(runtime.state))) start();
		if (type === 'rollback-asked' || type === 'session-ended' || type === 'end-asked') running?.abort();
	});
	if (owesPreflight(runtime.state)) start();
}
