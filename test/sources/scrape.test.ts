import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {gzipSync} from 'node:zlib';
import {expect, test} from 'vitest';
import {ok} from '../../src/base/result.ts';
import type {ScrapeOptions} from '../../src/core/source-options.ts';
import {openSource} from '../../src/sources/registry.ts';
import {openScrape} from '../../src/sources/scrape.ts';
import type {MetricsSource, Questions, TickAnswers} from '../../src/sources/source.ts';
import {createTempFolder} from '../helpers/process.ts';
import {askFor, guardrail, httpStub, never, readingOf, tcpStub} from './prometheus-kit.ts';
import {openOn, ports, scrapeOptions, target} from './scrape-kit.ts';

/** The page of the next request. */
const paged = (page: (number: number) => string, type = 'text/plain; version=0.0.4') => {
	let number = 0;
	return httpStub((_request, response) => response.writeHead(200, {'content-type': type}).end(page(++number)));
};

/** Asks on a grid, as the controller does. */
async function ticks(source: MetricsSource, count: number, everyMs = 250): Promise<TickAnswers[]> {
	const answers: TickAnswers[] = [];
	for (let n = 0; n < count; n++) {
		const startedAt = performance.now();
		answers.push(await source.ask(everyMs * 0.9, never));
		await sleep(Math.max(0, everyMs - (performance.now() - startedAt)));
	}
	return answers;
}

const one = (url: string, extra: Partial<ScrapeOptions> = {}): ScrapeOptions => scrapeOptions([target(url)], extra);

test('a page is asked for as Prometheus asks, and its values are the answer', async () => {
	let headers = {};
	await using server = await httpStub((request, response) => {
		headers = request.headers;
		response.end('x{code="200"} 4\n');
	});
	await using source = await openOn(one(`${server.url}/metrics?a=b`));
	expect(await readingOf(source)).toMatchObject({
		kind: 'values',
		series: [{labels: {__name__: 'x', code: '200', job: 'service'}, value: 4}],
		ageMs: expect.any(Number),
		up: [1, 1],
	});
	expect(headers).toMatchObject({
		accept: expect.stringMatching(/^application\/openmetrics-text;version=1\.0\.0,.*\*\/\*;q=0\.1$/),
		'accept-encoding': 'gzip',
		'x-prometheus-scrape-timeout-seconds': '0.5',
	});
});

test('OpenMetrics and packed pages are read, by what the answer says they are', async () => {
	const page = '# TYPE x counter\nx_total 4\n# EOF\n';
	await using server = await httpStub((_request, response) => {
		response.writeHead(200, {
			'content-type': 'application/openmetrics-text; version=1.0.0; charset=utf-8',
			'content-encoding': 'gzip',
		});
		response.end(gzipSync(page));
	});
	await using source = await openOn(one(server.url), {guardrails: [guardrail('g', 'x_total')]});
	expect(await readingOf(source)).toMatchObject({kind: 'values', series: [{value: 4}]});
});

test('a tick judges the page of its own moment, not that of the one before', async () => {
	let value = 0;
	await using server = await httpStub((_request, response) => response.end(`x ${value}\n`));
	await using source = await openOn(one(server.url));
	await ticks(source, 2);
	for (value of [1, 2, 3]) {
		const [answer] = await ticks(source, 1);
		expect(answer?.readings['g']).toMatchObject({series: [{value}]});
	}
});

test('up, the duration and the number of samples can be asked for', async () => {
	await using server = await paged(() => 'x 1\ny 2\n');
	const questions: Questions = {
		guardrails: [
			guardrail('up', 'up'),
			guardrail('took', 'scrape_duration_seconds'),
			guardrail('count', 'scrape_samples_scraped'),
		],
	};
	await using source = await openOn(one(server.url), questions);
	const {readings} = await askFor(source);
	expect(readings['up']).toMatchObject({series: [{value: 1}]});
	expect(readings['count']).toMatchObject({series: [{value: 2}]});
	const took = readings['took'];
	expect(took?.kind === 'values' && took.series[0]?.value).toBeGreaterThan(0);
});

