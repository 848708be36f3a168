import {setTimeout as sleep} from 'node:timers/promises';
import {Pool} from 'undici';

export type LoadOptions = {
	/** `http://host:port` of the proxy. */
	readonly origin: string;
	readonly requestsPerSecond: number;
	readonly streamsPerSecond: number;
};

export type LoadCounts = {
	sent: number;
	/** Answered below 500. */
	ok: number;
	failed: number;
	/** Not sent because too many were under way. */
	notSent: number;
	streamsOk: number;
	streamsFailed: number;
};

export type Load = {readonly counts: Readonly<LoadCounts>; stop(): Promise<void>};

const sendEveryMs = 10;
const underWayMax = 200;
const requestMs = 5_000;
const streamMs = 10_000;

/** The demo's users: requests at a fixed rate whatever the answers do, as many clients that don't wait for each other send them. */
export function startLoad({origin, requestsPerSecond, streamsPerSecond}: LoadOptions): Load {
	const counts: LoadCounts = {sent: 0, ok: 0, failed: 0, notSent: 0, streamsOk: 0, streamsFailed: 0};
	const pool = new Pool(origin, {connections: underWayMax, pipelining: 1});
	const ending = new AbortController();
	const underWay = new Set<Promise<void>>();

	const get = async (path: string, timeoutMs: number): Promise<boolean> => {
		try {
			const signal = AbortSignal.any([ending.signal, AbortSignal.timeout(timeoutMs)]);
			const {statusCode, body} = await pool.request({method: 'GET', path, signal});
			// Not `dump`, which hides a body that was cut off.
			await body.arrayBuffer();
			return statusCode < 500;
		} catch {
			return false;
		}
	};
	const track = (work: Promise<void>): void => {
		underWay.add(work);
		void work.finally(() => underWay.delete(work));
	};
	const request = async (): Promise<void> => {
		counts[(await get('/', requestMs)) ? 'ok' : 'failed']++;
	};
	const stream = async (): Promise<void> => {
		counts[(await get('/events', streamMs)) ? 'streamsOk' : 'streamsFailed']++;
	};

	async function run(): Promise<void> {
		const startedMs = performance.now();
		let sent = 0;
		let streams = 0;
		while (!ending.signal.aborted) {
			const seconds = (performance.now() - startedMs) / 1000;
			for (; sent < seconds * requestsPerSecond; sent++) {
				if (underWay.size >= underWayMax) counts.notSent++;
				else {
					counts.sent++;
					track(request());
				}
			}
			for (; streams < seconds * streamsPerSecond; streams++) if (underWay.size < underWayMax) track(stream());
			await sleep(sendEveryMs);
		}
	}
	const running = run();
	return {
		counts,
		async stop() {
			ending.abort();
			await running;
			await Promise.allSettled(underWay);
			await pool.destroy();
		},
	};
}
