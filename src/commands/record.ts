import {open, rename, rm} from 'node:fs/promises';
import {dirname, resolve as resolvePath} from 'node:path';
import {systemClock} from '../controller/clock.ts';
import {askedOf} from '../core/judge/comparison.ts';
import type {Plan} from '../core/plan.ts';
import {initialState} from '../core/state.ts';
import {foldEntry} from '../journal/fold.ts';
import {makePrivateFolder} from '../journal/home.ts';
import {readRecord} from '../journal/record.ts';
import {seriesFiles} from '../journal/series-file.ts';
import {sessionFiles} from '../journal/session-folder.ts';
import {type CompiledProfile, compilePlan} from '../profile/compile.ts';
import {secretResolver} from '../profile/secrets.ts';
import {parseQuery} from '../promql/parse.ts';
import {defaultSettings} from '../promql/query.ts';
import {bareSelectors, SeriesEncoder} from '../promql/series-text.ts';
import {vectorSelectorsOf} from '../promql/split.ts';
import {openSeriesServer} from '../sources/prometheus.ts';
import {dialectOf, fetchSeries} from '../sources/prometheus-series.ts';
import type {RawSeries} from '../sources/prometheus-stale.ts';
import {queriesOf} from '../sources/scrape-recorder.ts';
import {type ExitCode, exitCodes} from './exit-codes.ts';
import {loadOrThrow} from './load.ts';
import {CommandError, say, tell} from './output.ts';
import {learnFrom, learnSecret, ownMask} from './own-mask.ts';
import {findSession} from './sessions-on-disk.ts';

const bytesMaxByDefault = 256 * 1024 * 1024;

/** `canary record SESSION`: fetches the raw series behind a session's queries (or a profile's) from the server, for backtests. */
export async function recordCommand(wanted: string | undefined, {profile}: {profile?: string}): Promise<ExitCode> {
	const {name, folder} = findSession(wanted, 'any');
	const compiled = compilePlan(await loadOrThrow(profile === undefined ? sessionFiles(folder).profile : resolvePath(profile)));
	const recorded = await recordSeries(folder, compiled, text => tell(`record ${name}: ${text}`));
	say(`${name}: ${recorded.samples} samples of ${recorded.series} series in ${seriesFiles(folder).prometheus}`);
	if (recorded.why !== undefined) tell(`canary: ${recorded.why}`);
	return recorded.why === undefined ? exitCodes.good : exitCodes.inconclusive;
}

export type Recorded = {
	readonly series: number;
	readonly samples: number /** Why it is not the whole window. */;
	readonly why?: string;
};

/** Fetches what the profile's queries need of the session's window. @throws CommandError when it can't. */
export async function recordSeries(
	folder: string,
	compiled: CompiledProfile,
	tellProgress: (text: string) => void,
): Promise<Recorded> {
	const {plan, metrics} = compiled;
	if (metrics.kind !== 'prometheus') {
		const remedy =
			'A scrape records its series itself while it runs (metrics.scrape.record); to fetch from a server give --profile with metrics.prometheus.';
		throw new CommandError(`The profile names no server to fetch raw series from. ${remedy}`, exitCodes.usage);
	}
	learnFrom(compiled);
	const window = await windowOf(folder);
	const queries = queriesOf({
		guardrails: askedOf(plan),
		...(plan.observedShareQuery !== undefined && {observedShareQuery: plan.observedShareQuery}),
	});
	const server = await openSeriesServer(metrics, secretResolver(process.env, learnSecret), systemClock);
	if (!server.ok) throw new CommandError(`${server.error.message} ${server.error.remedy}`, exitCodes.usage);
	const stop = new AbortController();
	try {
		const dialect = await dialectOf(server.value, stop.signal);
		if (!dialect.ok)
			throw new CommandError(
				`${metrics.url} can't be asked: ${dialect.error.message}. Nothing was recorded.`,
				exitCodes.unreachable,
			);
		const fromMs = window.fromMs - reachOf(queries) - defaultSettings.lookbackMs;
		// What stands beside a verdict is told from `up`.
		const selectors = [...bareSelectors(queries), 'up'];
		const file = await openWhole(
			seriesFiles(folder).prometheus,
			metrics.record?.bytesMax ?? bytesMaxByDefault,
			new SeriesEncoder(ownMask.redact),
		);
		file.head({format: 1, source: 'prometheus', dialect: dialect.value, selectors, fromMs, toMs: window.toMs});
		let saidAt = performance.now();
		const fetched = await fetchSeries(server.value, {
			selectors,
			fromMs,
			toMs: window.toMs,
			take: series => file.take(series),
			signal: stop.signal,
			onProgress: share => {
				if (performance.now() - saidAt < progressEveryMs) return;
				saidAt = performance.now();
				tellProgress(`${Math.floor(share * 100)} %, ${file.counts.samples} samples`);
			},
		});
		if (!fetched.ok) {
			await file.discard();
			throw new CommandError(
				`${metrics.url} did not give the raw series: ${fetched.error.message}. Nothing was recorded.`,
				exitCodes.unreachable,
			);
		}
		return await file.finish();
	} finally {
		stop.abort();
		await server.value.http.close();
	}
}