test('empty, NaN, a broken query, a matrix and a text are answers of their own', async () => {
	await using server = await paged(() => 'x 0\n');
	const questions: Questions = {
		guardrails: [
			guardrail('empty', 'nothing_of_that_name'),
			guardrail('nan', 'x / x'),
			guardrail('inf', '1 / x'),
			guardrail('broken', 'sum('),
			guardrail('clash', 'x * on () (x or vector(1))'),
			guardrail('matrix', 'x[1m]'),
			guardrail('text', '"hello"'),
			guardrail('scalar', 'scalar(x) + 7'),
		],
		observedShareQuery: 'x + 25',
	};
	await using source = await openOn(one(server.url), questions);
	const {readings, observedPercent} = await askFor(source);
	expect(readings['empty']).toMatchObject({kind: 'empty'});
	expect(readings['nan']).toMatchObject({kind: 'values', series: [{value: 'NaN'}]});
	expect(readings['inf']).toMatchObject({kind: 'values', series: [{value: '+Inf'}]});
	expect(readings['broken']).toMatchObject({
		kind: 'error',
		error: 'bad-query',
		message: expect.stringMatching(/1:5: parse error/),
	});
	expect(readings['clash']).toMatchObject({kind: 'error', error: 'bad-query'});
	expect(readings['matrix']).toMatchObject({kind: 'error', error: 'unsupported'});
	expect(readings['text']).toMatchObject({kind: 'error', error: 'unsupported'});
	expect(readings['scalar']).toMatchObject({kind: 'values', series: [{labels: {}, value: 7}]});
	expect(observedPercent).toBe(25);
});

test('who asks but once, and has time, gets a rate: a second page is waited for', async () => {
	await using server = await paged(n => `x ${n * 10}\n`);
	await using source = await openOn(one(server.url), {guardrails: [guardrail('g', 'rate(x[1m])', {windowMs: 60_000})]});
	const reading = await readingOf(source, 5_000);
	expect(reading).toMatchObject({kind: 'values', coveredMs: expect.any(Number)});
	expect(reading.kind === 'values' && reading.coveredMs).toBeLessThan(2_000);
});

test('who asks but once waits for two whole pages, not for two attempts', async () => {
	await using server = await httpStub((_request, response) => {
		if (++asked === 2) response.writeHead(503).end();
		else response.end(`x ${asked * 10}\n`);
	});
	let asked = 0;
	await using source = await openOn(one(server.url), {guardrails: [guardrail('g', 'rate(x[1m])', {windowMs: 60_000})]});
	expect(await readingOf(source, 5_000)).toMatchObject({kind: 'values'});
	expect(asked).toBe(3);
});

test('the very first violation counts, although increase() can not see it', async () => {
	let violations = '';
	await using server = await httpStub((_request, response) => response.end(`x{kind="old"} 9\n${violations}`));
	const policy = guardrail('g', 'increase(x[1m])', {bound: {op: '=', value: 0}});
	await using source = await openOn(one(server.url), {guardrails: [policy]});
	await ticks(source, 3);
	violations = 'x{kind="rls"} 1\n';
	const [answer] = await ticks(source, 1);
	expect(answer?.readings['g']).toMatchObject({
		kind: 'values',
		series: [
			{labels: {kind: 'rls'}, value: 1},
			{labels: {kind: 'old'}, value: 0},
		],
		warnings: expect.arrayContaining([expect.stringMatching(/was born at 1 .* after the session began: counted/)]),
	});
});

test('a target that fails touches no other: its series end, the reason is said, the others go on', async () => {
	await using good = await paged(n => `x ${n}\n`);
	let isBroken = false;
	await using bad = await httpStub((_request, response) => response.end(isBroken ? 'x{{{\n' : 'x 7\n'));
	const targets = [target(good.url, {job: 'good'}), target(bad.url, {job: 'bad'})];
	const questions: Questions = {
		guardrails: [guardrail('good', 'x{job="good"}'), guardrail('bad', 'x{job="bad"}'), guardrail('up', 'up')],
	};
	await using source = await openOn(scrapeOptions(targets), questions);
	await ticks(source, 2);
	isBroken = true;
	const [answer] = await ticks(source, 1);
	expect(answer?.readings['good']).toMatchObject({kind: 'values', up: [1, 1]});
	expect(answer?.readings['good']).not.toHaveProperty('warnings');
	expect(answer?.readings['bad']).toMatchObject({
		kind: 'empty',
		up: [0, 1],
		warnings: [expect.stringMatching(/is down: no metrics page: line 1, column \d+: /)],
	});
	const up = answer?.readings['up'];
	expect(up?.kind === 'values' && up.series.map(({value}) => value).toSorted()).toEqual([0, 1]);
});

