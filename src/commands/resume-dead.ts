import type {SessionSummary} from '../journal/sessions.ts';
import {tell} from './output.ts';
import {resumeSession} from './start-controller.ts';

/** Leaving is always allowed, also when nobody guards: a session whose controller died is taken up first. */
export async function resumeIfDead(session: SessionSummary, by: string): Promise<SessionSummary> {
	if (session.status !== 'dead') return session;
	tell(`canary: the controller of ${session.name} died; taking the session up again`);
	return resumeSession(session, {by});
}
