/**
 * A small web service with real metrics and faults to inject. Runs by itself:
 *
 *   node test/helpers/service-main.ts --port 3001 --version canary [--error-log FILE] [--latency-ms 2]
 *
 * GET / and POST /api/v1/memory/query: work · /health · /metrics[/memory|/system|/sse] · /events?count=3&interval-ms=10: an event
 * stream · GET, POST, DELETE /fault: see service-faults.ts. It listens on loopback alone and keeps no state on disk but the log.
 */
import {appendFileSync} from 'node:fs';
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import {text} from 'node:stream/consumers';
import {setTimeout as sleep} from 'node:timers/promises';
import {parseArgs} from 'node:util';
import {createShare, type Faults, faultChange, noFaults, startLeak} from './service-faults.ts';
import {createServiceMetrics, type PageName} from './service-metrics.ts';
import {answerMetrics} from './service-pages.ts';

const {values: options} = parseArgs({
	options: {
		port: {type: 'string'},
		version: {type: 'string', default: 'dev'},
		'error-log': {type: 'string'},
		'latency-ms': {type: 'string', default: '0'},
	},
});
const version = options.version;
const usualLatencyMs = Number(options['latency-ms']);
const bodyBytesMax = 64 * 1024;

let faults: Faults = {...noFaults};
let underWay = 0;
let answered = 0;
const fails = createShare();
const limits = createShare();
const breaks = createShare();
const metrics = createServiceMetrics(() => underWay);
startLeak(() => faults.leakBytesPerSecond);

/** Opened anew for each line, so that a rotated log simply goes on in a new file. */
function logError(code: string, message: string): void {
	const file = options['error-log'];
	if (file === undefined) return;
	appendFileSync(file, `${JSON.stringify({time: new Date().toISOString(), level: 'ERROR', code, msg: message, version})}\n`);
}

function answer(response: ServerResponse, status: number, body: object): void {
	response.writeHead(status, {'content-type': 'application/json', 'x-version': version}).end(`${JSON.stringify(body)}\n`);
}

async function work(response: ServerResponse): Promise<void> {
	const startedMs = performance.now();
	underWay++;
	try {
		const latencyMs = usualLatencyMs + faults.latencyMs;
		if (latencyMs > 0) await sleep(latencyMs);
		const number = ++answered;
		const status = fails(faults.errorRate) ? 500 : limits(faults.limitRate) ? 429 : 200;
		const tookMs = performance.now() - startedMs;
		metrics.requests.inc({code: String(status)});
		metrics.durationSeconds.observe(tookMs / 1000);
		metrics.filteredByUser.inc();
		for (const histogram of [metrics.ttfvMs, metrics.annMs, metrics.dbMs]) histogram.observe(tookMs);
		if (status === 500) logError('UPSTREAM_FAILED', `request ${number} failed after ${Math.round(tookMs)} ms`);
		answer(response, status, {version, number});
	} finally {
		underWay--;
	}
}

async function stream(response: ServerResponse, query: URLSearchParams): Promise<void> {
	const count = Math.min(10_000, Number(query.get('count') ?? 3));
	const intervalMs = Math.min(60_000, Number(query.get('interval-ms') ?? 10));
	const breaksAt = breaks(faults.sseBreakRate) ? Math.floor(count / 2) : undefined;
	metrics.sseStarted.inc();
	response.writeHead(200, {'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-version': version});
	for (let number = 0; number < count && !response.destroyed; number++) {
		if (number === breaksAt) {
			metrics.sseTimeouts.inc();
			logError('STREAM_BROKEN', `stream broke off after ${number} of ${count} events`);
			response.destroy();
			return;
		}
		response.write(`id: ${number}\ndata: {"version":"${version}","number":${number}}\n\n`);
		await sleep(intervalMs);
	}
	if (response.destroyed) return;
	response.end('event: done\ndata: {}\n\n');
	metrics.sseComplete.inc();
}

async function changeFaults(request: IncomingMessage, response: ServerResponse): Promise<void> {
	if (Number(request.headers['content-length'] ?? 0) > bodyBytesMax) return answer(response, 413, {error: 'too long'});
	const change = faultChange.safeParse(JSON.parse(await text(request)));
	if (!change.success) return answer(response, 400, {error: change.error.message});
	const {rlsViolations = 0, crossTenantAttempts = 0, crash, ...lasting} = change.data;
	const named = Object.fromEntries(Object.entries(lasting).filter(([, value]) => value !== undefined));
	faults = {...faults, ...named};
	metrics.rlsErrors.inc(rlsViolations);
	metrics.crossTenant.inc(crossTenantAttempts);
	if (rlsViolations > 0) logError('RLS_POLICY', 'new row violates row-level security policy for table "memory_chunks"');
	if (crossTenantAttempts > 0) logError('CROSS_TENANT', 'user of tenant 7 asked for rows of tenant 12');
	answer(response, 200, faults);
	if (crash) response.once('close', () => process.exit(70));
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
	const url = new URL(request.url ?? '/', 'http://localhost');
	switch (`${request.method} ${url.pathname}`) {
		case 'GET /':
		case 'POST /api/v1/memory/query':
			return work(response);
		case 'GET /events':
			return stream(response, url.searchParams);
		case 'GET /health':
			return answer(response, faults.unhealthy ? 503 : 200, {status: faults.unhealthy ? 'unhealthy' : 'ok', version});
		case 'GET /metrics':
		case 'GET /metrics/memory':
		case 'GET /metrics/system':
		case 'GET /metrics/sse': {
			const page = (url.pathname.split('/')[2] ?? 'all') as PageName;
			return answerMetrics(response, metrics.pages[page], faults.metricsPage);
		}
		case 'GET /fault':
			return answer(response, 200, faults);
		case 'POST /fault':
			return changeFaults(request, response);
		case 'DELETE /fault':
			faults = {...noFaults};
			return answer(response, 200, faults);
		default:
			return answer(response, 404, {error: `no ${request.method} ${url.pathname}`});
	}
}

const server = createServer((request, response) => {
	handle(request, response).catch((error: unknown) => {
		if (!response.headersSent) answer(response, 500, {error: String(error)});
		else response.destroy();
	});
});
// A balancer reuses a connection at the very moment we close it for idleness, and the client pays: outlive the balancer's timeout.
server.keepAliveTimeout = 75_000;
server.listen(Number(options.port), '127.0.0.1');
// The work under way is finished first, as a service that is being replaced does.
process.once('SIGTERM', () => {
	server.close(() => process.exit(0));
	server.closeIdleConnections();
	setTimeout(() => process.exit(0), 1000).unref();
});
