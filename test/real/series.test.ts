import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {recordSeries} from '../../src/commands/record.ts';
import type {Fact, SessionEvent} from '../../src/core/event.ts';
import type {Reading} from '../../src/core/reading.ts';
import {encodeEvent, encodeHeader, hashOf, journalFormat} from '../../src/journal/codec.ts';
import {seriesFiles} from '../../src/journal/series-file.ts';
import type {CompiledProfile} from '../../src/profile/compile.ts';
import {decodeSeriesLine, type SeriesHead} from '../../src/promql/series-text.ts';
import {RecordedSeries} from '../../src/sources/recorded-series.ts';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {plan, splitRead, started, tick} from '../helpers/given.ts';
import {type Load, startLoad} from '../helpers/load.ts';
import {createTempFolder, type TempFolder, waitUntil} from '../helpers/process.ts';
import {type Prometheus, startPrometheus} from '../helpers/prometheus.ts';
import {type Service, startService} from '../helpers/service.ts';
import {guardrail, never, options} from '../sources/prometheus-kit.ts';
import {openOn, ports, scrapeOptions, target} from '../sources/scrape-kit.ts';

let stable: Service;
let canary: Service;
let loads: Load[];
beforeAll(async () => {
	[stable, canary] = await Promise.all([startService({version: 'stable'}), startService({version: 'canary'})]);
	loads = [stable, canary].map(({url}) => startLoad({url: `${url}/`, requestsPerSecond: 40, seconds: 60}));
});
afterAll(async () => {
	for (const load of loads) await load.stop();
	await Promise.all([stable.stop(), canary.stop()]);
});

/** A reader that has taken every line up to a time. */
function reader(text: string, queries: Readonly<Record<string, string>>) {
	const guardrails = Object.entries(queries).map(([id, query]) => guardrail(id, query));
	const lines = text.split('\n').flatMap(line => decodeSeriesLine(line) ?? []);
	const head = lines[0]?.kind === 'head' ? lines[0].head : undefined;
	const recorded = new RecordedSeries(guardrails, (head as SeriesHead).dialect);
	return {
		head,
		at(timeMs: number): Readonly<Record<string, Reading>> {
			while (lines[0] && !('fromMs' in lines[0] && lines[0].fromMs > timeMs)) recorded.take(lines.shift()!);
			return recorded.readingsAt(timeMs);
		},
		/** As of the next time at which questions were answered. */
		next(): Readonly<Record<string, Reading>> {
			for (let line = lines.shift(); line; line = lines.shift()) {
				recorded.take(line);
				if (line.kind === 'asked') return recorded.readingsAt(line.fromMs);
			}
			return {};
		},
	};
}

const seriesOf = (reading: Reading | undefined) =>
	reading?.kind === 'values'
		? reading.series.map(({labels, value}) => [JSON.stringify(Object.entries(labels).sort()), value] as const).sort()
		: reading?.kind;

test('what a scrape records answers as the scrape itself did, also while a page hangs', {timeout: 60_000}, async () => {
	const queries = {
		counted: 'sum by (version) (http_requests_total)',
		rate: 'sum by (version) (rate(http_requests_total[2s]))',
		memory: 'memory_usage_bytes',
		up: 'up',
		grown: 'sum(http_requests_total{version="canary"}) > bool 0',
	};
	const guardrails = Object.entries(queries).map(([id, query]) => guardrail(id, query));
	const targets = [stable, canary].map(({url, version}) => target(`${url}/metrics`, {labels: {version}}));
	const written: string[] = [];
	const recordSeries = {write: (lines: string) => void written.push(lines), clean: (one: string) => one};
	const live: Readonly<Record<string, Reading>>[] = [];
	{
		await using source = await openOn(scrapeOptions(targets, {timeoutMs: 250}), {guardrails}, {...ports, recordSeries});
		for (let n = 0; n < 16; n++) {
			if (n === 6) await canary.fault({metricsPage: 'hung'});
			if (n === 11) await canary.heal();
			const {readings} = await source.ask(1_000, never);
			live.push(readings);
			await sleep(100);
		}
	}
	const recorded = reader(written.join(''), queries);
	expect(recorded.head).toMatchObject({source: 'scrape', selectors: expect.arrayContaining(['http_requests_total', 'up'])});
	for (const readings of live) {
		const again = recorded.next();
		for (const id of Object.keys(queries)) expect([id, seriesOf(again[id])]).toEqual([id, seriesOf(readings[id])]);
	}
	// Else nothing was shown.
	expect(live.some(readings => JSON.stringify(seriesOf(readings['up'])).includes('0]'))).toBe(true);
});

