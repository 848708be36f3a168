import {spawn} from 'node:child_process';
import {closeSync, openSync, writeSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';

export type WriterOptions = {
	readonly path: string;
	readonly linesPerSecond: number;
	readonly seconds: number;
	/** Every so many lines is an error; 1 is all. */
	readonly errorEvery: number;
};

/**
 * Writes JSON lines of about 200 bytes in a process of its own, in steps of 20 ms, so that its work is not counted as the reader's.
 * Resolves with the number of lines written.
 */
export function writeLog(options: WriterOptions): Promise<number> {
	const child = spawn(process.execPath, [fileURLToPath(import.meta.url), JSON.stringify(options)], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	let said = '';
	child.stdout.on('data', (chunk: Buffer) => {
		said += String(chunk);
	});
	return new Promise((resolve, reject) => {
		child.on('error', reject);
		child.on('close', code => (code === 0 ? resolve(Number(said)) : reject(new Error(`the writer ended with ${code}`))));
	});
}

const errors = [
	['QUERY_TIMEOUT', 'upstream timed out after {n} ms'],
	['ECONNREFUSED', 'connect to 10.0.{n}.7:5432 refused'],
	['RATE_LIMIT', 'rate limit for user "{id}"'],
	['', 'order {id} could not be priced: division by zero'],
] as const;

function logLine(index: number, errorEvery: number): string {
	const id = ((index * 2_654_435_761) >>> 0).toString(16).padStart(8, '0');
	const time = new Date().toISOString();
	const rest = {path: `/orders/${id}`, took_ms: index % 97, trace: `${id}${id}`};
	if (index % errorEvery !== 0) return JSON.stringify({time, level: 'info', msg: 'request done', status: 200, ...rest});
	const [code, text] = errors[Math.floor(index / errorEvery) % errors.length] ?? errors[0];
	const msg = text.replace('{n}', String(index % 250)).replace('{id}', id);
	return JSON.stringify({time, level: 'error', code, msg, status: 500, ...rest});
}

async function main({path, linesPerSecond, seconds, errorEvery}: WriterOptions): Promise<void> {
	const file = openSync(path, 'a');
	const total = linesPerSecond * seconds;
	const startMs = performance.now();
	let written = 0;
	while (written < total) {
		const due = Math.min(total, Math.floor(((performance.now() - startMs) / 1_000) * linesPerSecond));
		let text = '';
		for (; written < due; written++) text += `${logLine(written, errorEvery)}\n`;
		if (text !== '') writeSync(file, text);
		await sleep(20);
	}
	closeSync(file);
	process.stdout.write(String(written));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(JSON.parse(process.argv[2] ?? '{}') as WriterOptions);
