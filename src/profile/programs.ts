import {constants} from 'node:fs';
import {access, stat} from 'node:fs/promises';
import {delimiter, isAbsolute, join, resolve} from 'node:path';
import type {RunbookCommand} from '../core/runbook-options.ts';

/** One sentence for each command whose program is not there: a remark and no fault, since only running it needs it. */
export async function missingPrograms(commands: readonly RunbookCommand[], path = ''): Promise<readonly string[]> {
	const missing = await Promise.all(commands.map(async one => ((await isThere(one, path)) ? [] : [sentence(one)])));
	return missing.flat();
}

const sentence = ({title, argv: [program = ''], cwd}: RunbookCommand): string => {
	const where = program.includes('/') ? `there is no program ${resolve(cwd, program)}` : `the program ${program} is not in PATH`;
	return `the command “${title}” can't be run: ${where}. Install it, or name it by its full path.`;
};

async function isThere({argv: [program = ''], cwd}: RunbookCommand, path: string): Promise<boolean> {
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
