import {Command, CommanderError, InvalidArgumentError, Option} from 'commander';
import {parseDuration} from '../base/duration.ts';
import type {Command as Asked} from '../core/protocol.ts';
import {parseMoment} from '../view/moment.ts';
import type {Moment} from '../view/replay.ts';
import {exitCodes} from './exit-codes.ts';
import {addExport} from './export-options.ts';
import {addInit} from './init-options.ts';
import {CommandError, sayJson, tell} from './output.ts';
import {parseAge, parseCount, parseSize} from './size.ts';
import {version} from './version.ts';

/** A duration option: `30s`, `5m`. */
function duration(text: string): number {
	const parsed = parseDuration(text);
	if (!parsed.ok) throw new InvalidArgumentError(parsed.error);
	return parsed.value;
}

/** How many times faster. */
function times(text: string): number {
	const number = Number(text);
	if (!(number > 0 && number <= 100_000)) throw new InvalidArgumentError('A number above 0, such as 60.');
	return number;
}

function port(text: string): number {
	const number = Number(text);
	if (!Number.isInteger(number) || number < 0 || number > 65_535)
		throw new InvalidArgumentError('A port is a whole number, 0 to 65535.');
	return number;
}

function moment(text: string): Moment {
	const parsed = parseMoment(text);
	if (!parsed.ok) throw new InvalidArgumentError(parsed.error);
	return parsed.value;
}

function speed(text: string): number {
	const times = Number(text.replace(/[x×]$/, ''));
	if (!(times >= 0.1 && times <= 3_600)) throw new InvalidArgumentError('A speed is a number, 0.1 to 3600.');
	return times;
}

const operator = new Option('--operator <name>', 'who you are, for the record (default: user@host, or what was set by :name)');
const json = new Option('--json', 'print JSON');

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

/** The console's own options, for the commands that open one. */
const withScreen = (command: Command): Command =>
	command
		.addOption(new Option('--theme <name>', 'colours').choices(['default', 'high-contrast', 'colour-blind', 'mono']))
		.option('--no-bell', 'no bell on a new breach')
		.option('--screen-reader', 'lines of text on each change instead of a screen')
		.option('--ascii', 'no characters beyond ASCII')
		.addOption(operator);

const finish = async (code: Promise<number>): Promise<void> => {
	process.exitCode = await code;
};

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

const sessions = program
	.command('sessions')
	.description('the records of all sessions on this machine')
	.addHelpText('after', '\nExample:\n  $ canary sessions show relay-r1');
sessions
	.command('list', {isDefault: true})
	.description('all sessions, newest first (also without "list")')
	.addOption(json)
	.addHelpText('after', '\nExample:\n  $ canary sessions --json')
	.action(async options => finish((await import('./sessions.ts')).sessionsCommand(options)));
sessions
	.command('verify')
	.description('whether the records are as they were written; names each edit, cut or swap')
	.argument('[session...]', 'names, parts of names, or folders; all without')
	.addOption(json)
	.addHelpText('after', '\nExample:\n  $ canary sessions verify relay-r1')
	.action(async (wanted, options) => finish((await import('./sessions-verify.ts')).sessionsVerifyCommand(wanted, options)));
sessions
	.command('show')
	.description("one session's facts: outcome, actions, files and sizes")
	.argument('[session]', 'name, part of a name, or folder')
	.addOption(json)
	.addHelpText('after', '\nExample:\n  $ canary sessions show relay-r1')
	.action(async (wanted, options) => finish((await import('./sessions-show.ts')).sessionsShowCommand(wanted, options)));
sessions
	.command('export')
	.description('one file to hand on: an archive with a manifest of sums, or a recording of the screen')
	.argument('[session]', 'name, part of a name, or folder')
	.addOption(new Option('--format <name>', 'what to write').choices(['tar.gz', 'asciicast']).default('tar.gz'))
	.option('--out <file>', 'where to; default: the name of the session, here')
	.option('--speed <times>', 'asciicast: how many times faster than it was', times, 60)
	.option('--idle <duration>', 'asciicast: nothing happens for at most so long', duration, 2_000)
	.addOption(json)
	.addHelpText('after', '\nExample:\n  $ canary sessions export relay-r1 --format asciicast --speed 30 --out relay.cast')
	.action(async (wanted, options) => finish((await import('./sessions-export.ts')).sessionsExportCommand(wanted, options)));
