import type {Clock} from '../base/clock.ts';
import {fail, ok, type Result} from '../base/result.ts';
import type {ResolveSecret} from '../core/secret.ts';
import type {PrometheusOptions} from '../core/source-options.ts';
import {labelsOf} from '../promql/labels.ts';
import {parseFloatText} from './prometheus-answer.ts';
import {resolveHeaders} from './prometheus-credentials.ts';
import {type Fault, fault, quoted} from './prometheus-fault.ts';
import type {PrometheusHttp} from './prometheus-http.ts';
import {RawSeries} from './prometheus-stale.ts';

export type SeriesRequest = {
	/** Bare selectors: no range, no offset. */
	readonly selectors: readonly string[];
	/** By the server's clock, both included. */
	readonly fromMs: number;
	readonly toMs: number;
	/** Takes the samples of one stretch after the other; false: enough. */
	readonly take: (series: readonly RawSeries[]) => Promise<boolean>;
	/** How much of it is done, 0–1. */
	readonly onProgress: (share: number) => void;
	readonly signal: AbortSignal;
};

export type SeriesPorts = {
	readonly http: PrometheusHttp;
	readonly options: PrometheusOptions;
	readonly resolve: ResolveSecret;
	readonly clock: Clock;
};

/** One answer holds so much of the window; less where the server has too much in it. */
const chunkMsMax = 900_000;
const chunkMsMin = 1_000;
/** One question about the past may take longer than a tick. */
const deadlineMs = 60_000;

/**
 * Fetches the raw samples of selectors, stretch by stretch, by asking for `selector[range]` at its end: what is stored, not what a
 * range query would make of it. The API tells no stale markers; where a series stops, its presence says where one must stand.
 */
export async function fetchSeries(ports: SeriesPorts, request: SeriesRequest): Promise<Result<void, Fault>> {
	const {fromMs, toMs, take, onProgress} = request;
	const known = new Map<string, RawSeries>();
	let chunkMs = chunkMsMax;
	for (let startMs = fromMs; startMs < toMs; ) {
		const endMs = Math.min(toMs, startMs + chunkMs);
		const chunk = await fetchChunk(ports, request, {startMs, endMs, known});
		if (!chunk.ok) {
			const isTooMuch = chunk.error.kind === 'too-large' && chunkMs > chunkMsMin;
			if (!isTooMuch) return chunk;
			chunkMs = Math.max(chunkMsMin, Math.floor(chunkMs / 4));
			for (const series of known.values()) series.drop();
			continue;
		}
		if (!(await take([...known.values()]))) return ok(undefined);
		for (const series of known.values()) series.flush();
		startMs = endMs;
		onProgress((startMs - fromMs) / (toMs - fromMs));
	}
	return ok(undefined);
}

type Chunk = {readonly startMs: number; readonly endMs: number; readonly known: Map<string, RawSeries>};

async function fetchChunk(ports: SeriesPorts, {selectors, signal}: SeriesRequest, chunk: Chunk): Promise<Result<void, Fault>> {
	const {startMs, endMs, known} = chunk;
	for (const selector of selectors) {
		const form = {query: `${selector}[${endMs - startMs}ms]`, time: seconds(endMs)};
		const answer = await askMatrix(ports, '/api/v1/query', form, signal);
		if (!answer.ok) return answer;
		const own = answer.value.map(one => ofKnown(known, one.metric, selector).add(one.points));
		const watched = [...known.values()].filter(series => series.selector === selector);
		if (own.length === 0 && watched.length === 0) continue;
		if (!watched.some(series => series.hasGap(endMs))) continue;
		const stepMs = Math.max(1_000, Math.ceil((endMs - startMs) / 5_000));
		const range = {query: selector, start: seconds(startMs), end: seconds(endMs), step: seconds(stepMs)};
		const present = await askMatrix(ports, '/api/v1/query_range', range, signal);
		if (!present.ok) return present;
		const steps = new Map(
			present.value.map(one => [labelsOf(Object.entries(one.metric)).key, new Set(one.points.map(([timeMs]) => timeMs))]),
		);
		for (const series of watched) series.placeStale(steps.get(series.labels.key) ?? new Set(), {startMs, endMs, stepMs});
	}
	return ok(undefined);
}

function ofKnown(known: Map<string, RawSeries>, metric: Readonly<Record<string, string>>, selector: string): RawSeries {
	const labels = labelsOf(Object.entries(metric));
	const series = known.get(labels.key) ?? new RawSeries(labels, selector);
	known.set(labels.key, series);
	return series;
}

const seconds = (ms: number): string => (ms / 1_000).toFixed(3);

type Wire = {
	readonly metric: Readonly<Record<string, string>>;
	readonly points: readonly (readonly [timeMs: number, value: number])[];
};

async function askMatrix(
	{http, options, resolve}: SeriesPorts,
	path: string,
	form: Readonly<Record<string, string>>,
	signal: AbortSignal,
): Promise<Result<readonly Wire[], Fault>> {
	const credentials = await resolveHeaders(options, resolve);
	if (!credentials.ok) return fail(fault('unauthorized', credentials.error));
	const limits = {
		signal: AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]),
		credentials: credentials.value,
		budget: {bytesLeft: Number.POSITIVE_INFINITY},
	};
	const answer = await http.ask(path, form, limits);
	if (!answer.ok) return answer;
	const {status, text} = answer.value;
	let body: {status?: string; error?: string; data?: {resultType?: string; result?: unknown}};
	try {
		body = JSON.parse(text) as typeof body;
	} catch {
		return fail(fault(status === 200 ? 'malformed' : 'http', `HTTP ${status}: ${quoted(text, 120)}`));
	}
	if (status !== 200 || body.status !== 'success') {
		const kind = status === 401 || status === 403 ? 'unauthorized' : status === 400 || status === 422 ? 'bad-query' : 'http';
		const tooMany = /too many samples|exceeds the limit|maximum/i.test(body.error ?? '');
		return fail(fault(tooMany ? 'too-large' : kind, `HTTP ${status}: ${quoted(body.error ?? text, 200)}`));
	}
	const result = body.data?.result;
	if (body.data?.resultType !== 'matrix' || !Array.isArray(result)) return fail(fault('malformed', 'the answer is no matrix'));
	return ok((result as {metric: Record<string, string>; values?: [number, string][]}[]).map(wireOf));
}

const wireOf = ({metric, values = []}: {metric: Record<string, string>; values?: [number, string][]}): Wire => ({
	metric,
	points: values.map(([at, text]) => [Math.round(at * 1_000), parseFloatText(text) ?? Number.NaN] as const),
});

/** Whose PromQL the server speaks, by its version; 3.x where it doesn't tell. */
export async function dialectOf(
	{http, options, resolve}: SeriesPorts,
	signal: AbortSignal,
): Promise<Result<'2.x' | '3.x', Fault>> {
	const credentials = await resolveHeaders(options, resolve);
	if (!credentials.ok) return fail(fault('unauthorized', credentials.error));
	const limits = {
		signal: AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]),
		credentials: credentials.value,
		budget: {bytesLeft: 1e6},
	};
	const answer = await http.ask('/api/v1/status/buildinfo', {}, limits);
	if (!answer.ok) return answer;
	return ok(/"version":\s*"v?2\./.test(answer.value.text) ? '2.x' : '3.x');
}
