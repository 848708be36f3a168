import type {Client} from '../console/client.ts';
import type {Role} from '../core/protocol.ts';
import type {SessionSummary} from '../journal/sessions.ts';
import type {ExitCode} from './exit-codes.ts';
import {CommandError} from './output.ts';

export type ScreenOptions = {
	readonly theme?: string;
	readonly bell?: boolean;
	readonly screenReader?: boolean;
	readonly ascii?: boolean;
	readonly operator?: string;
};

export async function openConsole(
	_client: Client,
	_session: SessionSummary,
	_options: ScreenOptions & {role: Role; who: string},
): Promise<ExitCode> {
	throw new CommandError('no console yet', 2);
}
