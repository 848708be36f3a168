import {type Client, type ConnectOptions, connect} from '../console/client.ts';
import type {SessionSummary} from '../journal/sessions.ts';
import {connectPath, hasSocket} from '../journal/socket-path.ts';
import {exitCodes} from './exit-codes.ts';
import {CommandError} from './output.ts';

/** A client of the session's controller. @throws CommandError that says why there is none and what can be done. */
export async function connectTo(session: SessionSummary, options: ConnectOptions): Promise<Client> {
	const {name, folder, status} = session;
	if (status === 'finished')
		throw new CommandError(`${name} is over; nothing guards it and nothing can be asked of it.`, exitCodes.usage);
	if (status === 'elsewhere') throw new CommandError(`${name} is guarded on another machine: ask there.`, exitCodes.unreachable);
	const client = await connect(connectPath(folder), options);
	if (client.ok) return client.value;
	throw new CommandError(
		`${name}: its controller can't be reached: ${client.error.message}${remedyFor(session)}`,
		exitCodes.unreachable,
	);
}

function remedyFor({name, folder, status, process}: SessionSummary): string {
	if (status === 'dead') return ` Nobody guards this session: canary run --resume ${name} takes it up again.`;
	if (status !== 'running' || !process) return '';
	if (!hasSocket(folder)) {
		return ` Its process ${process.pid} lives without a socket: it is starting or leaving. Ask again in a moment; canary rollback ${name} waits for it.`;
	}
	return ` Its process ${process.pid} lives, but hangs or is stopped (kill -CONT ${process.pid}). If it can't be helped: kill -9 ${process.pid}, then canary rollback ${name} or canary run --resume ${name}.`;
}
