import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {monitorEventLoopDelay} from 'node:perf_hooks';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {createRedactor} from '../src/base/redact.ts';
import {openTail} from '../src/sources/tail/tail.ts';
import {writeLog} from '../test/helpers/log-writer.ts';

type Load = {readonly linesPerSecond: number; readonly errorEvery: number; readonly seconds: number};

/** Every line an error is the worst case; one in ten is a bad day. Both with a guardrail that looks at every line. */
const loads: readonly Load[] = [
	{linesPerSecond: 5_000, errorEvery: 10, seconds: 5},
	{linesPerSecond: 10_000, errorEvery: 10, seconds: 5},
	{linesPerSecond: 5_000, errorEvery: 1, seconds: 5},
	{linesPerSecond: 10_000, errorEvery: 1, seconds: 5},
	{linesPerSecond: 50_000, errorEvery: 1, seconds: 5},
];

/** CPU of following one JSON log at each load, as percent of one core, with what was dropped, and how late a guardrail heard of a line. */
export async function run(): Promise<object> {
	const results = [];
	for (const load of loads) results.push(await measure(load));
	return {name: 'tail', loads: results};
}

async function measure(load: Load): Promise<object> {
	const folder = await mkdtemp(join(tmpdir(), 'canary-bench-tail-'));
	const path = join(folder, 'app.log');
	await writeFile(path, '');
	const stop = new AbortController();
	const ages: number[] = [];
	let batches = 0;
	const opened = openTail(
		{
			logs: [{name: 'app', paths: [path], side: 'candidate', levels: ['error', 'fatal'], format: {kind: 'json', fields}}],
			questions: [{guardrailId: 'timeouts', logs: [], match: 'timed out', measure: 'count', windowMs: 10_000}],
			clock: {nowMs: () => performance.timeOrigin + performance.now()},
			redact: createRedactor(),
		},
		{
			onBatch: () => batches++,
			onAnswers(answers) {
				const written = /"time":"([^"]+)"/.exec(answers[0]?.sample ?? '')?.[1];
				if (written !== undefined && (answers[0]?.matched ?? 0) > 0) ages.push(Date.now() - Date.parse(written));
			},
			onNotice() {},
		},
		stop.signal,
	);
	if (!opened.ok) throw new Error(opened.error);
	await opened.value.ready;
	const delay = monitorEventLoopDelay({resolution: 5});
	delay.enable();
	const cpu = process.cpuUsage();
	const startMs = performance.now();
	const written = await writeLog({path, ...load});
	await sleep(500);
	const {user, system} = process.cpuUsage(cpu);
	const tookMs = performance.now() - startMs;
	delay.disable();
	const {lines, matched, dropped} = opened.value.stats();
	await opened.value.close();
	await rm(folder, {recursive: true, force: true});
	ages.sort((a, b) => a - b);
	return {
		...load,
		written,
		...{lines, matched, dropped, batches},
		cpuPercentOfACore: round((user + system) / 10 / tookMs),
		loopDelayP99Ms: round(delay.percentile(99) / 1e6),
		newestCountedLineAgeMs: {p50: ages[Math.floor(ages.length / 2)], p99: ages[Math.floor(ages.length * 0.99)]},
		rssMb: round(process.memoryUsage().rss / 1_048_576),
	};
}

const fields = {level: ['level'], code: ['code'], message: ['msg', 'message'], time: ['time']};

const round = (value: number): number => Math.round(value * 10) / 10;

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(JSON.stringify(await run(), undefined, '\t'));
