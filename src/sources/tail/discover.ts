import {type BigIntStats, promises as fs} from 'node:fs';
import type {Disk} from './disk.ts';

/** A glob may mean a whole archive; the newest files are the ones that grow. */
export const filesPerLogMax = 64;

/** Names looked at for one pattern before the look-up is cut off. */
const namesMax = 5_000;

export type FoundFile = {
	readonly path: string;
	/** Device and inode: what stays the same when a file is renamed, and differs when a name gets a new file. */
	readonly id: string;
	readonly size: number;
	readonly modifiedMs: number;
	/** Wall clock; 0 where the file system does not know. */
	readonly bornMs: number;
};

export type Found = {
	readonly files: readonly FoundFile[];
	/** How many names were looked at. */
	readonly looked: number;
	/** Sentences for people: a path that can't be looked at, a glob with too many files. */
	readonly problems: readonly string[];
};

/** Which files the paths and globs mean now; the newest {@link filesPerLogMax}, each file once whatever its names. */
export async function discover(paths: readonly string[], disk: Disk, signal: AbortSignal): Promise<Found> {
	const files = new Map<string, FoundFile>();
	const problems: string[] = [];
	let looked = 0;
	for (const pattern of paths) {
		for (const path of await namesOf(pattern, disk, problems, signal)) {
			looked++;
			const found = await look(path, disk, problems);
			if (found && !files.has(found.id)) files.set(found.id, found);
			if (signal.aborted) return {files: [], looked, problems: []};
		}
	}
	const newestFirst = [...files.values()].sort((a, b) => b.modifiedMs - a.modifiedMs);
	if (newestFirst.length > filesPerLogMax) {
		problems.push(`${newestFirst.length} files match; the newest ${filesPerLogMax} are followed`);
	}
	return {files: newestFirst.slice(0, filesPerLogMax), looked, problems};
}

async function namesOf(pattern: string, disk: Disk, problems: string[], signal: AbortSignal): Promise<readonly string[]> {
	// A name may hold brackets; if there is such a file, it is meant.
	if (!/[*?[\]{}]/.test(pattern) || (await exists(pattern, disk))) return [pattern];
	try {
		const names = await disk.ask(`looking up ${pattern}`, () => expand(pattern, signal));
		if (names.length > namesMax) problems.push(`${pattern} means more than ${namesMax} files; the rest is not looked at`);
		return names.slice(0, namesMax);
	} catch (error) {
		problems.push(messageOf(error));
		return [];
	}
}

async function expand(pattern: string, signal: AbortSignal): Promise<string[]> {
	const names: string[] = [];
	for await (const name of fs.glob(pattern)) {
		names.push(name);
		if (signal.aborted || names.length > namesMax) break;
	}
	return names;
}

const exists = async (path: string, disk: Disk): Promise<boolean> =>
	disk
		.ask(`a look at ${path}`, () => fs.stat(path))
		.then(
			() => true,
			() => false,
		);

async function look(path: string, disk: Disk, problems: string[]): Promise<FoundFile | undefined> {
	let stats: BigIntStats;
	try {
		// Through symbolic links: a "current" link that moves on is a new file under the old name.
		stats = await disk.ask(`a look at ${path}`, () => fs.stat(path, {bigint: true}));
	} catch (error) {
		if (!isMissing(error)) problems.push(`${path} can't be looked at: ${messageOf(error)}`);
		return undefined;
	}
	if (!stats.isFile()) {
		problems.push(`${path} is not a regular file`);
		return undefined;
	}
	return {
		path,
		id: idOf(stats),
		size: Number(stats.size),
		modifiedMs: Number(stats.mtimeMs),
		bornMs: Number(stats.birthtimeMs),
	};
}

export const idOf = (stats: BigIntStats): string => `${stats.dev}:${stats.ino}`;

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const isMissing = (error: unknown): boolean => {
	const code = (error as {readonly code?: unknown}).code;
	return code === 'ENOENT' || code === 'ENOTDIR';
};
