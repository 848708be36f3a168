import {existsSync} from 'node:fs';
import {formatElapsed} from '../base/duration.ts';
import type {Client, ClientSnapshot} from '../console/client.ts';
import {instanceBlocker} from '../core/decide-instance.ts';
import {preflightBlocker} from '../core/reduce-preflight.ts';
import {percentText} from '../core/reduce-split.ts';
import type {SessionState, TimelineEntry} from '../core/state.ts';
import {type SessionSummary, summarise} from '../journal/sessions.ts';
import {connectTo} from './connect.ts';
import {type ExitCode, exitCodes} from './exit-codes.ts';
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
		endIfUnready(state);
	};
	let lostSaid = false;
	let isEnding = false;
	/** Nobody is there to mend it and to ask again. */
	function endIfUnready(state: SessionState): void {
		if (isEnding || !(state.preflight?.status === 'failed' || isGone(state)) || state.ended) return;
		isEnding = true;
		void client.send({command: 'end', reason: instanceBlocker(state) ?? preflightBlocker(state) ?? 'the pre-flight failed'});
	}
	print();
	const stop = client.subscribe(print);
	const how = await over(client, session);
	stop();
	const {state} = client.getSnapshot();
	client.close();
	if (how === 'over') return verdictCode(state);
	tell(
		`canary: the controller is gone and nobody guards ${session.name}. ${existsSync(session.folder) ? again(session) : lost(state)}`,
	);
	return exitCodes.unreachable;
}

/** The instance is not there, and nothing has been moved to it. */
const isGone = ({instance, stage}: SessionState): boolean =>
	stage.index < 0 && (instance?.status === 'failed' || instance?.status === 'ended');

const again = ({name}: SessionSummary): string => `canary run --resume ${name} takes it up again.`;

const lost = ({split}: SessionState): string => {
	const {configured} = split;
	const last = configured ? `was last read as ${percentText(configured.weightPercent)}` : 'was never read';
	return `Its folder is gone too, and nothing can take it up again: see to the split at the router, it ${last}.`;
};

const lookEveryMs = 1_000;
/** After the end the last checkpoint is on its way to the disk. */
const lastCheckpointMs = 3_000;

/** A folder that is gone tells nothing of its controller; but one that doesn't answer either is no guard. */
const isDead = ({folder}: SessionSummary): boolean => !existsSync(folder) || summarise(folder).status === 'dead';

/** Over: the session has ended and is written down, or its controller has died. A CI job waits for no longer than that. */
async function over(client: Client, session: SessionSummary): Promise<'over' | 'died'> {
	const ended = ({state, status}: ClientSnapshot): boolean => state.ended !== undefined || status === 'ended';
	while (!(await client.until(() => ended(client.getSnapshot()), lookEveryMs)).ok) {
		if (ended(client.getSnapshot())) break;
		if (client.getSnapshot().status === 'lost' && isDead(session)) return 'died';
	}
	await client.until(({checkpoints}) => checkpoints.some(({trigger}) => trigger === 'end'), lastCheckpointMs);
	return 'over';
}

function lineOf({atMs, tMs, kind, text}: TimelineEntry, {canaryStartedAtMs}: SessionState): string {
	const time = new Date(atMs).toISOString().slice(11, 19);
	const since = canaryStartedAtMs === undefined || tMs < canaryStartedAtMs ? '' : ` ${formatElapsed(tMs - canaryStartedAtMs)}`;
	return `${time}Z${since}  ${kind.padEnd(10)} ${safe(text)}`;
}
