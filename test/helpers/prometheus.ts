import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {createTempFolder, freePort, type RunningProcess, startProcess} from './process.ts';
import {
	answersOk,
	instantQuery,
	type Sample,
	type ScrapeJob,
	scrapeConfigs,
	waitForSample,
	waitForTargets,
} from './scrape-config.ts';
import {requireServer, serverEnvironment} from './servers.ts';

export type PrometheusOptions = {
	readonly jobs: readonly ScrapeJob[];
	/** Scrape and evaluation, in Prometheus' notation; default `1s`. */
	readonly interval?: string;
	/** A rule file's text (YAML, with `groups:`). */
	readonly rules?: string;
	/** `127.0.0.1:9093`. */
	readonly alertmanagerAddress?: string;
	/** Resolve only when all targets have been scraped (about 6 s); default true. */
	readonly waitForTargets?: boolean;
};

/** A server with the Prometheus API: Prometheus itself, or VictoriaMetrics. */
export type MetricsServer = AsyncDisposable & {
	readonly port: number;
	/** `http://127.0.0.1:port`, no slash at the end. */
	readonly url: string;
	readonly folder: string;
	readonly process: RunningProcess;
	query(query: string): Promise<Sample[]>;
	/** Until the first fitting sample of the query; default 20 s. */
	waitForSample(query: string, fits: (sample: Sample) => boolean, timeoutMs?: number): Promise<Sample>;
	stop(): Promise<void>;
};

export type Prometheus = MetricsServer & {
	/** Where the rule file is; rewrite it and call `reload`. */
	readonly rulesPath: string;
	reload(): Promise<void>;
};

/** Starts Debian's Prometheus on a free port, with its data in a temp folder. */
export async function startPrometheus(options: PrometheusOptions): Promise<Prometheus> {
	const {jobs, interval = '1s', rules = 'groups: []\n', alertmanagerAddress} = options;
	const program = requireServer('prometheus');
	const folder = createTempFolder('prometheus');
	const port = await freePort();
	const url = `http://127.0.0.1:${port}`;
	const rulesPath = join(folder.path, 'rules.yml');
	const configPath = join(folder.path, 'prometheus.yml');
	const alerting = {alertmanagers: [{static_configs: [{targets: [alertmanagerAddress]}]}]};
	const config = {
		// The timeout may not be longer than the interval, and is 10 s by default.
		global: {scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval},
		rule_files: [rulesPath],
		...(alertmanagerAddress === undefined ? {} : {alerting}),
		scrape_configs: scrapeConfigs(jobs),
	};
	writeFileSync(rulesPath, rules);
	writeFileSync(configPath, JSON.stringify(config));
	const started = await startProcess({
		name: 'prometheus',
		command: program,
		args: [
			`--config.file=${configPath}`,
			`--storage.tsdb.path=${join(folder.path, 'data')}`,
			`--web.listen-address=127.0.0.1:${port}`,
			'--web.enable-lifecycle',
			'--log.level=warn',
		],
		cwd: folder.path,
		env: serverEnvironment(program),
		ready: () => answersOk(`${url}/-/ready`),
		readyTimeoutMs: 30_000,
		stopTimeoutMs: 5000,
		afterStop: folder.remove,
	});
	const stop = async (): Promise<void> => void (await started.stop());
	try {
		if (options.waitForTargets ?? true) await waitForTargets(url, jobs.flatMap(job => job.targets).length);
	} catch (error) {
		await stop();
		throw error;
	}
	return {
		...metricsServer(port, url, folder.path, started),
		rulesPath,
		async reload() {
			const answer = await fetch(`${url}/-/reload`, {method: 'POST', signal: AbortSignal.timeout(5000)});
			if (!answer.ok) throw new Error(`Prometheus refused the configuration: ${await answer.text()}`);
		},
	};
}

/** What every server with the Prometheus API has. */
export function metricsServer(port: number, url: string, folder: string, started: RunningProcess): MetricsServer {
	const stop = async (): Promise<void> => void (await started.stop());
	return {
		port,
		url,
		folder,
		process: started,
		query: query => instantQuery(url, query),
		waitForSample: (query, fits, timeoutMs) => waitForSample(url, query, fits, timeoutMs),
		stop,
		[Symbol.asyncDispose]: stop,
	};
}
