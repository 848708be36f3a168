import {createHash} from 'node:crypto';
import {lstatSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {makePrivateFolder} from './home.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A base path longer than this leaves no room for a socket below it. */
const basePathBytesMax = 60;

/** Not `os.userInfo()`, which throws for a user without an entry in /etc/passwd, as containers run with. */
const ownUid = (): number => process.getuid?.() ?? 0;

/**
 * The place of a session's running things that can't be in its own folder: a socket whose path would be too long, and all of them when
 * the folder can only be read. Short, private to the user, gone after a reboot.
 */
export function runtimePath(folder: string, kind: 'sock' | 'pid' | 'log', env: Environment = process.env): string {
	const bases = [env['XDG_RUNTIME_DIR'], tmpdir()].filter(base => base !== undefined && base !== '');
	const base = bases.find(one => Buffer.byteLength(one ?? '') <= basePathBytesMax) ?? '/tmp';
	const name = createHash('sha256').update(folder).digest('hex').slice(0, 16);
	return join(base, `canary-${ownUid()}`, `${name}.${kind}`);
}

/** Makes the folder of such a path. Throws when it belongs to somebody else: in /tmp anybody may have made one of that name. */
export function makeRuntimeFolder(path: string): void {
	const folder = dirname(path);
	makePrivateFolder(folder);
	if (!isOurs(path)) throw new Error(`${folder} is not a folder of our own with mode 0700`);
}

/** Whether the folder of such a path is ours alone: what stands in another's is not believed. */
export function isOurs(path: string): boolean {
	try {
		const stat = lstatSync(dirname(path));
		return stat.isDirectory() && stat.uid === ownUid() && (stat.mode & 0o077) === 0;
	} catch {
		return false;
	}
}
