import {createHash} from 'node:crypto';
import {createReadStream} from 'node:fs';
import {basename, join} from 'node:path';
import type {Result} from '../base/result.ts';
import type {CommandFinished} from '../core/facts/runbook.ts';
import {type CommandRun, runningCommands} from '../core/reduce-runbook.ts';
import {fillPlaces, type RunbookCommand} from '../core/runbook-options.ts';
import type {TextOrSecret} from '../core/secret.ts';
import {openOutputFile} from '../hooks/runbook/output-file.ts';
import {runCommand, signalGroup} from '../hooks/runbook/run-command.ts';
import {startTicksOf} from '../journal/process-id.ts';
import {sessionFiles} from '../journal/session-folder.ts';
import {findMarked, isGroupOurs, lifeOfMark, markOf} from './instance/os-process.ts';
import type {ControllerOptions} from './options.ts';
import type {Wired} from './wiring.ts';

/** The commands of the profile, and how the secrets of their environment are fetched. The error is a clause. */
export type Runbook = {
	readonly commands: readonly RunbookCommand[];
	resolve(env: Readonly<Record<string, TextOrSecret>>): Promise<Result<Readonly<Record<string, string>>, string>>;
};

type End = Omit<CommandFinished, 'type' | 'run'>;

/** In the environment of all that a run starts, with `<session>/<run>`: how what a dead controller left is told from others. */
const runMarkerName = 'CANARY_COMMAND_RUN';

/** No run without its record: for so long it waits for the disk. */
const recordMs = 3_000;

/**
 * Runs what is asked for: beside everything else, at low priority, with what it prints in a file of its own. Ticks and a way down
 * never wait for it. When the controller ends, what runs is ended with it; what a dead controller left is ended when the session is
 * taken up, recorded as cut off, and never run again by itself.
 */
