import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {createTempFolder, freePort, type RunningProcess, startProcess} from '../../helpers/process.ts';
import {answersOk} from '../../helpers/scrape-config.ts';
import {requireServer, serverEnvironment} from '../../helpers/servers.ts';

/** A real Prometheus that scrapes nobody and has what is pushed to it (`push` of remote-write.ts). */
export async function startEmptyPrometheus(): Promise<{readonly url: string; readonly process: RunningProcess}> {
	const program = requireServer('prometheus');
	const folder = createTempFolder('empty-prometheus');
	const port = await freePort();
	const url = `http://127.0.0.1:${port}`;
	const config = join(folder.path, 'prometheus.yml');
	writeFileSync(config, '{}');
	const server = await startProcess({
		name: 'prometheus',
		command: program,
		args: [
			`--config.file=${config}`,
			`--storage.tsdb.path=${join(folder.path, 'data')}`,
			`--web.listen-address=127.0.0.1:${port}`,
			'--web.enable-remote-write-receiver',
			'--log.level=error',
		],
		cwd: folder.path,
		env: serverEnvironment(program),
		ready: () => answersOk(`${url}/-/ready`),
		readyTimeoutMs: 30_000,
		stopTimeoutMs: 5_000,
		afterStop: folder.remove,
	});
	return {url, process: server};
}
