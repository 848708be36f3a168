import {randomUUID} from 'node:crypto';
import {readdirSync, statSync} from 'node:fs';
import {rename, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {ok, type Result} from '../base/result.ts';
import {lockRecord} from './record-lock.ts';
import type {SessionSummary} from './sessions.ts';

/** What is kept; each limit that is given holds. */
export type Retention = {
	/** Since the last event. */
	readonly olderThanMs?: number;
	/** The newest so many are kept whatever their age. */
	readonly keep?: number;
	readonly bytesMax?: number;
};

export type Sized = SessionSummary & {readonly bytes: number};
export type Doomed = Sized & {readonly why: string};

/** Of all files below a folder. */
export function folderBytes(folder: string): number {
	try {
		return readdirSync(folder, {recursive: true, withFileTypes: true})
			.filter(entry => entry.isFile())
			.reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
	} catch {
		return 0;
	}
}

/**
 * Which sessions are too old or too many: finished ones only, oldest first. One that runs, or that nobody guards though it did not end,
 * is never among them. `sessions`: newest first.
 */
export function toPrune(sessions: readonly Sized[], {olderThanMs, keep, bytesMax}: Retention, nowMs: number): readonly Doomed[] {
	let total = sessions.reduce((sum, {bytes}) => sum + bytes, 0);
	const doomed: Doomed[] = [];
	const finished = sessions.filter(({status}) => status === 'finished');
	for (const [index, session] of [...finished.entries()].reverse()) {
		const why = reasonFor(session, index);
		if (why === undefined) continue;
		total -= session.bytes;
		doomed.push({...session, why});
	}
	return doomed;

	function reasonFor({lastAtMs = 0}: Sized, index: number): string | undefined {
		// With a number alone, that number is kept and the rest goes; beside other limits it shields the newest.
		if (keep !== undefined && index < keep) return undefined;
		if (keep !== undefined && olderThanMs === undefined && bytesMax === undefined) return `more than ${keep} finished sessions`;
		if (olderThanMs !== undefined && nowMs - lastAtMs > olderThanMs) return 'too old';
		if (bytesMax !== undefined && total > bytesMax) return 'all together are too large';
		return undefined;
	}
}

/** Takes a session's folder away, under the lock that keeps a controller from taking it up meanwhile. */
export async function removeSession(folder: string): Promise<Result<void, string>> {
	const lock = await lockRecord(folder, 1_000);
	if (!lock.ok) return lock;
	// Out of sight at once: nobody finds half a session.
	const aside = `${folder}.${randomUUID().slice(0, 8)}.deleted`.replace(/[^/]+$/, name => `.${name}`);
	try {
		await rename(folder, aside);
		await rm(aside, {recursive: true, force: true});
		return ok(undefined);
	} catch (error) {
		lock.value.release();
		return {ok: false, error: `${folder} can't be removed: ${error instanceof Error ? error.message : String(error)}.`};
	}
}
