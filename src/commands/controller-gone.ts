import {setTimeout as sleep} from 'node:timers/promises';
import {fail, type Result} from '../base/result.ts';
import type {Client} from '../console/client.ts';
import type {SessionState} from '../core/state.ts';
import type {SessionSummary} from '../journal/sessions.ts';
import {findSession} from './sessions-on-disk.ts';

const lookEveryMs = 500;

/** Whether the controller that a client spoke with is dead, with its session not over. */
const isGone = (client: Client, {folder}: SessionSummary): boolean =>
	client.getSnapshot().status === 'lost' && findSession(folder).status === 'dead';

/**
 * The first state that fits, as the client's own `until`; or `gone` when the controller died before: it may have taken a command and not
 * have carried it out. Whoever asks for a rollback must not wait for somebody who is not there any more.
 */
export async function untilOrGone(
	client: Client,
	session: SessionSummary,
	fits: (state: SessionState) => boolean,
	timeoutMs: number,
): Promise<Result<SessionState, string> | 'gone'> {
	const endMs = performance.now() + timeoutMs;
	for (;;) {
		const leftMs = endMs - performance.now();
		if (leftMs <= 0) return fail(`not within ${timeoutMs / 1_000} s`);
		const result = await client.until(fits, Math.min(lookEveryMs, leftMs));
		if (result.ok || client.getSnapshot().status === 'ended') return result;
		if (isGone(client, session)) return 'gone';
	}
}

/** Whether nobody guards a session whose controller could not be reached: it died between its start and the first word to it. */
export async function isGoneWithin({folder}: SessionSummary, timeoutMs: number): Promise<boolean> {
	const endMs = performance.now() + timeoutMs;
	for (;;) {
		const {status} = findSession(folder);
		if (status === 'dead' || status === 'finished') return true;
		if (performance.now() >= endMs) return false;
		await sleep(100);
	}
}
