import {createHash} from 'node:crypto';
import {mkdir, open, readFile, rename, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {fail, ok, type Result} from '../../base/result.ts';
import type {BurstOptions} from '../../core/burst-options.ts';
import {type BurstEnd, type BurstPorts, runBurst} from './run-burst.ts';

export type BurstFile = {readonly name: string; readonly sha256: string; readonly bytes: number};
export type BurstFiles = {readonly end: BurstEnd; readonly files: readonly BurstFile[]; readonly trouble?: string};

export type BurstPlace = {
	/** Is made where it is missing. */
	readonly folder: string;
	/** `LOAD_BURST.log`, `LOAD_SUMMARY.json`. */
	readonly transcript: string;
	readonly summary: string;
};

/**
 * A burst whose transcript is written while it runs and whose summary when it is over. A disk that fails keeps nobody from the end:
 * `trouble` says it. The error says why nothing was sent.
 */
export async function burstIntoFiles(
	options: BurstOptions,
	ports: Omit<BurstPorts, 'write'>,
	{folder, transcript, summary}: BurstPlace,
	signal: AbortSignal,
): Promise<Result<BurstFiles, string>> {
	let trouble: string | undefined;
	const startedAt = new Date(ports.nowMs()).toISOString();
	await mkdir(folder, {recursive: true, mode: 0o700}).catch(() => {});
	const path = join(folder, transcript);
	const log = await open(path, 'w', 0o600).catch((error: Error) => {
		trouble = `${path} can't be written: ${error.message}`;
		return undefined;
	});
	const write = async (line: string): Promise<void> => {
		await log?.appendFile(`${line}\n`).catch((error: Error) => {
			trouble ??= `${path} can't be written: ${error.message}`;
		});
	};
	const end = await runBurst(options, {...ports, write}, signal);
	await log?.close().catch(() => {});
	if (!end.ok) return fail(end.error);
	const {stopped, summary: figures} = end.value;
	const about = {
		startedAt,
		endedAt: new Date(ports.nowMs()).toISOString(),
		url: options.url,
		method: options.method,
		users: options.users.length,
	};
	const text = `${JSON.stringify({...about, ...figures, ...(stopped !== undefined && {stopped})}, undefined, '\t')}\n`;
	const files: BurstFile[] = [];
	try {
		const content = await readFile(path);
		files.push(fileOf(transcript, content));
		const whole = join(folder, summary);
		await writeFile(`${whole}.new`, text, {mode: 0o600});
		await rename(`${whole}.new`, whole);
		files.push(fileOf(summary, Buffer.from(text)));
	} catch (error) {
		trouble ??= (error as Error).message;
	}
	return ok({end: end.value, files, ...(trouble !== undefined && {trouble})});
}

const fileOf = (name: string, content: Buffer): BurstFile => ({
	name,
	sha256: createHash('sha256').update(content).digest('hex'),
	bytes: content.length,
});
