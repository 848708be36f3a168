import {createReadStream, existsSync, statSync} from 'node:fs';
import {type FileHandle, mkdir, open} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {createInterface} from 'node:readline';

/** Raw series that were recorded beside a journal. */
export const seriesFiles = (folder: string) =>
	({scrape: join(folder, 'series', 'scrape.ndjson'), prometheus: join(folder, 'series', 'prometheus.ndjson')}) as const;

/** What is waiting to be written may grow to this while the disk hangs. */
const waitingBytesMax = 8 * 1024 * 1024;

export type SeriesFile = {
	/** Takes whole lines; they are on their way to the file at once. Never throws, never waits. */
	write(lines: string): void;
	close(): Promise<void>;
};

export type SeriesFileOptions = {
	readonly path: string;
	readonly bytesMax: number;
	/** The last line of a file that may not grow further. */
	readonly lastLine: (why: string) => string;
	/** Said once: from here on nothing more is recorded. The session is not touched by it. */
	readonly onEnd: (text: string) => void;
};

/** Appends to a file of raw series, up to its limit. What is lost by a kill -9 is what has not been written yet: less than a second. */
export function openSeriesFile({path, bytesMax, lastLine, onEnd}: SeriesFileOptions): SeriesFile {
	let waiting = '';
	let isOver = false;
	let bytes = existsSync(path) ? statSync(path).size : 0;
	let file: FileHandle | undefined;
	let writing: Promise<void> | undefined;

	const end = (text: string): void => {
		if (isOver) return;
		isOver = true;
		onEnd(`raw series are no longer recorded: ${text}. Guarding goes on; a backtest with new queries ends here.`);
	};

	async function drain(): Promise<void> {
		try {
			if (!file) {
				await mkdir(dirname(path), {recursive: true, mode: 0o700});
				file = await open(path, 'a', 0o600);
			}
			while (waiting !== '') {
				const lines = waiting;
				waiting = '';
				await file.appendFile(lines);
			}
		} catch (error) {
			end(`${path} can't be written (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
			waiting = '';
		}
	}

	return {
		write(lines) {
			if (isOver || lines === '') return;
			const size = Buffer.byteLength(lines);
			if (bytes + size > bytesMax) {
				const why = `the limit of ${Math.round(bytesMax / 1024 / 1024)} MB is reached`;
				waiting += lastLine(why);
				end(`${why} (metrics: record)`);
			} else if (waiting.length + size > waitingBytesMax) {
				end('the disk does not keep up');
				return;
			} else {
				bytes += size;
				waiting += lines;
			}
			writing ??= drain().finally(() => {
				writing = undefined;
			});
		},
		async close() {
			while (writing) await writing;
			isOver = true;
			await file?.close().catch(() => {});
		},
	};
}

/** The lines of the series recorded in a session's folder, file by file as they stand; empty where there are none. */
export function readSeriesLines(path: string): AsyncIterable<string> {
	if (!existsSync(path)) return (async function* () {})();
	return createInterface({input: createReadStream(path, {highWaterMark: 256 * 1024}), crlfDelay: Number.POSITIVE_INFINITY});
}
