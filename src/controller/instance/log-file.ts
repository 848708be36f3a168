import {copyFile, open, stat, truncate} from 'node:fs/promises';

/** Beyond it the log begins anew, with the old one kept beside it. */
export const logBytesMax = 16 * 1024 * 1024;
const tailBytesMax = 1024 * 1024;

/**
 * Keeps a log that another process appends to within bounds: the old part is copied away and the file cut to nothing, as logrotate's
 * copytruncate does. A line written between the two is lost. Gives whether it was cut. Never rejects.
 */
export async function boundLog(path: string, bytesMax: number = logBytesMax): Promise<boolean> {
	try {
		if ((await stat(path)).size <= bytesMax) return false;
		await copyFile(path, `${path}.1`);
		await truncate(path, 0);
		return true;
	} catch {
		return false;
	}
}

/** A line that says what went wrong: `Error: listen EADDRINUSE`, `java.net.BindException: …`, `panic: …`. */
const faultLine = /^\s*(?:[\w.]*(?:error|exception)|panic|fatal)\b[^:]{0,60}: /i;

/** The last three lines; where they say nothing of a fault (the end of a trace), the newest line that does instead of the first of them. */
export function tellingLines(lines: readonly string[]): readonly string[] {
	const last = lines.slice(-3);
	const fault = last.some(line => faultLine.test(line)) ? undefined : lines.findLast(line => faultLine.test(line));
	return fault === undefined ? last : [fault, ...last.slice(-2)];
}

/** The last lines of the log, without the first part of one that was cut; empty when there is none. */
export async function lastLines(path: string, count: number): Promise<readonly string[]> {
	try {
		const file = await open(path, 'r');
		try {
			const {size} = await file.stat();
			const start = Math.max(0, size - tailBytesMax);
			const bytes = Buffer.alloc(size - start);
			const {bytesRead} = await file.read(bytes, 0, bytes.length, start);
			const text = bytes.subarray(0, bytesRead).toString('utf8').replace(/\n$/, '');
			if (text === '') return [];
			const lines = text.split('\n');
			return (start > 0 ? lines.slice(1) : lines).slice(-count);
		} finally {
			await file.close();
		}
	} catch {
		return [];
	}
}
