import {execFile} from 'node:child_process';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {build} from 'esbuild';
import {nodeFlags} from '../src/controller/spawn.ts';
import {createTempFolder} from '../test/helpers/temp-folder.ts';
import {aim} from './kit/figures.ts';

type Day = {
	readonly ticks: number;
	readonly cpuMsPerTick: number;
	readonly residentMb: readonly number[];
	readonly journalMb: number;
	readonly stateKb: number;
	readonly resumeMs: number;
	readonly foldWholeMs: number;
};

/** A simulated day of the controller's loop with twenty guardrails a second: memory, CPU a tick, size of the journal, time to resume. */
export async function run(): Promise<object> {
	using temp = createTempFolder('bench-journal');
	const bundle = join(temp.path, 'day.mjs');
	const entryPoints = [new URL('journal/day.ts', import.meta.url).pathname];
	// Some packages are CommonJS and ask for Node's own modules by `require`.
	const banner = {js: "import {createRequire} from 'node:module'; const require = createRequire(import.meta.url);"};
	await build({entryPoints, outfile: bundle, bundle: true, platform: 'node', format: 'esm', logLevel: 'error', banner});
	const args = [...nodeFlags, bundle, temp.path];
	const {stdout} = await promisify(execFile)(process.execPath, args, {timeout: 600_000});
	const day = JSON.parse(stdout) as Day;
	const settled = day.residentMb.slice(2);
	return {
		...day,
		residentMbMax: aim(Math.max(...day.residentMb), 150, 'MB'),
		residentMbGrowth: aim(
			Math.round(10 * ((settled.at(-1) ?? 0) - Math.min(...settled))) / 10,
			15,
			'MB after the first two hours',
		),
	};
}
