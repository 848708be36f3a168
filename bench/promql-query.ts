import {labelsOf} from '../src/promql/labels.ts';
import {parseQuery} from '../src/promql/parse.ts';
import {evaluateInstant} from '../src/promql/query.ts';
import {SampleStore} from '../src/promql/store.ts';
import {startEmptyPrometheus} from '../test/promql/kit/empty-prometheus.ts';
import {type PushedSeries, push} from '../test/promql/kit/remote-write.ts';
import {median, progress, round} from './kit/figures.ts';

const seconds = 3_600;
const rounds = 150;

/** The questions of the runbooks, on series of their own names. */
const queries: readonly string[] = [
	'histogram_quantile(0.95, sum by (le) (rate(ttfv_ms_bucket[1m])))',
	'sum(increase(memory_rls_policy_errors_total[5m]))',
	'sum(rate(http_requests_total{code="500"}[1m])) / sum(rate(http_requests_total[1m]))',
	'max(db_connection_pool_utilization)',
	'sum by (version) (rate(http_requests_total[5m]))',
	'max_over_time(db_connection_pool_utilization[15m])',
	'quantile_over_time(0.95, db_connection_pool_utilization[1h])',
];

/**
 * Instant queries over an hour of 100 series at one sample a second: asked of the embedded engine, and of a real Prometheus that
 * holds the same samples, over HTTP on loopback with a connection that is kept. Medians in milliseconds.
 */
export async function run(): Promise<object> {
	const endMs = Math.floor(Date.now() / 1_000) * 1_000;
	const series = world(endMs - seconds * 1_000);
	const store = new SampleStore('everything');
	for (const {labels, samples} of series) {
		const stored = store.series(labelsOf(Object.entries(labels)));
		for (const [timeMs, value] of samples) if (stored.ok && value !== 'stale') stored.value?.append(timeMs, value);
	}
	const server = await startEmptyPrometheus();
	try {
		progress(`  pushing ${series.length} series …`);
		await push(server.url, series);
		const results = [];
		for (const query of queries) results.push(await compare(query, store, server.url, endMs));
		const ratios = results.map(({times}) => times);
		const least = Math.min(...ratios);
		return {
			name: 'promql-query',
			series: series.length,
			samples: series.length * seconds,
			queries: results,
			median: {figure: median(ratios), atLeast: 10, unit: '×', met: median(ratios) >= 10},
			least: round(least),
		};
	} finally {
		await server.process.stop();
	}
}

async function compare(text: string, store: SampleStore, url: string, endMs: number) {
	const parsed = parseQuery(text);
	if (!parsed.ok) throw new Error(parsed.error.message);
	const query = {text, expr: parsed.value};
	const own: number[] = [];
	const theirs: number[] = [];
	// In turns, so that whatever else the machine does hits both. Each question has another time: nothing is answered from memory.
	for (let i = 0; i < rounds; i++) {
		const timeMs = endMs - i * 100;
		const started = performance.now();
		const answer = evaluateInstant(query, store, timeMs);
		own.push(performance.now() - started);
		if (!answer.ok) throw new Error(answer.error.message);
		const asked = performance.now();
		const params = new URLSearchParams({query: text, time: `${timeMs / 1_000}`});
		const response = await fetch(`${url}/api/v1/query?${params}`, {signal: AbortSignal.timeout(5_000)});
		await response.json();
		theirs.push(performance.now() - asked);
	}
	const middle = (values: readonly number[]): number =>
		round(values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN, 4);
	const [here, there] = [middle(own), middle(theirs)];
	return {query: text, here, there, times: round(there / here)};
}

function world(startMs: number): PushedSeries[] {
	const series: PushedSeries[] = [];
	const add = (labels: Record<string, string>, value: (s: number) => number): void => {
		series.push({labels, samples: Array.from({length: seconds + 1}, (_, s) => [startMs + s * 1_000, value(s)] as const)});
	};
	for (const version of ['stable', 'canary']) {
		for (let instance = 0; instance < 3; instance++) {
			const of = {version, instance: `10.0.0.${instance}:3001`};
			for (const [i, le] of ['50', '100', '250', '500', '1000', '2500', '+Inf'].entries()) {
				add({__name__: 'ttfv_ms_bucket', ...of, le}, s => s * (i + 1) + (s % 7));
			}
			for (const code of ['200', '404', '500']) add({__name__: 'http_requests_total', ...of, code}, s => s * 9);
			for (const policy of ['a', 'b', 'c'])
				add({__name__: 'memory_rls_policy_errors_total', ...of, policy}, s => Math.floor(s / 900));
			for (const pool of ['read', 'write', 'queue', 'cache']) {
				add({__name__: 'db_connection_pool_utilization', ...of, pool}, s => (Math.sin(s / 40 + instance) + 1) / 2);
			}
		}
	}
	return series;
}
