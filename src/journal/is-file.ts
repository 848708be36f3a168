import {statSync} from 'node:fs';

/** Whether a file, not a folder, stands there. */
export const isFile = (path: string): boolean => {
	try {
		return statSync(path).isFile();
	} catch {
		return false;
	}
};
