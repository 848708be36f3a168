import {Counter, collectDefaultMetrics, Gauge, Histogram, Registry} from 'prom-client';

/** Connections of the pretended database pool: work under way beyond this finds it exhausted. */
const poolSize = 20;
const memoryLimitBytes = 512 * 1024 * 1024;
const secondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const millisecondsBuckets = [5, 10, 25, 50, 100, 200, 250, 500, 1000, 1500, 2500, 5000, 10_000];

export type PageName = 'all' | 'memory' | 'system' | 'sse';

export type ServiceMetrics = ReturnType<typeof createServiceMetrics>;

/**
 * The metrics of a generic web service, and those of the profile `relay-r1`. Everything counts what really happened in this
 * process; `db_connection_pool_utilization` is in percent.
 */
export function createServiceMetrics(underWay: () => number) {
	const pages = {all: new Registry(), memory: new Registry(), system: new Registry(), sse: new Registry()};
	const on = (page: Exclude<PageName, 'all'>, name: string, help: string) => ({name, help, registers: [pages.all, pages[page]]});
	// Listed on the full page alone by prom-client; the page of the system has its own copy.
	collectDefaultMetrics({register: pages.all});
	collectDefaultMetrics({register: pages.system});
	new Gauge({
		...on('system', 'db_connection_pool_utilization', 'Database connections in use, percent.'),
		collect() {
			this.set(Math.min(100, (underWay() / poolSize) * 100));
		},
	});
	new Gauge({
		...on('system', 'memory_usage_bytes', 'Resident memory.'),
		collect() {
			this.set(process.memoryUsage.rss());
		},
	});
	new Gauge(on('system', 'memory_limit_bytes', 'Memory this service may use.')).set(memoryLimitBytes);
	new Gauge(on('memory', 'memory_chunks_row_count', 'Rows of memory_chunks.')).set(12_000);
	const counter = (page: Exclude<PageName, 'all'>, name: string, help: string) => new Counter(on(page, name, help));
	return {
		pages,
		requests: new Counter({...on('system', 'http_requests_total', 'Requests answered.'), labelNames: ['code']}),
		durationSeconds: new Histogram({
			...on('system', 'http_request_duration_seconds', 'Time to answer.'),
			buckets: secondsBuckets,
		}),
		ttfvMs: new Histogram({...on('memory', 'ttfv_ms', 'Time to first value.'), buckets: millisecondsBuckets}),
		annMs: new Histogram({
			...on('memory', 'memory_ann_query_latency_ms', 'Nearest-neighbour query.'),
			buckets: millisecondsBuckets,
		}),
		dbMs: new Histogram({...on('memory', 'db_query_latency_ms', 'Database query.'), buckets: millisecondsBuckets}),
		rlsErrors: counter('memory', 'memory_rls_policy_errors_total', 'Row-level security policy errors.'),
		crossTenant: counter('memory', 'memory_cross_tenant_attempts_total', 'Attempts to read rows of another tenant.'),
		rerankTimeouts: counter('memory', 'memory_rerank_timeout_total', 'Reranker calls that took too long.'),
		filteredByUser: counter('memory', 'memory_queries_filtered_by_user_hash', 'Queries filtered by the hash of the user.'),
		sseStarted: counter('sse', 'sse_total', 'Streams begun.'),
		sseComplete: counter('sse', 'sse_complete_total', 'Streams that reached their end.'),
		sseTimeouts: counter('sse', 'sse_stream_timeout_total', 'Streams broken off by the service.'),
	};
}
