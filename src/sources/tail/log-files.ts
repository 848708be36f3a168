import type {TailOptions} from '../../core/tail-options.ts';
import {discover, type FoundFile, messageOf} from './discover.ts';
import type {Disk} from './disk.ts';
import {type Follower, openFollower, type Place, type StartAt} from './follower.ts';

/** A writer may go on with a file that was renamed until it is told to open a new one. */
const drainMs = 5_000;

/** File systems stamp by a coarser clock than ours, and a server's by another. */
const clocksApartMs = 1_000;

/** Places in files that were let go, in case they come back. */
const placesMax = 1_024;

/**
 * How often it is looked up which files there are: twice a second, but less for thousands of names (about 30 µs each, for 2 % of a
 * core) and for a whole tree, of which only the time tells how large it is.
 */
const scanEveryMs = 500;
const restPerNameMs = 1.5;
const restPerDeepLook = 10;

/** Files that grew this recently are looked at in each round; of the others only so many, in turn. */
const activeMs = 10_000;
const idlePerRound = 8;

/** Chunks of one file in one round, so that no file starves the others. */
const chunksPerRound = 4;

export type LogFilesCounts = {rotations: number; cuts: number; skippedBytes: number};

export type TakeChunk = (chunk: Buffer, follower: Follower, isLive: (endOffset: number) => boolean) => void;
export type TakeLine = (bytes: Buffer, isLive: boolean) => void;

/** The files behind one log. One call at a time; nothing rejects: what goes wrong is in `problems`. */
export type LogFiles = {
	/** Looks up which files the log means now: opens new ones, lets go of those that went. Says in how many ms to look again. */
	scan(nowMs: number, signal: AbortSignal): Promise<number>;
	/** Reads on in the files; true if there may be more to read at once. */
	read(nowMs: number, takeChunk: TakeChunk, takeLine: TakeLine): Promise<boolean>;
	readonly followers: () => readonly Follower[];
	readonly problems: () => readonly string[];
	readonly counts: LogFilesCounts;
	close(): Promise<void>;
};

const skippedText = (bytes: number): string => `${bytes} bytes were passed over: the log grew faster than it could be read`;

export type StartBack = {readonly backBytes?: number; readonly backLines?: number};

export function createLogFiles({paths}: Pick<TailOptions, 'paths'>, startBack: StartBack, disk: Disk): LogFiles {
	const open = new Map<string, Follower>();
	const lastSeenMs = new Map<string, number>();
	const places = new Map<string, Place>();
	const counts: LogFilesCounts = {rotations: 0, cuts: 0, skippedBytes: 0};
	// Compared with the birth times of files, which are by the wall clock of the machine and no other.
	const openedMs = Date.now();
	const isDeep = paths.some(path => path.includes('**'));
	let isFirstScan = true;
	let scanProblems: readonly string[] = [];
	let readProblems: string[] = [];
	let nextIdle = 0;

	function startFor(file: FoundFile): StartAt {
		const place = places.get(file.id);
		if (place) return {kind: 'place', place};
		// An older file that comes under the name later (a link that moves, a copy put in place) is not news.
		const isOld = isFirstScan || (file.bornMs > 0 && file.bornMs < openedMs - clocksApartMs);
		return isOld ? {kind: 'end', ...(isFirstScan && startBack)} : {kind: 'start'};
	}

	function remember(id: string, place: Place): void {
		places.delete(id);
		if (places.size >= placesMax) places.delete(places.keys().next().value ?? '');
		places.set(id, place);
	}

	function letGo(follower: Follower): void {
		open.delete(follower.id);
		lastSeenMs.delete(follower.id);
		remember(follower.id, follower.place());
		void follower.close();
	}

	async function meet(file: FoundFile, nowMs: number, problems: string[]): Promise<void> {
		const known = open.get(file.id);
		lastSeenMs.set(file.id, nowMs);
		if (known) {
			known.path = file.path;
			return;
		}
		try {
			const replaces = [...open.values()].some(follower => follower.path === file.path);
			const follower = await openFollower(file.path, startFor(file), disk, nowMs);
			if (replaces) counts.rotations++;
			open.set(follower.id, follower);
			lastSeenMs.set(follower.id, nowMs);
			places.delete(follower.id);
		} catch (error) {
			problems.push(`${file.path} can't be read: ${messageOf(error)}`);
			// If it can be read later on, what was in it before is not news.
			if (isFirstScan) remember(file.id, {position: file.size, overlap: Buffer.alloc(0)});
		}
	}

	/** The files of this round: those that grow, and some of the others. */
	function inTurn(nowMs: number): Follower[] {
		const all = [...open.values()];
		const active = all.filter(follower => nowMs - follower.grewAtMs < activeMs);
		const idle = all.filter(follower => nowMs - follower.grewAtMs >= activeMs);
		if (idle.length <= idlePerRound) return all;
		nextIdle = (nextIdle + idlePerRound) % idle.length;
		return [...active, ...[...idle, ...idle].slice(nextIdle, nextIdle + idlePerRound)];
	}

	async function readOn(follower: Follower, nowMs: number, takeChunk: TakeChunk): Promise<boolean> {
		for (let chunks = 0; chunks < chunksPerRound; chunks++) {
			const outcome = await follower.readChunk((chunk, isLive) => takeChunk(chunk, follower, isLive));
			if (outcome.kind === 'idle') return false;
			follower.grewAtMs = nowMs;
			if (outcome.kind === 'cut') counts.cuts++;
			if (outcome.kind === 'jumped') counts.skippedBytes += outcome.skippedBytes;
		}
		return true;
	}

	return {
		async scan(nowMs, signal) {
			const startMs = performance.now();
			const {files, looked, problems} = await discover(paths, disk, signal);
			const tookMs = performance.now() - startMs;
			if (signal.aborted) return scanEveryMs;
			const all = [...problems];
			for (const file of files) await meet(file, nowMs, all);
			for (const follower of open.values()) {
				const idleMs = nowMs - Math.max(follower.grewAtMs, lastSeenMs.get(follower.id) ?? nowMs);
				if (idleMs > drainMs) letGo(follower);
			}
			scanProblems = all;
			isFirstScan = false;
			return Math.max(scanEveryMs, looked * restPerNameMs, isDeep ? tookMs * restPerDeepLook : 0);
		},
		async read(nowMs, takeChunk, takeLine) {
			let hasMore = false;
			readProblems = [];
			for (const follower of inTurn(nowMs)) {
				try {
					hasMore = (await readOn(follower, nowMs, takeChunk)) || hasMore;
					follower.flushUnfinished(nowMs, takeLine);
				} catch (error) {
					readProblems.push(messageOf(error));
					letGo(follower);
				}
			}
			return hasMore;
		},
		followers: () => [...open.values()],
		problems: () => [...scanProblems, ...readProblems, ...(counts.skippedBytes > 0 ? [skippedText(counts.skippedBytes)] : [])],
		counts,
		async close() {
			const followers = [...open.values()];
			open.clear();
			for (const follower of followers) void follower.close();
		},
	};
}
