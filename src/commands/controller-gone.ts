import {setTimeout as sleep} from 'node:timers/promises';
import type {Client} from '../console/client.ts';
import type {SessionSummary} from '../journal/sessions.ts';
import {findSession} from './sessions-on-disk.ts';

const lookEveryMs = 250;

/**
 * Resolves to true when the controller that a client speaks with is dead; to false when the signal says that nobody waits any more. One
 * that was leaving may have taken a command and not have carried it out: whoever asks for a rollback must not wait for somebody who is gone.
 */
export async function controllerGone(client: Client, {folder}: SessionSummary, signal: AbortSignal): Promise<boolean> {
	while (!signal.aborted) {
		if (client.getSnapshot().status === 'lost' && findSession(folder).status === 'dead') return true;
		await sleep(lookEveryMs, undefined, {signal}).catch(() => {});
	}
	return false;
}
