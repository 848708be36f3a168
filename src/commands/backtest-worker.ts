import {parentPort} from 'node:worker_threads';
import {type BacktestJob, type BacktestResult, backtestSession} from './backtest-session.ts';

/** What a worker says: how far it is, then what came of it. */
export type FromWorker =
	| {readonly kind: 'progress'; readonly share: number}
	| {readonly kind: 'done'; readonly result: BacktestResult};

/** One job after another, until the port is closed. */
parentPort?.on('message', (job: BacktestJob) => {
	const say = (message: FromWorker): void => parentPort?.postMessage(message);
	void backtestSession(job, share => say({kind: 'progress', share}))
		.catch((error: unknown): BacktestResult => {
			return {session: job.name, folder: job.folder, ok: false, error: `A fault of the program itself: ${String(error)}`};
		})
		.then(result => say({kind: 'done', result}));
});