sessions
	.command('prune')
	.description('remove finished sessions by age, number and size; asks first; never one that runs')
	.option('--older-than <age>', 'whose last event is older: 90d, 12h', parseAge(duration))
	.option('--keep <number>', 'how many of the newest stay whatever their age', parseCount)
	.option('--max-size <size>', 'of all sessions together: 5GB', parseSize)
	.option('--dry-run', 'only say what would go')
	.option('--yes', 'do not ask')
	.option('--save', 'keep these limits as the defaults')
	.addOption(new Option('--auto <switch>', 'prune by the saved limits after each session').choices(['on', 'off']))
	.addOption(json)
	.addHelpText('after', '\nExample:\n  $ canary sessions prune --older-than 90d --keep 20 --dry-run')
	.action(async options => finish((await import('./sessions-prune.ts')).sessionsPruneCommand(options)));
sessions
	.command('pack')
	.description('compress the journals of finished sessions, as controllers do by themselves')
	.argument('[session...]', 'names, parts of names, or folders; all without')
	.addHelpText('after', '\nExample:\n  $ canary sessions pack')
	.action(async wanted => finish((await import('./sessions-prune.ts')).sessionsPackCommand(wanted)));

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

type ControlFlags = {reason?: string; operator?: string; json?: boolean; timeout: number};

function control(
	name: string,
	description: string,
	example: string,
	asked: (flags: ControlFlags, text: string) => Asked,
	argument?: string,
): void {
	const command = program.command(name).description(description);
	if (argument !== undefined) command.argument('<text>', argument);
	command
		.argument('[session]', 'name, part of a name, or folder; not needed while only one runs')
		.option('--reason <text>', 'why, for the record')
		.option('--timeout <duration>', 'how long to wait for the verified result', duration, 60_000)
		.addOption(operator)
		.addOption(json)
		.addHelpText('after', `\nExample:\n  $ ${example}`)
		.action(async (...args: unknown[]) => {
			const [text, session] = argument === undefined ? ['', args[0]] : [String(args[0]), args[1]];
			const flags = args[argument === undefined ? 1 : 2] as ControlFlags;
			const {controlCommand} = await import('./control.ts');
			const {timeout, ...rest} = flags;
			await finish(controlCommand(asked(flags, text), session as string | undefined, {...rest, timeoutMs: timeout}));
		});
}

const why = ({reason = ''}: ControlFlags): string => reason;

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

control('promote', 'go to the next stage, if nothing stands against it', 'canary promote --reason "all green"', flags => ({
	command: 'promote',
	reason: why(flags),
}));
control('hold', 'stop the stage clock', 'canary hold --reason "lunch"', flags => ({command: 'hold', reason: why(flags)}));
control('resume', 'let the stage clock go on', 'canary resume', flags => ({command: 'resume', reason: why(flags)}));
control('rollback', 'all traffic to the baseline; works in every state', 'canary rollback --reason "pager"', flags => ({
	command: 'rollback',
	reason: why(flags),
}));
control('snapshot', 'write a checkpoint now', 'canary snapshot --reason "before the deploy next door"', flags => ({
	command: 'snapshot',
	reason: why(flags),
}));
control(
	'note',
	'write a line into the journal',
	'canary note "cache warmed by hand"',
	(_, text) => ({command: 'note', text}),
	'the note',
);
control('end', 'end the session; the split stays where it is', 'canary end --reason "done by hand"', flags => ({
	command: 'end',
	reason: why(flags),
}));

type SignFlags = {role: string; as: string; note: string; operator?: string; json?: boolean};

program
	.command('sign')
	.description('sign off for a role: releases a stage that waits for it, and stands in the record')
	.argument('[session]', 'name, part of a name, or folder; one that is over can be signed too')
	.requiredOption('--role <role>', 'for which role, as the profile names it')
	.requiredOption('--as <name>', 'who signs')
	.option('--note <text>', 'what should stand beside it', '')
	.addOption(operator)
	.addOption(json)
	.addHelpText('after', '\nExample:\n  $ canary sign relay-r1 --role sre --as "Ana Lima" --note "dashboards looked at"')
	.action(async (session, options: SignFlags) => finish((await import('./sign.ts')).signCommand(session, options)));

program
	.command('controller', {hidden: true})
	.argument('<folder>')
	.option('--by <who>', '', 'unknown')
	.option('--force')
	.option('--metrics-port <port>', '', port)
	.option('--override-cooldown <reason>')
	.action(async (folder, options) => finish((await import('./controller-process.ts')).controllerCommand(folder, options)));

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
