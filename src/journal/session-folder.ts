import {closeSync, fsyncSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeSync} from 'node:fs';
import {join} from 'node:path';
import {fail, ok, type Result} from '../base/result.ts';
import {encodeHeader, hashOf, journalFormat} from './codec.ts';
import {makePrivateFolder} from './home.ts';

/** Names inside a session's folder: a public contract, see ARCHITECTURE.md. */
export const sessionFiles = (folder: string) =>
	({
		journal: join(folder, 'journal.ndjson'),
		/** The journal of a session that is over, packed: instead of the plain one. */
		packed: join(folder, 'journal.packed'),
		/** Where the journal ended when its controller left: what shows that its end was cut off. */
		seal: join(folder, 'journal.seal'),
		/** A short cut for resuming; may be deleted at any time. */
		index: join(folder, 'index.json'),
		profile: join(folder, 'profile.yaml'),
		socket: join(folder, 'control.sock'),
		pid: join(folder, 'controller.pid'),
		log: join(folder, 'controller.log'),
		checkpoints: join(folder, 'checkpoints'),
		artifacts: join(folder, 'artifacts'),
		decision: join(folder, 'DECISION.md'),
		summary: join(folder, 'SUMMARY.json'),
	}) as const;

/** `2026-11-21T01-15-04Z-relay-r1`: sorts by time, and is a file name everywhere. */
export function sessionName(startedAtMs: number, profile: string): string {
	const stamp = new Date(startedAtMs)
		.toISOString()
		.replace(/\.\d+Z$/, 'Z')
		.replaceAll(':', '-');
	const safe = profile
		.replaceAll(/[^A-Za-z0-9._-]+/g, '-')
		.replace(/^[.-]+/, '')
		.slice(0, 60);
	return `${stamp}-${safe || 'session'}`;
}

export type NewSession = {
	readonly sessionsFolder: string;
	readonly profile: string;
	readonly version: string;
	readonly startedAtMs: number;
	/** The profile as run, for the record. Secrets in it are references already. */
	readonly profileText?: string;
};

export type CreatedSession = {
	readonly folder: string;
	/** For the journal's writer: what is in the file so far. */
	readonly last: {readonly seq: number; readonly hash: string; readonly bytes: number; readonly lines: number};
};

/** Makes the folder of a new session with its journal's header, on the disk. The error is a sentence. */
export function createSession({
	sessionsFolder,
	profile,
	version,
	startedAtMs,
	profileText,
}: NewSession): Result<CreatedSession, string> {
	const startedAt = new Date(startedAtMs).toISOString();
	const header = encodeHeader({format: journalFormat, product: 'canary-console', version, profile, startedAt});
	try {
		makePrivateFolder(sessionsFolder);
		const folder = makeUnique(join(sessionsFolder, sessionName(startedAtMs, profile)));
		const files = sessionFiles(folder);
		mkdirSync(files.checkpoints, {mode: 0o700});
		mkdirSync(files.artifacts, {mode: 0o700});
		if (profileText !== undefined) writeSynced(files.profile, profileText);
		writeSynced(files.journal, `${header}\n`);
		return ok({folder, last: {seq: -1, hash: hashOf(header), bytes: Buffer.byteLength(header) + 1, lines: 1}});
	} catch (error) {
		const why = error instanceof Error ? error.message : String(error);
		return fail(
			`A session can't be kept in ${sessionsFolder}: ${why}. Nothing was done to the traffic. Set CANARY_HOME to a folder that can be written.`,
		);
	}
}

/** Takes away a session that never began: a folder whose journal holds its header and nothing more. Others stay as they are. */
export function discardUnstarted(folder: string): void {
	const {journal} = sessionFiles(folder);
	try {
		const isSmall = statSync(journal).size < headerBytesMax;
		if (isSmall && readFileSync(journal, 'utf8').trimEnd().split('\n').length === 1)
			rmSync(folder, {recursive: true, force: true});
	} catch {
		// What can't be looked at is left alone.
	}
}

const headerBytesMax = 4_096;

/** Two sessions of a profile may begin in the same second. */
function makeUnique(path: string): string {
	for (let number = 1; ; number++) {
		const candidate = number === 1 ? path : `${path}-${number}`;
		try {
			mkdirSync(candidate, {mode: 0o700});
			return candidate;
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || number > 99) throw error;
		}
	}
}

function writeSynced(path: string, content: string): void {
	const file = openSync(path, 'wx', 0o600);
	try {
		const bytes = Buffer.from(content);
		for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
		fsyncSync(file);
	} finally {
		closeSync(file);
	}
}
