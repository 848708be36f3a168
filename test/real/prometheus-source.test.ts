import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, expect, test} from 'vitest';
import type {GuardrailPlan} from '../../src/core/plan.ts';
import type {Reading} from '../../src/core/reading.ts';
import type {MetricsSource} from '../../src/sources/source.ts';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {runLoad} from '../helpers/load.ts';
import {freePort, waitUntil} from '../helpers/process.ts';
import {type MetricsServer, startPrometheus} from '../helpers/prometheus.ts';
import {type Service, startService} from '../helpers/service.ts';
import {startVictoriaMetrics} from '../helpers/victoria-metrics.ts';
import {askFor, guardrail, noSecrets, open, systemClock} from '../sources/prometheus-kit.ts';

let stable: Service;
let canary: Service;
const deadPort = await freePort();

const jobs = () => [
	{
		job: 'api',
		targets: [
			{address: `127.0.0.1:${stable.port}`, labels: {version: 'stable'}},
			{address: `127.0.0.1:${canary.port}`, labels: {version: 'canary'}},
		],
	},
];

beforeAll(async () => {
	[stable, canary] = await Promise.all([startService({version: 'stable'}), startService({version: 'canary', latencyMs: 30})]);
	await Promise.all([stable, canary].map(({url}) => runLoad({url: `${url}/`, requestsPerSecond: 50, seconds: 1})));
});

afterAll(async () => {
	await Promise.all([stable.stop(), canary.stop()]);
});

type Opened = MetricsSource & AsyncDisposable;
const openOn = (server: MetricsServer, ...guardrails: readonly GuardrailPlan[]): Promise<Opened> =>
	open(server.url, {}, {guardrails});

const readAll = async (source: MetricsSource): Promise<Readonly<Record<string, Reading>>> => (await askFor(source)).readings;

/** Asks every 250 ms, as a session does, until the reading fits. */
const waitForReading = (source: MetricsSource, id: string, fits: (reading: Reading) => boolean): Promise<Reading> => {
	let last: Reading | undefined;
	const probe = async (): Promise<Reading | undefined> => {
		last = (await readAll(source))[id];
		return last && fits(last) ? last : undefined;
	};
	return waitUntil(`the reading of ${id} fits`, probe, {timeoutMs: 20_000, everyMs: 250, seen: () => JSON.stringify(last)});
};

const canaryRate = 'sum(rate(http_requests_total{version="canary"}[1m]))';
const errorShare = `sum(rate(http_requests_total{version="canary",code="500"}[1m])) / ${canaryRate}`;
const p95 = (version: string): string => `histogram_quantile(0.95, sum by (le) (rate(ttfv_ms_bucket{version="${version}"}[1m])))`;

