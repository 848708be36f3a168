import {Counter, Gauge, Histogram, type Registry} from 'prom-client';
import type {Metrics} from './stand-in.ts';

const msBuckets = [5, 10, 25, 50, 100, 200, 250, 500, 1_000, 1_500, 2_000, 3_000, 5_000];
const secondsBuckets = [0.005, 0.008, 0.01, 0.012, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.25, 0.4, 0.6, 1, 2];

/** The pages `/metrics/memory`, `/metrics/system` and `/metrics/sse` of the memory API, on one. */
function relayMetrics(registry: Registry): Metrics {
	const registers = [registry];
	const histogram = (name: string) => new Histogram({name, help: name, buckets: msBuckets, registers});
	const counter = (name: string) => new Counter({name, help: name, registers});
	const gauge = (name: string, value: number) => new Gauge({name, help: name, registers}).set(value);
	const latencies = ['ttfv_ms', 'memory_ann_query_latency_ms', 'db_query_latency_ms'].map(histogram);
	const [ttfv, ...stores] = latencies;
	const started = counter('sse_total');
	const completed = counter('sse_complete_total');
	const timeouts = counter('sse_stream_timeout_total');
	const queries = counter('memory_queries_total');
	const filtered = counter('memory_queries_filtered_by_user_hash');
	const rls = counter('memory_rls_policy_errors_total');
	const crossTenant = counter('memory_cross_tenant_attempts_total');
	counter('memory_rerank_skipped_total');
	counter('memory_rerank_timeout_total');
	gauge('db_connection_pool_utilization', 42);
	gauge('memory_chunks_row_count', 12_000);
	return {
		count({latencyMs, streamBroke}) {
			ttfv?.observe(latencyMs);
			for (const store of stores) store.observe(4);
			queries.inc();
			filtered.inc();
			started.inc();
			(streamBroke ? timeouts : completed).inc();
		},
		events: {'rls-violation': () => rls.inc(), 'cross-tenant-attempt': () => crossTenant.inc()},
	};
}

const hal9Metrics =
	(system: 'flat' | 'hierarchical') =>
	(registry: Registry): Metrics => {
		const registers = [registry];
		const labelNames = ['system'];
		const requests = new Counter({name: 'hal9_requests_total', help: 'Requests', labelNames, registers});
		const errors = new Counter({name: 'hal9_errors_total', help: 'Errors', labelNames, registers});
		const name = 'hal9_request_duration_seconds';
		const duration = new Histogram({name, help: 'Duration', labelNames, buckets: secondsBuckets, registers});
		new Gauge({name: 'hal9_shadow_match_ratio', help: 'Responses that matched in shadow mode', registers}).set(0.9995);
		const accepted = new Counter({name: 'hal9_answers_accepted_total', help: 'Answers accepted', labelNames, registers});
		for (const counter of [requests, errors, accepted]) counter.inc({system}, 0);
		return {
			count({latencyMs, failed}) {
				requests.inc({system});
				(failed ? errors : accepted).inc({system});
				duration.observe({system}, latencyMs / 1_000);
			},
			events: {},
		};
	};

function hyperBunMetrics(registry: Registry): Metrics {
	const registers = [registry];
	const requests = new Counter({name: 'http_requests_total', help: 'Requests', registers});
	const errors = new Counter({name: 'hyperbun_log_errors_total', help: 'Errors logged', registers});
	new Counter({name: 'rate_limit_rejected_total', help: 'Rejected', registers});
	const breaker = new Gauge({name: 'circuit_breaker_tripped', help: 'Tripped', registers});
	new Gauge({name: 'memory_usage_bytes', help: 'Used', registers}).set(180e6);
	new Gauge({name: 'memory_limit_bytes', help: 'Limit', registers}).set(512e6);
	const name = 'graph_build_duration_ms';
	const graph = new Histogram({name, help: 'Graph build', buckets: [1, 2, 3, 4, 5, 7.5, 10, 25], registers});
	return {
		count({failed}) {
			requests.inc();
			graph.observe(1.5);
			if (failed) errors.inc();
		},
		events: {'breaker-trips': () => breaker.set(1)},
	};
}

const r2Metrics =
	(version: 'r1' | 'r2') =>
	(registry: Registry): Metrics => {
		const registers = [registry];
		const requests = new Counter({name: 'http_requests_total', help: 'Requests', labelNames: ['version', 'code'], registers});
		const name = 'http_request_duration_seconds';
		const duration = new Histogram({name, help: 'Duration', labelNames: ['version'], buckets: secondsBuckets, registers});
		const violations = new Counter({
			name: 'security_violations_total',
			help: 'Security violations',
			labelNames: ['version'],
			registers,
		});
		for (const code of ['200', '500', '429']) requests.inc({version, code}, 0);
		violations.inc({version}, 0);
		return {
			count({latencyMs, failed}) {
				requests.inc({version, code: failed ? '500' : '200'});
				duration.observe({version}, latencyMs / 1_000);
			},
			events: {'security-violation': () => violations.inc({version})},
		};
	};

export const metricsByName = {
	relay: relayMetrics,
	'hal9-flat': hal9Metrics('flat'),
	'hal9-hierarchical': hal9Metrics('hierarchical'),
	'hyper-bun': hyperBunMetrics,
	r1: r2Metrics('r1'),
	r2: r2Metrics('r2'),
} as const;
