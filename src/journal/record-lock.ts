import {randomUUID} from 'node:crypto';
import {linkSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {fail, ok, type Result} from '../base/result.ts';
import {readProcess} from './pid-file.ts';
import {decodeProcess, encodeProcess, lifeOf, ownProcess, type ProcessId} from './process-id.ts';
import {removeQuietly} from './remove.ts';

export type RecordLock = {release(): void};

const retryMs = 50;

export const lockPath = (folder: string): string => join(folder, 'journal.lock');

/**
 * The right to write to the record of a session that no controller runs for. A controller names its process first and looks for this
 * lock then; whoever takes the lock looks for a controller afterwards: one of the two always sees the other. A lock of a process that
 * died is taken over. The error is a sentence.
 */
export async function lockRecord(folder: string, timeoutMs = 5_000): Promise<Result<RecordLock, string>> {
	const path = lockPath(folder);
	const startedMs = performance.now();
	for (;;) {
		const taken = tryLock(path);
		if (!taken.ok) return taken;
		if (taken.value) break;
		if (performance.now() - startedMs > timeoutMs) {
			const holder = holderOf(path);
			return fail(`The record in ${folder} is being written by process ${holder?.pid ?? '?'}. Try again when it is done.`);
		}
		await sleep(retryMs);
	}
	const controller = readProcess(folder);
	if (controller && lifeOf(controller) !== 'dead') {
		removeQuietly(path);
		return fail(
			`A controller (process ${controller.pid} on ${controller.host}) runs this session: only it may write to the record.`,
		);
	}
	return ok({release: () => removeQuietly(path)});
}

/** For a controller that begins: waits until nobody else writes to the record, at most so long. False when somebody still does. */
export async function awaitRecordUnlocked(folder: string, timeoutMs: number): Promise<boolean> {
	const path = lockPath(folder);
	const startedMs = performance.now();
	for (;;) {
		const holder = holderOf(path);
		if (!holder || lifeOf(holder) !== 'alive') return true;
		if (performance.now() - startedMs > timeoutMs) return false;
		await sleep(retryMs);
	}
}

/** A link is made whole or not at all: no lock is ever seen without its holder's name in it. */
function tryLock(path: string): Result<boolean, string> {
	const mine = `${path}.${randomUUID().slice(0, 8)}.tmp`;
	try {
		writeFileSync(mine, encodeProcess(ownProcess()), {mode: 0o600});
		if (tryLink(mine, path)) return ok(true);
		const holder = holderOf(path);
		if (holder && lifeOf(holder) !== 'dead') return ok(false);
		// Two may find a dead one's lock: each moves it aside, and only one rename finds it there.
		const aside = `${mine}.old`;
		renameSync(path, aside);
		const moved = holderOf(aside);
		if (moved && lifeOf(moved) !== 'dead') {
			tryLink(aside, path);
			rmSync(aside, {force: true});
			return ok(false);
		}
		rmSync(aside, {force: true});
		return ok(tryLink(mine, path));
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ok(false);
		return fail(`${path} can't be written: ${error instanceof Error ? error.message : String(error)}.`);
	} finally {
		removeQuietly(mine);
	}
}

function tryLink(from: string, to: string): boolean {
	try {
		linkSync(from, to);
		return true;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
		throw error;
	}
}

function holderOf(path: string): ProcessId | undefined {
	try {
		return decodeProcess(readFileSync(path, 'utf8').slice(0, 1_024));
	} catch {
		return undefined;
	}
}
