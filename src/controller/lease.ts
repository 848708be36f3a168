import {randomUUID} from 'node:crypto';
import {linkSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fail, ok, type Result} from '../base/result.ts';
import {parseObject} from '../core/ndjson.ts';
import {makePrivateFolder} from '../journal/home.ts';
import {lifeOf, ownProcess, type ProcessId} from '../journal/process-id.ts';
import {removeQuietly} from '../journal/remove.ts';
import {sha256} from '../journal/whole-file.ts';
import type {ControllerClock} from './clock.ts';

/** Who may move one router target. Plain JSON in a file named after the target. */
export type LeaseHolder = {
	readonly target: string;
	readonly profile: string;
	readonly session: string;
	readonly by: string;
	readonly process: ProcessId;
	/** ISO 8601. */
	readonly since: string;
	/** Tells this taking from every other. */
	readonly token: string;
};

export type Lease = {
	/** False when the disk would not take it: good enough to leave with, not to begin with. */
	readonly isWritten: boolean;
	/** Whether the target is still ours. A way down is allowed unless somebody else, who lives, holds it. */
	check(urgent: boolean): Result<void, string>;
	release(): void;
};

export type LeaseOptions = {
	readonly folder: string;
	readonly target: string;
	readonly profile: string;
	readonly session: string;
	readonly by: string;
	readonly clock: ControllerClock;
	/** Take it even from a holder on another machine, which we can't look at. */
	readonly force?: boolean;
};

/** Two that take over one dead holder's lease at once: whoever wrote last holds it, and both know after this long. */
const settleMs = 50;

/**
 * One controller a target: a lease in a file, taken by link(2) (which fails when there is one), or over from a holder that is dead.
 * The error says who holds it. Each write to the router asks again ({@link Lease.check}), so that even a holder that lost it without
 * noticing does no harm.
 */
export async function takeLease(options: LeaseOptions): Promise<Result<Lease, string>> {
	const {folder, target, profile, session, by, clock} = options;
	const path = join(folder, `${sha256(target).slice(0, 24)}.json`);
	const mine: LeaseHolder = {
		target,
		profile,
		session,
		by,
		process: ownProcess(),
		since: new Date(clock.nowMs()).toISOString(),
		token: randomUUID(),
	};
	const temporary = join(folder, `.${mine.token}.tmp`);
	try {
		makePrivateFolder(folder);
		writeFileSync(temporary, `${JSON.stringify(mine)}\n`, {mode: 0o600, flag: 'wx'});
		const refusal = linkOrReplace(temporary, path, options);
		if (refusal !== undefined) return fail(refusal);
		await clock.sleep(settleMs);
		const holder = readHolder(path);
		if (holder?.token !== mine.token) return fail(holder ? heldBy(holder) : `The lease ${path} vanished while it was taken.`);
		return ok(leaseOf(path, mine, true));
	} catch (error) {
		return isOfTheDisk(error) ? withoutFile(path, mine) : fail(cantBeTaken(target, error));
	} finally {
		removeQuietly(temporary);
	}
}

/** A disk that is full or can only be read must not keep anybody from leaving; nobody else can take the lease on it either. */
function withoutFile(path: string, mine: LeaseHolder): Result<Lease, string> {
	try {
		const holder = readHolder(path);
		return holder && lifeOf(holder.process) !== 'dead' ? fail(heldBy(holder)) : ok(leaseOf(path, mine, false));
	} catch (error) {
		return fail(cantBeTaken(mine.target, error));
	}
}

const isOfTheDisk = (error: unknown): boolean =>
	['EROFS', 'ENOSPC', 'EDQUOT', 'EACCES', 'EPERM', 'EIO'].includes((error as NodeJS.ErrnoException).code ?? '');

const cantBeTaken = (target: string, error: unknown): string =>
	`The lease for ${target} can't be taken: ${error instanceof Error ? error.message : String(error)}.`;

function linkOrReplace(temporary: string, path: string, {session, force}: LeaseOptions): string | undefined {
	try {
		linkSync(temporary, path);
		return undefined;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
	}
	// Read and replaced in one breath.
	const holder = readHolder(path);
	const life = holder ? lifeOf(holder.process) : 'dead';
	const isFree = life === 'dead' || (life === 'unknown' && force);
	if (holder && !isFree) return heldBy(holder, life === 'unknown' && holder.session !== session);
	renameSync(temporary, path);
	return undefined;
}

function leaseOf(path: string, mine: LeaseHolder, isWritten: boolean): Lease {
	const read = (): Result<LeaseHolder | undefined, string> => {
		try {
			return ok(readHolder(path));
		} catch (error) {
			return fail(`the lease ${path} can't be read: ${String(error)}`);
		}
	};
	return {
		isWritten,
		check(urgent) {
			const holder = read();
			if (holder.ok && holder.value?.token === mine.token) return ok(undefined);
			if (holder.ok && holder.value && lifeOf(holder.value.process) !== 'dead') {
				return fail(`${heldBy(holder.value)} This controller moves it no more.`);
			}
			const why = holder.ok ? `the lease ${path} is not ours` : holder.error;
			return urgent ? ok(undefined) : fail(`${why}: it is not certain that nobody else moves ${mine.target}`);
		},
		release() {
			const holder = read();
			if (holder.ok && holder.value?.token === mine.token) removeQuietly(path);
		},
	};
}

/** Undefined when there is none, or one that nobody can have written whole. Throws when it can't be read. */
export function readHolder(path: string): LeaseHolder | undefined {
	try {
		const holder = parseObject(readFileSync(path, 'utf8')) as LeaseHolder | undefined;
		return holder?.process && typeof holder.token === 'string' ? holder : undefined;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
		throw error;
	}
}

const heldBy = ({target, session, by, process: {pid, host}, since}: LeaseHolder, isElsewhere = false): string => {
	const where = isElsewhere
		? ` If that machine is gone for good, take it over with --force.`
		: ` Look at it with: canary attach ${session}`;
	return `${target} is guarded already: session ${session} of ${by}, process ${pid} on ${host}, since ${since}.${where}`;
};
