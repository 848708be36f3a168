import {basename, join} from 'node:path';
import type {Result} from '../../base/result.ts';
import {stopCause, whyNotStop} from '../../core/decide-instance.ts';
import type {Fact} from '../../core/event.ts';
import type {ProcessMark} from '../../core/facts/instance.ts';
import type {InstanceOptions} from '../../core/instance-options.ts';
import type {Intent} from '../../core/intent.ts';
import type {SessionState} from '../../core/state.ts';
import type {HookPorts} from '../../hooks/ports.ts';
import {lastWords, resolveAll} from '../../hooks/values.ts';
import {sessionFiles} from '../../journal/session-folder.ts';
import {writeWhole} from '../../journal/whole-file.ts';
import type {ControllerClock} from '../clock.ts';
import {askHealth, awaitHealth} from './health.ts';
import {launch, type ProcessEnd} from './launch.ts';
import {boundLog, lastLines} from './log-file.ts';
import {findMarked, hasProc, lifeOfMark, markerName, markOf} from './os-process.ts';
import {endText, restartBaseline} from './restart.ts';
import {leftOf, stopInstance} from './stop.ts';

/** The instance as the profile says it, with what it takes to ask for its health. */
export type GivenInstance = {readonly options: InstanceOptions; readonly ports: HookPorts};

export type InstanceIntent = Extract<Intent, {type: 'start-instance' | 'stop-instance' | 'restart-baseline'}>;

/** Starts, watches and stops the candidate's own instance. What comes of it are facts. */
export type InstanceKeeper = {
	/** Journals the intent at once and carries it out beside everything else. */
	perform(intent: InstanceIntent): void;
	/** Looks for what the journal says is running, and goes on watching it. */
	begin(): void;
	/** Resolves when nothing of it is under way. */
	settle(): Promise<unknown>;
};

export type KeeperPorts = {
	readonly folder: string;
	readonly given: GivenInstance | undefined;
	readonly clock: ControllerClock;
	readonly take: (fact: Fact) => void;
	readonly state: () => SessionState;
	readonly tMs: () => number;
	readonly sync: (timeoutMs: number) => Promise<Result<void, string>>;
	readonly complain: (fault: unknown) => void;
	readonly signal: AbortSignal;
};

const syncMs = 3_000;
const watchEveryMs = 1_000;
/** Somebody who listens says so at once. */
const portTakenMs = 2_000;
const artifactLines = 1_000;
/** One answer that is lost is no illness. */
const unhealthyAfter = 2;

