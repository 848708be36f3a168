import {Command, CommanderError, Option} from 'commander';
import {addConsoles} from './console-options.ts';
import {addControl} from './control-options.ts';
import {exitCodes} from './exit-codes.ts';
import {addExport} from './export-options.ts';
import {layOutHelp} from './help-layout.ts';
import {addInit} from './init-options.ts';
import {addInstance} from './instance-command.ts';
import {duration, type Finish, json, operator, ordinal, port} from './option-parsers.ts';
import {CommandError, sayJson, tell} from './output.ts';
import {addSessions} from './session-options.ts';
import {version} from './version.ts';

const program = new Command('canary')
	.description(
		'Watch a canary in one terminal: guardrails, the split, the error tail. Promote, hold or roll back; keep the record.',
	)
	.version(version, '-V, --version')
	.showHelpAfterError('(canary --help shows what there is)')
	.configureHelp({sortSubcommands: false})
	.exitOverride()
	.addHelpText(
		'after',
		`
Examples:
  $ canary demo                                see it work, with nothing to set up
  $ canary check profiles/relay-r1.yaml        ask every query once, read the split once, move nothing
  $ canary run profiles/relay-r1.yaml          start guarding, and open the console on it
  $ canary attach                              bring the screen back
  $ canary rollback --reason "pager"           from any shell; waits until the router reads 0 %

Exit codes: 0 promoted, green · 1 rolled back, breached · 2 usage or profile · 3 inconclusive · 4 unreachable`,
	);

const finish: Finish = async code => {
	process.exitCode = await code;
};

addConsoles(program, finish);

program
	.command('check')
	.description('validate a profile, ask every query once, read the split once; moves nothing')
	.argument('<profile>', 'the profile file')
	.addOption(json)
	.addHelpText('after', '\nExample:\n  $ canary check profiles/relay-r1.yaml')
	.action(async (profile, options) => finish((await import('./check.ts')).checkCommand(profile, options)));

program
	.command('preflight')
	.description('run the checks before the first weight, alone; moves nothing')
	.argument('<profile>', 'the profile file; with --again: the session')
	.option('--again', 'in a session that waits for its first weight: run them again')
	.option('--override-cooldown <reason>', 'pass over a rollback that is not long enough ago')
	.addOption(json)
	.addHelpText('after', '\nExample:\n  $ canary preflight profiles/relay-r1.yaml')
	.action(async (profile, {again, ...options}) => {
		if (!again) return finish((await import('./preflight.ts')).preflightCommand(profile, options));
		const asked = {command: 'preflight', reason: ''} as const;
		return finish((await import('./control.ts')).controlCommand(asked, profile, {json: options.json, timeoutMs: 60_000}));
	});

program
	.command('burst')
	.description('send the bounded load burst of a profile now, without a session')
	.argument('<profile>', 'the profile file')
	.option('--out <folder>', 'where transcript and summary go (default: a new folder beside the sessions)')
	.addOption(json)
	.addHelpText('after', '\nExample:\n  $ canary burst profiles/relay-r1.yaml')
	.action(async (profile, options) => finish((await import('./burst.ts')).burstCommand(profile, options)));

program
	.command('status')
	.description('how a session stands, in a few lines')
	.argument('[session]', 'name, part of a name, or folder')
	.addOption(json)
	.addHelpText('after', '\nExample:\n  $ canary status relay-r1 --json')
	.action(async (session, options) => finish((await import('./status.ts')).statusCommand(session, options)));

program
	.command('split')
	.description('asked, configured and observed, with the interval of what was seen; exit code 1 where they part')
	.argument('[what]', 'a session (name, part of a name, or folder), or a profile file')
	.addOption(new Option('--verify', 'wait until both were read anew, over a whole window').conflicts('rebalance'))
	.option('--rebalance', 'have the controller set the weight asked for once more, where the router has drifted')
	.option('--reason <text>', 'why, for the record')
	.addOption(operator)
	.option('--timeout <duration>', 'how long to wait for that', duration, 60_000)
	.addOption(json)
	.addHelpText('after', '\nExample:\n  $ canary split relay-r1 --verify')
	.action(async (what, {timeout, ...options}) =>
		finish((await import('./split.ts')).splitCommand(what, {...options, timeoutMs: timeout})),
	);

program
	.command('compare')
	.description('candidate against baseline over a stage; exit code 1 where something is worse, 3 where it can’t be told')
	.argument('[session]', 'name, part of a name, or folder')
	.option('--stage <number>', 'which stage, from 1; default: the last one entered', ordinal)
	.option('--why', 'values, interval, test and looks of each')
	.addOption(json)
	.addHelpText('after', '\nExample:\n  $ canary compare hal9 --stage 4 --why')
	.action(async (session, options) => finish((await import('./compare.ts')).compareCommand(session, options)));

addSessions(program, finish);

program
	.command('backtest')
	.description(
		'what another profile would have made of recorded sessions, and when; without one, whether they come out as they did',
	)
	.argument('[sessions...]', 'names, parts of names, or folders')
	.option('--all', 'every session on this machine')
	.option('--profile <file>', 'the profile to judge the records by')
	.addOption(json)
	.addHelpText('after', '\nExample:\n  $ canary backtest --all --profile stricter.yaml')
	.action(async (sessions, options) => finish((await import('./backtest.ts')).backtestCommand(sessions, options)));

