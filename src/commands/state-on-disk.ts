import type {SessionState} from '../core/state.ts';
import {foldRecord} from '../journal/fold.ts';
import {sessionFiles} from '../journal/session-folder.ts';
import {exitCodes} from './exit-codes.ts';
import {CommandError} from './output.ts';

/** The last state of a session that no controller keeps, from its journal alone. @throws CommandError when the journal can't be read. */
export async function stateOnDisk(folder: string): Promise<SessionState> {
	const folded = await foldRecord(folder);
	if (folded.ok) return folded.value.state;
	const {lineNumber, message} = folded.error;
	throw new CommandError(`${sessionFiles(folder).journal}:${lineNumber}: ${message}`, exitCodes.unreachable);
}
