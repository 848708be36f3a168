import type {Command} from 'commander';
import type {InstanceFlags} from './instance.ts';
import {duration, type Finish, json, operator} from './option-parsers.ts';

type Flags = Omit<InstanceFlags, 'timeoutMs'> & {readonly timeout: number};

/** `canary instance …`: the candidate's own instance, where the controller starts it. */
export function addInstance(program: Command, finish: Finish): void {
	const instance = program
		.command('instance')
		.description("the candidate's own instance, which the controller started: how it stands, stop it, restart the baseline")
		.addHelpText('after', '\nExample:\n  $ canary instance stop hyper-bun');
	const asked = (name: string, description: string) =>
		instance
			.command(name)
			.description(description)
			.argument('[session]', 'name, part of a name, or folder')
			.option('--reason <text>', 'why, for the record', '')
			.option('--timeout <duration>', 'how long to wait for it', duration, 60_000)
			.addOption(operator)
			.addOption(json);
	instance
		.command('status', {isDefault: true})
		.description('how it stands (also without "status")')
		.argument('[session]', 'name, part of a name, or folder')
		.addOption(json)
		.addHelpText('after', '\nExample:\n  $ canary instance hyper-bun')
		.action(async (session, options) => finish((await import('./instance.ts')).instanceStatusCommand(session, options)));
	asked('stop', 'stop it, with everything of its process group; refused while the split sends to it; also after the session')
		.addHelpText('after', '\nExample:\n  $ canary instance stop hyper-bun --reason "done with it"')
		.action(async (session, {timeout, ...flags}: Flags) =>
			finish((await import('./instance.ts')).instanceStopCommand(session, {...flags, timeoutMs: timeout})),
		);
	asked('restart-baseline', 'run the restart of the baseline again, after it failed behind the promotion')
		.addHelpText('after', '\nExample:\n  $ canary instance restart-baseline hyper-bun')
		.action(async (session, {timeout, reason, ...flags}: Flags) => {
			const {controlCommand} = await import('./control.ts');
			await finish(controlCommand({command: 'restart-baseline', reason}, session, {...flags, timeoutMs: timeout}));
		});
}
