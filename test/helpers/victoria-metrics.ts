import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {createTempFolder, freePort, startProcess} from './process.ts';
import {type MetricsServer, metricsServer} from './prometheus.ts';
import {answersOk, type ScrapeJob, scrapeConfigs, waitForTargets} from './scrape-config.ts';
import {requireServer, serverEnvironment} from './servers.ts';

export type VictoriaMetricsOptions = {
	readonly jobs: readonly ScrapeJob[];
	/** Default `1s`. */
	readonly interval?: string;
	/** How far answers lag behind; the server's own default is 30 s, ours is `1s`. */
	readonly latencyOffset?: string;
};

/** Starts Debian's VictoriaMetrics (single node, scraping by itself) and waits until its targets are up. */
export async function startVictoriaMetrics(options: VictoriaMetricsOptions): Promise<MetricsServer> {
	const {jobs, interval = '1s', latencyOffset = '1s'} = options;
	const program = requireServer('victoria-metrics');
	const folder = createTempFolder('victoria');
	const port = await freePort();
	const url = `http://127.0.0.1:${port}`;
	const configPath = join(folder.path, 'scrape.yml');
	writeFileSync(
		configPath,
		JSON.stringify({
			global: {scrape_interval: interval, scrape_timeout: interval},
			scrape_configs: scrapeConfigs(jobs),
		}),
	);
	const started = await startProcess({
		name: 'victoria-metrics',
		command: program,
		args: [
			`-storageDataPath=${join(folder.path, 'data')}`,
			`-httpListenAddr=127.0.0.1:${port}`,
			`-promscrape.config=${configPath}`,
			`-search.latencyOffset=${latencyOffset}`,
			'-retentionPeriod=1',
			'-memory.allowedPercent=10',
			'-loggerLevel=WARN',
		],
		cwd: folder.path,
		env: serverEnvironment(program),
		ready: () => answersOk(`${url}/health`),
		readyTimeoutMs: 30_000,
		stopTimeoutMs: 5000,
		afterStop: folder.remove,
	});
	try {
		await waitForTargets(url, jobs.flatMap(job => job.targets).length);
	} catch (error) {
		await started.stop();
		throw error;
	}
	return metricsServer(port, url, folder.path, started);
}
