import {type Command, Option} from 'commander';
import {noteWays} from '../console/desktop-note.ts';
import {duration, type Finish, moment, operator, port, speed} from './option-parsers.ts';

/** The console's own options, for the commands that open one. */
const withScreen = (command: Command): Command =>
	command
		.addOption(new Option('--theme <name>', 'colours').choices(['default', 'high-contrast', 'colour-blind', 'mono']))
		.option('--no-bell', 'no bell and no note of the desktop on a breach, a rollback, the decision and the like')
		.addOption(
			new Option('--notify <way>', 'how the terminal is asked for a note of the desktop; bell: not at all').choices(noteWays),
		)
		.option('--screen-reader', 'lines of text on each change instead of a screen')
		.option('--ascii', 'no characters beyond ASCII')
		.addOption(operator);

/** `run`, `attach`, `replay` and `demo`: what opens a console. */
export function addConsoles(program: Command, finish: Finish): void {
	withScreen(program.command('run'))
		.description('start guarding a canary, and open the console on it; the controller goes on when the console is closed')
		.argument('[profile]', 'the profile file')
		.option('--resume <session>', 'take up a session whose controller died')
		.option('--start', 'set the first weight as soon as the split and the metrics answer')
		.option('--headless', 'no console: print what happens, end with the outcome as exit code')
		.option('--force', 'take the router over from a controller on another machine')
		.option('--override-cooldown <reason>', 'start although a rollback of this profile is not long enough ago')
		.option('--metrics-port <port>', "the controller's own metrics on loopback; 0 picks a port", port)
		.addHelpText('after', '\nExample:\n  $ canary run profiles/relay-r1.yaml --operator ana')
		.action(async (profile, options) => finish((await import('./run.ts')).runCommand(profile, options)));

	withScreen(program.command('attach'))
		.description('open a console on a running session: looks, and may always roll back')
		.argument('[session]', 'name, part of a name, or folder; a picker if several run')
		.option('--read-only', 'look only')
		.addHelpText('after', '\nExample:\n  $ canary attach relay-r1')
		.action(async (session, options) => finish((await import('./attach.ts')).attachCommand(session, options)));

	withScreen(program.command('replay'))
		.description('walk through a recorded session on the same screen, second by second; nothing can be done to it')
		.argument('<session>', 'name, part of a name, folder, a journal file, or - for a journal on standard input')
		.option('--at <moment>', 'where to begin: T+12m, 12:30:05, 50%, or the number of an event; it stands still there', moment)
		.option('--speed <times>', 'how much faster than it happened', speed, 60)
		.option('--follow', 'show what comes as it comes, of a session that still runs')
		.addHelpText('after', '\nExample:\n  $ canary replay relay-r1 --at T+12m')
		.action(async (session, options) => finish((await import('./replay.ts')).replayCommand(session, options)));

	withScreen(program.command('demo'))
		.description(
			'a canary on this machine with nothing to set up: two versions of a service, users, a split; all real, all on loopback',
		)
		.option('--incident <name>', 'what goes wrong by itself: latency, errors, rls, hung, breaker, leak')
		.option('--after <duration>', 'when, after the first weight', duration)
		.option('--headless', 'no console: print what happens, end with the outcome as exit code')
		.option('--world', 'only the services, their users and the proxy: print their addresses, and keep them until Ctrl-C')
		.addHelpText('after', '\nExample:\n  $ canary demo --incident latency')
		.action(async options => finish((await import('./demo.ts')).demoCommand(options)));
}
