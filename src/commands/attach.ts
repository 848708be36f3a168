import type {Role} from '../core/protocol.ts';
import {connectTo} from './connect.ts';
import {type ExitCode, exitCodes} from './exit-codes.ts';
import {CommandError} from './output.ts';
import {pickSession} from './pick-session.ts';
import {openConsole, type ScreenOptions} from './screen.ts';
import {allSessions, findSession} from './sessions-on-disk.ts';
import {whoAmI} from './who.ts';

/** `canary attach [SESSION]`: another console on a running session. */
export async function attachCommand(
	wanted: string | undefined,
	options: ScreenOptions & {readOnly?: boolean},
): Promise<ExitCode> {
	if (!process.stdout.isTTY && options.screenReader !== true) {
		throw new CommandError('standard output is no terminal. canary status prints how a session stands.', exitCodes.usage);
	}
	const running = allSessions().filter(({status}) => status === 'running');
	const isOpen = wanted === undefined && running.length > 1 && process.stdin.isTTY;
	const session = isOpen ? await pickSession(running) : findSession(wanted);
	if (!session) return exitCodes.good;
	const who = whoAmI(options.operator);
	const role: Role = options.readOnly ? 'read-only' : 'attached';
	const client = await connectTo(session, {role, who});
	return openConsole(client, session, {...options, role, who});
}
