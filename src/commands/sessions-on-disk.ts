import {accessSync, constants} from 'node:fs';
import {resolve} from 'node:path';
import {sessionsFolder} from '../journal/home.ts';
import {recordForm} from '../journal/record.ts';
import {listSessions, type SessionSummary, summarise} from '../journal/sessions.ts';
import {exitCodes} from './exit-codes.ts';
import {CommandError} from './output.ts';

/** All sessions on this machine, newest first. @throws CommandError when this user may not look. */
export function allSessions(): readonly SessionSummary[] {
	const folder = sessionsFolder();
	try {
		accessSync(folder, constants.R_OK | constants.X_OK);
	} catch (error) {
		// None yet is an answer; not being let in is none.
		if (!['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) {
			const remedy = "Sessions are their own user's alone: ask as the user who started them.";
			throw new CommandError(`${folder} can't be read: ${(error as Error).message}. ${remedy}`, exitCodes.unreachable);
		}
	}
	return listSessions(folder);
}

/** What a command can do something with: `running` a controller that lives, `guarded` also one to take up again, `any` also a record. */
export type Which = 'running' | 'guarded' | 'any';

/**
 * The session that was meant: a folder, a name, the unique beginning or part of a name; without one, the only running session (or,
 * where that will do, the only one whose controller died).
 * @throws CommandError that lists what there is.
 */
export function findSession(wanted: string | undefined, which: Which = 'running'): SessionSummary {
	if (wanted !== undefined && recordForm(resolve(wanted)) !== undefined) return summarise(resolve(wanted));
	const sessions = allSessions();
	const fits = wanted === undefined ? unnamed(sessions, which) : matching(sessions, wanted);
	const [only, ...more] = fits;
	if (only && more.length === 0) return only;
	if (!only) throw new CommandError(nothingFits(sessions, wanted, which), exitCodes.usage);
	const what = wanted === undefined ? 'Several sessions are running' : `Several sessions fit "${wanted}"`;
	throw new CommandError(`${what}; name one:\n${listText(fits)}`, exitCodes.usage);
}

function unnamed(sessions: readonly SessionSummary[], which: Which): readonly SessionSummary[] {
	const running = sessions.filter(({status}) => status === 'running');
	if (running.length > 0 || which === 'running') return running;
	const dead = sessions.filter(({status}) => status === 'dead');
	return dead.length > 0 || which === 'guarded' ? dead : sessions.slice(0, 1);
}

function matching(sessions: readonly SessionSummary[], wanted: string): readonly SessionSummary[] {
	const exact = sessions.filter(({name}) => name === wanted);
	if (exact.length > 0) return exact;
	const fits = sessions.filter(({name}) => name.includes(wanted));
	const running = fits.filter(({status}) => status === 'running');
	return running.length > 0 ? running : fits;
}

function nothingFits(sessions: readonly SessionSummary[], wanted: string | undefined, which: Which): string {
	const start = wanted === undefined ? 'No session is running.' : `No session fits "${wanted}".`;
	if (sessions.length === 0) return `${start} There are none yet: canary run PROFILE starts one.`;
	const others = which === 'running' ? 'The newest ones' : 'There are';
	return `${start} ${others}:\n${listText(sessions.slice(0, 5))}`;
}

const listText = (sessions: readonly SessionSummary[]): string =>
	sessions.map(({name, status}) => `  ${name}  ${status}`).join('\n');
