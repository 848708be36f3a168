import {writeSync} from 'node:fs';

/** More than this in one process is the same fault over and over. */
const complaintsMax = 1_000;
let complaints = 0;

/** A fault of ours, with its stack, to standard error (the session's controller.log). A full disk there is no second fault. */
export function complainToStderr(fault: unknown): void {
	if (++complaints > complaintsMax) return;
	const text = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault);
	try {
		writeSync(2, `${new Date().toISOString()} ${text}\n`);
	} catch {
		// Nobody to tell.
	}
}
