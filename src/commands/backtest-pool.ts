import {availableParallelism} from 'node:os';
import {fileURLToPath} from 'node:url';
import {Worker} from 'node:worker_threads';
import type {BacktestJob, BacktestResult} from './backtest-session.ts';
import type {FromWorker} from './backtest-worker.ts';

/** More threads than this wait for the disk. */
const workersMax = 8;

/** Besides this module: a bundle of its own beside the program, or the source. */
const workerFile = (): string =>
	fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? 'backtest-worker.ts' : 'backtest-worker.js', import.meta.url));

/**
 * Runs the jobs on as many threads as there are cores; results in the order of the jobs. `onProgress` hears the share of all that is
 * done. A worker that dies is an error of the session it was at.
 */
export async function runBacktests(
	jobs: readonly BacktestJob[],
	onProgress: (share: number) => void,
): Promise<readonly BacktestResult[]> {
	const results: BacktestResult[] = new Array(jobs.length);
	const shares = new Float64Array(jobs.length);
	let next = 0;
	const progressed = (index: number, share: number): void => {
		shares[index] = share;
		onProgress(shares.reduce((sum, one) => sum + one, 0) / jobs.length);
	};
	const lane = async (): Promise<void> => {
		let worker: Worker | undefined;
		for (let index = next++; index < jobs.length; index = next++) {
			worker ??= new Worker(workerFile());
			const answer = await runOn(worker, jobs[index] as BacktestJob, share => progressed(index, share));
			results[index] = answer.result;
			progressed(index, 1);
			if (answer.isDead) worker = undefined;
		}
		await worker?.terminate();
	};
	const lanes = Math.min(jobs.length, workersMax, availableParallelism());
	await Promise.all(Array.from({length: lanes}, lane));
	return results;
}

function runOn(
	worker: Worker,
	job: BacktestJob,
	onProgress: (share: number) => void,
): Promise<{result: BacktestResult; isDead: boolean}> {
	return new Promise(resolve => {
		const end = (result: BacktestResult, isDead: boolean): void => {
			worker.off('message', hear);
			worker.off('error', die);
			resolve({result, isDead});
		};
		const hear = (message: FromWorker): void => {
			if (message.kind === 'progress') onProgress(message.share);
			else end(message.result, false);
		};
		const die = (error: unknown): void =>
			end({session: job.name, folder: job.folder, ok: false, error: `Its backtest broke off: ${String(error)}`}, true);
		worker.on('message', hear);
		worker.on('error', die);
		worker.postMessage(job);
	});
}
