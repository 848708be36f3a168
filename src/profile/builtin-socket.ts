import {tmpdir} from 'node:os';
import {isAbsolute, join} from 'node:path';

/**
 * Where the built-in proxy of an address is controlled unless the profile says otherwise: a folder of the user's own, with a path
 * short enough for a socket. It is written into the profile as run, so that a later start with another environment finds it again.
 */
export function builtinSocket(listen: string, env: Readonly<Record<string, string | undefined>> = process.env): string {
	const runtime = env['XDG_RUNTIME_DIR'];
	const base = runtime && isAbsolute(runtime) ? runtime : tmpdir();
	return join(base, `canary-${process.getuid?.() ?? 'user'}`, `builtin-${listen.replaceAll(/[^\w.-]+/g, '-')}.sock`);
}
