/** What can go wrong with the demo's candidate. All of it really happens, in a real process; nothing is only drawn. */

export type Faults = {
	/** Share of the requests that take {@link slowMs} longer, 0 to 1. */
	readonly slowShare: number;
	readonly slowMs: number;
	/** Share of the requests answered 500, 0 to 1. */
	readonly errorShare: number;
	/** The circuit breaker to the database is open: half of the requests are answered 503 without asking it. */
	readonly breakerOpen: boolean;
	/** The metrics page sends its head and then nothing. */
	readonly metricsHung: boolean;
	/** Memory kept for ever. */
	readonly leakBytesPerSecond: number;
	/** Row-level security violations, counted and logged once. */
	readonly rlsViolations: number;
};

export const noFaults: Faults = {
	slowShare: 0,
	slowMs: 0,
	errorShare: 0,
	breakerOpen: false,
	metricsHung: false,
	leakBytesPerSecond: 0,
	rlsViolations: 0,
};

export type Incident = {
	/** What happens, for people. */
	readonly title: string;
	/** Id of the guardrail in the demo's profile that sees it. */
	readonly guardrail: string;
	readonly faults: Partial<Faults>;
};

export const incidents = {
	latency: {
		title: 'a third of the requests take 600 ms longer',
		guardrail: 'latency-p95',
		faults: {slowShare: 1 / 3, slowMs: 600},
	},
	errors: {title: 'every eighth request fails', guardrail: 'error-rate', faults: {errorShare: 1 / 8}},
	rls: {
		title: 'one query reads past a row-level security policy',
		guardrail: 'rls-violations',
		faults: {rlsViolations: 1},
	},
	hung: {title: 'the metrics page hangs, the service goes on', guardrail: 'metrics-up', faults: {metricsHung: true}},
	breaker: {title: 'the circuit breaker to the database opens', guardrail: 'breaker', faults: {breakerOpen: true}},
	leak: {
		title: 'memory leaks, 40 MB a second',
		guardrail: 'memory',
		faults: {leakBytesPerSecond: 40 * 1024 * 1024},
	},
} as const satisfies Readonly<Record<string, Incident>>;

export type IncidentName = keyof typeof incidents;

export const incidentNames = Object.keys(incidents) as readonly IncidentName[];

export const isIncident = (name: string): name is IncidentName => Object.hasOwn(incidents, name);
