import {maskPlain} from '../../base/mask-plain.ts';
import type {CheckResult} from '../../core/facts/preflight.ts';
import type {CommandCheck} from '../../core/preflight-options.ts';
import type {HookPorts} from '../ports.ts';
import {lastWords, resolveAll} from '../values.ts';

/** A program that must end with 0. */
export async function checkCommand(
	{argv, cwd, env}: CommandCheck,
	timeoutMs: number,
	{run, resolve, redact}: HookPorts,
	signal: AbortSignal,
): Promise<CheckResult> {
	const resolved = await resolveAll(env, resolve);
	if (!resolved.ok) return {ok: false, message: `${resolved.error}.`, remedy: 'Set it where the controller is started.'};
	const ended = await run({argv, cwd, env: resolved.value, timeoutMs}, signal);
	const program = argv[0] ?? '';
	const said = lastWords(maskPlain(ended.stdout, redact), maskPlain(ended.stderr, redact));
	switch (ended.end) {
		case 'exited':
			if (ended.code === 0) return {ok: true, message: `${program} ended with 0`};
			return {
				ok: false,
				message: `${program} ended with ${ended.code}; ${said}.`,
				remedy: `Mend what it found; to see all of it, run it by hand in ${cwd}.`,
			};
		case 'killed':
			return {ok: false, message: `${program} was killed by ${ended.signal}; ${said}.`};
		// One that its caller called off is never told.
		case 'aborted':
		case 'timeout':
			return {ok: false, message: `${program} did not end in its time; ${said}.`, remedy: 'Give the check a longer "timeout".'};
		case 'too-long':
			return {ok: false, message: `${program} printed more than a megabyte.`, remedy: 'Let it print less.'};
		case 'not-started':
			return {
				ok: false,
				message: `${program} could not be started in ${cwd}: ${ended.error.code ?? ended.error.message}.`,
				remedy: 'Is it there, and may this user run it?',
			};
	}
}
