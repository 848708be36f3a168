import {fail, ok, type Result} from '../base/result.ts';
import {initialState, type SessionState} from '../core/state.ts';
import {openFileJournal} from '../journal/file-journal.ts';
import {foldRecord} from '../journal/fold.ts';
import type {Journal, JournalHandlers} from '../journal/journal.ts';
import {unpackRecord} from '../journal/packed/pack.ts';
import {removePid, writeOwnPid} from '../journal/pid-file.ts';
import {recordForm} from '../journal/record.ts';
import {awaitRecordUnlocked} from '../journal/record-lock.ts';
import {sessionFiles} from '../journal/session-folder.ts';
import {readIndex} from '../journal/state-index.ts';
import {type ControllerClock, createSessionTime, type SessionTime} from './clock.ts';
import {type Lease, takeLease} from './lease.ts';
import type {ControllerOptions, StartError} from './options.ts';

/** To pack a journal of a day, or to add a line to it, takes seconds. */
const lockWaitMs = 30_000;

/** A session that is ours to run: its record open, its target leased, our process named in it. */
export type OpenSession = {
	readonly state: SessionState;
	readonly journal: Journal;
	readonly time: SessionTime;
	readonly lease: Lease;
	/** What the journal's reading brought up, as sentences. */
	readonly notes: readonly string[];
	/** By the wall clock, for how long nobody guarded; undefined for a new session. */
	readonly unguardedMs?: number;
	release(): void;
};

/** Rebuilds the state from the journal and takes everything that makes us its only controller. */
export async function openSession(
	options: ControllerOptions,
	clock: ControllerClock,
	handlers: JournalHandlers,
): Promise<Result<OpenSession, StartError>> {
	const {folder, leasesFolder, by, plan, routers, force} = options;
	const files = sessionFiles(folder);
	// The lease first: whoever holds it may be writing the very journal we would read.
	const session = folder.split('/').at(-1) ?? folder;
	const target = routers[0]?.target ?? '';
	const lease = await takeLease({
		folder: leasesFolder,
		target,
		profile: plan.profile,
		session,
		by,
		clock,
		...(force && {force}),
	});
	if (!lease.ok) return fail({kind: 'held', message: lease.error});
	// Our name first, the look for another writer afterwards: see lockRecord.
	const pidNote = namePid(folder);
	const isUnlocked = await awaitRecordUnlocked(folder, lockWaitMs);
	if (recordForm(folder) === 'packed') await unpackRecord(folder);
	const folded = await foldRecord(folder, readIndex(folder, options.version));
	if (!folded.ok || !isUnlocked) {
		removePid(folder);
		lease.value.release();
		return fail({
			kind: 'journal',
			message: `The journal of ${session} can't be gone on with: ${folded.ok ? 'another process is writing to it' : folded.error.message}`,
		});
	}
	const {state, position, notes} = folded.value;
	const isNew = state === initialState;
	if (isNew && !lease.value.isWritten) {
		removePid(folder);
		const message = `${leasesFolder} can't be written: it is full, or may only be read. Nothing was done to the traffic.`;
		return fail({kind: 'journal', message});
	}
	const unguardedMs = Math.max(0, Math.floor(clock.nowMs()) - state.lastAtMs);
	const time = createSessionTime(clock, isNew ? 0 : state.lastTMs + unguardedMs);
	const last = {seq: state.nextSeq - 1, hash: position.hash, bytes: position.offset, lines: position.lineNumber};
	const journal = openFileJournal({path: files.journal, last, ...handlers});
	return ok({
		state,
		journal,
		time,
		lease: lease.value,
		notes: [...notes, ...pidNote],
		...(!isNew && {unguardedMs}),
		release() {
			removePid(folder);
			lease.value.release();
		},
	});
}

/** A controller that can't say it runs must run all the same: there may be traffic to guard. */
function namePid(folder: string): readonly string[] {
	try {
		writeOwnPid(folder);
		return [];
	} catch (error) {
		return [`the controller's process can't be named in ${folder}: ${String(error)}`];
	}
}
