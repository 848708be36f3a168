import {createHash, randomUUID} from 'node:crypto';
import {type FileHandle, open, rename, rm} from 'node:fs/promises';
import {dirname} from 'node:path';
import {fail, ok, type Result} from '../base/result.ts';

export type Written = {readonly sha256: string; readonly bytes: number};

export const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');

/**
 * Writes a file whole or not at all: a temporary file beside it, fsync, rename, fsync of the folder. Mode 0600. The error is a
 * sentence; nothing of the temporary file stays.
 */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<Result<Written, string>> {
	const bytes = typeof content === 'string' ? Buffer.from(content) : content;
	const temporary = `${path}.${randomUUID().slice(0, 8)}.tmp`;
	let file: FileHandle | undefined;
	try {
		file = await open(temporary, 'wx', 0o600);
		await file.writeFile(bytes);
		await file.sync();
		await file.close();
		file = undefined;
		await rename(temporary, path);
		await syncFolder(dirname(path));
		return ok({sha256: sha256(bytes), bytes: bytes.byteLength});
	} catch (error) {
		await file?.close().catch(() => {});
		await rm(temporary, {force: true}).catch(() => {});
		return fail(`${path} could not be written: ${error instanceof Error ? error.message : String(error)}.`);
	}
}

/** Makes the rename itself outlive a power cut. */
export async function syncFolder(path: string): Promise<void> {
	const folder = await open(path, 'r');
	try {
		await folder.sync();
	} finally {
		await folder.close();
	}
}
