import {fail, ok, type Result} from '../base/result.ts';
import type {Labels} from '../core/reading.ts';
import {type Fault, fault, quoted} from './prometheus-fault.ts';

export type Sample = {readonly labels: Labels; readonly value: number};

/** A decoded answer of `/api/v1/query`. */
export type Answer = {
	/** In the server's order; one without labels for a scalar. */
	readonly samples: readonly Sample[];
	/** The time the server evaluated at, by its own clock, in ms; whole seconds on VictoriaMetrics. Absent without samples. */
	readonly evaluatedAtMs?: number;
	/** What the server says beside the answer, safe to draw, at most {@link warningsMax}. */
	readonly warnings: readonly string[];
};

export type HttpAnswer = {
	readonly status: number;
	/** Header `location`, for redirects. */
	readonly location?: string;
	readonly text: string;
};

/** A guardrail with more series than this should aggregate them. */
export const seriesMax = 10_000;
export const warningsMax = 5;

type Json = {readonly [key: string]: unknown};

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads an answer of Prometheus' HTTP API (https://prometheus.io/docs/prometheus/latest/querying/api/), of status 200 or not.
 * Whatever is no such answer is a fault that says what was found.
 */
export function decodeAnswer(answer: HttpAnswer): Result<Answer, Fault> {
	const {status, text} = answer;
	if (status >= 300 && status < 400) return fail(redirected(answer));
	const body = parseJson(text);
	if (status < 200 || status >= 300) return fail(refusal(status, text, body));
	if (!isObject(body)) return fail(fault('malformed', `the answer is no JSON object: ${excerpt(text)}`));
	if (body['status'] === 'error') return fail(refusal(status, text, body));
	if (body['status'] !== 'success' || !isObject(body['data'])) {
		return fail(fault('malformed', `JSON, but no answer of the Prometheus API: ${excerpt(text)}`));
	}
	const samples = decodeData(body['data']);
	return samples.ok ? ok({...samples.value, warnings: warningsOf(body)}) : samples;
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

const excerpt = (text: string): string => (text.trim() === '' ? 'it is empty' : JSON.stringify(quoted(text, 80)));

const redirected = ({status, location = 'nowhere'}: HttpAnswer): Fault =>
	fault(
		'http',
		`HTTP ${status}: redirects to ${quoted(location, 200)}; redirects are not followed, give that address as the url`,
	);

/** An answer that says no. Prometheus gives 400 and 422 with JSON; a proxy in front gives whatever it likes. */
function refusal(status: number, text: string, body: unknown): Fault {
	const said = isObject(body) && typeof body['error'] === 'string' ? body['error'] : undefined;
	const type = isObject(body) && typeof body['errorType'] === 'string' ? body['errorType'] : '';
	const detail = said === undefined ? excerpt(text) : quoted(said);
	if (status === 401 || status === 403) return fault('unauthorized', `HTTP ${status}: ${detail}`);
	if (type === 'timeout') return fault('timeout', `the server gave up: ${detail}`);
	const isAboutQuery = status === 400 || status === 422 || (status < 300 && (type === 'bad_data' || type === 'execution'));
	if (said !== undefined && isAboutQuery) return fault('bad-query', detail);
	const hint = status === 404 ? ' (is a path prefix missing in the url?)' : '';
	return fault('http', `HTTP ${status}${hint}: ${detail}`);
}

function warningsOf(body: Json): string[] {
	const lists = [body['warnings'], body['infos']].filter(Array.isArray);
	const said = lists.flat().map(text => quoted(String(text), 200));
	// VictoriaMetrics' cluster version answers although part of its storage does not, and says it so.
	if (body['isPartial'] === true) said.unshift('the answer is partial: part of the storage did not answer');
	return said.slice(0, warningsMax);
}

type Data = Pick<Answer, 'samples' | 'evaluatedAtMs'>;

function decodeData(data: Json): Result<Data, Fault> {
	const {resultType: type, result} = data;
	if (type === 'scalar') return decodeScalar(result);
	if (type === 'vector') return Array.isArray(result) ? decodeVector(result) : fail(malformed('a vector that is no list'));
	if (type === 'matrix') {
		return fail(
			fault('unsupported', 'the query answers with a range of samples; wrap it in rate(), avg_over_time() or the like'),
		);
	}
	if (type === 'string') return fail(fault('unsupported', 'the query answers with a text, not a number'));
	return fail(malformed(`a result of type ${JSON.stringify(quoted(String(type), 40))}`));
}

const malformed = (what: string): Fault => fault('malformed', `the answer holds ${what}`);

function decodeScalar(result: unknown): Result<Data, Fault> {
	const point = decodePoint(result);
	if (!point) return fail(malformed('a scalar that is no number'));
	return ok({samples: [{labels: {}, value: point.value}], evaluatedAtMs: point.atMs});
}

function decodeVector(result: readonly unknown[]): Result<Data, Fault> {
	if (result.length > seriesMax) {
		return fail(fault('too-large', `${result.length} series, more than ${seriesMax}: aggregate them in the query`));
	}
	const samples: Sample[] = [];
	let evaluatedAtMs: number | undefined;
	for (const entry of result) {
		if (!isObject(entry)) return fail(malformed('a series that is no object'));
		if ('histogram' in entry) return fail(fault('unsupported', 'the query answers with a native histogram, not a number'));
		const point = decodePoint(entry['value']);
		const labels = decodeLabels(entry['metric']);
		if (!point || !labels) return fail(malformed(`a broken series: ${quoted(JSON.stringify(entry), 80)}`));
		samples.push({labels, value: point.value});
		evaluatedAtMs ??= point.atMs;
	}
	return ok({samples, ...(evaluatedAtMs !== undefined && {evaluatedAtMs})});
}

function decodeLabels(metric: unknown): Labels | undefined {
	if (!isObject(metric)) return undefined;
	for (const name in metric) if (typeof metric[name] !== 'string') return undefined;
	return metric as Labels;
}

function decodePoint(point: unknown): {atMs: number; value: number} | undefined {
	if (!Array.isArray(point) || point.length !== 2) return undefined;
	const [at, text] = point;
	const value = typeof text === 'string' ? parseFloatText(text) : undefined;
	if (value === undefined || typeof at !== 'number' || !Number.isFinite(at)) return undefined;
	return {atMs: Math.round(at * 1_000), value};
}

const special: Readonly<Record<string, number>> = {
	NaN: Number.NaN,
	'+Inf': Number.POSITIVE_INFINITY,
	Inf: Number.POSITIVE_INFINITY,
	'-Inf': Number.NEGATIVE_INFINITY,
};

/** A float as Go prints it. `Number()` alone would take '' for 0 and '0x10' for 16. */
export function parseFloatText(text: string): number | undefined {
	if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return Number(text);
	return Object.hasOwn(special, text) ? special[text] : undefined;
}