program
	.command('report')
	.description(
		'the decision on a session with all it stands on, from its journal alone; ends with PASS 0, FAIL 1, INCONCLUSIVE 3',
	)
	.argument('[session]', 'name, part of a name, or folder; the newest when none is named')
	.addOption(
		new Option('--format <format>', 'what to write; default: as --out ends, or md').choices(['md', 'html', 'json', 'csv']),
	)
	.option('--out <file>', 'where to; default: standard output')
	.option('--incident', 'only the rollback: first cause, times, exposure, checks')
	.option('--write', "write DECISION.md and SUMMARY.json into the session's folder")
	.addOption(new Option('--documents').hideHelp())
	.addHelpText('after', '\nExample:\n  $ canary report relay-r1 --out report.html')
	.action(async (session, options) => finish((await import('./report.ts')).reportCommand(session, options)));

program
	.command('record')
	.description(
		"fetch the raw series behind a session's queries from the server, so that a backtest can ask other queries of them",
	)
	.argument('[session]', 'name, part of a name, or folder')
	.option('--profile <file>', 'the profile whose queries and server count, instead of the one the session ran with')
	.addHelpText('after', '\nExample:\n  $ canary record relay-r1 --profile stricter.yaml')
	.action(async (session, options) => finish((await import('./record.ts')).recordCommand(session, options)));

addExport(program, finish);
addInit(program, finish);

program
	.command('notify')
	.description('send a test message to every receiver of a profile, and say what came back')
	.argument('<profile>', 'the profile file')
	.requiredOption('--test', 'yes, send it')
	.addOption(json)
	.addHelpText('after', '\nExample:\n  $ canary notify profile.yaml --test')
	.action(async (profile, options) => finish((await import('./notify.ts')).notifyCommand(profile, options)));

addControl(program, finish);
addInstance(program, finish);

program
	.command('command')
	.description("run a command of the session's profile, by its controller, and print what it prints; lists them without one")
	.argument('<session>', 'name, part of a name, or folder')
	.argument('[command]', 'its key, its title, or a part of the title')
	.option('--list', 'only say which there are')
	.option('--stop', 'end it before its time, where it runs')
	.option('--yes', 'run it although it is marked dangerous')
	.option('--guardrail <id>', 'what {{guardrail}}, {{query}} and {{value}} in it stand for')
	.option('--error <code>', 'what {{error}} in it stands for')
	.addOption(operator)
	.addOption(json)
	.addHelpText(
		'after',
		'\nExample:\n  $ canary command hal9 "errors by type"\n\nExit codes: 0 it ended with 0 · 1 it failed · 2 no such command, or --yes is needed · 3 refused now · 4 no controller',
	)
	.action(async (session, command, options) => finish((await import('./command.ts')).commandCommand(session, command, options)));

program
	.command('controller', {hidden: true})
	.argument('<folder>')
	.option('--by <who>', '', 'unknown')
	.option('--force')
	.option('--metrics-port <port>', '', port)
	.option('--override-cooldown <reason>')
	.action(async (folder, options) => finish((await import('./controller-process.ts')).controllerCommand(folder, options)));

layOutHelp(program);

/**
 * `canary status | head` closes the pipe early, which is no fault of anybody; but a verdict that was not told yet must not read as
 * green. Anything else (a full disk behind `>`) is a fault, though none that may read as rolled back.
 */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
	if (error.code === 'EPIPE') process.exit(process.exitCode ?? exitCodes.inconclusive);
	tell(`canary: standard output can't be written: ${error.message}`);
	process.exit(exitCodes.unreachable);
});
process.stderr.on('error', () => {});

// Node's own exit code for a crash is 1, which scripts read as "rolled back". A controller has a handler of its own, and goes on.
if (process.argv[2] !== 'controller') {
	process.on('uncaughtException', error => {
		tell(`canary: a fault of the program itself: ${error.stack ?? String(error)}`);
		process.exit(exitCodes.unreachable);
	});
}

/** A sentence for people; and for a script that asked for JSON, JSON, whatever went wrong. */
function fault(message: string, exitCode: number): void {
	process.exitCode = exitCode;
	if (process.argv.includes('--json')) sayJson({ok: false, error: message, exitCode});
}

try {
	// Not commander's default action: a misspelt command would be an argument too many of it.
	if (process.argv.length <= 2) await finish((await import('./overview.ts')).overviewCommand());
	else await program.parseAsync();
} catch (error) {
	if (error instanceof CommandError) {
		tell(`canary: ${error.message}`);
		fault(error.message, error.exitCode);
	} else if (error instanceof CommanderError) {
		if (error.exitCode === 0) process.exitCode = exitCodes.good;
		else fault(error.message, exitCodes.usage);
	} else {
		tell(error instanceof Error ? `canary: a fault of the program itself: ${error.stack}` : String(error));
		fault(`a fault of the program itself: ${String(error)}`, exitCodes.unreachable);
	}
}
