import {createHash} from 'node:crypto';
import {type FileHandle, mkdir, open} from 'node:fs/promises';
import {dirname} from 'node:path';
import {fail, ok, type Result} from '../../base/result.ts';

export type OutputFile = {
	/** Resolves when it is written, or could not be: then nothing more is. What is beyond the limit is counted and left out. */
	write(text: string): Promise<void>;
	/** The limit is reached: what comes now is only counted. */
	readonly isFull: boolean;
	skip(bytes: number): void;
	close(): Promise<OutputEnd>;
};

export type OutputEnd = {
	readonly bytes: number;
	readonly lines: number;
	readonly sha256: string;
	readonly truncated: boolean;
	/** Why not all of it could be kept. */
	readonly trouble?: string;
};

/** A file that grows as a program prints, mode 0600, never larger than `maxBytes` and a last line. The error is a clause. */
export async function openOutputFile(path: string, maxBytes: number): Promise<Result<OutputFile, string>> {
	let file: FileHandle;
	try {
		await mkdir(dirname(path), {recursive: true, mode: 0o700});
		file = await open(path, 'w', 0o600);
	} catch (error) {
		return fail(`${path} can't be written: ${(error as Error).message}`);
	}
	const hash = createHash('sha256');
	let [bytes, lines, left] = [0, 0, 0];
	let trouble: string | undefined;

	async function append(text: string): Promise<void> {
		if (trouble !== undefined || text === '') return;
		const content = Buffer.from(text);
		try {
			await file.appendFile(content);
			hash.update(content);
			bytes += content.length;
			for (let at = content.indexOf(10); at !== -1; at = content.indexOf(10, at + 1)) lines++;
		} catch (error) {
			trouble = `its output could not be kept: ${(error as Error).message}`;
		}
	}

	return ok({
		get isFull() {
			return left > 0 || trouble !== undefined;
		},
		skip(more) {
			left += more;
		},
		async write(text) {
			const size = Buffer.byteLength(text);
			if (left > 0 || bytes + size > maxBytes) {
				const kept = left > 0 ? '' : head(text, maxBytes - bytes);
				left += size - Buffer.byteLength(kept);
				await append(kept);
			} else await append(text);
		},
		async close() {
			if (left > 0) await append(`\n[cut here: ${left} more bytes came, and are not kept]\n`);
			try {
				await file.sync();
			} catch (error) {
				trouble ??= `its output may not be on the disk: ${(error as Error).message}`;
			}
			await file.close().catch(() => {});
			return {
				bytes,
				lines,
				sha256: hash.digest('hex'),
				truncated: left > 0 && trouble === undefined,
				...(trouble !== undefined && {trouble}),
			};
		},
	});
}

/** The beginning of a text, at most so many bytes of it; no character is halved. */
function head(text: string, bytesMax: number): string {
	const bytes = Buffer.from(text);
	let end = Math.max(0, Math.min(bytesMax, bytes.length));
	while (end > 0 && end < bytes.length && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
	return bytes.subarray(0, end).toString('utf8');
}
