import {writeSync} from 'node:fs';
import {type Redact, redact as redactShapes} from '../base/redact.ts';

/** More than this in one process is the same fault over and over. */
const complaintsMax = 1_000;
/** Redacting is linear, but not free. */
const textMax = 16_384;
let complaints = 0;

/** A fault of ours, with its stack, to standard error (the session's controller.log). A full disk there is no second fault. */
export function complainToStderr(fault: unknown, redact: Redact = redactShapes): void {
	if (++complaints > complaintsMax) return;
	const text = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault);
	try {
		writeSync(2, `${new Date().toISOString()} ${redact(text.slice(0, textMax))}\n`);
	} catch {
		// Nobody to tell.
	}
}
