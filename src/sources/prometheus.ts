import type {Clock} from '../base/clock.ts';
import {fail, ok, type Result} from '../base/result.ts';
import type {ResolveSecret} from '../core/secret.ts';
import type {PrometheusOptions} from '../core/source-options.ts';
import {readTls, resolveHeaders} from './prometheus-credentials.ts';
import {PrometheusHttp} from './prometheus-http.ts';
import {lintPrometheus} from './prometheus-lint.ts';
import type {SeriesPorts} from './prometheus-series.ts';
import {PrometheusSession} from './prometheus-session.ts';
import type {MetricsSource, Questions} from './source.ts';

/** What keeps a source from opening: a sentence, and another that says what to do about it. */
export type OpenError = {readonly message: string; readonly remedy: string};

/** Connections beyond this only queue up inside the server (Prometheus evaluates 20 queries at a time by default). */
const connectionsMax = 32;
const connectionsMin = 4;

/**
 * A source on any server with Prometheus' HTTP API (Prometheus, VictoriaMetrics, Thanos, Mimir…). Opening reads the TLS files and
 * tries the secrets once; it does not talk to the server, because a session must be able to start, resume and roll back while
 * the metrics are away.
 */
export async function openPrometheus(
	options: PrometheusOptions,
	questions: Questions,
	resolve: ResolveSecret,
	clock: Clock,
): Promise<Result<MetricsSource, OpenError>> {
	const opened = await openSeriesServer(options, resolve, clock, questions.guardrails.length + 4);
	if (!opened.ok) return opened;
	const {http} = opened.value;
	const session = new PrometheusSession({options, questions, http, resolve, clock});
	return ok({
		target: `prometheus ${options.url}`,
		ask: (deadlineMs, signal) => session.ask(deadlineMs, signal),
		lint: signal => lintPrometheus({options, questions, session, signal}),
		close: () => session.close(),
	});
}

/** The server itself, ready to be asked: TLS files read, secrets tried once. `count`: questions asked at one time. */
export async function openSeriesServer(
	options: PrometheusOptions,
	resolve: ResolveSecret,
	clock: Clock,
	count = connectionsMin,
): Promise<Result<SeriesPorts, OpenError>> {
	const url = parseUrl(options.url);
	if (!url.ok) return url;
	const tls = options.tls ? await readTls(options.tls) : ok(undefined);
	if (!tls.ok) return tls;
	const secrets = await resolveHeaders(options, resolve);
	if (!secrets.ok)
		return fail({
			message: `No access to the metrics: ${secrets.error.replace(/\.$/, '')}.`,
			remedy: 'Check auth and headers of the metrics source.',
		});
	const http = new PrometheusHttp({
		url: url.value,
		method: options.method,
		connections: Math.min(connectionsMax, Math.max(connectionsMin, count)),
		connectTimeoutMs: options.timeoutMs,
		...(tls.value && {tls: tls.value}),
		clock,
	});
	return ok({http, options, resolve, clock});
}

function parseUrl(text: string): Result<URL, OpenError> {
	const remedy = 'Write it like http://127.0.0.1:9090 or https://host/prometheus, without /api/v1.';
	if (!URL.canParse(text)) return fail({message: `The Prometheus url ${JSON.stringify(text)} is no URL.`, remedy});
	const url = new URL(text);
	if (url.protocol !== 'http:' && url.protocol !== 'https:') {
		return fail({message: `The Prometheus url has the protocol ${url.protocol.slice(0, -1)}, not http or https.`, remedy});
	}
	if (url.username || url.password) {
		return fail({
			message: 'The Prometheus url holds a user or a password.',
			remedy: 'Give them under auth, the password as a reference.',
		});
	}
	return ok(url);
}
