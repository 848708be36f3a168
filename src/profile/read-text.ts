import {constants, type FileHandle, open} from 'node:fs/promises';
import {fail, ok, type Result} from '../base/result.ts';

const reasons: Readonly<Record<string, string>> = {
	ENOENT: 'there is no such file',
	EACCES: 'this user may not read it',
	EISDIR: 'it is a folder',
	ENOTDIR: 'a part of the path is no folder',
	ELOOP: 'its links lead in a circle',
	ENAMETOOLONG: 'the path is too long',
};

/** A system error in words: `there is no such file`. */
export function reasonOf(error: unknown): string {
	const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
	return reasons[code] ?? code;
}

/** A whole UTF-8 text file of at most `bytesMax` bytes. The error is a half sentence that says why not. */
export async function readText(path: string, bytesMax: number): Promise<Result<string, string>> {
	try {
		// Non-blocking: opening a pipe that nobody writes to would wait for ever.
		const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
		return await readHandle(handle, bytesMax).finally(() => handle.close());
	} catch (error) {
		return fail(error instanceof TypeError ? 'it is not valid UTF-8' : reasonOf(error));
	}
}

async function readHandle(handle: FileHandle, bytesMax: number): Promise<Result<string, string>> {
	const stat = await handle.stat();
	if (stat.isDirectory()) return fail('it is a folder');
	// A pipe or a device may never end.
	if (!stat.isFile()) return fail('it is no regular file');
	if (stat.size > bytesMax)
		return fail(`it has ${stat.size.toLocaleString('en')} bytes, more than ${bytesMax.toLocaleString('en')}`);
	const {bytesRead, buffer} = await handle.read(Buffer.alloc(bytesMax + 1), 0, bytesMax + 1, 0);
	if (bytesRead > bytesMax) return fail(`it has more than ${bytesMax.toLocaleString('en')} bytes`);
	const text = new TextDecoder('utf-8', {fatal: true}).decode(buffer.subarray(0, bytesRead));
	return text.includes('\0') ? fail('it holds zero bytes, so it is no text') : ok(text);
}
