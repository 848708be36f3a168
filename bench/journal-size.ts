import {execFile} from 'node:child_process';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {createTempFolder} from '../test/helpers/temp-folder.ts';
import {aim, progress, type Spread} from './kit/figures.ts';

type Day = {
	readonly bytesPerValue: {readonly folder: number};
	readonly seekMs: {readonly quick: Spread; readonly verified: Spread};
};

/** What a recorded day of twenty guardrails a second takes on the disk once it is over, and how long a seek in it takes. */
export async function run(): Promise<object> {
	using temp = createTempFolder('bench-size');
	const script = new URL('journal/size.ts', import.meta.url).pathname;
	const results: Record<string, object> = {};
	for (const seconds of [1, 15]) {
		progress(`  a scrape every ${seconds} s`);
		const args = [script, join(temp.path, `every-${seconds}`), `${seconds}`, process.env['BENCH_TICKS'] ?? '86400'];
		const {stdout} = await promisify(execFile)(process.execPath, args, {timeout: 900_000});
		const day = JSON.parse(stdout) as Day;
		results[`scrape ${seconds} s`] = {
			...day,
			folderBytesPerValue: aim(day.bytesPerValue.folder, 3, 'bytes a value'),
			seekP99: aim(day.seekMs.quick.p99, 50, 'ms'),
		};
	}
	return results;
}