export function createInstanceKeeper(ports: KeeperPorts): InstanceKeeper {
	const {folder, given, clock, take, state, sync, complain, signal} = ports;
	if (!given) return {perform: () => {}, begin: () => {}, settle: async () => {}};
	const {options, ports: hooks} = given;
	const session = basename(folder);
	const logPath = join(folder, 'instance.log');
	const restartLogPath = join(folder, 'baseline-restart.log');
	const working = new Set<Promise<unknown>>();
	/** Whose end we hear of by ourselves. */
	const children = new Set<number>();

	function work(job: Promise<unknown>): void {
		const done = job.catch(complain).finally(() => working.delete(done));
		working.add(done);
	}

	const said = async (): Promise<string> => lastWords(hooks.redact((await lastLines(logPath, 5)).join('\n')), '');

	const failed = (message: string, remedy: string, isRunning = false): void =>
		take({type: 'instance-failed', message, remedy, isRunning});

	async function start(isUnsettled: boolean): Promise<void> {
		const kept = await sync(syncMs);
		if (!kept.ok) return failed(`${kept.error}. It was not started.`, 'Make room on the disk, then run the pre-flight again.');
		const {leader, others} = findMarked(session);
		if (leader && isUnsettled) {
			take({type: 'instance-started', process: leader, found: true});
			return await untilHealthy(leader);
		}
		const byHand = 'End it, then run the pre-flight again.';
		const there = [...(leader ? [leader.pid] : []), ...others];
		if (there.length > 0) return failed(`something of it runs already: pid ${there.join(', ')}.`, byHand);
		if (isUnsettled && !hasProc()) {
			return failed('a controller died while it was starting it, and this system does not say whether it runs.', byHand);
		}
		const {check} = options.health;
		const answer = await askHealth(options.health, hooks, signal, portTakenMs);
		if (answer.ok || !answer.unreachable) {
			const remedy = 'End what listens there (an instance of an earlier session: canary instance stop), or name another port.';
			return failed(`${check.url} answers already, before it was started.`, remedy);
		}
		const {argv, cwd} = options.start;
		const env = await resolveAll(options.start.env, hooks.resolve);
		if (!env.ok) return failed(`${env.error}.`, 'Set it where the controller is started.');
		// A rollback or an end has come meanwhile.
		if (signal.aborted || state().rollback || state().ended) return failed('it was called off.', '');
		const launched = await launch({argv, cwd, env: {...env.value, [markerName]: session}, logPath});
		if (!launched.ok) return failed(launched.error, 'Is it there, and may this user run it?');
		const {pid, ended} = launched.value;
		children.add(pid);
		const process = markOf(pid);
		if (!process) return await diedEarly(await ended);
		take({type: 'instance-started', process, found: false});
		work(sync(syncMs));
		void ended.then(end => {
			children.delete(pid);
			work(onEnd(process, endText(end), end));
		});
		await untilHealthy(process);
	}

	async function diedEarly(end: ProcessEnd): Promise<void> {
		failed(
			`${options.start.argv[0]} ${endText(end)} before it was healthy; ${await said()}.`,
			'Mend it, then run the pre-flight again.',
		);
		await keepLog();
	}

	async function untilHealthy(process: ProcessMark): Promise<void> {
		const startedMs = clock.monoMs();
		const tookMs = (): number => Math.round(clock.monoMs() - startedMs);
		const result = await awaitHealth(options.health, hooks, {
			clock,
			signal,
			goesOn: () => isPresent(process) && state().instance?.status === 'starting',
			onNews: ({message}) => take({type: 'instance-checked', ok: false, message, tookMs: tookMs()}),
		});
		// Somebody else may have answered in its place while it died.
		if (!result || lifeOfMark(process) === 'dead') return;
		const {ok, message} = result;
		if (ok) return take({type: 'instance-checked', ok, message, tookMs: tookMs()});
		const within = options.health.withinMs / 1_000;
		const remedy = 'Mend it, or give "health" a longer "within"; then run the pre-flight again.';
		failed(`it did not get healthy within ${within} s: ${message} Of its log: ${await said()}.`, remedy, true);
	}

	/** Still the one that the state speaks of. */
	const isPresent = ({pid, startTicks}: ProcessMark): boolean => {
		const present = state().instance?.process;
		return present?.pid === pid && present.startTicks === startTicks;
	};

	async function onEnd(process: ProcessMark, how: string, {code, signal: by}: ProcessEnd): Promise<void> {
		const status = state().instance?.status;
		if (!isPresent(process) || (status !== 'starting' && status !== 'up')) return;
		const left = leftOf(process, session);
		const words = await said();
		if (!isPresent(process) || state().instance?.status !== status) return;
		if (status === 'starting') {
			const isDaemon = left > 0 ? ' What it started goes on: it must stay in the foreground.' : '';
			const message = `it ${how} before it was healthy; ${words}.${isDaemon}`;
			failed(message, 'Mend it, then run the pre-flight again.', left > 0);
		} else {
			const message = `pid ${process.pid} ${how}; ${words}${left > 0 ? `; ${left} of its processes still run` : ''}`;
			take({type: 'instance-ended', message, left, ...(code !== null && {code}), ...(by && {signal: by})});
		}
		await keepLog();
	}

	async function stop(process: ProcessMark): Promise<void> {
		const startedMs = clock.monoMs();
		await sync(syncMs);
		const stopped = await stopInstance(process, {...options.stop, session});
		await keepLog();
		if (!stopped.ok) return take({type: 'instance-stop-failed', message: stopped.error});
		take({type: 'instance-stopped', message: stopped.value, tookMs: Math.round(clock.monoMs() - startedMs)});
	}

	/** The end of its log, masked: the log itself is raw, and no part of the record. */
	async function keepLog(): Promise<void> {
		const lines = await lastLines(logPath, artifactLines);
		if (lines.length === 0) return;
		const name = 'INSTANCE.log';
		const written = await writeWhole(join(sessionFiles(folder).artifacts, name), hooks.redact(`${lines.join('\n')}\n`));
		if (written.ok) take({type: 'artifact-written', name, ...written.value});
	}

	async function restart(): Promise<void> {
		const {restartBaseline: what} = options;
		if (!what) return;
		const startedMs = clock.monoMs();
		const kept = await sync(syncMs);
		const result = kept.ok
			? await restartBaseline(what, restartLogPath, hooks, clock)
			: {ok: false, message: `${kept.error}. It was not begun.`};
		const {ok, message, remedy = ''} = result;
		const tookMs = Math.round(clock.monoMs() - startedMs);
		take({type: 'baseline-restarted', ok, message, tookMs, ...(remedy !== '' && {remedy})});
	}

	async function watch(): Promise<void> {
		let askedMs = clock.monoMs();
		let bad = 0;
		while (!signal.aborted) {
			await clock.sleep(watchEveryMs, signal);
			if (signal.aborted) return;
			tellWaitingStop();
			await boundLog(logPath);
			// What the restart left running may still write there.
			await boundLog(restartLogPath);
			const process = state().instance?.process;
			if (!process || children.has(process.pid) || lifeOfMark(process) !== 'dead') {
				if (state().instance?.status !== 'up' || clock.monoMs() - askedMs < options.health.everyMs) continue;
				askedMs = clock.monoMs();
				bad = await lookAtHealth(bad);
			} else await onEnd(process, 'ended, and nobody saw how', {code: null, signal: null});
		}
	}

	/** Gives how many bad answers came in a row. */
	async function lookAtHealth(badBefore: number): Promise<number> {
		const before = state().instance;
		const startedMs = clock.monoMs();
		const {ok, message} = await askHealth(options.health, hooks, signal);
		const now = state().instance;
		if (signal.aborted || now?.status !== 'up' || now.process !== before?.process) return 0;
		const bad = ok ? 0 : badBefore + 1;
		const isNews = ok ? now.health?.ok === false : now.health?.ok !== false && bad >= unhealthyAfter;
		if (isNews) take({type: 'instance-checked', ok, message, tookMs: Math.round(clock.monoMs() - startedMs)});
		return bad;
	}

	let isWaitingTold = false;
	/** It is to be stopped and can't be: a person has to know why. */
	function tellWaitingStop(): void {
		const topic = 'instance-stop';
		const cause = stopCause(state(), ports.tMs());
		const why = cause && whyNotStop(state(), ports.tMs());
		const isWaiting = why !== undefined && state().action === undefined;
		if (isWaiting === isWaitingTold) return;
		isWaitingTold = isWaiting;
		if (isWaiting) {
			take({type: 'noticed', level: 'alarm', topic, text: `the instance is not stopped (${cause?.reason}): ${why}`});
		} else take({type: 'noticed', level: 'info', topic, text: 'nothing keeps the instance from being stopped any more'});
	}

	function findAgain(): void {
		const {instance} = state();
		// Cut off between the intent and the start: also where nothing is to be started any more, what was is to be found.
		if (instance?.isUnsettled && instance.status === 'starting') {
			const {leader} = findMarked(session);
			if (!leader) return;
			take({type: 'instance-started', process: leader, found: true});
			work(untilHealthy(leader));
			return;
		}
		const process = instance?.process;
		if (!process || (instance.status !== 'up' && instance.status !== 'starting')) return;
		switch (lifeOfMark(process)) {
			case 'alive':
				take({type: 'instance-started', process, found: true});
				if (instance.status === 'starting') work(untilHealthy(process));
				break;
			case 'dead':
				work(onEnd(process, 'ended while no controller ran', {code: null, signal: null}));
				break;
			case 'unknown': {
				const text = `the instance was started on ${process.host}: from here it can neither be seen nor stopped`;
				take({type: 'noticed', level: 'warning', text});
			}
		}
	}

	return {
		perform(intent) {
			const {instance, plan} = state();
			switch (intent.type) {
				case 'start-instance': {
					const isUnsettled = instance?.isUnsettled === true;
					take({type: 'instance-start-intended', intentId: intent.id, command: plan?.instance?.command ?? ''});
					work(start(isUnsettled));
					break;
				}
				case 'stop-instance': {
					const process = instance?.process;
					const {id: intentId, reason, by} = intent;
					if (!process) break;
					take({type: 'instance-stop-intended', intentId, reason, by});
					work(stop(process));
					break;
				}
				case 'restart-baseline':
					take({
						type: 'baseline-restart-intended',
						intentId: intent.id,
						command: plan?.instance?.restartBaseline?.command ?? '',
					});
					work(restart());
			}
		},
		begin() {
			findAgain();
			void watch().catch(complain);
		},
		settle: async () => await Promise.all(working),
	};
}
