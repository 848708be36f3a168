import type {Command} from 'commander';
import type {Command as Asked} from '../core/protocol.ts';
import {duration, type Finish, json, operator} from './option-parsers.ts';
import {addGradual, rollbackAsked} from './rollback-options.ts';

type ControlFlags = {reason?: string; operator?: string; json?: boolean; timeout: number};

const why = ({reason = ''}: ControlFlags): string => reason;

type SignFlags = {role: string; as: string; note: string; operator?: string; json?: boolean};

/** What is asked of a session that runs, from any shell: `promote`, `hold`, `rollback`, `sign` and the like. */
export function addControl(program: Command, finish: Finish): void {
	function control(
		name: string,
		description: string,
		example: string,
		asked: (flags: ControlFlags, text: string) => Asked,
		argument?: string,
	): Command {
		const command = program.command(name).description(description);
		if (argument !== undefined) command.argument('<text>', argument);
		return command
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

	control('promote', 'go to the next stage, if nothing stands against it', 'canary promote --reason "all green"', flags => ({
		command: 'promote',
		reason: why(flags),
	}));
	control('hold', 'stop the stage clock', 'canary hold --reason "lunch"', flags => ({command: 'hold', reason: why(flags)}));
	control('resume', 'let the stage clock go on', 'canary resume', flags => ({command: 'resume', reason: why(flags)}));
	addGradual(
		control(
			'rollback',
			'all traffic to the baseline; works in every state',
			'canary rollback --reason "pager"\n  $ canary rollback --gradual --duration 30m --steps 6 --reason "no hurry"',
			rollbackAsked,
		),
	);
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
}
