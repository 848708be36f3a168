import {createHash} from 'node:crypto';
import {lstatSync, mkdirSync, readlinkSync, rmSync, symlinkSync} from 'node:fs';
import {tmpdir, userInfo} from 'node:os';
import {join} from 'node:path';
import {removeQuietly} from './remove.ts';
import {sessionFiles} from './session-folder.ts';

/** `sun_path` of Linux holds 108 bytes with its final zero; see unix(7). */
export const socketBytesMax = 107;

/**
 * Where the session's socket really is: in its folder, or, when that path is too long for the kernel, in a private folder with a
 * short name. Throws as the file system does, and when that private folder belongs to somebody else.
 */
export function socketPathFor(folder: string, env: Readonly<Record<string, string | undefined>> = process.env): string {
	const inFolder = sessionFiles(folder).socket;
	if (Buffer.byteLength(inFolder) <= socketBytesMax) return inFolder;
	const name = `${createHash('sha256').update(folder).digest('hex').slice(0, 16)}.sock`;
	for (const base of [env['XDG_RUNTIME_DIR'], tmpdir(), '/tmp']) {
		if (!base) continue;
		const path = join(base, `canary-${userInfo().uid}`, name);
		if (Buffer.byteLength(path) <= socketBytesMax) return path;
	}
	throw new Error(`no folder has a path short enough for a socket (${socketBytesMax} bytes)`);
}

/** Readies the place: the private folder exists and is ours, the link in the session's folder points there, no old socket stands. */
export function prepareSocket(folder: string, path: string): void {
	const inFolder = sessionFiles(folder).socket;
	if (path !== inFolder) {
		makeOurs(join(path, '..'));
		rmSync(inFolder, {force: true});
		symlinkSync(path, inFolder);
	}
	rmSync(path, {force: true});
}

export function removeSocket(folder: string, path: string): void {
	removeQuietly(path);
	removeQuietly(sessionFiles(folder).socket);
}

/** The path to connect to: a link is followed here, because its target is what is short. */
export function connectPath(folder: string): string {
	const inFolder = sessionFiles(folder).socket;
	try {
		return readlinkSync(inFolder);
	} catch {
		return inFolder;
	}
}

/** In /tmp anybody may have made a folder of that name before us. */
function makeOurs(path: string): void {
	mkdirSync(path, {recursive: true, mode: 0o700});
	const stat = lstatSync(path);
	if (!stat.isDirectory() || stat.uid !== userInfo().uid || (stat.mode & 0o077) !== 0) {
		throw new Error(`${path} is not a folder of our own with mode 0700`);
	}
}
