import {setTimeout as sleep} from 'node:timers/promises';
import {request} from 'undici';
import {waitUntil} from './wait.ts';

export type ScrapeTarget = {
	/** `127.0.0.1:3001`. */
	readonly address: string;
	/** Put on every series of this target: `{version: 'canary'}`. */
	readonly labels?: Readonly<Record<string, string>>;
};

export type ScrapeJob = {
	/** Label `job`; default `service`. */
	readonly job?: string;
	/** Default `/metrics`. */
	readonly path?: string;
	readonly targets: readonly ScrapeTarget[];
};

/** The part `scrape_configs` of a Prometheus configuration; VictoriaMetrics reads the same. JSON is YAML too. */
export const scrapeConfigs = (jobs: readonly ScrapeJob[]): object[] =>
	jobs.map(({job = 'service', path = '/metrics', targets}) => ({
		job_name: job,
		metrics_path: path,
		static_configs: targets.map(({address, labels = {}}) => ({targets: [address], labels})),
	}));

export type Sample = {readonly metric: Readonly<Record<string, string>>; readonly value: number};

/**
 * One instant query over HTTP, for tests that look at the server's own answer. A scalar comes as one sample without labels.
 * Throws on anything but success.
 */
export async function instantQuery(url: string, query: string): Promise<Sample[]> {
	const answer = await request(`${url}/api/v1/query?${new URLSearchParams({query})}`, {headersTimeout: 5000, bodyTimeout: 5000});
	const body = (await answer.body.json()) as {
		readonly status: string;
		readonly error?: string;
		readonly data?: {readonly resultType: string; readonly result: unknown};
	};
	if (body.status !== 'success' || body.data === undefined) throw new Error(`${query}: ${body.error ?? answer.statusCode}`);
	if (body.data.resultType === 'scalar') return [{metric: {}, value: Number((body.data.result as [number, string])[1])}];
	const result = body.data.result as {readonly metric: Record<string, string>; readonly value: [number, string]}[];
	return result.map(({metric, value}) => ({metric, value: Number(value[1])}));
}

/** Waits until so many targets are up; Prometheus looks at its targets 5 s after the start for the first time. */
export async function waitForTargets(url: string, count: number): Promise<void> {
	if (count === 0) return;
	const probe = async (): Promise<boolean> => {
		const [sample] = await instantQuery(url, 'sum(up)');
		return sample !== undefined && sample.value >= count;
	};
	await waitUntil(`${count} targets are up`, probe, {timeoutMs: 30_000, everyMs: 100});
}

/** Waits until the query's first sample fulfils the condition, and gives the sample. */
export async function waitForSample(
	url: string,
	query: string,
	fits: (sample: Sample) => boolean,
	timeoutMs = 20_000,
): Promise<Sample> {
	const probe = async (): Promise<Sample | undefined> => (await instantQuery(url, query)).find(fits);
	return waitUntil(`${query} fits`, probe, {timeoutMs, everyMs: 100});
}

/** For servers that have no better sign of being ready. */
export async function answersOk(url: string): Promise<boolean> {
	const {statusCode, body} = await request(url, {headersTimeout: 1000});
	await body.dump();
	if (statusCode !== 200) await sleep(50);
	return statusCode === 200;
}
