import {setTimeout as sleep} from 'node:timers/promises';
import {fail, type Result} from '../base/result.ts';
import type {Client} from '../console/client.ts';
import type {SessionState} from '../core/state.ts';
import type {SessionSummary} from '../journal/sessions.ts';
import {hasSocket} from '../journal/socket-path.ts';
import {tell} from './output.ts';
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

/**
 * What becomes of a controller that could not be reached. `gone`: it died, or its session is over. `there`: a socket has come, so it was
 * starting. `silent`: its process lives and can't be reached. One with a socket that doesn't answer gets a second; one without is
 * starting or leaving, and what it still does while it leaves (evidence, the stop of an instance) may take a while.
 */
export async function whatBecomesOf({folder, name}: SessionSummary): Promise<'gone' | 'there' | 'silent'> {
	const isWithout = !hasSocket(folder);
	if (isWithout && findSession(folder).status === 'running') {
		tell(`canary: the controller of ${name} is starting or leaving; waiting for it`);
	}
	const endMs = performance.now() + (isWithout ? leavingMs : dyingMs);
	for (;;) {
		const {status} = findSession(folder);
		if (status === 'dead' || status === 'finished') return 'gone';
		if (isWithout && hasSocket(folder)) return 'there';
		if (performance.now() >= endMs) return 'silent';
		await sleep(100);
	}
}

/** So long one whose socket is closed already may take to be seen dead. */
const dyingMs = 1_000;

/** So long one without a socket may take to come, or to end. */
const leavingMs = 20_000;
