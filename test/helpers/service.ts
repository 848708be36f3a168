import {join} from 'node:path';
import {request} from 'undici';
import {createTempFolder, freePort, type RunningProcess, startProcess} from './process.ts';
import type {FaultChange} from './service-faults.ts';

export type {FaultChange} from './service-faults.ts';

const main = new URL('service-main.ts', import.meta.url).pathname;

export type ServiceOptions = {
	/** Answered as header `x-version` and in the body: `stable`, `canary`. */
	readonly version: string;
	readonly port?: number;
	/** JSON lines; default `errors.log` in a temp folder of its own. */
	readonly errorLog?: string;
	/** Every work request takes this long, healthy or not; default 0. */
	readonly latencyMs?: number;
};

export type Service = AsyncDisposable & {
	readonly version: string;
	readonly port: number;
	/** `http://127.0.0.1:port`, no slash at the end. */
	readonly url: string;
	readonly errorLog: string;
	readonly process: RunningProcess;
	/** What is named changes, the rest stays. A crash is over when this resolves. */
	fault(change: FaultChange): Promise<void>;
	/** All lasting faults end. */
	heal(): Promise<void>;
	stop(): Promise<void>;
};

/** Starts the service of `service-main.ts` as a process of its own and waits until it answers. */
export async function startService({version, errorLog, latencyMs = 0, ...options}: ServiceOptions): Promise<Service> {
	const folder = createTempFolder('service');
	const port = options.port ?? (await freePort());
	const url = `http://127.0.0.1:${port}`;
	const log = errorLog ?? join(folder.path, 'errors.log');
	const flags = ['--port', `${port}`, '--version', version, '--error-log', log, '--latency-ms', `${latencyMs}`];
	const started = await startProcess({
		name: `service ${version}`,
		command: process.execPath,
		args: [main, ...flags],
		ready: async () => {
			const {statusCode, body} = await request(`${url}/health`);
			await body.dump();
			return statusCode === 200;
		},
		afterStop: folder.remove,
	});
	const ask = async (method: 'POST' | 'DELETE', body?: string): Promise<void> => {
		const answer = await request(`${url}/fault`, {method, ...(body === undefined ? {} : {body}), headersTimeout: 5000});
		const text = await answer.body.text();
		if (answer.statusCode !== 200) throw new Error(`The service refused the fault: ${text}`);
	};
	const stop = async (): Promise<void> => void (await started.stop());
	return {
		version,
		port,
		url,
		errorLog: log,
		process: started,
		fault: async change => {
			await ask('POST', JSON.stringify(change));
			if (change.crash) await started.exit;
		},
		heal: () => ask('DELETE'),
		stop,
		[Symbol.asyncDispose]: stop,
	};
}