describeWithServers(['prometheus'], 'raw series of a server', () => {
	let prometheus: Prometheus;
	let home: TempFolder;
	beforeAll(async () => {
		home = createTempFolder('series');
		const targets = [stable, canary].map(({port, version}) => ({address: `127.0.0.1:${port}`, labels: {version}}));
		prometheus = await startPrometheus({jobs: [{job: 'api', targets}]});
	});
	afterAll(async () => {
		await prometheus.stop();
		home.remove();
	});

	/** A session that lasted from then to then, as far as its journal says. */
	function session(name: string, fromMs: number, toMs: number): string {
		const folder = join(home.path, name);
		mkdirSync(folder, {recursive: true});
		const header = encodeHeader({
			format: journalFormat,
			product: 'canary-console',
			version: '0',
			profile: 'x',
			startedAt: new Date(fromMs).toISOString(),
		});
		const facts: [Fact, number][] = [
			[started(plan()), 0],
			[splitRead(0), 0],
			[tick(toMs - fromMs, 1), toMs - fromMs],
		];
		let hash = hashOf(header);
		const lines = facts.map(([fact, tMs], seq) => {
			const encoded = encodeEvent({...fact, seq, tMs, atMs: fromMs + tMs} as SessionEvent, hash);
			hash = encoded.hash;
			return encoded.line;
		});
		writeFileSync(join(folder, 'journal.ndjson'), `${[header, ...lines].join('\n')}\n`);
		return folder;
	}

	const queries = {
		rate: 'sum by (version) (rate(http_requests_total[5s]))',
		counted: 'http_requests_total{version="canary"}',
		p95: 'histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[8s])))',
		up: 'up{job="api"}',
		memory: 'max_over_time(memory_usage_bytes[6s]) - memory_usage_bytes',
		older: 'sum(increase(http_requests_total[4s] offset 2s))',
	};

	test("fetched, they answer as the server itself does, also over a target's absence", {timeout: 90_000}, async () => {
		const fromMs = Date.now();
		await prometheus.waitForSample('sum(rate(http_requests_total[5s]))', ({value}) => value > 0);
		await sleep(3_000);
		await canary.fault({metricsPage: 'hung'});
		await prometheus.waitForSample('up{version="canary"}', ({value}) => value === 0);
		await sleep(3_000);
		await canary.heal();
		await prometheus.waitForSample('up{version="canary"}', ({value}) => value === 1);
		await sleep(2_000);
		const toMs = Date.now();
		const folder = session('watched', fromMs, toMs);
		const guardrails = Object.entries(queries).map(([id, query]) => guardrail(id, query));
		const compiled = {
			plan: plan({guardrails}),
			metrics: options(prometheus.url),
			redactPatterns: [],
		} as unknown as CompiledProfile;
		const recorded = await recordSeries(folder, compiled, () => {});
		expect(recorded.samples).toBeGreaterThan(200);

		const own = reader(readFileSync(seriesFiles(folder).prometheus, 'utf8'), queries);
		expect(own.head).toMatchObject({source: 'prometheus', dialect: '2.x'});
		let compared = 0;
		let absent = 0;
		for (let timeMs = fromMs + 2_000; timeMs < toMs - 1_500; timeMs += 333) {
			const readings = own.at(timeMs);
			for (const [id, query] of Object.entries(queries)) {
				const theirs = await serverAnswer(prometheus.url, query, timeMs);
				const mine = seriesOf(readings[id]);
				expect({id, timeMs: timeMs - fromMs, series: mine}).toEqual({
					id,
					timeMs: timeMs - fromMs,
					series: theirs.length === 0 ? 'empty' : theirs,
				});
				if (theirs.length === 0) absent++;
				compared++;
			}
		}
		expect(compared).toBeGreaterThan(100);
		expect(absent).toBeGreaterThan(0);
	});

	test('a record that may not grow says where it ends', {timeout: 30_000}, async () => {
		const toMs = Date.now();
		const folder = session('small', toMs - 60_000, toMs);
		const guardrails = Object.entries(queries).map(([id, query]) => guardrail(id, query));
		const compiled = {
			plan: plan({guardrails}),
			metrics: options(prometheus.url, {record: {bytesMax: 2_000}}),
			redactPatterns: [],
		} as unknown as CompiledProfile;
		const recorded = await recordSeries(folder, compiled, () => {});
		expect(recorded.why).toContain('limit');
		expect(readFileSync(seriesFiles(folder).prometheus, 'utf8')).toContain('["end",');
	});

	test('a server that is away leaves no half record behind', {timeout: 30_000}, async () => {
		const folder = session('away', Date.now() - 1_000, Date.now());
		const compiled = {plan: plan(), metrics: options('http://127.0.0.1:9'), redactPatterns: []} as unknown as CompiledProfile;
		await expect(recordSeries(folder, compiled, () => {})).rejects.toThrow(/can't be asked/);
		await waitUntil('nothing is there', () => !readable(seriesFiles(folder).prometheus));
	});
});

function readable(path: string): boolean {
	try {
		return readFileSync(path).length >= 0;
	} catch {
		return false;
	}
}

/** The server's own answer, in the shape of `seriesOf`. */
async function serverAnswer(url: string, query: string, timeMs: number) {
	const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({query, time: (timeMs / 1_000).toFixed(3)})}`);
	const {data} = (await answer.json()) as {data: {result: {metric: Record<string, string>; value: [number, string]}[]}};
	return data.result
		.map(
			({metric, value: [, text]}) =>
				[JSON.stringify(Object.entries(metric).sort()), text === 'NaN' ? text : Number(text)] as const,
		)
		.sort();
}
