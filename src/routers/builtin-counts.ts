import {Counter, Gauge, Histogram, Registry} from 'prom-client';
import {type Side, sides} from './builtin-choice.ts';
import type {SideCounts} from './builtin-config.ts';

/** Why a request got no whole answer from its server. `cut`: the answer began and broke off. */
export const failureReasons = ['connect', 'timeout', 'reset', 'cut'] as const;
export type FailureReason = (typeof failureReasons)[number];

export type Counts = {
	readonly registry: Registry;
	chosen(side: Side): void;
	/** The head of the service's answer is here. */
	answered(side: Side, code: number, tookSeconds: number): void;
	/** The proxy's own answer in place of the service's: 502, 504, or 499 (as nginx writes it) for a client that left before. */
	answeredInstead(side: Side, code: 499 | 502 | 504): void;
	failed(side: Side, reason: FailureReason): void;
	ended(side: Side): void;
	of(side: Side): SideCounts;
};

const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** What went to which side and how it ended: in numbers of our own for the router, and as a page for whoever scrapes it. */
export function createCounts(weightPercent: () => number): Counts {
	const registry = new Registry();
	const registers = [registry];
	const requests = new Counter({
		name: 'canary_builtin_requests_total',
		help: 'Requests given to a side.',
		labelNames: ['side'],
		registers,
	});
	const responses = new Counter({
		name: 'canary_builtin_responses_total',
		help: 'Answers by status, those of the proxy included: 502 and 504, and 499 for clients that left before.',
		labelNames: ['side', 'code'],
		registers,
	});
	const failures = new Counter({
		name: 'canary_builtin_failures_total',
		help: 'Requests without a whole answer from their server.',
		labelNames: ['side', 'reason'],
		registers,
	});
	const seconds = new Histogram({
		name: 'canary_builtin_response_start_seconds',
		help: 'Time until the head of the answer, without those that have none.',
		labelNames: ['side'],
		buckets,
		registers,
	});
	const now = {baseline: emptyCounts(), candidate: emptyCounts()};
	new Gauge({
		name: 'canary_builtin_in_flight',
		help: 'Requests and streams under way.',
		labelNames: ['side'],
		registers,
		collect() {
			for (const side of sides) this.set({side}, now[side].inFlight);
		},
	});
	new Gauge({
		name: 'canary_builtin_weight_percent',
		help: "The candidate's share in force, 0 to 100.",
		registers,
		collect() {
			this.set(weightPercent());
		},
	});
	// A counter that is born with its first event has no increase to show for it.
	for (const side of sides) {
		requests.inc({side}, 0);
		for (const code of ['200', '502']) responses.inc({side, code}, 0);
		for (const reason of failureReasons) failures.inc({side, reason}, 0);
	}
	return {
		registry,
		chosen(side) {
			requests.inc({side});
			now[side].requests++;
			now[side].inFlight++;
		},
		answered(side, code, tookSeconds) {
			responses.inc({side, code: String(code)});
			seconds.observe({side}, tookSeconds);
			if (code >= 500) now[side].serverErrors++;
		},
		answeredInstead(side, code) {
			responses.inc({side, code: String(code)});
		},
		failed(side, reason) {
			failures.inc({side, reason});
			now[side].failures++;
		},
		ended(side) {
			now[side].inFlight--;
		},
		of: side => ({...now[side]}),
	};
}

type Mutable<Type> = {-readonly [Key in keyof Type]: Type[Key]};

const emptyCounts = (): Mutable<SideCounts> => ({requests: 0, serverErrors: 0, failures: 0, inFlight: 0});
