import {existsSync, lstatSync, readlinkSync, rmSync, symlinkSync} from 'node:fs';
import {removeQuietly} from './remove.ts';
import {isOurs, makeRuntimeFolder, runtimePath} from './runtime-folder.ts';
import {sessionFiles} from './session-folder.ts';

/** `sun_path` of Linux holds 108 bytes with its final zero; see unix(7). */
export const socketBytesMax = 107;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where the session's socket may be, best first: in its folder, unless that path is too long for the kernel; else, and when the folder
 * can't be written, in our private runtime folder, whose path is short.
 */
export function socketPathsFor(folder: string, env: Environment = process.env): readonly string[] {
	const places = [sessionFiles(folder).socket, runtimePath(folder, 'sock', env)];
	return places.filter(path => Buffer.byteLength(path) <= socketBytesMax);
}

/** Readies a place: its folder exists and is ours, a link in the session's folder points there, no old socket stands. Throws. */
export function prepareSocket(folder: string, path: string): void {
	const inFolder = sessionFiles(folder).socket;
	if (path !== inFolder) {
		makeRuntimeFolder(path);
		try {
			rmSync(inFolder, {force: true});
			symlinkSync(path, inFolder);
		} catch {
			// A folder that can only be read: whoever looks for the socket looks in the runtime folder too.
		}
	}
	rmSync(path, {force: true});
}

export function removeSocket(folder: string, path: string): void {
	removeQuietly(path);
	removeQuietly(sessionFiles(folder).socket);
}

/** The path to connect to. A link is followed here, because its target is what is short. */
export function connectPath(folder: string, env: Environment = process.env): string {
	const inFolder = sessionFiles(folder).socket;
	const elsewhere = runtimePath(folder, 'sock', env);
	try {
		return readlinkSync(inFolder);
	} catch {
		return isOurs(elsewhere) && isSocket(elsewhere) ? elsewhere : inFolder;
	}
}

function isSocket(path: string): boolean {
	try {
		return lstatSync(path).isSocket();
	} catch {
		return false;
	}
}

/** Whether a controller listens, or has: one that is starting has none yet, and one that leaves takes it away. */
export const hasSocket = (folder: string): boolean => existsSync(connectPath(folder));
