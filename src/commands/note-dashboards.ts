import {redact} from '../base/redact.ts';
import {sanitize} from '../base/text.ts';
import {appendFinished} from '../journal/append-finished.ts';
import {connectTo} from './connect.ts';
import {exitCodes} from './exit-codes.ts';
import {CommandError, tell} from './output.ts';
import {tellSession} from './report-read.ts';
import {writeDecision} from './report-write.ts';
import {findSession} from './sessions-on-disk.ts';
import {whoAmI} from './who.ts';

type Pushed = {readonly uid: string; readonly title: string; readonly url: string};

/**
 * Puts pushed dashboards into a session's record: by its controller while it runs, else into the finished journal, and the decision is
 * written anew. @throws CommandError when it can't be added to.
 */
export async function noteInSession(wanted: string, pushed: readonly Pushed[]): Promise<void> {
	const session = findSession(wanted, 'any');
	const by = whoAmI(undefined);
	if (session.status === 'running') {
		const client = await connectTo(session, {role: 'script', who: by});
		try {
			for (const {uid, title, url} of pushed) {
				const answer = await client.send({command: 'dashboard', uid, title, url});
				const why = answer.ok ? answer.value.reason : answer.error;
				if (!answer.ok || !answer.value.accepted) throw new CommandError(`pushed, but not noted: ${why}`, exitCodes.unreachable);
			}
		} finally {
			client.close();
		}
		return;
	}
	if (session.status !== 'finished')
		throw new CommandError(`pushed, but not noted: ${session.name} has no controller here and is not over.`, exitCodes.usage);
	const line = (text: string, columns: number): string => sanitize(redact(text), columns);
	const facts = pushed.map(
		({uid, title, url}) =>
			({type: 'dashboard-noted', uid: line(uid, 80), title: line(title, 200), url: line(url, 400), by}) as const,
	);
	const added = await appendFinished(session.folder, facts);
	if (!added.ok) throw new CommandError(`pushed, but not noted: ${added.error}`, exitCodes.unreachable);
	const {summary} = await tellSession(session.folder);
	const written = await writeDecision(session.folder, summary);
	if (!written.ok) tell(`canary: noted, but the decision could not be written: ${written.error}`);
}
