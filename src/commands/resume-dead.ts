import type {SessionSummary} from '../journal/sessions.ts';
import {exitCodes} from './exit-codes.ts';
import {CommandError, tell} from './output.ts';
import {resumeSession} from './start-controller.ts';

/** Leaving is always allowed, also when nobody guards: a session whose controller died is taken up first. */
export async function resumeIfDead(session: SessionSummary, by: string): Promise<SessionSummary> {
	if (session.status === 'unreadable')
		throw new CommandError(`the journal of ${session.name} can't be read.`, exitCodes.unreachable);
	if (session.status !== 'dead') return session;
	tell(`canary: the controller of ${session.name} died; taking the session up again`);
	return resumeSession(session, {by});
}
