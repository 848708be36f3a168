import {execFile} from 'node:child_process';
import {constants, setPriority} from 'node:os';
import {fail, ok, type Result} from '../base/result.ts';
import type {MakeDocuments} from '../controller/documents.ts';
import type {MadeDocuments} from './documents.ts';
import {exitCodes} from './exit-codes.ts';

const timeoutMs = 120_000;
const told: readonly number[] = [exitCodes.good, exitCodes.bad, exitCodes.inconclusive];

/** The documents of a session in a process of their own, of the lowest rank: whatever guards goes first. */
export const makeDocumentsInChild: MakeDocuments = (folder, signal) =>
	new Promise(resolve => {
		const argv = [process.argv[1] ?? '', 'report', folder, '--documents'];
		const child = execFile(
			process.execPath,
			argv,
			{timeout: timeoutMs, maxBuffer: 1024 * 1024, signal},
			(error, stdout, stderr) => {
				const made = error ? undefined : madeOf(stdout);
				resolve(made ? ok(made) : fail(stderr.trim().slice(-500) || error?.message || 'no answer'));
			},
		);
		try {
			if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
		} catch {
			// It is over already, or may not be ranked: then it is as any other.
		}
	});

function madeOf(stdout: string): MadeDocuments | undefined {
	try {
		return JSON.parse(stdout) as MadeDocuments;
	} catch {
		return undefined;
	}
}

/**
 * Writes a session's decision in a process of its own: a day of samples takes seconds and memory that a controller, which still
 * watches the split, must not spend. The error is a sentence.
 */
export function writeReportInChild(folder: string): Promise<Result<void, string>> {
	const argv = [process.argv[1] ?? '', 'report', folder, '--write'];
	return new Promise(resolve => {
		execFile(process.execPath, argv, {timeout: timeoutMs, maxBuffer: 1024 * 1024}, (error, _, stderr) => {
			const code = error ? error.code : 0;
			if (typeof code === 'number' && told.includes(code)) resolve(ok(undefined));
			else resolve(fail(stderr.trim().slice(-500) || error?.message || 'no reason given'));
		});
	});
}
