import {formatCountdown, formatDuration} from '../base/duration.ts';
import type {Client} from '../console/client.ts';
import type {Command, CommandName} from '../core/protocol.ts';
import {gradualNow} from '../core/reduce-gradual.ts';
import {percentText} from '../core/reduce-split.ts';
import type {SessionState} from '../core/state.ts';
import type {SessionSummary} from '../journal/sessions.ts';
import {connectTo} from './connect.ts';
import {untilOrGone, whatBecomesOf} from './controller-gone.ts';
import {type ExitCode, exitCodes} from './exit-codes.ts';
import {CommandError, safe, say, sayJson, tell} from './output.ts';
import {resumeIfDead} from './resume-dead.ts';
import {rollBackAlone} from './rollback-alone.ts';
import {findSession} from './sessions-on-disk.ts';
import {verdictCode} from './verdict.ts';
import {whoAmI} from './who.ts';

export type ControlOptions = {
	readonly reason?: string;
	readonly operator?: string;
	readonly json?: boolean;
	/** How long to wait for the verified result, in ms. */
	readonly timeoutMs: number;
};

/**
 * One command to a running session, from a script: promote, hold, resume, rollback, snapshot, note, end. Waits for the verified
 * result, and ends with a code that a script can branch on.
 */
export function controlCommand(command: Command, wanted: string | undefined, options: ControlOptions): Promise<ExitCode> {
	return control(command, wanted, options, 0);
}

/** @param died how many controllers have died over this command so far. */
async function control(command: Command, wanted: string | undefined, options: ControlOptions, died: number): Promise<ExitCode> {
	const isLeaving = command.command === 'rollback' || command.command === 'rollback-gradually';
	const found = findSession(wanted, isLeaving ? 'guarded' : 'running');
	let session = found;
	// Its controller has left, its candidate may have kept its traffic: leaving is allowed then too.
	if (isLeaving && found.status === 'finished') return withoutController(found, command, options);
	// One that dies each time it is taken up would be taken up for ever.
	if (isLeaving && found.status === 'dead' && died >= diedMax) {
		tell(`canary: ${died} controllers of ${found.name} died over the rollback, one after the other: no other is started`);
		return withoutController(found, command, options);
	}
	try {
		if (isLeaving) session = await resumeIfDead(found, whoAmI(options.operator));
	} catch (error) {
		if (!(error instanceof CommandError)) throw error;
		tell(`canary: ${error.message}`);
		return await withoutController(found, command, options);
	}
	const isDown = command.command === 'rollback';
	let client: Client;
	try {
		client = await connectTo(session, {role: 'script', who: whoAmI(options.operator)});
	} catch (error) {
		const fate = isDown ? await whatBecomesOf(session) : 'silent';
		if (fate === 'silent') throw error;
		return fate === 'gone' ? anew(command, session, options, died + 1) : control(command, session.folder, options, died);
	}
	try {
		const answer = await client.send(command);
		if (!answer.ok && isDown && (await untilOrGone(client, session, () => false, goneMs)) === 'gone')
			return await anew(command, session, options, died + 1);
		if (!answer.ok) return conclude(options, {command, ok: false, text: answer.error}, exitCodes.unreachable);
		const {accepted, reason, seq} = answer.value;
		if (!accepted) {
			const {state} = client.getSnapshot();
			return conclude(
				options,
				{command, ok: false, text: `refused: ${reason}`, state},
				verdictCode(state) || exitCodes.inconclusive,
			);
		}
		const code = await waitFor(client, session, command, seq, options);
		return code === 'gone' ? await anew(command, session, options, died + 1) : code;
	} finally {
		client.close();
	}
}

/** So long a controller that has closed its socket may take to end. */
const goneMs = 5_000;

/** So many controllers may die over one rollback; then it is done without. */
const diedMax = 3;

/** Its controller died over it, or was leaving: the session is taken up again, and asked. */
function anew(command: Command, {folder, name}: SessionSummary, options: ControlOptions, died: number): Promise<ExitCode> {
	tell(`canary: the controller of ${name} is gone with the rollback not verified: it is asked for once more`);
	return control(command, folder, options, died);
}

/** Its session is over or can't be taken up, so nobody guards; but down is down, also without a record. */
async function withoutController(session: SessionSummary, command: Command, options: ControlOptions): Promise<ExitCode> {
	if (command.command === 'rollback-gradually') {
		const text = 'no controller is there to take the steps. canary rollback, without --gradual, rolls back at once';
		return conclude(options, {command, ok: false, text}, exitCodes.unreachable);
	}
	tell('canary: rolling back without a controller, by the profile as it was run; nothing of it gets into the journal');
	const {reason = '', timeoutMs} = options;
	const alone = await rollBackAlone(session, {by: whoAmI(options.operator), reason, timeoutMs});
	if (!alone.ok) return conclude(options, {command, ok: false, text: alone.error}, exitCodes.unreachable);
	return conclude(options, {command, ok: true, text: `rolled back: ${alone.value}`}, exitCodes.good);
}

