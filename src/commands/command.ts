import {type FileHandle, open} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import type {Client} from '../console/client.ts';
import {argvText, type CommandRun, endText, hasSucceeded, runningCommands} from '../core/reduce-runbook.ts';
import type {RunbookPlan} from '../core/runbook-options.ts';
import {sessionFiles} from '../journal/session-folder.ts';
import type {SessionSummary} from '../journal/sessions.ts';
import {connectTo} from './connect.ts';
import {type ExitCode, exitCodes} from './exit-codes.ts';
import {CommandError, outputColumns, safe, say, sayJson, tell} from './output.ts';
import {findSession} from './sessions-on-disk.ts';
import {tableText} from './table.ts';
import {whoAmI} from './who.ts';

export type RunbookFlags = {
	readonly list?: boolean;
	readonly stop?: boolean;
	readonly yes?: boolean;
	readonly guardrail?: string;
	readonly error?: string;
	readonly operator?: string;
	readonly json?: boolean;
};

/**
 * `canary command`: has the session's controller run a command of the profile, prints what it prints while it runs, and ends with 0
 * when it did, 1 when it failed. Ctrl-C ends the watching, not the command.
 */
export async function commandCommand(wanted: string, which: string | undefined, options: RunbookFlags): Promise<ExitCode> {
	const session = findSession(wanted, 'running');
	const client = await connectTo(session, {role: 'script', who: whoAmI(options.operator)});
	try {
		const commands = client.getSnapshot().state.plan?.commands ?? [];
		if (which === undefined || options.list) return await list(commands, options);
		const command = pick(commands, which, session);
		if (options.stop) return await stop(client, command, options);
		if (command.dangerous && !options.yes) {
			const why = `“${command.title}” is marked dangerous: ${argvText(command.argv)}. Say --yes to run it.`;
			throw new CommandError(safe(why, 1_000), exitCodes.usage);
		}
		return await run(client, session, command, options);
	} finally {
		client.close();
	}
}

async function list(commands: readonly RunbookPlan[], {json}: RunbookFlags): Promise<ExitCode> {
	if (json) sayJson(commands);
	else if (commands.length === 0) say('the profile of this session has no commands');
	else {
		const rows = commands.map(({key = '-', title, dangerous, argv}) => ({
			key,
			title: safe(title),
			dangerous: dangerous ? 'asks' : '-',
			command: safe(argvText(argv)),
		}));
		say(await tableText(rows, outputColumns()));
	}
	return exitCodes.good;
}

/** By its key, its title, or a part of it that no other has. */
function pick(commands: readonly RunbookPlan[], which: string, {name}: SessionSummary): RunbookPlan {
	const folded = which.toLowerCase();
	const exact = commands.find(({key}) => key === which) ?? commands.find(({title}) => title.toLowerCase() === folded);
	if (exact) return exact;
	const parts = commands.filter(({title}) => title.toLowerCase().includes(folded));
	if (parts.length === 1 && parts[0]) return parts[0];
	const some = (parts.length > 0 ? parts : commands).map(({title, key}) => (key === undefined ? title : `${title} (${key})`));
	const why = parts.length > 0 ? `several commands are called that` : `${name} has no command “${which}”`;
	throw new CommandError(safe(`${why}: ${some.join(', ') || 'its profile names none'}.`, 1_000), exitCodes.usage);
}

async function stop(client: Client, {title}: RunbookPlan, {json}: RunbookFlags): Promise<ExitCode> {
	const {state} = client.getSnapshot();
	const found = runningCommands(state).find(({index}) => state.plan?.commands?.[index]?.title === title);
	if (!found) throw new CommandError(safe(`“${title}” does not run.`), exitCodes.inconclusive);
	const answer = await client.send({command: 'stop-run', run: found.run});
	if (!answer.ok) throw new CommandError(answer.error, exitCodes.unreachable);
	const {accepted, reason} = answer.value;
	if (!accepted) throw new CommandError(safe(`not stopped: ${reason}.`), exitCodes.inconclusive);
	if (json) sayJson({ok: true, run: found.run, exitCode: exitCodes.good});
	else say(safe(`“${title}” (run ${found.run}) is being stopped`));
	return exitCodes.good;
}

async function run(client: Client, session: SessionSummary, command: RunbookPlan, options: RunbookFlags): Promise<ExitCode> {
	const {json, guardrail, error, yes = false} = options;
	const selected = {...(guardrail !== undefined && {guardrail}), ...(error !== undefined && {error})};
	const answer = await client.send({command: 'run', title: command.title, confirmed: yes, ...selected});
	if (!answer.ok) throw new CommandError(answer.error, exitCodes.unreachable);
	if (!answer.value.accepted) throw new CommandError(safe(`not run: ${answer.value.reason}.`), exitCodes.inconclusive);
	const {seq} = answer.value;
	const found = (): CommandRun | undefined => client.getSnapshot().state.runbook?.runs.find(one => one.seq === seq);
	const asked = found();
	if (!asked) throw new CommandError('the controller took it, and does not know of it any more', exitCodes.unreachable);
	const path = join(sessionFiles(session.folder).artifacts, asked.name);
	if (!json) tell(`canary: ${safe(command.title)} (run ${asked.run}): ${safe(argvText(asked.argv))}`);
	const over = await follow(client, found, json ? undefined : path);
	if (!over?.end) {
		const why = client.getSnapshot().reason || 'the controller is gone';
		throw new CommandError(safe(`${why}; what it printed so far is in ${path}`), exitCodes.unreachable);
	}
	const code = hasSucceeded(over.end) ? exitCodes.good : exitCodes.bad;
	const {name: _, ...about} = over;
	if (json) sayJson({ok: code === exitCodes.good, ...about, file: path, exitCode: code});
	else tell(`canary: ${safe(command.title)} ${safe(endText(over.end))}; kept in ${path}`);
	return code;
}

const everyMs = 200;
/** A controller that died may be taken up again by somebody; for so long it is waited for. */
const lostMsMax = 15_000;

/** Prints what comes until the run is over; gives the run, without an end when the controller went away. */
async function follow(
	client: Client,
	found: () => CommandRun | undefined,
	path: string | undefined,
): Promise<CommandRun | undefined> {
	let file: FileHandle | undefined;
	let at = 0;
	const copy = async (): Promise<void> => {
		if (path === undefined) return;
		try {
			file ??= await open(path, 'r');
		} catch {
			return;
		}
		for (const block = Buffer.alloc(64 * 1024); ; ) {
			const {bytesRead} = await file.read(block, 0, block.length, at);
			if (bytesRead === 0) return;
			at += bytesRead;
			await written(Buffer.from(block.subarray(0, bytesRead)));
		}
	};
	try {
		for (;;) {
			const {status, lostSinceMs = performance.now()} = client.getSnapshot();
			const isGone = status === 'ended' || performance.now() - lostSinceMs > lostMsMax;
			const isOver = found()?.end !== undefined || isGone;
			await copy();
			if (isOver) return found();
			await sleep(everyMs);
		}
	} finally {
		await file?.close();
	}
}

/** A reader that is slow is waited for. */
async function written(bytes: Buffer): Promise<void> {
	if (process.stdout.write(bytes)) return;
	await new Promise(resolve => process.stdout.once('drain', resolve));
}
