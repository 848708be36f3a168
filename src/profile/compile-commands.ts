import {resolve as resolvePath} from 'node:path';
import type {RunbookCommand, RunbookPlan} from '../core/runbook-options.ts';
import {resolveSecrets} from './resolve-metrics.ts';
import type {Profile} from './schema.ts';
import {soundMs} from './sound.ts';

type CommandProfile = Profile['commands'][number];

/** A command with absolute paths. A program that is named by a path is looked for from the profile's folder. */
export const resolveCommand = (command: CommandProfile, folder: string): CommandProfile => ({
	...command,
	cwd: command.cwd === undefined ? folder : resolvePath(folder, command.cwd),
	env: resolveSecrets(command.env, folder),
});

export function compileCommand({timeout, cwd = '.', key, ...rest}: CommandProfile): RunbookCommand {
	return {...rest, cwd, timeoutMs: soundMs(timeout), ...(key !== undefined && {key})};
}

/** What of it the plan says. Its environment is the controller's own matter. */
export const planOfCommand = ({env: _, cwd: __, maxBytes: ___, ...plan}: RunbookCommand): RunbookPlan => plan;
