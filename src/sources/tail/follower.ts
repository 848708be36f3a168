import {constants, promises as fs} from 'node:fs';
import {idOf} from './discover.ts';
import type {Disk} from './disk.ts';
import {lineStart, linesBack} from './line-start.ts';
import {createLineSplitter, type LineSplitter} from './splitter.ts';

/** One read: a few hundred lines, so that the loop is free again after a millisecond or two. */
export const chunkBytes = 64 * 1024;

/** So many bytes before the place we stand at are read again and compared: a file cut and grown past that place shows itself. */
const overlapBytes = 64;

/** A reader that is further behind than this jumps ahead. */
const behindBytesMax = 64 * 1024 * 1024;

/** How much of a file is read at most when it is met in the middle: it appeared large, or it was jumped ahead in. */
const backlogBytesMax = 16 * 1024 * 1024;

/** A last line without an end is taken for whole after this. */
const unfinishedLineMs = 1_000;

export type StartAt =
	/** After the last whole line, or so many bytes or lines before it. */
	| {readonly kind: 'end'; readonly backBytes?: number; readonly backLines?: number}
	| {readonly kind: 'start'}
	| {readonly kind: 'place'; readonly place: Place};

/** Where a reader stood when it left a file. */
export type Place = {readonly position: number; readonly overlap: Buffer};

export type ChunkOutcome =
	| {readonly kind: 'read'; readonly bytes: number}
	| {readonly kind: 'idle'}
	| {readonly kind: 'cut'}
	| {readonly kind: 'jumped'; readonly skippedBytes: number};

/** One open file, read forward in bounded steps. One call at a time. */
export type Follower = {
	readonly id: string;
	path: string;
	readonly splitter: LineSplitter;
	/**
	 * Reads at most one chunk. `take` gets it before the next call; `isLive` of an offset in the chunk says whether what ends there
	 * was written after the file was met. Rejects when the file can't be read.
	 */
	readChunk(take: (chunk: Buffer, isLive: (endOffset: number) => boolean) => void): Promise<ChunkOutcome>;
	/** Hands out a last line that nobody has ended for a while. */
	flushUnfinished(nowMs: number, onLine: (bytes: Buffer, isLive: boolean) => void): void;
	place(): Place;
	/** By the clock of `nowMs`: when it last grew. */
	grewAtMs: number;
	size(): number;
	position(): number;
	close(): Promise<void>;
};

/** Opens a regular file for following. Rejects with the system's error. */
export async function openFollower(path: string, startAt: StartAt, disk: Disk, nowMs: number): Promise<Follower> {
	// Without O_NONBLOCK, opening a pipe that took the file's name in the meantime would wait for a writer.
	const handle = await disk.ask(`opening ${path}`, () => fs.open(path, constants.O_RDONLY | constants.O_NONBLOCK));
	const buffer = Buffer.allocUnsafe(chunkBytes + overlapBytes);
	const splitter = createLineSplitter();
	let position = 0;
	let overlap: Buffer = Buffer.alloc(0);
	let liveFrom = 0;
	let size = 0;

	const readAt = async (length: number, from: number): Promise<Buffer> => {
		const {bytesRead} = await disk.ask(`reading ${path}`, () => handle.read(buffer, 0, length, from));
		return buffer.subarray(0, bytesRead);
	};

	async function standAt(place: number): Promise<void> {
		position = place;
		const before = Math.min(overlapBytes, place);
		overlap = Buffer.from(await readAt(before, place - before));
		splitter.reset();
	}

	/** A file that is large when it is met is read from its last part. */
	const firstPlace = async (): Promise<number> => (size > backlogBytesMax ? lineStart(readAt, size - backlogBytesMax) : 0);

	async function lastPlace({
		backBytes = 0,
		backLines = 0,
	}: {
		readonly backBytes?: number;
		readonly backLines?: number;
	}): Promise<number> {
		const end = await lineStart(readAt, size);
		if (backLines > 0) return linesBack(readAt, end, backLines);
		return backBytes > 0 ? lineStart(readAt, Math.max(0, end - Math.min(backBytes, backlogBytesMax))) : end;
	}

	async function begin(): Promise<void> {
		if (startAt.kind === 'place') ({position, overlap} = startAt.place);
		else if (startAt.kind === 'start') await standAt(await firstPlace());
		else {
			liveFrom = size;
			await standAt(await lastPlace(startAt));
		}
	}

	async function restart(): Promise<ChunkOutcome> {
		liveFrom = 0;
		await standAt(await firstPlace());
		return {kind: 'cut'};
	}

	async function jumpAhead(): Promise<ChunkOutcome> {
		const from = position;
		await standAt(await lineStart(readAt, size - backlogBytesMax));
		return {kind: 'jumped', skippedBytes: position - from};
	}

	const follower: Follower = {
		id: '',
		path,
		splitter,
		grewAtMs: nowMs,
		size: () => size,
		position: () => position,
		place: () => ({
			position: position - splitter.pendingBytes(),
			overlap: splitter.pendingBytes() === 0 ? overlap : Buffer.alloc(0),
		}),
		async readChunk(take) {
			const stats = await disk.ask(`a look at ${path}`, () => handle.stat());
			size = stats.size;
			if (size < position) return restart();
			if (size === position) return {kind: 'idle'};
			if (size - position > behindBytesMax) return jumpAhead();
			const bytes = await readAt(overlap.length + Math.min(chunkBytes, size - position), position - overlap.length);
			if (!bytes.subarray(0, overlap.length).equals(overlap)) return restart();
			const chunk = bytes.subarray(overlap.length);
			if (chunk.length === 0) return {kind: 'idle'};
			const chunkStart = position;
			position += chunk.length;
			overlap = Buffer.from(bytes.subarray(Math.max(0, bytes.length - overlapBytes)));
			take(chunk, endOffset => chunkStart + endOffset > liveFrom);
			return {kind: 'read', bytes: chunk.length};
		},
		flushUnfinished(at, onLine) {
			if (at - follower.grewAtMs >= unfinishedLineMs) splitter.flush(bytes => onLine(bytes, position > liveFrom));
		},
		close: () => handle.close().catch(() => {}),
	};
	try {
		const stats = await disk.ask(`a look at ${path}`, () => handle.stat({bigint: true}));
		if (!stats.isFile()) throw new Error(`${path} is not a regular file`);
		size = Number(stats.size);
		await begin();
		return Object.assign(follower, {id: idOf(stats)});
	} catch (error) {
		await follower.close();
		throw error;
	}
}
