/**
 * The process of the built-in router: one proxy, detached, that outlives whoever started it.
 *
 *   node builtin-proxy.ts '{"listen":"127.0.0.1:8080","baseline":["http://…"],"candidate":["http://…"],"controlSocket":"/…",…}'
 *
 * It ends on SIGTERM or `POST /end` on its control socket, after the requests under way; its files go with it then. After a crash
 * they stay, which is how the two are told apart.
 */
import {readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer, type Server} from 'node:http';
import {connect} from 'node:net';
import {hostname} from 'node:os';
import {builtinProtocol, type HostPort, type ProxyConfig, type ProxyState, parseHostPort, pidPath} from './builtin-config.ts';
import {answerMetrics, createControl} from './builtin-control.ts';
import {createCounts} from './builtin-counts.ts';
import {createFront, type InForce} from './builtin-front.ts';

const graceMs = 10_000;
const logLinesMax = 1_000;
const answerMs = 1_000;

let logLines = 0;
/** Standard error is a file beside the control socket; a proxy that runs for months must not fill the disk. */
const log = (line: string): void => {
	if (logLines++ < logLinesMax) process.stderr.write(`${new Date().toISOString()} ${line}\n`);
};

const listening = (server: Server, where: HostPort | string): Promise<void> =>
	new Promise((resolve, reject) => {
		server.once('error', reject);
		const ready = (): void => {
			server.off('error', reject);
			resolve();
		};
		if (typeof where === 'string') server.listen(where, ready);
		else server.listen(where.port, where.host, ready);
	});

const isAnswered = (path: string): Promise<boolean> =>
	new Promise(resolve => {
		const socket = connect(path);
		const say = (is: boolean): void => {
			socket.destroy();
			resolve(is);
		};
		socket.setTimeout(answerMs, () => say(true));
		socket.once('connect', () => say(true));
		socket.once('error', () => say(false));
	});

/** Field 22 of proc(5): tells this process from a later one with its number. */
function startTicks(): string {
	try {
		const stat = readFileSync('/proc/self/stat', 'latin1');
		return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '-';
	} catch {
		return '-';
	}
}

async function run(config: ProxyConfig): Promise<void> {
	const {listen, metricsListen, controlSocket, weightPercent, baseline, candidate, sticky} = config;
	const since = new Date().toISOString();
	const inForce: InForce = {targets: {baseline, candidate, ...(sticky && {sticky})}, weightPercent};
	const counts = createCounts(() => inForce.weightPercent);
	const front = createFront(inForce, counts);
	const state = (): ProxyState => ({
		protocol: builtinProtocol,
		pid: process.pid,
		since,
		listen,
		...(metricsListen !== undefined && {metricsListen}),
		...inForce.targets,
		weightPercent: inForce.weightPercent,
		silent: front.silent(),
		counts: {baseline: counts.of('baseline'), candidate: counts.of('candidate')},
	});
	const metrics = createServer((request, response) => {
		if (request.url === '/metrics') void answerMetrics(response, counts);
		else response.writeHead(404).end();
	});
	const control = createControl({inForce, counts, state, log, end: () => void end('asked to')});

	// Of two that start at once only one gets the port; the other one gives up before it touches the socket.
	await listening(front.server, parseHostPort(listen) ?? {host: '127.0.0.1', port: 0});
	const metricsAt = metricsListen === undefined ? undefined : parseHostPort(metricsListen);
	if (metricsAt) await listening(metrics, metricsAt);
	if (await isAnswered(controlSocket)) throw new Error(`another process answers on ${controlSocket}`);
	rmSync(controlSocket, {force: true});
	await listening(control, controlSocket);
	writeFileSync(pidPath(controlSocket), `${process.pid} ${startTicks()} ${hostname()}\n`);
	log(`listening on ${listen}, process ${process.pid}, weight ${weightPercent}`);

	let isEnding = false;
	async function end(why: string): Promise<void> {
		if (isEnding) return;
		isEnding = true;
		log(`ending: ${why}`);
		for (const path of [controlSocket, pidPath(controlSocket)]) rmSync(path, {force: true});
		const limit = setTimeout(() => process.exit(0), graceMs);
		front.server.close();
		for (const server of [metrics, control]) server.close();
		while (counts.of('baseline').inFlight + counts.of('candidate').inFlight > 0) {
			front.server.closeIdleConnections();
			await new Promise(resolve => setTimeout(resolve, 20));
		}
		clearTimeout(limit);
		process.exit(0);
	}
	process.on('SIGTERM', () => void end('SIGTERM'));
	process.on('SIGINT', () => void end('SIGINT'));
	// Its session leader may be a terminal that closes.
	process.on('SIGHUP', () => {});
	// One odd request must not take the service down.
	process.on('uncaughtException', error => log(`unforeseen: ${error.stack ?? error.message}`));
}

// The control socket, the log and the process number are the owner's alone.
process.umask(0o177);
try {
	await run(JSON.parse(process.argv[2] ?? '') as ProxyConfig);
} catch (error) {
	log(error instanceof Error ? error.message : String(error));
	process.exit(1);
}
