import {createServer, type Server} from 'node:http';
import {Counter, Gauge, Histogram, Registry} from 'prom-client';
import {fail, ok, type Result} from '../base/result.ts';
import type {SessionEvent} from '../core/event.ts';
import {fromNum} from '../core/num.ts';
import {type SessionState, statuses} from '../core/state.ts';
import type {JournalMark} from '../journal/journal.ts';

export type OwnMetrics = {
	/** Counts what an event says. */
	observe(event: SessionEvent, state: SessionState): void;
	/** Exposition text. */
	text(): Promise<string>;
};

export type OwnMetricsPorts = {readonly mark: () => JournalMark; readonly consoles: () => number; readonly version: string};

const seconds = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** What the controller tells about itself: enough to alert on a guard that is late, blind, or full. */
export function createOwnMetrics({mark, consoles, version}: OwnMetricsPorts): OwnMetrics {
	const registry = new Registry();
	const registers = [registry];
	const histogram = (name: string, help: string, labelNames: string[] = []) =>
		new Histogram({name: `canary_${name}`, help, labelNames, buckets: seconds, registers});
	const counter = (name: string, help: string, labelNames: string[] = []) =>
		new Counter({name: `canary_${name}`, help, labelNames, registers});
	const gauge = (name: string, help: string, labelNames: string[] = []) =>
		new Gauge({name: `canary_${name}`, help, labelNames, registers});

	gauge('build_info', 'Always 1; the version is a label.', ['version']).set({version}, 1);
	const lateness = histogram('tick_late_seconds', 'How much later than due a tick began.');
	const missed = counter('ticks_missed_total', 'Ticks that fell out because the controller was late.');
	const queries = histogram('query_seconds', 'How long a guardrail took to answer.', ['guardrail']);
	const queryErrors = counter('query_errors_total', 'Questions without a usable answer.', ['guardrail', 'error']);
	const verdicts = gauge('guardrail_status', '1 for the status a guardrail is in, 0 for the others.', ['guardrail', 'status']);
	const actions = counter('actions_total', 'Changes of weight by their result.', ['purpose', 'result']);
	const breachToVerified = histogram(
		'breach_to_verified_seconds',
		'From the tick that declared a breach to the verified rollback.',
	);
	const weight = gauge('candidate_weight_percent', 'The share of the candidate.', ['seen']);
	const events = counter('journal_events_total', 'Events taken into the journal.');
	const bytes = gauge('journal_bytes', 'Bytes of the journal in its file.');
	const unwritten = gauge('journal_unwritten_bytes', 'Bytes of the journal that could not be written yet.');
	const attached = gauge('consoles', 'Consoles and scripts connected.');
	const resident = gauge('resident_memory_bytes', 'Resident memory of the controller.');

	return {
		observe(event, state) {
			events.inc();
			switch (event.type) {
				case 'tick-taken':
					lateness.observe(event.lateMs / 1_000);
					missed.inc(event.missed);
					for (const [guardrail, reading] of Object.entries(event.readings)) {
						queries.observe({guardrail}, reading.tookMs / 1_000);
						if (reading.kind === 'error') queryErrors.inc({guardrail, error: reading.error});
					}
					for (const [guardrail, {status}] of Object.entries(state.guardrails)) {
						for (const one of statuses) verdicts.set({guardrail, status: one}, one === status ? 1 : 0);
					}
					break;
				case 'action-verified':
				case 'action-failed':
				case 'action-aborted': {
					const {lastAction, action} = state;
					const about = action?.intentId === event.intentId ? action : lastAction;
					if (about?.intentId === event.intentId)
						actions.inc({purpose: about.purpose, result: event.type.slice('action-'.length)});
					if (event.type === 'action-verified') observeRollback(state, event.tMs);
					break;
				}
				default:
					break;
			}
			const {askedPercent, configured, observedPercent} = state.split;
			if (askedPercent !== undefined) weight.set({seen: 'asked'}, askedPercent);
			if (configured) weight.set({seen: 'configured'}, configured.weightPercent);
			if (observedPercent !== undefined && observedPercent !== null) weight.set({seen: 'observed'}, fromNum(observedPercent));
		},
		text() {
			bytes.set(mark().bytes);
			unwritten.set(mark().unwrittenBytes);
			attached.set(consoles());
			resident.set(process.memoryUsage.rss());
			return registry.metrics();
		},
	};

	function observeRollback({rollback, guardrails}: SessionState, tMs: number): void {
		if (rollback?.verifiedAtMs !== tMs || rollback.guardrails.length === 0) return;
		const since = rollback.guardrails.map(id => guardrails[id]?.sinceMs ?? rollback.askedAtMs);
		breachToVerified.observe((tMs - Math.min(...since)) / 1_000);
	}
}

/** Serves them at `/metrics` on loopback. The error is a sentence. */
export async function serveMetrics(metrics: OwnMetrics, port: number): Promise<Result<Server, string>> {
	const server = createServer(async (request, response) => {
		if (request.url !== '/metrics') {
			response.writeHead(404).end('Metrics are at /metrics.\n');
			return;
		}
		response.writeHead(200, {'content-type': Registry.PROMETHEUS_CONTENT_TYPE}).end(await metrics.text());
	});
	server.requestTimeout = 5_000;
	server.maxConnections = 32;
	const {promise, resolve} = Promise.withResolvers<Result<Server, string>>();
	server.once('error', error => resolve(fail(`The controller's own metrics can't be served on port ${port}: ${error.message}.`)));
	server.listen(port, '127.0.0.1', () => resolve(ok(server)));
	return await promise;
}
