import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {guardFolder, releaseFolder} from './guard.ts';

/** `using folder = createTempFolder('x')` or call `remove()`; if neither happens, it goes when the process ends. */
export type TempFolder = Disposable & {readonly path: string; remove(): void};

/** A new folder, mode 0700, with a short path: a Unix socket in it must stay under 108 bytes. */
export function createTempFolder(name: string): TempFolder {
	const path = mkdtempSync(join(tmpdir(), `canary-test-${name}-`));
	guardFolder(path);
	const remove = (): void => {
		rmSync(path, {recursive: true, force: true, maxRetries: 5, retryDelay: 50});
		releaseFolder(path);
	};
	return {path, remove, [Symbol.dispose]: remove};
}