const progressEveryMs = 1_000;

/** How far back these queries look, beside the lookback. */
const reachOf = (queries: readonly string[]): number =>
	Math.max(
		0,
		...queries.flatMap(text => {
			const parsed = parseQuery(text);
			return parsed.ok ? vectorSelectorsOf(parsed.value).map(({reachMs}) => reachMs) : [];
		}),
	);

/** From the session's first event to its last, by our clock. */
async function windowOf(folder: string): Promise<{readonly fromMs: number; readonly toMs: number; readonly plan: Plan}> {
	let state = initialState;
	let toMs = 0;
	for await (const entry of readRecord(folder)) {
		if (!entry.ok) break;
		if (entry.value.kind !== 'event') continue;
		toMs = entry.value.event.atMs;
		if (!state.plan) state = foldEntry(state, entry.value);
	}
	if (!state.plan) throw new CommandError(`${folder} holds no session that began.`, exitCodes.usage);
	return {fromMs: state.startedAtMs, toMs, plan: state.plan};
}

/** A file of raw series that is there whole or not at all. */
async function openWhole(path: string, bytesMax: number, encoder: SeriesEncoder) {
	makePrivateFolder(dirname(path));
	const part = `${path}.part`;
	const file = await open(part, 'w', 0o600);
	const keys = new Set<string>();
	let samples = 0;
	let bytes = 0;
	let why: string | undefined;
	let pending = '';
	return {
		counts: {
			get samples() {
				return samples;
			},
		},
		head(head: Parameters<SeriesEncoder['head']>[0]) {
			pending += encoder.head(head);
		},
		async take(chunk: readonly RawSeries[]): Promise<boolean> {
			const pieces = chunk.flatMap(series => piecesOf(series)).sort((left, right) => left.fromMs - right.fromMs);
			for (const {series, points, staleMs} of pieces) {
				if (staleMs !== undefined) pending += encoder.stale(series.labels, staleMs);
				else {
					keys.add(series.labels.key);
					samples += points.length;
					pending += encoder.block(
						series.labels,
						points.map(([timeMs]) => timeMs),
						points.map(([, value]) => value),
					);
				}
			}
			if (bytes + pending.length > bytesMax) {
				why = `the limit of ${Math.round(bytesMax / 1024 / 1024)} MB is reached (metrics: recordMegabytes): the raw series end before the session does`;
				pending = encoder.end(why);
			}
			bytes += pending.length;
			await file.appendFile(pending);
			pending = '';
			return why === undefined;
		},
		async discard() {
			await file.close();
			await rm(part, {force: true});
		},
		async finish(): Promise<Recorded> {
			await file.appendFile(pending);
			await file.close();
			await rename(part, path);
			return {series: keys.size, samples, ...(why !== undefined && {why})};
		},
	};
}

type Piece = {
	readonly fromMs: number;
	readonly series: RawSeries;
	readonly points: RawSeries['points'];
	readonly staleMs?: number;
};

/** The stretch of one series, cut where a marker stands. */
function piecesOf(series: RawSeries): Piece[] {
	const pieces: Piece[] = [];
	let points = [...series.points];
	for (const staleMs of series.stale) {
		const before = points.filter(([timeMs]) => timeMs < staleMs);
		if (before[0]) pieces.push({fromMs: before[0][0], series, points: before});
		pieces.push({fromMs: staleMs, series, points: [], staleMs});
		points = points.slice(before.length);
	}
	if (points[0]) pieces.push({fromMs: points[0][0], series, points});
	return pieces;
}
