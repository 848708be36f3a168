import {basename} from 'node:path';
import {maskPlain} from '../../base/mask-plain.ts';
import type {CheckResult} from '../../core/facts/preflight.ts';
import type {InstanceOptions} from '../../core/instance-options.ts';
import type {HookPorts} from '../../hooks/ports.ts';
import {lastWords, resolveAll} from '../../hooks/values.ts';
import type {ControllerClock} from '../clock.ts';
import {awaitHealth} from './health.ts';
import {launch, type ProcessEnd} from './launch.ts';
import {lastLines} from './log-file.ts';

type Restart = NonNullable<InstanceOptions['restartBaseline']>;

/**
 * Runs the command that puts the new version into service where the old one was, then waits until the page says so. What the command
 * leaves running is left running: it may be the baseline itself. One that doesn't end in its time is killed with its group. Never
 * rejects.
 */
export async function restartBaseline(
	{command, timeoutMs, health}: Restart,
	logPath: string,
	ports: HookPorts,
	clock: ControllerClock,
): Promise<CheckResult> {
	const {argv, cwd} = command;
	const env = await resolveAll(command.env, ports.resolve);
	if (!env.ok) return {ok: false, message: `${env.error}.`, remedy: 'Set it where the controller is started.'};
	const launched = await launch({argv, cwd, env: env.value, logPath});
	if (!launched.ok) return {ok: false, message: launched.error, remedy: again};
	const over = new AbortController();
	const end = await Promise.race([launched.value.ended, clock.sleep(timeoutMs, over.signal)]);
	over.abort();
	const program = argv[0] ?? '';
	const said = async (): Promise<string> => lastWords(maskPlain((await lastLines(logPath, 3)).join('\n'), ports.redact), '');
	if (!end) {
		killGroup(launched.value.pid);
		const message = `${program} did not end within ${timeoutMs / 1_000} s and was killed; ${await said()}.`;
		return {ok: false, message, remedy: `Give "restartBaseline" a longer "timeout", or mend the command. ${again}`};
	}
	if (end.code !== 0) {
		const message = `${program} ${endText(end)}; ${await said()} (${basename(logPath)} in the session's folder).`;
		return {ok: false, message, remedy: again};
	}
	const wait = {clock, signal: new AbortController().signal, goesOn: () => true, onNews: () => {}};
	const result = (await awaitHealth(health, ports, wait)) ?? {ok: false, message: 'not looked at.'};
	if (result.ok) return {ok: true, message: `${program} ended with 0, ${result.message}`};
	const message = `${program} ended with 0, but within ${health.withinMs / 1_000} s the baseline did not get healthy: ${result.message}`;
	return {ok: false, message, remedy: again};
}

const again = 'Mend it, then: canary instance restart-baseline.';

/** `ended with 1`, `was killed by SIGSEGV`. */
export const endText = ({code, signal}: ProcessEnd): string =>
	code === null ? `was killed by ${signal ?? 'a signal'}` : `ended with ${code}`;

function killGroup(pid: number): void {
	try {
		process.kill(-pid, 'SIGKILL');
	} catch {
		// Gone by now.
	}
}
