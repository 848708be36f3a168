/** The demo's profile: a whole small one, to be read and copied by people. */

export type ProfileParts = {
	/** `http://127.0.0.1:…` of each service. */
	readonly baseline: string;
	readonly candidate: string;
	/** `host:port` of the proxy and of its metrics page. */
	readonly listen: string;
	readonly metricsListen: string;
	readonly controlSocket: string;
	readonly baselineLog: string;
	readonly candidateLog: string;
	/** How long each of the three stages lasts. */
	readonly stageSeconds: readonly [number, number, number];
};

/** JSON is YAML: what holds paths of the machine is written as JSON strings. */
const quote = (text: string): string => JSON.stringify(text);

export function profileText(parts: ProfileParts): string {
	const [first, second, third] = parts.stageSeconds;
	return `# The canary of the demo: two versions of a small service on this machine, real traffic, real metrics.
name: demo
title: Demo service
environment: loopback
baseline: {name: v1}
candidate: {name: v2}

metrics:
  scrape:
    interval: 500ms
    timeout: 400ms
    targets:
      - url: ${quote(`${parts.baseline}/metrics`)}
        job: service
        labels: {version: baseline}
      - url: ${quote(`${parts.candidate}/metrics`)}
        job: service
        labels: {version: candidate}
      - url: ${quote(`http://${parts.metricsListen}/metrics`)}
        job: proxy

poll: 500ms

guardrails:
  - id: error-rate
    title: Errors
    query: >-
      100 * sum(rate(http_requests_total{version="candidate",code=~"5.."}[10s]))
      / sum(rate(http_requests_total{version="candidate"}[10s]))
    unit: percent
    healthy: "< 2"
    for: 3s
    severe: {healthy: "< 50"}
    severity: critical
    minRequests:
      query: sum(rate(http_requests_total{version="candidate"}[10s]))
      min: 0.5

  - id: latency-p95
    title: Latency p95
    query: >-
      1000 * histogram_quantile(0.95,
      sum by (le) (rate(http_request_duration_seconds_bucket{version="candidate"}[10s])))
    unit: ms
    healthy: "< 300"
    for: 3s
    severity: critical
    minRequests:
      query: sum(rate(http_requests_total{version="candidate"}[10s]))
      min: 0.5

  - id: rls-violations
    title: RLS violations
    query: sum(increase(rls_policy_errors_total{version="candidate"}[1m]))
    unit: count
    healthy: "= 0"
    severity: critical
    security: true

  - id: breaker
    title: DB circuit breaker
    query: max(circuit_breaker_open{version="candidate"})
    healthy: "= 0"
    for: 2s
    severity: critical

  - id: memory
    title: Memory
    query: 100 * max(process_resident_memory_bytes{version="candidate"} / memory_limit_bytes{version="candidate"})
    unit: percent
    healthy: "< 75"
    warn: "< 60"
    for: 1s
    severity: critical

  # A page that hangs keeps every ratio at its last value: whether it answers is a question of its own.
  - id: metrics-up
    title: Metrics page
    query: min(up{version="candidate"})
    healthy: "= 1"
    for: 3s
    noData: fail
    noDataAfter: 5s
    severity: critical

  - id: db-pool
    title: DB pool
    query: 100 * max(db_pool_in_use{version="candidate"} / db_pool_size{version="candidate"})
    unit: percent
    healthy: "< 90"
    for: 5s
    severity: warning

  - id: error-lines
    title: Error lines
    log: {window: 10s}
    healthy: "< 20"
    severity: warning

  - id: latency-p95-v1
    title: Latency p95 of v1
    query: >-
      1000 * histogram_quantile(0.95,
      sum by (le) (rate(http_request_duration_seconds_bucket{version="baseline"}[10s])))
    unit: ms
    severity: info

observedShare: >-
  100 * sum(rate(canary_builtin_requests_total{side="candidate"}[10s]))
  / sum(rate(canary_builtin_requests_total[10s]))
observedRequests: sum(increase(canary_builtin_requests_total[10s]))

stages:
  - {name: first look, weight: 5, duration: ${first}s}
  - {name: a quarter, weight: 25, duration: ${second}s}
  - {name: all, weight: 100, duration: ${third}s}

checkpoints: {every: 10s}

router:
  builtin:
    listen: ${quote(parts.listen)}
    metricsListen: ${quote(parts.metricsListen)}
    controlSocket: ${quote(parts.controlSocket)}
    baseline: [${quote(parts.baseline)}]
    candidate: [${quote(parts.candidate)}]

logs:
  - {name: v2, path: ${quote(parts.candidateLog)}, side: candidate}
  - {name: v1, path: ${quote(parts.baselineLog)}, side: baseline}

# Press L: what it prints opens over the panes, and is kept with the session.
commands:
  - {key: L, title: log of v2, argv: [tail, -n, "200", ${quote(parts.candidateLog)}]}

policies:
  start: auto
  finalPromote: auto
  splitReadEvery: 1s
  metricsCheckEvery: 10s
  watchAfterEnd: 2s
`;
}
