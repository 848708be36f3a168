/**
 * One version of the demo's service, a process of its own on a free loopback port:
 *
 *   node service.ts VERSION ERROR_LOG
 *
 * It prints its port as one line of JSON. GET /: work · /events: a stream · /metrics · POST /fault: what goes wrong from now on. It
 * ends when its standard input does, so that nothing is left behind however its starter ends.
 */
import {appendFileSync} from 'node:fs';
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {text} from 'node:stream/consumers';
import {setTimeout as sleep} from 'node:timers/promises';
import {type Faults, noFaults} from './incidents.ts';
import {createServiceMetrics, memoryLimitBytes} from './service-metrics.ts';

const [, , version = 'dev', errorLog = '/dev/null'] = process.argv;
const workMs = {least: 15, spread: 45};
const streamEvents = 8;
const streamEveryMs = 200;
const leakEveryMs = 100;
const bodyBytesMax = 4_096;

let faults: Faults = noFaults;
let underWay = 0;
let number = 0;
const metrics = createServiceMetrics({underWay: () => underWay, breakerOpen: () => faults.breakerOpen});

/** Exactly the given share of its calls, evenly spread: a demo should not depend on luck. */
function createShare(): (share: number) => boolean {
	let owed = 0;
	return share => {
		owed += share;
		if (owed < 1 - 1e-9) return false;
		owed -= 1;
		return true;
	};
}
const isSlow = createShare();
const isFailing = createShare();
const isRefused = createShare();

function logError(code: string, message: string): void {
	const line = {time: new Date().toISOString(), level: 'error', code, message, version};
	appendFileSync(errorLog, `${JSON.stringify(line)}\n`);
}

const answer = (response: ServerResponse, status: number, body: object): void => {
	response.writeHead(status, {'content-type': 'application/json', 'x-version': version}).end(`${JSON.stringify(body)}\n`);
};

async function work(response: ServerResponse): Promise<void> {
	const startedMs = performance.now();
	underWay++;
	try {
		const isShort = faults.breakerOpen && isRefused(1 / 2);
		const usualMs = workMs.least + Math.random() * workMs.spread;
		if (!isShort) await sleep(usualMs + (isSlow(faults.slowShare) ? faults.slowMs : 0));
		const status = isShort ? 503 : isFailing(faults.errorShare) ? 500 : 200;
		metrics.requests.inc({code: String(status)});
		metrics.seconds.observe((performance.now() - startedMs) / 1000);
		if (isShort) logError('BREAKER_OPEN', 'circuit breaker "database" is open, request refused');
		if (status === 500)
			logError('UPSTREAM_FAILED', `query ${++number} failed: connection reset by peer after ${Math.round(usualMs)} ms`);
		answer(response, status, {version});
	} finally {
		underWay--;
	}
}

async function stream(response: ServerResponse): Promise<void> {
	metrics.streams.inc();
	response.writeHead(200, {'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-version': version});
	for (let event = 0; event < streamEvents && !response.destroyed; event++) {
		response.write(`id: ${event}\ndata: {"version":"${version}"}\n\n`);
		await sleep(streamEveryMs);
	}
	if (response.destroyed) return;
	response.end();
	metrics.streamsDone.inc();
}

async function page(response: ServerResponse): Promise<void> {
	response.setHeader('content-type', metrics.registry.contentType);
	// The head arrives, so that a reader that waits for that alone believes all is well.
	if (faults.metricsHung) response.write('# HELP http_requests_total Requests answered.\n');
	else response.end(await metrics.registry.metrics());
}

async function changeFaults(request: IncomingMessage, response: ServerResponse): Promise<void> {
	if (Number(request.headers['content-length'] ?? bodyBytesMax + 1) > bodyBytesMax) return answer(response, 413, {});
	const change = JSON.parse(await text(request)) as Partial<Faults>;
	faults = {...noFaults, ...change};
	metrics.rlsErrors.inc(faults.rlsViolations);
	for (let count = 0; count < faults.rlsViolations; count++) {
		logError('RLS_VIOLATION', 'query returned rows of tenant 12 to a user of tenant 7: policy "tenant_isolation" did not apply');
	}
	answer(response, 200, faults);
}

const server = createServer((request, response) => {
	const handlers: Readonly<Record<string, () => Promise<void>>> = {
		'GET /': () => work(response),
		'GET /events': () => stream(response),
		'GET /metrics': () => page(response),
		'POST /fault': () => changeFaults(request, response),
	};
	const handler = handlers[`${request.method} ${request.url}`];
	if (!handler) return answer(response, 404, {});
	handler().catch((error: unknown) => {
		if (response.headersSent) response.destroy();
		else answer(response, 400, {error: String(error)});
	});
});
// Longer than the proxy keeps an idle connection: who closes first must not be the one that may get a request.
server.keepAliveTimeout = 75_000;
server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify({port: (server.address() as AddressInfo).port})}\n`));

const leaked: Buffer[] = [];
setInterval(() => {
	const bytes = Math.floor((faults.leakBytesPerSecond * leakEveryMs) / 1000);
	// A process that leaks is ended at its limit by the kernel; the demo stops there instead.
	if (bytes > 0 && process.memoryUsage.rss() < memoryLimitBytes) leaked.push(Buffer.alloc(bytes, 1));
}, leakEveryMs).unref();

process.stdin
	.on('end', () => process.exit(0))
	.on('error', () => process.exit(0))
	.resume();
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => process.exit(0));
