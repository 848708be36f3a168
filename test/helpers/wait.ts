import {setTimeout as sleep} from 'node:timers/promises';

export type WaitOptions = {
	/** Default 10 s. */
	readonly timeoutMs?: number;
	/** Default 20 ms. */
	readonly everyMs?: number;
	/** Added to the error when the time is over: what was seen instead. */
	readonly seen?: () => string;
};

/**
 * Asks again and again until the answer is neither undefined, null nor false, and gives that answer. A probe that throws has not
 * succeeded yet; its last error is told when the time is over.
 */
export async function waitUntil<Answer>(
	what: string,
	probe: () => Promise<Answer> | Answer,
	{timeoutMs = 10_000, everyMs = 20, seen = () => ''}: WaitOptions = {},
): Promise<Exclude<Answer, undefined | null | false>> {
	const deadline = performance.now() + timeoutMs;
	let lastError: unknown;
	for (;;) {
		try {
			const answer = await probe();
			if (answer !== undefined && answer !== null && answer !== false) return answer as Exclude<Answer, undefined | null | false>;
			lastError = undefined;
		} catch (error) {
			if (error instanceof GaveUp) throw error;
			lastError = error;
		}
		if (performance.now() > deadline) break;
		await sleep(everyMs);
	}
	const why = [lastError === undefined ? '' : `Last error: ${String(lastError)}`, seen()].filter(Boolean).join('\n');
	throw new Error(`Waited ${timeoutMs} ms in vain until ${what}.${why && `\n${why}`}`);
}

/** Thrown by a probe when waiting on makes no sense. */
export class GaveUp extends Error {}
