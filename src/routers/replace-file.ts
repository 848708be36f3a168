import {renameSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {open, rm} from 'node:fs/promises';
import {fail, ok, type Result} from '../base/result.ts';

/** A new text for a file, flushed to a temporary file beside it. One of the two methods has to be called. */
export type StagedFile = {
	readonly path: string;
	/** Takes the file's place in one step. */
	commit(): Result<void, string>;
	drop(): void;
};

/** The error is a sentence. The new file has the old one's mode; a first one is readable by all, because the server must read it. */
export async function stageFile(path: string, text: string): Promise<Result<StagedFile, string>> {
	const temporary = temporaryOf(path);
	try {
		const file = await open(temporary, 'wx', modeOf(path));
		try {
			await file.writeFile(text);
			await file.sync();
		} finally {
			await file.close();
		}
	} catch (error) {
		await rm(temporary, {force: true}).catch(() => {});
		return fail(fileTrouble(path, error));
	}
	return ok({
		path: temporary,
		commit: () => attempt(path, () => renameSync(temporary, path)),
		drop: () => void attempt(path, () => rmSync(temporary, {force: true})),
	});
}

/** Whole or not at all. */
export async function replaceFile(path: string, text: string): Promise<Result<void, string>> {
	const staged = await stageFile(path, text);
	if (!staged.ok) return staged;
	const committed = staged.value.commit();
	if (!committed.ok) staged.value.drop();
	return committed;
}

/** Puts a file back as it was, or away if there was none. In one breath, so that it is done before anything else can begin. */
export function restoreFile(path: string, text: string | undefined): Result<void, string> {
	return attempt(path, () => {
		if (text === undefined) return rmSync(path, {force: true});
		const temporary = temporaryOf(path);
		writeFileSync(temporary, text, {mode: modeOf(path)});
		renameSync(temporary, path);
	});
}

let staged = 0;

/** A name of its own each time: a change that was called off may still be at its file when the next one begins. */
const temporaryOf = (path: string): string => `${path}.canary-${process.pid}-${staged++}`;

function modeOf(path: string): number {
	return (statSync(path, {throwIfNoEntry: false})?.mode ?? 0o644) & 0o777;
}

function attempt(path: string, action: () => void): Result<void, string> {
	try {
		action();
		return ok(undefined);
	} catch (error) {
		return fail(fileTrouble(path, error));
	}
}

function fileTrouble(path: string, error: unknown): string {
	const {code, message} = error as NodeJS.ErrnoException;
	const known: Readonly<Record<string, string>> = {
		ENOENT: 'its folder does not exist',
		ENOTDIR: 'its folder does not exist',
		EACCES: 'this user may not write there',
		EPERM: 'this user may not write there',
		EROFS: 'the file system is read-only',
		ENOSPC: 'the disk is full',
		EISDIR: 'it is a folder',
	};
	return `${path} can't be written: ${known[code ?? ''] ?? message}`;
}
