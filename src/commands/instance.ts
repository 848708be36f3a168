import {lifeOfMark} from '../controller/instance/os-process.ts';
import {stopInstance} from '../controller/instance/stop.ts';
import type {Fact} from '../core/event.ts';
import type {ProcessMark} from '../core/facts/instance.ts';
import {instanceText} from '../core/instance-text.ts';
import {percentText} from '../core/reduce-split.ts';
import {sameSplit} from '../core/split.ts';
import type {SessionState} from '../core/state.ts';
import {appendFinished} from '../journal/append-finished.ts';
import {sessionFiles} from '../journal/session-folder.ts';
import type {SessionSummary} from '../journal/sessions.ts';
import {compilePlan} from '../profile/compile.ts';
import {connectTo} from './connect.ts';
import {type ExitCode, exitCodes} from './exit-codes.ts';
import {loadOrThrow} from './load.ts';
import {CommandError, safe, say, sayJson, tell} from './output.ts';
import {closeParts, openParts} from './parts.ts';
import {findSession} from './sessions-on-disk.ts';
import {stateOnDisk} from './state-on-disk.ts';
import {whoAmI} from './who.ts';

export type InstanceFlags = {
	readonly reason: string;
	readonly operator?: string;
	readonly json?: boolean;
	/** How long to wait until it is gone, in ms. */
	readonly timeoutMs: number;
};

/** `canary instance`: how the candidate's own instance stands. 0 while it runs, or was stopped as planned; 3 when it is not as it should be. */
export async function instanceStatusCommand(wanted: string | undefined, {json}: {json?: boolean}): Promise<ExitCode> {
	const session = findSession(wanted, 'any');
	const state = session.status === 'running' ? await stateOf(session) : await stateOnDisk(session.folder);
	const {instance, baseline} = state;
	const told = instanceText(state, state.lastTMs);
	if (!told)
		throw new CommandError(`${session.name} has no instance of its own: its profile has no "instance".`, exitCodes.usage);
	// The journal's word is only as good as the last controller.
	const life = instance?.process ? lifeOfMark(instance.process) : undefined;
	const isLost = life === 'dead' && (instance?.status === 'up' || instance?.status === 'starting');
	const isBad = isLost || told.tone === 'bad' || told.tone === 'warn';
	const code = isBad ? exitCodes.inconclusive : exitCodes.good;
	if (json) sayJson({session: session.name, instance, baseline, life, text: told.text, exitCode: code});
	else {
		say(`${session.name}  instance: ${safe(told.text, 500)}`);
		if (life !== undefined && session.status !== 'running')
			say(life === 'alive' ? 'no controller runs; the process does' : `no controller runs; the process is ${life}`);
	}
	return code;
}

async function stateOf(session: SessionSummary): Promise<SessionState> {
	const client = await connectTo(session, {role: 'read-only', who: whoAmI(undefined), once: true});
	const {state} = client.getSnapshot();
	client.close();
	return state;
}

/** `canary instance stop`: by the session's controller, or, where none runs any more, from here. Never while the split sends to it. */
export async function instanceStopCommand(wanted: string | undefined, flags: InstanceFlags): Promise<ExitCode> {
	const session = findSession(wanted, 'any');
	if (session.status === 'elsewhere')
		throw new CommandError(`${session.name} is guarded on another machine: stop it there.`, exitCodes.unreachable);
	return session.status === 'running' ? await stopByController(session, flags) : await stopAlone(session, flags);
}

async function stopByController(session: SessionSummary, flags: InstanceFlags): Promise<ExitCode> {
	const {reason, operator, timeoutMs} = flags;
	const client = await connectTo(session, {role: 'script', who: whoAmI(operator)});
	try {
		const answer = await client.send({command: 'stop-instance', reason});
		if (!answer.ok) return conclude(flags, false, answer.error, exitCodes.unreachable);
		if (!answer.value.accepted) return conclude(flags, false, `refused: ${answer.value.reason}`, exitCodes.inconclusive);
		const isOver = ({instance}: SessionState): boolean => !instance?.process || instance.isStopFailed === true;
		const waited = await client.until(isOver, timeoutMs);
		if (!waited.ok) return conclude(flags, false, waited.error, exitCodes.unreachable);
		const {instance, alarms} = waited.value;
		if (instance?.process) return conclude(flags, false, alarms['instance'] ?? 'it could not be stopped', exitCodes.unreachable);
		return conclude(flags, true, instance?.message ?? 'stopped', exitCodes.good);
	} finally {
		client.close();
	}
}

async function stopAlone({folder, name}: SessionSummary, flags: InstanceFlags): Promise<ExitCode> {
	const {instance} = await stateOnDisk(folder);
	if (!instance?.process) return conclude(flags, false, `no instance of ${name} runs`, exitCodes.inconclusive);
	if (lifeOfMark(instance.process) === 'unknown')
		return conclude(flags, false, `it runs on ${instance.process.host}: stop it there`, exitCodes.unreachable);
	const compiled = compilePlan(await loadOrThrow(sessionFiles(folder).profile));
	const {instance: options} = compiled;
	if (!options) throw new CommandError(`the profile as run, in ${folder}, has no "instance".`, exitCodes.usage);
	const parts = await openParts(compiled);
	if (!parts.ok) throw new CommandError(parts.error, exitCodes.usage);
	const split = await parts.value.routers[0]
		.readSplit(AbortSignal.timeout(splitTimeoutMs))
		.finally(() => closeParts(parts.value));
	if (!split.ok) {
		const why = `not stopped: the split can't be read, so it may get traffic. ${split.error.message}`;
		return conclude(flags, false, why, exitCodes.unreachable);
	}
	const {weightPercent} = split.value;
	if (!sameSplit(weightPercent, 0)) {
		const why = `refused: it gets ${percentText(weightPercent)} of the traffic. canary rollback ${name} moves it away.`;
		return conclude(flags, false, why, exitCodes.inconclusive);
	}
	return await stopAndRecord({folder, process: instance.process, session: name, flags, ...options.stop});
}

type Alone = Parameters<typeof stopInstance>[1] & {
	readonly folder: string;
	readonly process: ProcessMark;
	readonly flags: InstanceFlags;
};

async function stopAndRecord({folder, process, flags, ...stop}: Alone): Promise<ExitCode> {
	const by = whoAmI(flags.operator);
	const reason = flags.reason === '' ? `asked by ${by}` : flags.reason;
	await record(folder, {type: 'instance-stop-intended', intentId: 'alone', reason, by});
	const startedMs = performance.now();
	const stopped = await stopInstance(process, stop);
	const tookMs = Math.round(performance.now() - startedMs);
	await record(
		folder,
		stopped.ok
			? {type: 'instance-stopped', message: stopped.value, tookMs}
			: {type: 'instance-stop-failed', message: stopped.error},
	);
	if (!stopped.ok) return conclude(flags, false, stopped.error, exitCodes.unreachable);
	return conclude(flags, true, stopped.value, exitCodes.good);
}

/** A full disk must not keep anybody from stopping it. */
async function record(folder: string, fact: Fact): Promise<void> {
	const added = await appendFinished(folder, [fact]);
	if (!added.ok) tell(`canary instance: not in the journal: ${safe(added.error)}`);
}

const splitTimeoutMs = 10_000;

function conclude({json}: InstanceFlags, ok: boolean, text: string, code: ExitCode): ExitCode {
	if (json) sayJson({command: 'instance stop', ok, text, exitCode: code});
	else if (ok) say(safe(text, 500));
	else tell(`canary instance stop: ${safe(text, 500)}`);
	return code;
}
