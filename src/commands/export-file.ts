import {writeFileSync} from 'node:fs';
import {exitCodes} from './exit-codes.ts';
import {CommandError, tell} from './output.ts';

/** Writes a text to a file, or to standard output where none is named. @throws CommandError where it can't. */
export function writeOut(text: string, out: string | undefined): void {
	if (out === undefined) {
		process.stdout.write(text);
		return;
	}
	try {
		writeFileSync(out, text);
	} catch (error) {
		throw new CommandError(`${out} can't be written: ${(error as Error).message}.`, exitCodes.usage);
	}
	tell(`canary: ${out} written`);
}
