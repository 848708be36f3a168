import {formatElapsed} from '../base/duration.ts';
import type {SessionState, TimelineEntry} from '../core/state.ts';
import type {SessionSummary} from '../journal/sessions.ts';
import {connectTo} from './connect.ts';
import type {ExitCode} from './exit-codes.ts';
import {safe, say, tell} from './output.ts';
import {verdictCode} from './verdict.ts';

/** Prints the timeline as it grows, until the session is over; the outcome is the exit code. */
export async function followHeadless(session: SessionSummary, who: string): Promise<ExitCode> {
	const client = await connectTo(session, {role: 'owner', who});
	say(`session ${session.name}`);
	say(`folder  ${session.folder}`);
	let printedSeq = -1;
	const print = (): void => {
		const {state, status, reason} = client.getSnapshot();
		for (const entry of state.timeline) {
			if (entry.seq > printedSeq) say(lineOf(entry, state));
		}
		printedSeq = Math.max(printedSeq, state.timeline.at(-1)?.seq ?? -1);
		if (status === 'lost' && !lostSaid) tell(`canary: the controller does not answer: ${safe(reason)}`);
		lostSaid = status === 'lost';
	};
	let lostSaid = false;
	print();
	const stop = client.subscribe(print);
	await over(client);
	stop();
	const {state} = client.getSnapshot();
	client.close();
	return verdictCode(state);
}

/** Over: the session has ended, or its controller has gone for good. A CI job waits for no longer than that. */
function over(client: Awaited<ReturnType<typeof connectTo>>): Promise<void> {
	return new Promise(resolve => {
		const look = (): void => {
			const {status, state} = client.getSnapshot();
			if (status === 'ended' || state.ended) {
				stop();
				resolve();
			}
		};
		const stop = client.subscribe(look);
		look();
	});
}

function lineOf({atMs, tMs, kind, text}: TimelineEntry, {canaryStartedAtMs}: SessionState): string {
	const time = new Date(atMs).toISOString().slice(11, 19);
	const since = canaryStartedAtMs === undefined || tMs < canaryStartedAtMs ? '' : ` ${formatElapsed(tMs - canaryStartedAtMs)}`;
	return `${time}Z${since}  ${kind.padEnd(10)} ${safe(text)}`;
}
