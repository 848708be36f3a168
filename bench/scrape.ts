/**
 * The embedded scrape engine: what a tick over 20 guardrails and 20,000 series costs, and how long everything else in the process
 * waits while a first large page arrives. `node bench/scrape.ts` prints the figures.
 */
import {monitorEventLoopDelay} from 'node:perf_hooks';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {ok} from '../src/base/result.ts';
import type {GuardrailPlan} from '../src/core/plan.ts';
import {openScrape} from '../src/sources/scrape.ts';
import type {MetricsSource} from '../src/sources/source.ts';
import {freePort, startProcess, waitUntil} from '../test/helpers/process.ts';
import {guardrail} from '../test/sources/prometheus-kit.ts';
import {aim, progress, round, spread} from './kit/figures.ts';

const never = new AbortController().signal;
const intervalMs = 500;

export async function run(ticks = 60): Promise<object> {
	return {
		name: 'scrape',
		firstPage: {
			fewSelected: await firstPage('2,860 of its series are selected', n => `bench_${n}_total{code="500",zone="eu-0"}`),
			manySelected: await firstPage('8,580 of its series are selected', n => `bench_${n}_total{code="500"}`),
		},
		tick: {
			everySeriesSelected: await tickCost(ticks, 'every series of the page is selected and kept', n => `bench_${n}_total`),
			aFewSelected: await tickCost(ticks, 'one series in seven is selected', n => `bench_${n}_total{code="500"}`),
		},
	};
}

async function startPage(series: number) {
	const port = await freePort();
	const url = `http://127.0.0.1:${port}/metrics`;
	const ready = async (): Promise<boolean> => (await fetch(url)).ok;
	const started = await startProcess({
		name: 'page server',
		command: process.execPath,
		args: [fileURLToPath(new URL('scrape/page-server.ts', import.meta.url)), String(port), String(series)],
		ready,
	});
	const bytes = (await (await fetch(url)).text()).length;
	return {url, bytes, stop: () => started.stop()};
}

async function open(url: string, guardrails: readonly GuardrailPlan[]): Promise<MetricsSource> {
	const source = await openScrape(
		{
			kind: 'scrape',
			targets: [{urls: [url], job: 'bench', labels: {version: 'canary'}}],
			intervalMs,
			timeoutMs: 5_000,
			pageBytesMax: 64 * 1024 * 1024,
			headers: {},
			dialect: '3.x',
			ruleFiles: [],
		},
		{guardrails},
		{resolve: async () => ok(''), clock: {nowMs: () => Date.now()}},
	);
	if (!source.ok) throw new Error(source.error.message);
	return source.value;
}

const guardrailsOn = (selector: (family: number) => string): GuardrailPlan[] =>
	Array.from({length: 20}, (_, n) =>
		guardrail(`g${n}`, `sum(rate(${selector(n)}[10s]))`, {bound: {op: '>', value: 0}, windowMs: 10_000}),
	);

/** CPU of the whole process, over ticks that scrape, store and evaluate; the first ones fill the windows. */
async function tickCost(ticks: number, what: string, selector: (family: number) => string): Promise<object> {
	progress(`  tick: ${what}`);
	const page = await startPage(20_000);
	const source = await open(page.url, guardrailsOn(selector));
	const cpuMs: number[] = [];
	const wallMs: number[] = [];
	let late = 0;
	try {
		for (let n = 0; n < ticks + 24; n++) {
			const startedAt = performance.now();
			const before = process.cpuUsage();
			const {readings} = await source.ask(intervalMs * 0.9, never);
			const {user, system} = process.cpuUsage(before);
			const tookMs = performance.now() - startedAt;
			if (n >= 24) {
				late += Object.values(readings).some(({kind}) => kind !== 'values') ? 1 : 0;
				cpuMs.push((user + system) / 1_000);
				wallMs.push(tookMs);
			}
			await sleep(Math.max(0, intervalMs - tookMs));
		}
	} finally {
		await source.close();
		await page.stop();
	}
	const cpu = spread(cpuMs);
	return {
		setting: {what, guardrails: 20, seriesOnPage: 20_000, pageMb: round(page.bytes / 1e6), ticks},
		cpuMs: cpu,
		wallMs: spread(wallMs),
		/** The machine was too busy with other things to answer every question within the deadline. */
		ticksCutShort: late,
		...aim(cpu.p50, 50, 'ms of CPU, median'),
	};
}

/** Opened anew each time: a first page has no page before it to be compared with. */
async function firstPage(what: string, selector: (family: number) => string, rounds = 12): Promise<object> {
	progress(`  first page of 5 MB: ${what}`);
	const page = await startPage(60_000);
	const [p99s, maxima, tookMs]: [number[], number[], number[]] = [[], [], []];
	try {
		for (let n = 0; n < rounds; n++) {
			await sleep(300);
			const delay = monitorEventLoopDelay({resolution: 1});
			delay.enable();
			const startedAt = performance.now();
			const source = await open(page.url, guardrailsOn(selector));
			const up = async (): Promise<boolean> => (await source.ask(5_000, never)).readings['g0']?.kind === 'values';
			await waitUntil('the second page is judged', up, {everyMs: 20});
			tookMs.push(performance.now() - startedAt);
			delay.disable();
			await source.close();
			p99s.push(delay.percentile(99) / 1e6);
			maxima.push(delay.max / 1e6);
		}
	} finally {
		await page.stop();
	}
	const p99 = spread(p99s);
	return {
		setting: {
			pageMb: round(page.bytes / 1e6),
			series: 60_000,
			rounds,
			what,
			note: 'from opening until the second page is judged; first round is a cold process',
		},
		eventLoopDelayP99Ms: p99,
		eventLoopDelayMaxMs: spread(maxima),
		tookMs: spread(tookMs),
		...aim(p99.p50, 50, 'ms, p99 of the delay, median round'),
	};
}

if (process.argv[1] === fileURLToPath(import.meta.url))
	console.log(JSON.stringify(await run(Number(process.argv[2] ?? 60)), undefined, '\t'));
