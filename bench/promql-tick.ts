import {PageParser, type PageSeries} from '../src/promql/exposition.ts';
import {parseQuery} from '../src/promql/parse.ts';
import {evaluateInstant, type Query} from '../src/promql/query.ts';
import {vectorSelectorsOf} from '../src/promql/split.ts';
import {SampleStore, wantedOf} from '../src/promql/store.ts';
import type {StoredSeries} from '../src/promql/store-series.ts';
import {aim, round, spread} from './kit/figures.ts';
import {metricsPage} from './kit/promql-page.ts';

const warmUpTicks = 70;
const ticks = 40;

/**
 * A tick of the embedded engine: a page of 20,000 series is read, every series is kept, and 20 guardrails are asked, each over the
 * rate of a thousand series in a minute at one sample a second. Milliseconds of CPU of the whole process, garbage included.
 */
export async function run(): Promise<object> {
	const queries = Array.from({length: 20}, (_, i) => guardrail(i));
	const store = new SampleStore(
		wantedOf(
			queries.flatMap(({expr}) => vectorSelectorsOf(expr)),
			300_000,
		),
	);
	const parser = new PageParser<StoredSeries>();
	const cpuMs: number[] = [];
	const parts = {parse: [] as number[], keep: [] as number[], ask: [] as number[]};
	for (let tick = 0; tick < warmUpTicks + ticks; tick++) {
		const page = metricsPage(20, 1_000, tick);
		const timeMs = 1_700_000_000_000 + tick * 1_000;
		const before = process.cpuUsage();
		const times = [performance.now()];
		const read = parser.parse(page);
		if (!read.ok) throw new Error(read.error.message);
		times.push(performance.now());
		keep(store, read.value.series, read.value.values, timeMs);
		times.push(performance.now());
		for (const query of queries) ask(query, store, timeMs);
		times.push(performance.now());
		const {user, system} = process.cpuUsage(before);
		if (tick < warmUpTicks) continue;
		cpuMs.push((user + system) / 1_000);
		for (const [i, part] of (['parse', 'keep', 'ask'] as const).entries())
			parts[part].push((times[i + 1] as number) - (times[i] as number));
	}
	const cpu = spread(cpuMs);
	const {samples, bytes} = store.size();
	return {
		name: 'promql-tick',
		cpuMs: cpu,
		tick: aim(cpu.p50, 50, 'ms of CPU'),
		wallMs: {parse: spread(parts.parse).p50, keep: spread(parts.keep).p50, ask: spread(parts.ask).p50},
		store: {series: store.seriesCount, samples, bytesPerSample: round(bytes / samples)},
		memory: memoryOfAPlan(),
	};
}

function guardrail(i: number): Query {
	const name = `app_operations_${i}_total`;
	const text =
		i % 2
			? `sum(rate(${name}{code="500",version="canary"}[1m])) / sum(rate(${name}{version="canary"}[1m])) + 0 * sum(rate(${name}{version="stable"}[1m]))`
			: `max by (version) (rate(${name}[1m]))`;
	const parsed = parseQuery(text);
	if (!parsed.ok) throw new Error(parsed.error.message);
	return {text, expr: parsed.value};
}

function keep(store: SampleStore, series: readonly PageSeries<StoredSeries>[], values: Float64Array, timeMs: number): void {
	for (let i = 0; i < series.length; i++) {
		const one = series[i] as PageSeries<StoredSeries>;
		if (!one.data) {
			const stored = store.series(one.labels);
			if (!stored.ok || !stored.value) continue;
			one.data = stored.value;
		}
		one.data.append(timeMs, values[i] as number);
	}
}

function ask(query: Query, store: SampleStore, timeMs: number): void {
	const answer = evaluateInstant(query, store, timeMs);
	if (!answer.ok) throw new Error(answer.error.message);
}

/** What 500 series of a quarter of an hour at one second take. */
function memoryOfAPlan(): object {
	const parsed = parseQuery('rate(app_operations_0_total[10m])');
	if (!parsed.ok) throw new Error(parsed.error.message);
	const store = new SampleStore(wantedOf(vectorSelectorsOf(parsed.value), 300_000));
	const page = new PageParser().parse(metricsPage(1, 500, 0));
	if (!page.ok) throw new Error(page.error.message);
	for (const {labels} of page.value.series) {
		const series = store.series(labels);
		for (let s = 0; s < 1_000 && series.ok; s++) series.value?.append(s * 1_000, s);
	}
	const {samples, bytes} = store.size();
	return {series: 500, samples, megabytes: round(bytes / 1e6), bytesPerSample: round(bytes / samples)};
}
