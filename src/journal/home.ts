import {mkdirSync, statSync} from 'node:fs';
import {homedir} from 'node:os';
import {dirname, isAbsolute, join, resolve} from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** `$CANARY_HOME`, or the XDG state folder (`~/.local/state/canary-console`). */
export function canaryHome(env: Environment = process.env): string {
	const own = env['CANARY_HOME'];
	if (own) return own;
	const state = env['XDG_STATE_HOME'];
	// The XDG specification: a relative path there is to be ignored.
	return join(state && isAbsolute(state) ? state : join(homedir(), '.local', 'state'), 'canary-console');
}

export const sessionsFolder = (home: string = canaryHome()): string => join(home, 'sessions');
export const leasesFolder = (home: string = canaryHome()): string => join(home, 'leases');

/** Makes a folder that only its owner may enter, with its parents. Throws as `mkdirSync` does. */
export const makePrivateFolder = (path: string): void => makeFolder(path, 0o700);

/**
 * Makes a folder and those above it, one at a time: Node's own `recursive` never comes back where a file system takes no folders at all,
 * such as /proc. Throws as `mkdirSync` does.
 */
export function makeFolder(path: string, mode = 0o777): void {
	const missing: string[] = [];
	for (let at = resolve(path); statSync(at, {throwIfNoEntry: false}) === undefined; at = dirname(at)) missing.unshift(at);
	// A file of that name is refused as by Node.
	for (const one of missing.length > 0 || isFolder(path) ? missing : [path]) {
		try {
			mkdirSync(one, {mode});
		} catch (error) {
			// Somebody else was faster.
			if (!isFolder(one)) throw error;
		}
	}
}

const isFolder = (path: string): boolean => statSync(path, {throwIfNoEntry: false})?.isDirectory() ?? false;