describeWithServers(['prometheus'], 'the source on a real Prometheus', () => {
	let server: MetricsServer;
	beforeAll(async () => {
		server = await startPrometheus({jobs: jobs()});
		await runLoad({url: `${canary.url}/`, requestsPerSecond: 50, seconds: 3});
	});
	afterAll(() => server.stop());

	test('vectors, scalars, empty answers, NaN and infinity are told apart', async () => {
		await using source = await openOn(
			server,
			guardrail('by version', 'sum by (version) (up)'),
			guardrail('scalar', 'scalar(sum(up))'),
			guardrail('empty', 'nothing_of_that_name'),
			guardrail('nan', 'vector(0) / vector(0)'),
			guardrail('inf', '1 / vector(0)'),
			guardrail('p95', p95('canary')),
		);
		const readings = await readAll(source);
		expect(readings['by version']).toMatchObject({kind: 'values', seriesCount: 2});
		expect(readings['scalar']).toMatchObject({kind: 'values', series: [{labels: {}, value: 2}]});
		expect(readings['empty']).toMatchObject({kind: 'empty'});
		expect(readings['nan']).toMatchObject({kind: 'values', series: [{value: 'NaN'}]});
		expect(readings['inf']).toMatchObject({kind: 'values', series: [{value: '+Inf'}]});
		const [worst] = readings['p95']?.kind === 'values' ? readings['p95'].series : [];
		expect(worst?.value).toBeGreaterThan(25);
	});

	test('what the server refuses is said in its own words, and what is no number is said to be none', async () => {
		await using source = await openOn(
			server,
			guardrail('broken', 'sum('),
			guardrail('clash', 'up * on () up'),
			guardrail('matrix', 'up[1m]'),
			guardrail('string', '"hello"'),
		);
		const readings = await readAll(source);
		expect(readings['broken']).toMatchObject({
			kind: 'error',
			error: 'bad-query',
			message: expect.stringMatching(/1:5: parse error/),
		});
		expect(readings['clash']).toMatchObject({
			kind: 'error',
			error: 'bad-query',
			message: expect.stringMatching(/duplicate series|many-to-many/),
		});
		expect(readings['matrix']).toMatchObject({kind: 'error', error: 'unsupported'});
		expect(readings['string']).toMatchObject({kind: 'error', error: 'unsupported'});
	});

	test('a healthy page has data less than two scrapes old, and all its targets are up', async () => {
		await using source = await openOn(
			server,
			guardrail('all', 'sum(rate(http_requests_total[1m]))'),
			guardrail('one', canaryRate),
		);
		const reading = await waitForReading(source, 'all', one => one.kind === 'values' && one.up !== undefined);
		expect(reading).toMatchObject({up: [2, 2]});
		expect(reading.kind === 'values' && reading.ageMs).toBeLessThan(2_000);
		expect((await readAll(source))['one']).toMatchObject({up: [1, 1]});
	});

	test('while a page hangs its ratio stays as it was, but the age grows and its target is down', async () => {
		await using source = await openOn(
			server,
			guardrail('canary', canaryRate),
			guardrail('both', 'sum(rate(http_requests_total[1m]))'),
		);
		await waitForReading(source, 'canary', one => one.kind === 'values' && one.up !== undefined);
		await canary.fault({metricsPage: 'hung'});
		try {
			const reading = await waitForReading(source, 'canary', one => one.kind === 'values' && (one.ageMs ?? 0) > 4_000);
			expect(reading).toMatchObject({kind: 'values', up: [0, 1]});
			expect(reading.kind === 'values' && Number(reading.series[0]?.value)).toBeGreaterThan(0);
			expect((await readAll(source))['both']).toMatchObject({up: [1, 2]});
		} finally {
			await canary.heal();
		}
		await waitForReading(source, 'canary', one => one.kind === 'values' && (one.ageMs ?? 9_999) < 2_000 && one.up?.[0] === 1);
	});

	test('a source opened while a page hangs still finds the target that is down', async () => {
		await canary.fault({metricsPage: 'reset'});
		try {
			await server.waitForSample('up{version="canary"}', ({value}) => value === 0);
			await using source = await openOn(server, guardrail('canary', canaryRate));
			expect(await waitForReading(source, 'canary', one => one.kind === 'values' && one.up !== undefined)).toMatchObject({
				up: [0, 1],
			});
		} finally {
			await canary.heal();
			await server.waitForSample('up{version="canary"}', ({value}) => value === 1);
		}
	});

	test('the first error of all is an increase, although the counter was born at 1', async () => {
		const query = 'sum(increase(http_requests_total{version="stable",code="500"}[1m]))';
		await using source = await openOn(
			server,
			guardrail('errors', query, {bound: {op: '=', value: 0}}),
			guardrail('plain', query),
		);
		expect((await readAll(source))['errors']).toMatchObject({kind: 'empty'});
		await stable.fault({errorRate: 1});
		await fetch(`${stable.url}/`);
		await stable.heal();
		const reading = await waitForReading(source, 'errors', one => one.kind === 'values');
		expect(reading).toMatchObject({series: [{labels: {}, value: 1}], warnings: [expect.stringMatching(/born at 1/)]});
		// Prometheus itself never sees it: empty after one sample, 0 from then on.
		await sleep(2_500);
		expect((await readAll(source))['plain']).toMatchObject({kind: 'values', series: [{value: 0}]});
		expect((await readAll(source))['errors']).toMatchObject({kind: 'values', series: [{value: 1}]});
	});

	test('a window that is not filled yet says how much of it there is', async () => {
		await using source = await openOn(server, guardrail('young', 'sum(rate(http_requests_total[1h]))'));
		const reading = await waitForReading(source, 'young', one => one.kind === 'values' && one.coveredMs !== undefined);
		const coveredMs = reading.kind === 'values' ? (reading.coveredMs ?? 0) : 0;
		const [oldest] = await server.query('min(min_over_time(timestamp(up)[1h:1s]))');
		const trueMs = Date.now() - (oldest?.value ?? 0) * 1_000;
		// Found by steps of the window's 120th part.
		expect(coveredMs).toBeLessThanOrEqual(trueMs + 1_000);
		expect(coveredMs).toBeGreaterThan(trueMs - 31_000);
	});

	test('the clocks of one machine do not differ, and one set back by 90 s does by 90 s', async () => {
		await using level = await openOn(server, guardrail('g', 'up'));
		expect(Math.abs((await askFor(level)).skewMs ?? 0)).toBeLessThan(50);
		await using behind = await open(server.url, {}, {guardrails: [guardrail('g', 'up')]}, noSecrets, {
			nowMs: () => Date.now() - 90_000,
		});
		await askFor(behind);
		const {skewMs, readings} = await askFor(behind);
		expect(skewMs).toBeGreaterThan(89_900);
		expect(skewMs).toBeLessThan(90_100);
		// The age is by the server's clock: ours being wrong does not make the data old.
		expect(readings['g']?.kind === 'values' && readings['g'].ageMs).toBeLessThan(2_000);
	});

	test('a stopped server costs a tick its deadline and no more, and is taken up again', async () => {
		await using source = await openOn(server, guardrail('g', canaryRate));
		await readAll(source);
		server.process.signal('SIGSTOP');
		try {
			for (let tick = 0; tick < 3; tick++) {
				const startedAt = performance.now();
				const {readings} = await askFor(source, 300);
				expect(readings['g']).toMatchObject({kind: 'error', error: 'timeout'});
				expect(performance.now() - startedAt).toBeLessThan(450);
			}
		} finally {
			server.process.signal('SIGCONT');
		}
		await waitForReading(source, 'g', one => one.kind === 'values');
	});

	test('twenty guardrails at once are one short tick', async () => {
		const many = Array.from({length: 20}, (_, n) =>
			guardrail(`g${n}`, `sum(rate(http_requests_total{version="canary"}[${n + 10}s]))`),
		);
		await using source = await openOn(server, ...many);
		await readAll(source);
		const startedAt = performance.now();
		const readings = await readAll(source);
		expect(performance.now() - startedAt).toBeLessThan(500);
		expect(Object.values(readings).map(({kind}) => kind)).toEqual(Array.from({length: 20}, () => 'values'));
	});

	test('lint names what can never work, each in a sentence', async () => {
		const below = (value: number) => ({bound: {op: '<', value} as const});
		const titled = (title: string, query: string, extra: Partial<GuardrailPlan> = {}) => guardrail(title, query, extra);
		await using source = await openOn(
			server,
			titled('Ceiling', p95('canary'), below(20_000)),
			titled('Reachable', p95('canary'), below(1_500)),
			titled('Seconds', `${p95('canary')} / 1000`, below(11)),
			titled('Bucket', 'rate(ttfv_ms_bucket{le="500.0"}[1m])'),
			titled('Window', 'rate(http_requests_total[1s])'),
			titled('Missing', 'rate(no_such_metric_total[1m])'),
			titled('Unmatched', 'up{version="canary"} / up{version="stable"}'),
			titled('Stale', canaryRate, {staleAfterMs: 500}),
			titled('Error rate', 'rate(http_requests_total{code="500"}[1m])', below(0.01)),
			titled('Infinite', 'up / (up - 1)'),
			titled('Percent', 'sum(up) / count(up)', {unit: '%', bound: {op: '>=', value: 99.6}}),
		);
		const sentences = await source.lint(AbortSignal.timeout(10_000));
		for (const expected of [
			/^Ceiling: the highest finite bucket is 10000.* < 20000 can never be broken/,
			/^Seconds: the highest finite bucket is 10,/,
			/^Bucket: no bucket is called le="500\.0", but there is le="500"/,
			/^Window: rate\(\) looks over 1s, but its targets are scraped every 1s/,
			/^Missing: it has no series at present: nothing matches no_such_metric_total/,
			/^Unmatched: .*share no labels/,
			/^Stale: staleAfter is 500ms, but its targets are scraped every 1s/,
			/^Error rate: a bare rate\(\)/,
			/^Infinite: it is infinite/,
			/^Percent: the value is between 0 and 1/,
		]) {
			expect(sentences).toContainEqual(expect.stringMatching(expected));
		}
		expect(sentences.filter(sentence => sentence.startsWith('Reachable'))).toEqual([]);
		expect(sentences.filter(sentence => /late/.test(sentence))).toEqual([]);
	});

	test('a server that goes away between two ticks is "refused", and nothing is left open', async () => {
		const own = await startPrometheus({jobs: [], waitForTargets: false});
		await using source = await openOn(own, guardrail('g', 'vector(1)'));
		expect((await readAll(source))['g']).toMatchObject({kind: 'values'});
		await own.stop();
		expect((await readAll(source))['g']).toMatchObject({kind: 'error', error: 'refused'});
	});
});

