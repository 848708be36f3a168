import {existsSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import {json} from 'node:stream/consumers';
import {createTempFolder, freePort, type RunningProcess, startProcess} from './process.ts';
import {answersOk} from './scrape-config.ts';
import {requireServer, serverEnvironment, unpackedRoot} from './servers.ts';

/** What Alertmanager posts to a webhook, version 4 of its format; only the fields that tests look at. */
export type AlertNotice = {
	readonly status: 'firing' | 'resolved';
	readonly alerts: readonly {
		readonly status: 'firing' | 'resolved';
		readonly labels: Readonly<Record<string, string>>;
		readonly annotations: Readonly<Record<string, string>>;
		readonly startsAt: string;
	}[];
};

export type WebhookReceiver = AsyncDisposable & {
	readonly url: string;
	/** In the order of arrival, with milliseconds since the epoch. */
	readonly notices: readonly (AlertNotice & {readonly atMs: number})[];
	stop(): Promise<void>;
};

/** Stands where the classic chain has its script; `act` is called before the notice is kept. */
export async function startWebhookReceiver(act: (notice: AlertNotice) => void = () => {}): Promise<WebhookReceiver> {
	const notices: (AlertNotice & {readonly atMs: number})[] = [];
	const server = createServer(async (request, response) => {
		try {
			const notice = (await json(request)) as AlertNotice;
			const atMs = Date.now();
			act(notice);
			notices.push({...notice, atMs});
			response.end();
		} catch (error) {
			response.writeHead(500).end(String(error));
		}
	});
	await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
	const {port} = server.address() as AddressInfo;
	const stop = (): Promise<void> =>
		new Promise(resolve => {
			server.close(() => resolve());
			server.closeAllConnections();
		});
	return {url: `http://127.0.0.1:${port}/`, notices, stop, [Symbol.asyncDispose]: stop};
}

export type Alertmanager = AsyncDisposable & {
	/** For Prometheus: `127.0.0.1:port`. */
	readonly address: string;
	readonly url: string;
	readonly process: RunningProcess;
	/** Lets an alert fire, or with `isOver` resolves it, as Prometheus would. */
	post(labels: Readonly<Record<string, string>>, annotations?: Readonly<Record<string, string>>, isOver?: boolean): Promise<void>;
	stop(): Promise<void>;
};

export type AlertmanagerOptions = {
	readonly webhookUrl: string;
	/** The bearer token it brings to the webhook. */
	readonly token?: string;
	/** Default `0s`: the first notice leaves at once. */
	readonly groupWait?: string;
	/** Default `1s`. */
	readonly groupInterval?: string;
};

/**
 * Debian's build reads its templates from a fixed place. Where it was only unpacked, it gets its own view of the file system, in
 * which they are there; this needs user namespaces, which containers may forbid.
 */
function withTemplates(program: string, args: readonly string[]): {readonly command: string; readonly args: readonly string[]} {
	const templates = '/usr/share/prometheus/alertmanager/default.tmpl';
	if (!program.startsWith(unpackedRoot) || existsSync(templates)) return {command: program, args};
	const script = 'mount -t overlay overlay -o "lowerdir=$0/usr/share:/usr/share" /usr/share && exec "$@"';
	return {command: 'unshare', args: ['--user', '--map-root-user', '--mount', 'sh', '-c', script, unpackedRoot, program, ...args]};
}

/** Starts Debian's Alertmanager, alone (no cluster), sending everything to one webhook. */
export async function startAlertmanager(options: AlertmanagerOptions): Promise<Alertmanager> {
	const {webhookUrl, groupWait = '0s', groupInterval = '1s'} = options;
	const program = requireServer('alertmanager');
	const folder = createTempFolder('alertmanager');
	const port = await freePort();
	const address = `127.0.0.1:${port}`;
	const configPath = join(folder.path, 'alertmanager.yml');
	const route = {receiver: 'webhook', group_by: ['alertname'], group_wait: groupWait, group_interval: groupInterval};
	const http = options.token === undefined ? {} : {http_config: {authorization: {credentials: options.token}}};
	const receivers = [{name: 'webhook', webhook_configs: [{url: webhookUrl, send_resolved: true, ...http}]}];
	writeFileSync(configPath, JSON.stringify({route: {...route, repeat_interval: '1h'}, receivers}));
	const started = await startProcess({
		name: 'alertmanager',
		...withTemplates(program, [
			`--config.file=${configPath}`,
			`--storage.path=${join(folder.path, 'data')}`,
			`--web.listen-address=${address}`,
			// Empty: no gossip, and no port for it.
			'--cluster.listen-address=',
			'--log.level=warn',
		]),
		cwd: folder.path,
		env: serverEnvironment(program),
		ready: () => answersOk(`http://${address}/-/ready`),
		afterStop: folder.remove,
	});
	const stop = async (): Promise<void> => void (await started.stop());
	const post: Alertmanager['post'] = async (labels, annotations = {}, isOver = false) => {
		const now = new Date().toISOString();
		const answer = await fetch(`http://${address}/api/v2/alerts`, {
			method: 'POST',
			headers: {'content-type': 'application/json'},
			body: JSON.stringify([{labels, annotations, ...(isOver && {endsAt: now})}]),
		});
		if (!answer.ok) throw new Error(`Alertmanager refused the alert: ${await answer.text()}`);
	};
	return {post, address, url: `http://${address}`, process: started, stop, [Symbol.asyncDispose]: stop};
}
