import {setTimeout as sleep} from 'node:timers/promises';
import {Pool} from 'undici';

/** A test must not be able to overwhelm the machine by a typing error. */
const requestsPerSecondMax = 5000;
const secondsMax = 900;
const underWayMax = 2000;
const bucketMs = 100;
/** Requests due are sent this often; finer than the buckets, coarse enough for a busy machine. */
const sendEveryMs = 5;

export type LoadOptions = {
	/** Origin and path: `http://127.0.0.1:8080/`. */
	readonly url: string;
	readonly requestsPerSecond: number;
	readonly seconds: number;
	/** `keep-alive` (default) reuses connections; `fresh` opens one for each request. */
	readonly connections?: 'keep-alive' | 'fresh';
	/** Open connections at most; default 50. */
	readonly connectionsMax?: number;
	/** From sending to the last byte; default 5 s. */
	readonly timeoutMs?: number;
};

export type LoadBucket = {readonly fromMs: number; ok: number; failed: number; readonly byVersion: Record<string, number>};

export type LoadReport = {
	/** Milliseconds since the epoch, to place the buckets in time. */
	readonly startedAtMs: number;
	sent: number;
	/** Answered below 400. */
	ok: number;
	failed: number;
	/** Not sent because too many were under way: the load was less than asked for. */
	notSent: number;
	/** All answers, ok or not, by header `x-version`; `none` when it is missing (the balancer's own error page). */
	readonly byVersion: Record<string, number>;
	/** By status (`500`) or error code (`ECONNRESET`). */
	readonly failures: Record<string, number>;
	/** By the time of the answer, `fromMs` after the start; 100 ms each; none where nothing was answered. */
	readonly buckets: LoadBucket[];
	readonly latenciesMs: number[];
};

export type Load = {
	/** Grows while the load runs. */
	readonly report: LoadReport;
	/** Resolves when the last answer is in. */
	readonly done: Promise<LoadReport>;
	/** Sends no more, waits for what is under way. */
	stop(): Promise<LoadReport>;
};

/** Sends at a fixed rate, whatever the answers do. Throws at once when asked for more than is reasonable. */
export function startLoad(options: LoadOptions): Load {
	const {requestsPerSecond, seconds} = options;
	if (!(requestsPerSecond > 0 && requestsPerSecond <= requestsPerSecondMax)) throw new Error(`Not ${requestsPerSecond} rps.`);
	if (!(seconds > 0 && seconds <= secondsMax)) throw new Error(`Not ${seconds} s.`);
	const ending = new AbortController();
	const {report, take} = createReport();
	const done = send(options, report, take, ending.signal);
	return {
		report,
		done,
		stop() {
			ending.abort();
			return done;
		},
	};
}

/** Starts it and waits for its end. */
export const runLoad = (options: LoadOptions): Promise<LoadReport> => startLoad(options).done;

/** Share of the answers that this version gave, 0 to 1; NaN without any. */
export function observedShare(report: Pick<LoadReport, 'byVersion'>, version: string): number {
	const all = Object.values(report.byVersion).reduce((sum, count) => sum + count, 0);
	return (report.byVersion[version] ?? 0) / all;
}

/** The part of a report between two moments, milliseconds since the epoch; whole buckets only. */
export function between(report: LoadReport, fromMs: number, toMs: number): Pick<LoadReport, 'ok' | 'failed' | 'byVersion'> {
	const byVersion: Record<string, number> = {};
	const inside = report.buckets.filter(bucket => {
		const startsMs = report.startedAtMs + bucket.fromMs;
		return startsMs >= fromMs && startsMs + bucketMs <= toMs;
	});
	for (const bucket of inside) for (const [version, count] of Object.entries(bucket.byVersion)) add(byVersion, version, count);
	const sum = (what: 'ok' | 'failed'): number => inside.reduce((total, bucket) => total + bucket[what], 0);
	return {ok: sum('ok'), failed: sum('failed'), byVersion};
}

const add = (counts: Record<string, number>, key: string, by = 1): void => {
	counts[key] = (counts[key] ?? 0) + by;
};

type Outcome = {readonly status: number; readonly version: string; readonly tookMs: number} | {readonly error: string};

function createReport() {
	const report: LoadReport = {
		startedAtMs: Date.now(),
		sent: 0,
		ok: 0,
		failed: 0,
		notSent: 0,
		byVersion: {},
		failures: {},
		buckets: [],
		latenciesMs: [],
	};
	const startedMs = performance.now();
	const take = (outcome: Outcome): void => {
		const fromMs = Math.floor((performance.now() - startedMs) / bucketMs) * bucketMs;
		let bucket = report.buckets.at(-1);
		if (bucket?.fromMs !== fromMs) {
			bucket = {fromMs, ok: 0, failed: 0, byVersion: {}};
			report.buckets.push(bucket);
		}
		const isOk = 'status' in outcome && outcome.status < 400;
		report[isOk ? 'ok' : 'failed']++;
		bucket[isOk ? 'ok' : 'failed']++;
		if (!isOk) add(report.failures, 'status' in outcome ? String(outcome.status) : outcome.error);
		if (!('status' in outcome)) return;
		add(report.byVersion, outcome.version);
		add(bucket.byVersion, outcome.version);
		report.latenciesMs.push(outcome.tookMs);
	};
	return {report, take};
}

async function send(
	{url, requestsPerSecond, seconds, connections = 'keep-alive', connectionsMax = 50, timeoutMs = 5000}: LoadOptions,
	report: LoadReport,
	take: (outcome: Outcome) => void,
	signal: AbortSignal,
): Promise<LoadReport> {
	const {origin, pathname, search} = new URL(url);
	// Without pipelining undici closes the connection after each answer.
	const pool = new Pool(origin, {connections: connectionsMax, pipelining: connections === 'fresh' ? 0 : 1});
	const underWay = new Set<Promise<void>>();
	const total = Math.round(requestsPerSecond * seconds);
	const startedMs = performance.now();
	let due = 0;
	while (due < total && !signal.aborted) {
		const dueNow = Math.min(total, Math.ceil(((performance.now() - startedMs) / 1000) * requestsPerSecond));
		for (; due < dueNow; due++) {
			if (underWay.size >= underWayMax) {
				report.notSent++;
				continue;
			}
			report.sent++;
			const one: Promise<void> = sendOne(pool, pathname + search, timeoutMs).then(outcome => {
				take(outcome);
				underWay.delete(one);
			});
			underWay.add(one);
		}
		await sleep(sendEveryMs);
	}
	await Promise.all(underWay);
	await pool.destroy();
	return report;
}

async function sendOne(pool: Pool, path: string, timeoutMs: number): Promise<Outcome> {
	const startedMs = performance.now();
	try {
		const {statusCode, headers, body} = await pool.request({method: 'GET', path, signal: AbortSignal.timeout(timeoutMs)});
		// Not `dump`, which hides a body that was cut off.
		await body.arrayBuffer();
		const version = headers['x-version'];
		return {
			status: statusCode,
			version: typeof version === 'string' ? version : 'none',
			tookMs: performance.now() - startedMs,
		};
	} catch (error) {
		const {code, name} = error as NodeJS.ErrnoException;
		return {error: typeof code === 'string' ? code : name};
	}
}
