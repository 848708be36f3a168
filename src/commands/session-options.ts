import {type Command, Option} from 'commander';
import {duration, type Finish, json, times} from './option-parsers.ts';
import {parseAge, parseCount, parseSize} from './size.ts';
import {refuseUnknown} from './unknown-subcommand.ts';

/** `canary sessions …`: the records on this machine. */
export function addSessions(program: Command, finish: Finish): void {
	const sessions = program
		.command('sessions')
		.description('the records of all sessions on this machine')
		.addHelpText('after', '\nExample:\n  $ canary sessions show relay-r1');
	sessions
		.command('list', {isDefault: true})
		.description('all sessions, newest first (also without "list")')
		.addOption(json)
		.addHelpText('after', '\nExample:\n  $ canary sessions --json')
		.allowExcessArguments()
		.action(async (options, command) => {
			refuseUnknown(command);
			await finish((await import('./sessions.ts')).sessionsCommand(options));
		});
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
}
