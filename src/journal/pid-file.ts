import {readFileSync, writeFileSync} from 'node:fs';
import {decodeProcess, encodeProcess, lifeOf, ownProcess, type ProcessId} from './process-id.ts';
import {removeQuietly} from './remove.ts';
import {isOurs, makeRuntimeFolder, runtimePath} from './runtime-folder.ts';
import {sessionFiles} from './session-folder.ts';

/** Says that we are the session's controller: in its folder, or where that can only be read, in the runtime folder. Throws. */
export function writeOwnPid(folder: string): void {
	const text = encodeProcess(ownProcess());
	try {
		writeFileSync(sessionFiles(folder).pid, text, {mode: 0o600});
	} catch {
		const path = runtimePath(folder, 'pid');
		makeRuntimeFolder(path);
		writeFileSync(path, text, {mode: 0o600});
	}
}

export function removePid(folder: string): void {
	removeQuietly(sessionFiles(folder).pid);
	removeQuietly(runtimePath(folder, 'pid'));
}

/** The session's controller as it last named itself; one that lives goes before one that does not. */
export function readProcess(folder: string): ProcessId | undefined {
	const elsewhere = runtimePath(folder, 'pid');
	const paths = [sessionFiles(folder).pid, ...(isOurs(elsewhere) ? [elsewhere] : [])];
	const named = paths.flatMap(path => readPid(path) ?? []);
	return named.find(one => lifeOf(one) === 'alive') ?? named[0];
}

function readPid(path: string): ProcessId | undefined {
	try {
		return decodeProcess(readFileSync(path, 'utf8').slice(0, 1_024));
	} catch {
		return undefined;
	}
}
