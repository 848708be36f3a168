import {Counter, Gauge, Histogram, Registry} from 'prom-client';

/** Connections of the pretended database pool. */
const poolSize = 40;
export const memoryLimitBytes = 320 * 1024 * 1024;
const buckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 0.75, 1, 2.5, 5];

export type ServiceMetrics = ReturnType<typeof createServiceMetrics>;

/** What the demo's service tells about itself: everything counted is what really happened in this process. */
export function createServiceMetrics(now: {readonly underWay: () => number; readonly breakerOpen: () => boolean}) {
	const registry = new Registry();
	const registers = [registry];
	const gauge = (name: string, help: string, value: () => number) =>
		new Gauge({
			name,
			help,
			registers,
			collect() {
				this.set(value());
			},
		});
	gauge('process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss());
	gauge('memory_limit_bytes', 'Memory this service may use.', () => memoryLimitBytes);
	gauge('db_pool_in_use', 'Database connections in use.', () => Math.min(poolSize, now.underWay()));
	gauge('db_pool_size', 'Database connections there are.', () => poolSize);
	gauge('circuit_breaker_open', '1 while the breaker to the database is open.', () => (now.breakerOpen() ? 1 : 0));
	const requests = new Counter({name: 'http_requests_total', help: 'Requests answered.', labelNames: ['code'], registers});
	// A counter that is born with its first event has no increase to show for it.
	for (const code of ['200', '500', '503']) requests.inc({code}, 0);
	return {
		registry,
		requests,
		seconds: new Histogram({name: 'http_request_duration_seconds', help: 'Time to answer.', buckets, registers}),
		rlsErrors: new Counter({name: 'rls_policy_errors_total', help: 'Row-level security violations.', registers}),
		streams: new Counter({name: 'sse_streams_total', help: 'Event streams begun.', registers}),
		streamsDone: new Counter({name: 'sse_streams_completed_total', help: 'Event streams that reached their end.', registers}),
	};
}