describeWithServers(['victoria-metrics'], 'the source on a real VictoriaMetrics', () => {
	test('values, empty answers, refusals, ages and targets are read as on Prometheus', async () => {
		await using server = await startVictoriaMetrics({jobs: jobs(), latencyOffset: '1s'});
		await using source = await openOn(
			server,
			guardrail('scalar', 'scalar(sum(up))'),
			guardrail('zero by zero', 'vector(0) / vector(0)'),
			guardrail('broken', 'sum('),
			guardrail('requests', 'sum(http_requests_total)'),
			guardrail('share', errorShare),
		);
		const reading = await waitForReading(source, 'requests', one => one.kind === 'values' && one.up !== undefined);
		expect(reading).toMatchObject({up: [2, 2]});
		// A scrape, the held-back second, and whole-second stamps.
		expect(reading.kind === 'values' && reading.ageMs).toBeLessThan(4_000);
		const readings = await readAll(source);
		expect(readings['scalar']).toMatchObject({kind: 'values', series: [{labels: {}, value: 2}]});
		expect(readings['zero by zero']).toMatchObject({kind: 'empty'});
		expect(readings['broken']).toMatchObject({kind: 'error', error: 'bad-query'});
	});

	test('results that come late are linted, and the age says so too', async () => {
		await using server = await startVictoriaMetrics({jobs: jobs(), latencyOffset: '5s'});
		await using source = await openOn(server, guardrail('Requests', 'sum(http_requests_total)', {staleAfterMs: 3_000}));
		const reading = await waitForReading(source, 'Requests', one => one.kind === 'values' && one.ageMs !== undefined);
		expect(reading.kind === 'values' && reading.ageMs).toBeGreaterThan(4_000);
		expect(await source.lint(AbortSignal.timeout(10_000))).toContainEqual(
			expect.stringMatching(/^The server shows results 5s late.*latencyOffset=1s.*staleAfter of Requests/),
		);
	});
});

test('a source on a server that never was there opens, and its lint is silent rather than wrong', async () => {
	await using source = await open(
		`http://127.0.0.1:${deadPort}`,
		{},
		{guardrails: [guardrail('g', canaryRate)]},
		noSecrets,
		systemClock,
	);
	expect(await readAll(source)).toMatchObject({g: {kind: 'error', error: 'refused'}});
	expect(await source.lint(AbortSignal.timeout(5_000))).toEqual([]);
});
