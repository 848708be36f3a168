import {execFile} from 'node:child_process';
import {fail, ok, type Result} from '../base/result.ts';
import {exitCodes} from './exit-codes.ts';

const timeoutMs = 120_000;
const told: readonly number[] = [exitCodes.good, exitCodes.bad, exitCodes.inconclusive];

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
