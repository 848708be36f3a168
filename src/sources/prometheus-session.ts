import {setTimeout as sleep} from 'node:timers/promises';
import type {Clock} from '../base/clock.ts';
import {fail} from '../base/result.ts';
import type {GuardrailPlan} from '../core/plan.ts';
import type {Reading} from '../core/reading.ts';
import type {ResolveSecret} from '../core/secret.ts';
import type {PrometheusOptions} from '../core/source-options.ts';
import {createBirthTracker, planBirths} from './prometheus-births.ts';
import {resolveHeaders} from './prometheus-credentials.ts';
import {createFreshnessTracker} from './prometheus-freshness.ts';
import {createFreshnessAsker} from './prometheus-freshness-asker.ts';
import type {PrometheusHttp} from './prometheus-http.ts';
import {type Outcome, readingOf, singleOf} from './prometheus-reading.ts';
import {createSkewEstimator, reportedSkew} from './prometheus-skew.ts';
import {startTick, type Tick} from './prometheus-tick.ts';
import type {Questions, TickAnswers} from './source.ts';

export type SessionParts = {
	readonly options: PrometheusOptions;
	readonly questions: Questions;
	readonly http: PrometheusHttp;
	readonly resolve: ResolveSecret;
	readonly clock: Clock;
};

export type PrometheusSession = ReturnType<typeof createPrometheusSession>;

/** What is asked beside the values may make a tick this much longer, no more: a verdict does not wait for its age. */
const besideGraceMs = 150;

/** The ticks of one session: what is asked in each, and what is remembered between them. */
export function createPrometheusSession({options, questions, http, resolve, clock}: SessionParts) {
	const guardrails = questions.guardrails.filter(({origin}) => origin === 'query');
	const freshness = createFreshnessTracker(guardrails);
	const askBeside = createFreshnessAsker(freshness, clock);
	const births = createBirthTracker(guardrails.flatMap(guardrail => planBirths(guardrail) ?? []));
	const skew = createSkewEstimator();
	const running = new Set<Tick>();

	function begin(deadlineMs: number, signal: AbortSignal): Tick {
		const credentials = resolveHeaders(options, resolve).catch(error => fail(`the secrets can't be fetched: ${String(error)}`));
		const tick = startTick({http, credentials, deadlineMs: Math.min(deadlineMs, options.timeoutMs), signal});
		running.add(tick);
		void tick.over.then(() => running.delete(tick));
		return tick;
	}

	const serverNowMs = (): number | undefined => {
		const known = skew.current();
		return known && clock.nowMs() + known.ms;
	};

	/** A fault of ours must not end the session: it is an error of every reading, and the next tick tries again. */
	async function ask(deadlineMs: number, signal: AbortSignal): Promise<TickAnswers> {
		const tick = begin(deadlineMs, signal);
		try {
			return await answersOf(tick);
		} catch (error) {
			tick.end();
			const reading: Reading = {kind: 'error', error: 'internal', message: `asking failed: ${String(error)}`, tookMs: 0};
			return {readings: Object.fromEntries(guardrails.map(({id}) => [id, reading]))};
		}
	}

	/** Everything goes out at once. Resolves when the values are there, a little later for what stands beside them. */
	async function answersOf(tick: Tick): Promise<TickAnswers> {
		const counters = [...births.queries()].map(([selector, query]) => [selector, tick.ask(query)] as const);
		const share = questions.observedShareQuery;
		const values = Promise.all([
			...guardrails.flatMap(({query, minRequests}) => [query, ...(minRequests ? [minRequests.query] : [])]).map(tick.ask),
			...counters.map(([, outcome]) => outcome),
			...(share === undefined ? [] : [tick.ask(share)]),
		]);
		const beside = askBeside(tick).catch(error => [`what stands beside the value failed: ${String(error)}`]);
		await values;
		const doubts = await Promise.race([beside, grace(), tick.over]);
		void beside.finally(tick.end);
		skew.observeAll(tick.seen.clockBounds);
		for (const [selector, outcome] of counters) await takeCounter(selector, outcome);
		const readings: Record<string, Reading> = {};
		for (const guardrail of guardrails) readings[guardrail.id] = await readingIn(tick, guardrail, doubts ?? []);
		const skewMs = reportedSkew(skew.current());
		return {
			readings,
			...(share !== undefined && {observedPercent: singleOf(await tick.ask(share))}),
			...(skewMs !== undefined && {skewMs}),
		};
	}

	async function takeCounter(selector: string, asked: Promise<Outcome>): Promise<void> {
		const outcome = await asked;
		if (outcome.ok) births.take(selector, outcome.value.samples, clock.nowMs());
	}

	/** All it asks has been answered in this tick. */
	async function readingIn(tick: Tick, guardrail: GuardrailPlan, doubts: readonly string[]): Promise<Reading> {
		const {id, query, minRequests} = guardrail;
		return readingOf(guardrail, await tick.ask(query), {
			freshness: freshness.of(guardrail, {localMs: clock.nowMs(), serverMs: serverNowMs()}),
			births: births.of(id, clock.nowMs()),
			countsBirths: tick.seen.isVictoria,
			requests: minRequests && (await tick.ask(minRequests.query)),
			warnings: [...births.notes(id), ...doubts],
		});
	}

	return {
		guardrails,
		ask,
		/** Questions outside the ticks, for `canary check`; to be ended by the caller. */
		begin,
		async close(): Promise<void> {
			for (const tick of running) tick.end();
			await http.close();
		},
	};
}

const grace = (): Promise<undefined> => sleep(besideGraceMs, undefined, {ref: false});