test('a page that hangs holds up no tick, and no other page', async () => {
	await using good = await paged(n => `x ${n}\n`);
	await using hung = await httpStub((_request, response) => void response.write('x 1\n'));
	const questions: Questions = {guardrails: [guardrail('g', 'x')]};
	await using source = await openOn(scrapeOptions([target(good.url), target(hung.url, {job: 'hung'})]), questions);
	await ticks(source, 4);
	for (let n = 0; n < 6; n++) {
		const startedAt = performance.now();
		const {readings} = await source.ask(225, never);
		expect(performance.now() - startedAt).toBeLessThan(150);
		expect(readings['g']).toMatchObject({kind: 'values', seriesCount: 1, ageMs: expect.any(Number)});
		await sleep(Math.max(0, 250 - (performance.now() - startedAt)));
	}
});

test('a page that never ends is given up at its limit, and its connection with it', async () => {
	const chunk = 'x_total{n="1"} 1\n'.repeat(4_000);
	await using endless = await httpStub((_request, response) => {
		const pour = (): void => {
			while (!response.destroyed && response.write(chunk));
		};
		response.on('drain', pour);
		pour();
	});
	await using source = await openOn(one(endless.url, {pageBytesMax: 1_000_000}), {guardrails: [guardrail('up', 'up')]});
	expect(
		await readingOf({
			...source,
			ask: async () => ({readings: {g: (await askFor(source)).readings['up'] ?? {kind: 'empty', tookMs: 0}}}),
		}),
	).toMatchObject({
		series: [{value: 0}],
		warnings: [expect.stringMatching(/is down: the page has more than 1 MB/)],
	});
	await sleep(50);
	expect(endless.sockets.size).toBeLessThanOrEqual(1);
});

test.each([
	['an error status', 500, {}, 'sorry', /is down: HTTP 500: sorry/],
	['a redirect', 302, {location: '/elsewhere'}, '', /HTTP 302: redirects to \/elsewhere; give that address/],
	['a refusal', 401, {}, 'who are you', /HTTP 401: who are you/],
	['a packing nobody asked for', 200, {'content-encoding': 'zstd'}, 'x', /packed in a way nobody asked for: "zstd"/],
	['a lie about the packing', 200, {'content-encoding': 'gzip'}, 'x 1', /claims to be gzip and is not/],
	['a web page', 200, {'content-type': 'text/html'}, '<html>', /no metrics page: line 1, column 1/],
])('%s is a scrape that failed, with its reason', async (_what, status, headers, body, reason) => {
	await using server = await httpStub((_request, response) => response.writeHead(status, headers).end(body));
	await using source = await openOn(one(server.url));
	expect(await readingOf(source)).toMatchObject({kind: 'empty', warnings: [expect.stringMatching(reason)]});
});

test('nobody listening, and bytes that are no HTTP, are told apart', async () => {
	await using noise = await tcpStub(socket => void socket.end('hello\r\n\r\n'));
	await using source = await openOn(one(noise.url));
	expect(await readingOf(source)).toMatchObject({warnings: [expect.stringMatching(/is down: not an HTTP answer/)]});
	await using nobody = await openOn(one('http://127.0.0.1:1'));
	expect(await readingOf(nobody)).toMatchObject({warnings: [expect.stringMatching(/no connection: nobody listens there/)]});
});

test('basic auth, a token and headers are sent; a rotated secret is taken up and never repeated', async () => {
	const seen: unknown[] = [];
	let secret = 'first-secret';
	await using server = await httpStub(({headers}, response) => {
		seen.push(headers.authorization, headers['x-scope']);
		response.writeHead(401).end(`bad token ${secret}`);
	});
	const extra = {auth: {kind: 'bearer', token: {env: 'T'}}, headers: {'x-scope': 'a'}} as const;
	await using source = await openOn(one(server.url, extra), undefined, {...ports, resolve: async () => ok(secret)});
	const reading = await readingOf(source);
	secret = 'second-secret';
	await ticks(source, 2);
	expect(seen.slice(0, 2)).toEqual(['Bearer first-secret', 'a']);
	expect(seen).toContain('Bearer second-secret');
	expect(JSON.stringify(reading)).toMatch(/bad token •••/);
});

