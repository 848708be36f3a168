import {constants} from 'node:fs';
import {access, stat} from 'node:fs/promises';
import {delimiter, isAbsolute, join, resolve} from 'node:path';
import type {RunbookCommand} from '../core/runbook-options.ts';
import type {Env} from './substitute.ts';

/** One sentence for each program and variable that a command needs and that is not there: remarks and no faults, since only running it needs them. */
export async function missingForCommands(commands: readonly RunbookCommand[], env: Env): Promise<readonly string[]> {
	const missing = await Promise.all(
		commands.map(async one => [...((await isThere(one, env['PATH'])) ? [] : [sentence(one)]), ...variables(one, env)]),
	);
	return missing.flat();
}

const variables = ({title, env}: RunbookCommand, ours: Env): string[] =>
	Object.values(env).flatMap(value =>
		typeof value === 'object' && 'env' in value && !ours[value.env]
			? [`the command “${title}” needs the variable ${value.env}, which is not set here. Set it where the controller is started.`]
			: [],
	);

const sentence = ({title, argv: [program = ''], cwd}: RunbookCommand): string => {
	const where = program.includes('/') ? `there is no program ${resolve(cwd, program)}` : `the program ${program} is not in PATH`;
	return `the command “${title}” can't be run: ${where}. Install it, or name it by its full path.`;
};

async function isThere({argv: [program = ''], cwd}: RunbookCommand, path = ''): Promise<boolean> {
	if (program.includes('/')) return await isProgram(resolve(cwd, program));
	const folders = path.split(delimiter).filter(folder => isAbsolute(folder));
	const found = await Promise.all(folders.map(folder => isProgram(join(folder, program))));
	return found.includes(true);
}

async function isProgram(file: string): Promise<boolean> {
	try {
		await access(file, constants.X_OK);
		return (await stat(file)).isFile();
	} catch {
		return false;
	}
}
