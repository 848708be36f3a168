import {rmSync} from 'node:fs';

/** Takes a file away if it can; on a disk that is read-only or gone, what is left does no harm: everything left is checked before use. */
export function removeQuietly(path: string): void {
	try {
		rmSync(path, {force: true});
	} catch {
		// Nothing depends on it.
	}
}
