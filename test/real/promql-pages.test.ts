import {createServer, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {PageParser} from '../../src/promql/exposition.ts';
import {labelsOf} from '../../src/promql/labels.ts';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {waitUntil} from '../helpers/process.ts';
import {type Prometheus, startPrometheus} from '../helpers/prometheus.ts';
import {oddPages} from '../promql/kit/odd-pages.ts';

const seed = Number(process.env['PROMQL_SEED'] ?? 20_261_121);
const mutants = Number(process.env['PROMQL_PAGES'] ?? 150);

const contentTypes = {
	text: 'text/plain; version=0.0.4',
	openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
} as const;

type Target = {labels: Record<string, string>; health: string; lastError: string};
type Result = {metric: Record<string, string>; value: [number, string]};

describeWithServers(['prometheus'], 'pages scraped by a real Prometheus 2.42 and read here', () => {
	const pages = oddPages(seed, mutants);
	let pageServer: Server;
	let prometheus: Prometheus;

	beforeAll(async () => {
		pageServer = createServer((request, response) => {
			const page = pages[Number(request.url?.slice(1))];
			response.setHeader('content-type', contentTypes[page?.format ?? 'text']);
			response.end(page?.bytes);
		});
		await new Promise<void>(resolve => void pageServer.listen(0, '127.0.0.1', resolve));
		const {port} = pageServer.address() as AddressInfo;
		const jobs = pages.map((_, i) => ({job: `page-${i}`, path: `/${i}`, targets: [{address: `127.0.0.1:${port}`}]}));
		prometheus = await startPrometheus({jobs, interval: '2s', waitForTargets: false});
		await waitUntil('every page was scraped', allScraped, {
			timeoutMs: 40_000,
		});
	});
	afterAll(async () => {
		await prometheus?.stop();
		pageServer?.close();
	});

	const ask = async (path: string): Promise<unknown> => {
		const response = await fetch(`${prometheus.url}/api/v1/${path}`, {signal: AbortSignal.timeout(10_000)});
		return ((await response.json()) as {data: unknown}).data;
	};
	const targets = async (): Promise<readonly Target[]> =>
		((await ask('targets?state=active')) as {activeTargets: Target[]}).activeTargets;

	const allScraped = async (): Promise<boolean> => {
		const all = await targets();
		return all.length === pages.length && all.every(({health}) => health !== 'unknown');
	};

	const read = (index: number) => {
		const {format, bytes} = pages[index] as (typeof pages)[number];
		return new PageParser({format, dialect: '2.x'}).parse(bytes.slice());
	};
	const nameOf = (index: number): string =>
		`${index}: ${JSON.stringify(
			Buffer.from(pages[index]?.bytes ?? [])
				.toString('latin1')
				.slice(80),
		)}`;

	test(`${oddPages(seed, mutants).length} pages are taken or refused alike`, async () => {
		const differences = (await targets()).flatMap(({labels, health, lastError}) => {
			const index = Number(labels['job']?.slice('page-'.length));
			const page = read(index);
			if (page.ok === (health === 'up')) return [];
			return [`${nameOf(index)}: ${health} there ${lastError}, ${page.ok ? 'taken' : page.error.message} here`];
		});
		expect((await targets()).length).toBe(pages.length);
		expect(differences).toEqual([]);
	});

	test('the samples of pages without times are the same', async () => {
		const {result} = (await ask(`query?query=${encodeURIComponent('{job=~"page-.+"}')}`)) as {result: Result[]};
		const theirs = new Map<number, Map<string, number>>();
		for (const {metric, value} of result) {
			const {job = '', instance: _, ...own} = metric;
			if (/^(?:up|scrape_.*)$/.test(own['__name__'] ?? '')) continue;
			const index = Number(job.slice('page-'.length));
			const samples = theirs.get(index) ?? new Map();
			samples.set(labelsOf(Object.entries(own)).key, Number(value[1].replace('Inf', 'Infinity')));
			theirs.set(index, samples);
		}
		expect(theirs.size).toBeGreaterThan(40);
		for (const [index, samples] of theirs) {
			const page = read(index);
			if (!page.ok || page.value.timesMs) continue;
			const ours = new Map<string, number>();
			// Of two samples with the same labels the first one counts.
			for (const [i, {labels}] of page.value.series.entries())
				if (!ours.has(labels.key)) ours.set(labels.key, page.value.values[i] as number);
			expect([nameOf(index), ours]).toEqual([nameOf(index), samples]);
		}
	});
});
