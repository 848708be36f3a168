import {basename} from 'node:path';
import {maskPlain} from '../../base/mask-plain.ts';
import type {CheckResult} from '../../core/facts/preflight.ts';
import type {InstanceOptions} from '../../core/instance-options.ts';
import {lastWords, resolveAll} from '../../hooks/values.ts';
import {type InstanceContext, recordMs} from './context.ts';
import {awaitHealth} from './health.ts';
import {launch, type ProcessEnd} from './launch.ts';
import {lastLines} from './log-file.ts';
import {markOf} from './os-process.ts';
import {signalGroup} from './stop.ts';

export type Restart = NonNullable<InstanceOptions['restartBaseline']>;

/** In the environment of all that a restart starts, with {@link restartMarker}. */
export const restartMarkerName = 'CANARY_BASELINE_RESTART';

/** `<session>/<the intent it began with>`: what an earlier restart left running carries another. */
export const restartMarker = ({session, state}: InstanceContext): string => `${session}/${state().baseline?.run ?? ''}`;

/**
 * Runs the command that puts the new version into service where the old one was, then waits until the page says so. What the command
 * leaves running is left running: it may be the baseline itself. One that doesn't end in its time is killed with its group. When the
 * controller leaves meanwhile, the command goes on, and the result is of no worth. Never rejects.
 */
export async function restartBaseline({command, timeoutMs, health}: Restart, context: InstanceContext): Promise<CheckResult> {
	const {hooks, clock, restartLogPath: logPath, signal, take, work, sync} = context;
	const {argv, cwd} = command;
	const env = await resolveAll(command.env, hooks.resolve);
	if (!env.ok) return {ok: false, message: `${env.error}.`, remedy: 'Set it where the controller is started.'};
	if (signal.aborted) return left;
	const launched = await launch({argv, cwd, env: {...env.value, [restartMarkerName]: restartMarker(context)}, logPath});
	if (!launched.ok) return {ok: false, message: launched.error, remedy: again};
	const {pid, ended} = launched.value;
	const process = markOf(pid);
	// Without a mark it has ended already.
	if (process) {
		take({type: 'baseline-restart-started', process, found: false});
		work(sync(recordMs));
	}
	const over = new AbortController();
	const end = await Promise.race([ended, clock.sleep(timeoutMs, AbortSignal.any([over.signal, signal]))]);
	over.abort();
	const program = argv[0] ?? '';
	if (!end && signal.aborted) return left;
	if (!end) return await outlasted(program, timeoutMs, pid, context);
	if (end.code !== 0) {
		const message = `${program} ${endText(end)}; ${await restartSaid(context)} (${basename(logPath)} in the session's folder).`;
		return {ok: false, message, remedy: again};
	}
	return await untilBaselineHealthy(health, context, `${program} ended with 0`);
}

/** It had its time, and is killed with its group. */
export async function outlasted(program: string, timeoutMs: number, pid: number, context: InstanceContext): Promise<CheckResult> {
	const killed = signalGroup(pid, 'SIGKILL');
	const late = `${program} did not end within ${timeoutMs / 1_000} s`;
	if (!killed.ok) return {ok: false, message: `${late}. ${killed.error}`, remedy: again};
	const message = `${late} and was killed; ${await restartSaid(context)}.`;
	return {ok: false, message, remedy: `Give "restartBaseline" a longer "timeout", or mend the command. ${again}`};
}

/** `how` is a clause: what became of the command. */
export async function untilBaselineHealthy(
	health: Restart['health'],
	{hooks, clock, signal}: InstanceContext,
	how: string,
): Promise<CheckResult> {
	const wait = {clock, signal, goesOn: () => true, onNews: () => {}};
	const result = (await awaitHealth(health, hooks, wait)) ?? left;
	if (result.ok) return {ok: true, message: `${how}, ${result.message}`};
	const message = `${how}, but within ${health.withinMs / 1_000} s the baseline did not get healthy: ${result.message}`;
	return {ok: false, message, remedy: again};
}

/** The controller leaves: whoever takes the session up goes on with it. */
export const left: CheckResult = {ok: false, message: 'not looked at.'};

export const again = 'Mend it, then: canary instance restart-baseline.';

/** The last words of its log, masked, for a sentence. */
const restartSaid = async ({restartLogPath, hooks}: InstanceContext): Promise<string> =>
	lastWords(maskPlain((await lastLines(restartLogPath, 3)).join('\n'), hooks.redact), '');

/** `ended with 1`, `was killed by SIGSEGV`. */
export const endText = ({code, signal}: ProcessEnd): string =>
	code === null ? `was killed by ${signal ?? 'a signal'}` : `ended with ${code}`;
