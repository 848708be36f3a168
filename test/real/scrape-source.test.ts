import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, afterEach, beforeAll, expect, test} from 'vitest';
import type {Reading} from '../../src/core/reading.ts';
import type {MetricsSource} from '../../src/sources/source.ts';
import {runLoad} from '../helpers/load.ts';
import {type FaultChange, type Service, startService} from '../helpers/service.ts';
import {guardrail, never} from '../sources/prometheus-kit.ts';
import {openOn, scrapeOptions, target} from '../sources/scrape-kit.ts';

let stable: Service;
let canary: Service;
beforeAll(async () => {
	[stable, canary] = await Promise.all([startService({version: 'stable'}), startService({version: 'canary'})]);
	await Promise.all([stable, canary].map(({url}) => runLoad({url: `${url}/`, requestsPerSecond: 50, seconds: 1})));
});
afterEach(() => canary.heal());
afterAll(async () => void (await Promise.all([stable.stop(), canary.stop()])));

const everyMs = 250;
const guardrails = [
	guardrail('canary', 'sum(rate(http_requests_total{version="canary"}[10s]))', {windowMs: 10_000}),
	guardrail('stable', 'sum(rate(http_requests_total{version="stable"}[10s]))', {windowMs: 10_000}),
	guardrail('up', 'up{version="canary"}'),
	guardrail('memory', 'memory_usage_bytes{version="canary"}'),
	guardrail('samples', 'scrape_samples_scraped{version="canary"}'),
];

const open = (): Promise<MetricsSource & AsyncDisposable> =>
	openOn(
		scrapeOptions(
			[stable, canary].map(({url, version}) => target(`${url}/metrics`, {labels: {version}})),
			{
				intervalMs: everyMs,
				timeoutMs: 500,
			},
		),
		{guardrails},
	);

type Readings = Readonly<Record<string, Reading>>;

/** Ticks as the controller makes them; the answers of the last one, and how long the slowest took. */
async function tick(source: MetricsSource, count: number): Promise<{readings: Readings; slowestMs: number}> {
	let readings: Readings = {};
	let slowestMs = 0;
	for (let n = 0; n < count; n++) {
		const startedAt = performance.now();
		({readings} = await source.ask(everyMs * 0.9, never));
		slowestMs = Math.max(slowestMs, performance.now() - startedAt);
		await sleep(Math.max(0, everyMs - (performance.now() - startedAt)));
	}
	return {readings, slowestMs};
}

const firstValue = (reading: Reading | undefined): unknown =>
	reading?.kind === 'values' ? reading.series[0]?.value : reading?.kind;

test('healthy pages give values of this very moment, with up, age and how much of the window is covered', async () => {
	await using source = await open();
	const {readings} = await tick(source, 5);
	expect(readings['canary']).toMatchObject({kind: 'values', up: [1, 1], coveredMs: expect.any(Number)});
	const {canary: reading} = readings;
	if (reading?.kind !== 'values') throw new Error('no values');
	expect(reading.ageMs).toBeLessThan(everyMs);
	expect(reading.coveredMs).toBeLessThan(5_000);
	expect(firstValue(readings['samples'])).toBeGreaterThan(50);
});

const broken: readonly (readonly [FaultChange['metricsPage'] & string, RegExp])[] = [
	['hung', /is down: no whole page within 500 ms/],
	['garbage', /is down: no metrics page: line 1, column 1/],
	['error', /is down: HTTP 500: broken/],
	['reset', /is down: the connection broke off/],
	['endless', /is down: (?:the page has more than 16 MB|no whole page within 500 ms)/],
	['huge', /is down: (?:the page has more than 16 MB|no whole page within 500 ms)/],
];

test.each(broken)(
	'a page that is %s: its target is down and says why, no tick waits for it, the other side goes on',
	async (how, why) => {
		await using source = await open();
		await tick(source, 3);
		await canary.fault({metricsPage: how});
		await tick(source, 4);
		const {readings, slowestMs} = await tick(source, 4);
		expect(slowestMs, 'the slowest tick').toBeLessThan(everyMs);
		expect(firstValue(readings['up'])).toBe(0);
		expect(readings['memory']).toMatchObject({kind: 'empty', up: [0, 1], warnings: [expect.stringMatching(why)]});
		// The ratio still stands where it was; what gives it away are its age and its target.
		expect(readings['canary']).toMatchObject({kind: 'values', up: [0, 1]});
		expect(readings['canary']?.kind === 'values' && readings['canary'].ageMs).toBeGreaterThan(everyMs);
		expect(readings['stable']).toMatchObject({kind: 'values', up: [1, 1]});
		expect(readings['stable']?.kind === 'values' && readings['stable'].ageMs).toBeLessThan(2 * everyMs);

		await canary.heal();
		await tick(source, 3);
		const healed = await tick(source, 1);
		expect(firstValue(healed.readings['up'])).toBe(1);
		expect(healed.readings['memory']).toMatchObject({kind: 'values', up: [1, 1]});
	},
);

test('an empty page is up and has nothing: its series are gone at once', async () => {
	await using source = await open();
	await tick(source, 3);
	await canary.fault({metricsPage: 'empty'});
	const {readings} = await tick(source, 2);
	expect(firstValue(readings['up'])).toBe(1);
	expect(firstValue(readings['samples'])).toBe(0);
	expect(readings['memory']).toMatchObject({kind: 'empty', up: [1, 1]});
});

test('a service that is killed is down, and goes on counting when it is started anew', async () => {
	const victim = await startService({version: 'canary'});
	await using source = await openOn(
		scrapeOptions([target(`${victim.url}/metrics`, {labels: {version: 'canary'}})], {timeoutMs: 500}),
		{guardrails},
	);
	await runLoad({url: `${victim.url}/`, requestsPerSecond: 50, seconds: 1});
	await tick(source, 3);
	await victim.fault({crash: true});
	const {readings, slowestMs} = await tick(source, 3);
	expect(slowestMs).toBeLessThan(everyMs);
	expect(firstValue(readings['up'])).toBe(0);
	expect(readings['memory']).toMatchObject({warnings: [expect.stringMatching(/nobody listens there/)]});

	await using renewed = await startService({version: 'canary', port: victim.port});
	await tick(source, 2);
	await runLoad({url: `${renewed.url}/`, requestsPerSecond: 50, seconds: 1});
	const after = await tick(source, 3);
	expect(firstValue(after.readings['up'])).toBe(1);
	expect(firstValue(after.readings['canary'])).toBeGreaterThan(1);
});