export function watchRunbook(wired: Wired, options: ControllerOptions): void {
	const {runtime, listeners, farewells, stopping, session, clock, complain} = wired;
	const {runbook, folder, mask} = options;
	const artifacts = sessionFiles(folder).artifacts;
	const under = new Set<Promise<void>>();
	/** Who stopped a run, as the reason it is ended for. */
	const stops = new Map<number, AbortController>();
	const begin = (work: Promise<void>): void => {
		const mine = work.catch(complain).finally(() => void under.delete(mine));
		under.add(mine);
	};

	async function carryOut(one: CommandRun, values: Readonly<Record<string, string>>, own: AbortController): Promise<void> {
		const startedMs = clock.monoMs();
		const took = (): number => Math.round(clock.monoMs() - startedMs);
		const refuse = (message: string): void => finish(one, {kind: 'not-started', message, tookMs: took()});
		const command = runbook?.commands[one.index];
		const planned = runtime.state.plan?.commands?.[one.index]?.title;
		// The plan's titles went through the mask.
		if (!command || (mask ?? {redactKnown: String}).redactKnown(command.title) !== planned)
			return refuse('this controller’s profile has no such command');
		const over = AbortSignal.any([stopping.signal, own.signal]);
		const why = (): {readonly message?: string} => (own.signal.aborted ? {message: String(own.signal.reason)} : {});
		// A secret's file may hang; neither the end of the controller nor who stops the run waits for it.
		const env = await Promise.race([(runbook as Runbook).resolve(command.env), aborted(over)]);
		if (env === 'aborted') return finish(one, {kind: 'stopped', tookMs: took(), ...why()});
		if (!env.ok) return refuse(env.error);
		const kept = await session.journal.sync(recordMs);
		if (!kept.ok) return refuse(`nothing is run without its record: ${kept.error}`);
		if (over.aborted) return finish(one, {kind: 'stopped', tookMs: took(), ...why()});
		const output = await openOutputFile(join(artifacts, one.name), command.maxBytes);
		if (!output.ok) return refuse(output.error);
		const end = await runCommand(
			{
				argv: fillPlaces(command.argv, values),
				cwd: command.cwd,
				env: {...env.value, [runMarkerName]: markerOf(one)},
				timeoutMs: command.timeoutMs,
				redact: mask?.redact ?? (text => text),
				output: output.value,
				onStart(pid) {
					const startTicks = Number(startTicksOf(pid)) || 0;
					const mark = markOf(pid);
					runtime.take({type: 'command-started', run: one.run, pid, startTicks, ...(mark && {process: mark})});
					void session.journal.sync(recordMs);
				},
			},
			over,
		);
		const whyStopped = end.kind === 'stopped' ? why() : {};
		const {trouble, truncated, ...file} = await output.value.close();
		const about = {...(trouble !== undefined && {message: trouble}), ...(truncated && {truncated})};
		finish(one, {tookMs: took(), ...whyStopped, ...about, ...end, ...file});
	}

	/** A fault of ours must not leave it running in the record, for then it could not be asked for again. */
	function gaveUp(one: CommandRun, fault: unknown): void {
		complain(fault);
		finish(one, {kind: 'not-started', message: `a fault of the program itself: ${String(fault)}`, tookMs: 0});
	}

	function finish({run, name}: CommandRun, end: End): void {
		const {sha256, bytes} = end;
		if (sha256 !== undefined && bytes !== undefined) runtime.take({type: 'artifact-written', name, sha256, bytes});
		runtime.take({type: 'command-finished', run, ...end});
	}

	const markerOf = ({run}: CommandRun): string => `${basename(folder)}/${run}`;

	/** The process group that is left of a run; undefined when nothing is. Its program may be gone, and what it started still run. */
	function leftGroup(one: CommandRun): number | undefined {
		const {process: started} = one;
		const marker = markerOf(one);
		// A crash came between its start and the line that says so.
		if (!started) return findMarked(marker, runMarkerName).leader?.pid;
		const {pid} = started;
		if (elsewhere(one)) return undefined;
		return isStarted(started) || isGroupOurs(pid, marker, runMarkerName) ? pid : undefined;
	}

	/** Its controller is dead. */
	async function cutOff(one: CommandRun, nowMs: number): Promise<void> {
		const left = leftGroup(one);
		if (left !== undefined) signalGroup(left, 'SIGKILL');
		const tookMs = Math.max(0, nowMs - one.askedAtMs);
		const file = await sumOf(join(artifacts, one.name));
		const host = elsewhere(one);
		const unseen = host !== undefined && {
			message: `it was begun on ${host} (pid ${one.process?.pid}): see there whether it runs`,
		};
		finish(one, {kind: 'cut-off', tookMs, ...unseen, ...file});
	}

	for (const one of runningCommands(runtime.state)) begin(cutOff(one, runtime.state.lastTMs));
	listeners.add((event, state) => {
		if (event.type === 'command-stop-asked') stops.get(event.run)?.abort(`${event.by} stopped it`);
		if (event.type !== 'command-asked') return;
		const one = state.runbook?.runs.find(({run}) => run === event.run);
		// Not within the event that asks for it: who asked is answered first.
		if (one) {
			const own = new AbortController();
			stops.set(one.run, own);
			const work = (): Promise<void> => carryOut(one, event.values, own).catch(fault => gaveUp(one, fault));
			setImmediate(() => begin(work().finally(() => stops.delete(one.run))));
		}
	});
	farewells.add(async () => void (await Promise.all(under)));
}

const aborted = (signal: AbortSignal): Promise<'aborted'> =>
	new Promise(resolve => {
		if (signal.aborted) resolve('aborted');
		else signal.addEventListener('abort', () => resolve('aborted'), {once: true});
	});

type Started = NonNullable<CommandRun['process']>;

/** Whether it is still the process that was begun, and no later one with its number. */
const isStarted = (process: Started): boolean =>
	'bootId' in process
		? lifeOfMark(process) === 'alive'
		: process.startTicks > 0 && Number(startTicksOf(process.pid)) === process.startTicks;

/** The machine it was begun on, where that is another and nothing of it can be seen from here. */
const elsewhere = ({process}: CommandRun): string | undefined =>
	process && 'bootId' in process && lifeOfMark(process) === 'unknown' ? process.host : undefined;

/** What there is of a file that was cut off; nothing when there is none. */
async function sumOf(path: string): Promise<{bytes: number; lines: number; sha256: string} | undefined> {
	const hash = createHash('sha256');
	let [bytes, lines] = [0, 0];
	try {
		for await (const chunk of createReadStream(path)) {
			const content = chunk as Buffer;
			hash.update(content);
			bytes += content.length;
			for (let at = content.indexOf(10); at !== -1; at = content.indexOf(10, at + 1)) lines++;
		}
		return {bytes, lines, sha256: hash.digest('hex')};
	} catch {
		return undefined;
	}
}
