import {open, readdir, stat} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {maskPlain} from '../../base/mask-plain.ts';
import {fail, ok, type Result} from '../../base/result.ts';
import type {EvidenceOptions} from '../../core/evidence-options.ts';
import {askHttp} from '../http.ts';
import type {HookPorts} from '../ports.ts';
import {lastWords, resolveAll} from '../values.ts';

export type Evidence = {readonly text: string; readonly message: string};
export type EvidencePorts = Pick<HookPorts, 'run' | 'resolve' | 'redact'> & {
	/** Every error code that was seen, counted and sorted. */
	readonly errorCodes: () => string;
};

/** No piece of evidence is larger; of a log the end counts. */
const bytesMax = 16 * 1024 * 1024;

/** One piece of evidence, cleaned and redacted. Never rejects, and ends by itself soon after its time is over. The error is a clause. */
export async function collect(
	options: EvidenceOptions,
	ports: EvidencePorts,
	signal: AbortSignal,
): Promise<Result<Evidence, string>> {
	const redact = (text: string): string => maskPlain(text, ports.redact);
	switch (options.kind) {
		case 'log': {
			const lines = await lastLines(options.path, options.lines);
			if (!lines.ok) return lines;
			const {path, text, count} = lines.value;
			return ok({text: redact(text), message: `the last ${count} lines of ${path}`});
		}
		case 'page': {
			const answer = await askHttp(options, ports.resolve, signal);
			if (!answer.ok) return fail(`${options.url}: ${answer.error.why}`);
			const {status, body} = answer.value;
			const text = redact(new TextDecoder().decode(body));
			return ok({text, message: `${options.url} answered ${status}, ${body.length} bytes`});
		}
		case 'errors': {
			const text = ports.errorCodes();
			const count = text.split('\n').length - 1;
			return ok({text, message: count === 1 ? 'one error code' : `${count} error codes`});
		}
		case 'command': {
			const env = await resolveAll(options.env, ports.resolve);
			if (!env.ok) return fail(env.error);
			const {argv, cwd, timeoutMs} = options;
			const ended = await ports.run({argv, cwd, env: env.value, timeoutMs}, signal);
			const text = redact(`${ended.stdout}${ended.stderr === '' ? '' : `\n--- standard error ---\n${ended.stderr}`}`);
			if (ended.end === 'not-started') return fail(`${argv[0]} could not be started: ${ended.error.code ?? ended.error.message}`);
			if (ended.end !== 'exited')
				return fail(`${argv[0]} did not end in its time; ${lastWords(redact(ended.stdout), redact(ended.stderr))}`);
			return ok({text, message: `${argv[0]} ended with ${ended.code}`});
		}
	}
}

type Lines = {readonly path: string; readonly text: string; readonly count: number};

/** The last lines of the newest file that fits, read from its end. */
async function lastLines(pattern: string, wanted: number): Promise<Result<Lines, string>> {
	try {
		const path = await newest(pattern);
		if (path === undefined) return fail(`no file is called ${pattern}`);
		const file = await open(path, 'r');
		try {
			const {size} = await file.stat();
			let start = size;
			let tail = Buffer.alloc(0);
			while (start > 0 && tail.length < bytesMax && breaks(tail) <= wanted) {
				const length = Math.min(64 * 1024, start);
				const block = Buffer.alloc(length);
				const {bytesRead} = await file.read(block, 0, length, start - length);
				start -= length;
				tail = Buffer.concat([block.subarray(0, bytesRead), tail]);
			}
			const all = tail.toString('utf8').replace(/\n$/, '').split('\n');
			const kept = size === 0 ? [] : all.slice(-wanted);
			return ok({path, text: kept.length === 0 ? '' : `${kept.join('\n')}\n`, count: kept.length});
		} finally {
			await file.close();
		}
	} catch (error) {
		return fail((error as Error).message);
	}
}

function breaks(buffer: Buffer): number {
	let count = 0;
	for (let at = buffer.indexOf(10); at !== -1; at = buffer.indexOf(10, at + 1)) count++;
	return count;
}

/** A pattern's only special sign is `*`, in its last part: daily logs. */
async function newest(pattern: string): Promise<string | undefined> {
	const name = basename(pattern);
	if (!name.includes('*')) return pattern;
	const [first = '', ...rest] = name.split('*');
	const fits = (one: string): boolean => {
		let at = first.length;
		if (!one.startsWith(first)) return false;
		for (const [index, part] of rest.entries()) {
			const found = index === rest.length - 1 ? one.length - part.length : one.indexOf(part, at);
			if (found < at || !one.startsWith(part, found)) return false;
			at = found + part.length;
		}
		return true;
	};
	const folder = dirname(pattern);
	const found = (await readdir(folder)).filter(fits).map(one => join(folder, one));
	const timed = await Promise.all(found.map(async path => ({path, atMs: (await stat(path)).mtimeMs})));
	return timed.sort((left, right) => right.atMs - left.atMs)[0]?.path;
}
