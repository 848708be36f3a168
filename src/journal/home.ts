import {mkdirSync} from 'node:fs';
import {homedir} from 'node:os';
import {isAbsolute, join} from 'node:path';

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
export const makePrivateFolder = (path: string): void => void mkdirSync(path, {recursive: true, mode: 0o700});
