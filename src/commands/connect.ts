import {type Client, type ConnectOptions, connect} from '../console/client.ts';
import {sessionFiles} from '../journal/session-folder.ts';
import type {SessionSummary} from '../journal/sessions.ts';
import {exitCodes} from './exit-codes.ts';
import {CommandError} from './output.ts';

/** A client of the session's controller. @throws CommandError that says why there is none and what can be done. */
export async function connectTo({name, folder, status}: SessionSummary, options: ConnectOptions): Promise<Client> {
	if (status === 'finished')
		throw new CommandError(`${name} is over; nothing guards it and nothing can be asked of it.`, exitCodes.usage);
	if (status === 'elsewhere') throw new CommandError(`${name} is guarded on another machine: ask there.`, exitCodes.unreachable);
	const client = await connect(sessionFiles(folder).socket, options);
	if (client.ok) return client.value;
	const remedy = status === 'dead' ? ` Nobody guards this session: canary run --resume ${name} takes it up again.` : '';
	throw new CommandError(`${name}: its controller can't be reached: ${client.error.message}${remedy}`, exitCodes.unreachable);
}
