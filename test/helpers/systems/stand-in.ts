import {appendFileSync} from 'node:fs';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';
import {Registry} from 'prom-client';

/** What goes wrong with a stand-in while it lasts. */
export type Faults = {
	/** Share of the requests that fail, 0 to 1. */
	readonly errorShare: number;
	/** What a request takes, in ms; the usual latency where absent. */
	readonly latencyMs?: number;
	/** Share of the requests that take `latencyMs`; the others take the usual latency. */
	readonly slowShare: number;
	/** Share of the event streams that break off. */
	readonly brokenStreams: number;
};

export const noFaults: Faults = {errorShare: 0, slowShare: 1, brokenStreams: 0};

/** One request, as it went. */
export type Request = {readonly latencyMs: number; readonly failed: boolean; readonly streamBroke: boolean};

/** The metrics of a system, by the names of its runbook. */
export type Metrics = {
	count(request: Request): void;
	/** What happens once, or changes a gauge: by name. */
	readonly events: Readonly<Record<string, () => void>>;
};

export type StandIn = AsyncDisposable & {
	readonly port: number;
	/** `http://127.0.0.1:port`. */
	readonly url: string;
	fault(change: Partial<Faults>): void;
	happen(event: string): void;
};

const usualLatencyMs = 4;

/** Of every so many requests, that many are hit: a share without chance, so that a short test sees it too. */
function everyShare(): (share: number) => boolean {
	let owed = 0;
	return share => {
		owed += share;
		if (owed < 1) return false;
		owed -= 1;
		return true;
	};
}

/**
 * A small HTTP service that answers requests, and tells of them on `/metrics…` by the names of a runbook. It reports the time it set
 * out to take, not what a busy machine made of it: what is tested is the canary, not the scheduler. `wanted`: the port; 0 is any.
 * `logPath`: where what fails is written, as JSON lines.
 */
export async function serveStandIn(metricsOf: (registry: Registry) => Metrics, wanted = 0, logPath = ''): Promise<StandIn> {
	const registry = new Registry();
	const metrics = metricsOf(registry);
	let faults = noFaults;
	const [fails, slow, breaks] = [everyShare(), everyShare(), everyShare()];
	const server = createServer((request, response) => {
		const path = request.url ?? '/';
		if (path.startsWith('/metrics')) {
			void registry.metrics().then(page => response.writeHead(200, {'content-type': registry.contentType}).end(page));
			return;
		}
		if (path === '/health') {
			response.end('ok\n');
			return;
		}
		void (async () => {
			const latencyMs = faults.latencyMs !== undefined && slow(faults.slowShare) ? faults.latencyMs : usualLatencyMs;
			const failed = fails(faults.errorShare);
			await sleep(latencyMs);
			if (failed && logPath !== '') appendFileSync(logPath, '{"level":"ERROR","code":"UPSTREAM_FAILED","message":"it failed"}\n');
			metrics.count({latencyMs, failed, streamBroke: breaks(faults.brokenStreams)});
			response.writeHead(failed ? 500 : 200).end(failed ? 'failed\n' : 'ok\n');
		})();
	});
	server.keepAliveTimeout = 75_000;
	await new Promise<void>(resolve => server.listen(wanted, '127.0.0.1', resolve));
	const {port} = server.address() as AddressInfo;
	return {
		port,
		url: `http://127.0.0.1:${port}`,
		fault(change) {
			faults = {...faults, ...change};
		},
		happen(event) {
			const act = metrics.events[event];
			if (!act) throw new Error(`There is no event ${event}.`);
			act();
		},
		async [Symbol.asyncDispose]() {
			server.closeAllConnections();
			await new Promise(resolve => server.close(resolve));
		},
	};
}
