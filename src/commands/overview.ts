import {type ExitCode, exitCodes} from './exit-codes.ts';
import {say} from './output.ts';
import {sessionsCommand} from './sessions.ts';
import {allSessions} from './sessions-on-disk.ts';
import {version} from './version.ts';

/** `canary` alone: what runs, and what one can do next. */
export async function overviewCommand(): Promise<ExitCode> {
	const sessions = allSessions();
	const running = sessions.filter(({status}) => status === 'running').length;
	const dead = sessions.filter(({status}) => status === 'dead');
	say(
		`canary ${version}: ${running === 0 ? 'nothing is running' : running === 1 ? 'one session is running' : `${running} sessions are running`}.`,
	);
	if (sessions.length > 0) await sessionsCommand({});
	say('');
	for (const [command, does] of nextSteps(running, dead[0]?.name)) say(`  ${command.padEnd(34)}${does}`);
	return exitCodes.good;
}

function nextSteps(running: number, dead: string | undefined): readonly (readonly [string, string])[] {
	return [
		...(running > 0
			? ([
					['canary attach', 'open a console on it'],
					['canary rollback --reason "…"', 'all traffic to the baseline'],
				] as const)
			: []),
		...(dead !== undefined ? ([[`canary run --resume ${dead}`, 'take up the session nobody guards']] as const) : []),
		['canary demo', 'see it work, with nothing to set up'],
		['canary check PROFILE', 'ask everything once, move nothing'],
		['canary run PROFILE', 'start guarding'],
		['canary --help', 'all commands'],
	];
}