type Conclusion = {readonly command: Command; readonly ok: boolean; readonly text: string; readonly state?: SessionState};

function conclude({json}: ControlOptions, {command, ok, text, state}: Conclusion, code: ExitCode): ExitCode {
	if (json) {
		const {lastAction, split, rollback, gradual} = state ?? {};
		sayJson({command: command.command, ok, text, exitCode: code, lastAction, split, rollback, gradual});
	} else if (ok) say(safe(text));
	else tell(`canary ${nameOf(command)}: ${safe(text)}`);
	return code;
}

/** As it is typed. */
const nameOf = ({command}: Command): string => (command === 'rollback-gradually' ? 'rollback --gradual' : command);

/** Commands whose result is a change of weight. */
const moves = (name: CommandName): boolean => ['promote', 'rollback', 'rollback-gradually', 'rebalance'].includes(name);

async function waitFor(
	client: Client,
	session: SessionSummary,
	command: Command,
	seq: number,
	options: ControlOptions,
): Promise<ExitCode | 'gone'> {
	if (moves(command.command)) return waitForWeight(client, session, command, seq, options);
	if (command.command !== 'snapshot') return conclude(options, {command, ok: true, text: done[command.command]}, exitCodes.good);
	const written = (state: SessionState) => state.checkpoints.find(({name}) => name.endsWith(`-asked-${seq}`));
	const failed = (state: SessionState) => state.checkpointsFailed.find(name => name.endsWith(`-asked-${seq}`));
	const result = await client.until(state => written(state) !== undefined || failed(state) !== undefined, options.timeoutMs);
	if (!result.ok) return conclude(options, {command, ok: false, text: result.error}, exitCodes.inconclusive);
	const name = written(result.value)?.name;
	const text = name === undefined ? (result.value.alarms['checkpoint'] ?? 'not written') : `checkpoint ${name}`;
	return conclude(options, {command, ok: name !== undefined, text}, name === undefined ? exitCodes.unreachable : exitCodes.good);
}

const done: Readonly<Record<CommandName, string>> = {
	promote: 'promoted',
	rollback: 'rolled back',
	'rollback-gradually': 'rolling back gradually',
	rebalance: 'set once more',
	hold: 'held',
	resume: 'resumed',
	snapshot: 'written',
	note: 'noted',
	dashboard: 'noted',
	acknowledge: 'acknowledged',
	sign: 'signed',
	arm: 'armed',
	preflight: 'the pre-flight begins',
	'stop-instance': 'the instance is being stopped',
	'restart-baseline': 'the baseline is being restarted',
	run: 'it runs',
	'stop-run': 'it is being stopped',
	end: 'ended',
};

/** What a step was asked for and became: a step that failed has made it an immediate rollback. */
function wordOf({command}: Command, {rollback, gradual}: SessionState): string {
	if (command !== 'rollback-gradually' || !rollback) return done[command];
	return gradual?.status === 'broken' ? `rolled back at once (${rollback.reason || 'asked'})` : 'rolled back';
}

async function waitForWeight(
	client: Client,
	session: SessionSummary,
	command: Command,
	seq: number,
	options: ControlOptions,
): Promise<ExitCode | 'gone'> {
	let told = '';
	const stop = client.subscribe(() => {
		const error = client.getSnapshot().state.action?.lastError;
		if (error && error.message !== told) tell(`canary ${nameOf(command)}: not yet: ${safe(error.message)}`);
		told = error?.message ?? told;
	});
	const isOver = ({lastAction, action}: SessionState): boolean =>
		lastAction !== undefined && action === undefined && Number(lastAction.intentId.split(':')[0]) >= seq;
	const {timeoutMs} = options;
	const isDown = command.command === 'rollback';
	const result = isDown ? await untilOrGone(client, session, isOver, timeoutMs) : await client.until(isOver, timeoutMs);
	stop();
	if (result === 'gone') return result;
	if (!result.ok) return conclude(options, {command, ok: false, text: result.error}, exitCodes.unreachable);
	const state = result.value;
	const {lastAction} = state;
	if (lastAction?.result !== 'verified') {
		const why = lastAction?.error?.message ?? `ended ${lastAction?.result ?? 'without a result'}`;
		return conclude(options, {command, ok: false, text: why, state}, exitCodes.unreachable);
	}
	const seen = percentText(state.split.configured?.weightPercent ?? lastAction.toPercent);
	const going = gradualNow(state);
	const next = going?.atTMs === undefined ? '' : `; ${going.next} in ${formatCountdown(going.atTMs - state.lastTMs)}`;
	const text = `${wordOf(command, state)}: the router reads ${seen}, verified in ${formatDuration(lastAction.tookMs)}${next}`;
	return conclude(options, {command, ok: true, text, state}, exitCodes.good);
}
