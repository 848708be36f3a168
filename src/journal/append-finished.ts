import {open} from 'node:fs/promises';
import {fail, ok, type Result} from '../base/result.ts';
import type {Fact, SessionEvent} from '../core/event.ts';
import {decodeLine} from './codec.ts';
import {type AddedFacts, type JournalEnd, linesFor} from './next-lines.ts';
import {appendPacked} from './packed/append-packed.ts';
import {recordForm} from './record.ts';
import {lockRecord} from './record-lock.ts';
import {writeSeal} from './seal.ts';
import {sessionFiles} from './session-folder.ts';

/**
 * Adds facts to the journal of a session that no controller runs for, such as a sign-off made a day later: the chain, the numbers and
 * session time go on (by the wall clock, never backwards). Safe against two at once, and against a controller that takes the session
 * up meanwhile: one of them is told to come again. The error is a sentence; nothing was added then. Gives the events as they stand.
 */
export async function appendFinished(
	folder: string,
	facts: readonly Fact[],
	nowMs: number = Date.now(),
): Promise<Result<readonly SessionEvent[], string>> {
	const lock = await lockRecord(folder);
	if (!lock.ok) return lock;
	try {
		const form = recordForm(folder);
		if (!form) return fail(`${folder} holds no journal.`);
		const added =
			form === 'packed'
				? await appendPacked(folder, facts, nowMs)
				: await appendPlain(sessionFiles(folder).journal, facts, nowMs);
		if (added.ok && added.value.end) await writeSeal(folder, added.value.end, nowMs);
		return added.ok ? ok(added.value.events) : added;
	} catch (error) {
		return fail(`The record in ${folder} can't be added to: ${error instanceof Error ? error.message : String(error)}.`);
	} finally {
		lock.value.release();
	}
}

const tailBytes = 1024 * 1024;

async function appendPlain(path: string, facts: readonly Fact[], nowMs: number): Promise<Result<AddedFacts, string>> {
	const file = await open(path, 'r+');
	try {
		const {size} = await file.stat();
		const start = Math.max(0, size - tailBytes);
		const tail = Buffer.alloc(size - start);
		await file.read(tail, 0, tail.length, start);
		const end = endOf(tail, start);
		if (!end) return fail(`${path} does not end with an event: canary sessions verify says where it is damaged.`);
		const {text, events, hash} = linesFor(facts, end, nowMs);
		// What a crash left of a last line goes, as a controller that goes on would have it.
		if (end.bytes < size) await file.truncate(end.bytes);
		const bytes = Buffer.from(text);
		try {
			for (let done = 0; done < bytes.length; ) {
				done += (await file.write(bytes, done, bytes.length - done, end.bytes + done)).bytesWritten;
			}
			await file.sync();
		} catch (error) {
			await file.truncate(end.bytes).catch(() => {});
			throw error;
		}
		return ok({events, end: {seq: end.seq + events.length, hash}});
	} finally {
		await file.close();
	}
}

/** The last whole line that can be read, and where it ends in the file. */
function endOf(tail: Buffer, start: number): (JournalEnd & {readonly bytes: number}) | undefined {
	const end = tail.lastIndexOf(10);
	if (end === -1) return undefined;
	const line = tail.subarray(tail.lastIndexOf(10, end - 1) + 1, end).toString('utf8');
	const decoded = decodeLine(line);
	if (!decoded.ok) return undefined;
	const {seq, tMs, at} = JSON.parse(line) as {seq: number; tMs: number; at: string};
	return {seq, tMs, atMs: Date.parse(at), hash: decoded.value.hash, bytes: start + end + 1};
}