test('recording rules of a file are asked like any series, and their age is that of their pages', async () => {
	using folder = disposable(createTempFolder('scrape-rules'));
	const file = join(folder.path, 'rules.yml');
	writeFileSync(file, 'groups: [{name: g, rules: [{record: "x:sum", expr: sum(x)}]}]');
	let hangs = false;
	await using server = await httpStub((_request, response) => void (hangs ? response.write('x') : response.end('x 4\n')));
	await using source = await openOn(one(server.url, {ruleFiles: [file]}), {guardrails: [guardrail('g', 'x:sum')]});
	const [answer] = await ticks(source, 2);
	expect(answer?.readings['g']).toMatchObject({kind: 'values', series: [{labels: {__name__: 'x:sum'}, value: 4}], up: [1, 1]});
	hangs = true;
	const late = (await ticks(source, 2)).at(-1)?.readings['g'];
	expect(late).toMatchObject({kind: 'values', series: [{value: 4}]});
	expect(late?.kind === 'values' && late.ageMs).toBeGreaterThan(250);
});

const disposable = (folder: ReturnType<typeof createTempFolder>) => ({...folder, [Symbol.dispose]: folder.remove});

test('lint tells what the texts, the options and the pages make questionable', async () => {
	await using server = await paged(n =>
		`up_since 1\nh_bucket{le="0.5"} ${n}\nh_bucket{le="+Inf"} ${n}\nh_sum 1\nh_count ${n}\n`.concat('# TYPE h histogram\n'),
	);
	const questions: Questions = {
		guardrails: [
			guardrail('Errors', 'sum(rate(x_total[1m]))', {bound: {op: '<', value: 0.05}, unit: 'ratio'}),
			guardrail('p95', 'histogram_quantile(0.95, sum by (le) (rate(h_bucket[1m])))', {bound: {op: '<', value: 2}}),
			guardrail('short', 'sum(rate(h_count[400ms]))'),
		],
	};
	await using source = await openOn(one(server.url, {timeoutMs: 1_000}), questions);
	await ticks(source, 3);
	const sentences = await source.lint(never);
	expect(sentences).toEqual(
		expect.arrayContaining([
			expect.stringMatching(/^A page may take 1s, longer than the interval of 250ms/),
			expect.stringMatching(/^Errors: a bare rate\(\) counts events per second/),
			expect.stringMatching(/^Errors: it has no series at present: nothing matches x_total/),
			expect.stringMatching(/^p95: the highest finite bucket is 0\.5, .*< 2 can never be broken/),
			expect.stringMatching(/^short: rate\(\) looks over 400ms, but the pages are scraped every 250ms/),
		]),
	);
});

test.each([
	[{intervalMs: 100}, /interval is 100 ms, shorter than 250 ms/],
	[{intervalMs: Number.NaN}, /interval is NaN/],
	[{timeoutMs: 0}, /must be above zero/],
	[{targets: []}, /no page to scrape/],
	[{ruleFiles: ['/nowhere/rules.yml']}, /rule file \/nowhere\/rules\.yml can't be used: it can't be read \(ENOENT\)/],
	[{tls: {caFile: '/nowhere/ca.pem', insecureSkipVerify: false}}, /TLS file \/nowhere\/ca\.pem can't be read/],
] as const)('%j does not open, and says why', async (extra, message) => {
	const source = await openScrape(one('http://127.0.0.1:1', extra), {guardrails: []}, ports);
	expect(source.ok ? 'opened' : source.error.message).toMatch(message);
});

test('the registry opens it, it names what it reads, and closing leaves no connection', async () => {
	await using server = await paged(() => 'x 1\n');
	const source = await openSource(one(`${server.url}/metrics`), {guardrails: []}, ports);
	if (!source.ok) throw new Error(source.error.message);
	expect(source.value.target).toBe(`scrape 127.0.0.1:${server.port}/metrics every 250ms`);
	await source.value.ask(200, never);
	await source.value.close();
	await sleep(50);
	expect(server.sockets.size).toBe(0);
});

test('a tick that comes late because the process was held up judges what is there all the same', async () => {
	await using server = await paged(n => `x ${n}\n`);
	await using source = await openOn(one(server.url));
	await ticks(source, 3);
	const answer = source.ask(100, never);
	const heldUntil = performance.now() + 250;
	while (performance.now() < heldUntil);
	expect((await answer).readings['g']).toMatchObject({kind: 'values'});
});
