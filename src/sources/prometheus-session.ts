import {setTimeout as sleep} from 'node:timers/promises';
import type {Clock} from '../base/clock.ts';
import {fail} from '../base/result.ts';
import {isSideId} from '../core/judge/comparison.ts';
import type {GuardrailPlan} from '../core/plan.ts';
import type {Reading} from '../core/reading.ts';
import type {ResolveSecret} from '../core/secret.ts';
import type {PrometheusOptions} from '../core/source-options.ts';
import {type BirthTracker, createBirthTracker, planBirths} from './prometheus-births.ts';
import {resolveHeaders} from './prometheus-credentials.ts';
import {FreshnessTracker} from './prometheus-freshness.ts';
import {FreshnessAsker} from './prometheus-freshness-asker.ts';
import type {PrometheusHttp} from './prometheus-http.ts';
import {readingOf, singleOf} from './prometheus-reading.ts';
import {createSkewEstimator, reportedSkew} from './prometheus-skew.ts';
import {Tick} from './prometheus-tick.ts';
import type {Questions, TickAnswers} from './source.ts';

export type SessionParts = {
	readonly options: PrometheusOptions;
	readonly questions: Questions;
	readonly http: PrometheusHttp;
	readonly resolve: ResolveSecret;
	readonly clock: Clock;
};

/** And comparisons of the sides, which nobody acts on, by this much; what comes later is not waited for. */
const comparedGraceMs = 300;

/** What is asked beside the values may make a tick this much longer, no more: a verdict does not wait for its age. */
const besideGraceMs = 150;

/** The ticks of one session: what is asked in each, and what is remembered between them. */
export class PrometheusSession {
	readonly guardrails: readonly GuardrailPlan[];
	readonly #parts: SessionParts;
	readonly #freshness: FreshnessTracker;
	readonly #besideAsker: FreshnessAsker;
	readonly #births: BirthTracker;
	readonly #skew = createSkewEstimator();
	readonly #running = new Set<Tick>();

	constructor(parts: SessionParts) {
		this.#parts = parts;
		this.guardrails = parts.questions.guardrails.filter(({origin}) => origin === 'query');
		this.#freshness = new FreshnessTracker(this.guardrails);
		this.#besideAsker = new FreshnessAsker(this.#freshness, parts.clock);
		this.#births = createBirthTracker(this.guardrails.flatMap(guardrail => planBirths(guardrail) ?? []));
	}

	/** A fault of ours must not end the session: it is an error of every reading, and the next tick tries again. */
	async ask(deadlineMs: number, signal: AbortSignal): Promise<TickAnswers> {
		const tick = this.begin(deadlineMs, signal);
		try {
			return await this.#answersOf(tick);
		} catch (error) {
			tick.end();
			const reading: Reading = {kind: 'error', error: 'internal', message: `asking failed: ${String(error)}`, tookMs: 0};
			return {readings: Object.fromEntries(this.guardrails.map(({id}) => [id, reading]))};
		}
	}

	/** Questions outside the ticks, for `canary check`; to be ended by the caller. */
	begin(deadlineMs: number, signal: AbortSignal): Tick {
		const {options, http, resolve} = this.#parts;
		const credentials = resolveHeaders(options, resolve).catch(error => fail(`the secrets can't be fetched: ${String(error)}`));
		const tick = new Tick({http, credentials, deadlineMs: Math.min(deadlineMs, options.timeoutMs), signal});
		this.#running.add(tick);
		void tick.over.then(() => this.#running.delete(tick));
		return tick;
	}

	async close(): Promise<void> {
		for (const tick of this.#running) tick.end();
		await this.#parts.http.close();
	}

	/** Everything goes out at once. Resolves when the values are there, a little later for what stands beside them. */
	async #answersOf(tick: Tick): Promise<TickAnswers> {
		const share = this.#parts.questions.observedShareQuery;
		const guarding = this.guardrails.filter(({id}) => !isSideId(id));
		const compared = this.guardrails.filter(({id}) => isSideId(id));
		const queries = guarding.flatMap(({query, minRequests}) => [query, ...(minRequests ? [minRequests.query] : [])]);
		const values = [...queries, ...(share === undefined ? [] : [share])].map(query => tick.ask(query));
		const sides = answeredOf(
			tick,
			compared.map(({query}) => query),
		);
		const counters = this.#askCounters(tick);
		const beside = this.#besideAsker.ask(tick).catch(error => [`what stands beside the value failed: ${String(error)}`]);
		await Promise.all([...values, counters]);
		const [doubts] = await Promise.all([
			Promise.race([beside, grace(besideGraceMs), tick.over]),
			Promise.race([sides.all, grace(comparedGraceMs), tick.over]),
		]);
		void beside.finally(tick.end);
		const answered = new Set(sides.answered);
		this.#skew.observeAll(tick.seen.clockBounds);
		const readings: Record<string, Reading> = {};
		for (const guardrail of this.guardrails) {
			const isLate = isSideId(guardrail.id) && !answered.has(guardrail.query);
			readings[guardrail.id] = isLate ? notWaitedFor : await this.#readingIn(tick, guardrail, doubts ?? []);
		}
		const skewMs = reportedSkew(this.#skew.current());
		return {
			readings,
			...(share !== undefined && {observedPercent: singleOf(await tick.ask(share))}),
			...(skewMs !== undefined && {skewMs}),
		};
	}

	/** The counters whose births count. */
	async #askCounters(tick: Tick): Promise<void> {
		const take = async ([selector, query]: readonly [string, string]): Promise<void> => {
			const outcome = await tick.ask(query);
			if (outcome.ok) this.#births.take(selector, outcome.value.samples, this.#parts.clock.nowMs());
		};
		await Promise.all([...this.#births.queries()].map(take));
	}

	/** All that is asked here has been answered in this tick. */
	async #readingIn(tick: Tick, guardrail: GuardrailPlan, doubts: readonly string[]): Promise<Reading> {
		const {id, query, minRequests} = guardrail;
		const localMs = this.#parts.clock.nowMs();
		const skew = this.#skew.current();
		return readingOf(guardrail, await tick.ask(query), {
			freshness: this.#freshness.of(id, {localMs, serverMs: skew && localMs + skew.ms}),
			births: this.#births.of(id, localMs),
			countsBirths: tick.seen.isVictoria,
			requests: minRequests && (await tick.ask(minRequests.query)),
			warnings: [...this.#births.notes(id), ...doubts],
		});
	}
}

const grace = (ms: number): Promise<undefined> => sleep(ms, undefined, {ref: false});

const notWaitedFor: Reading = {
	kind: 'error',
	error: 'timeout',
	message: `no answer within ${comparedGraceMs} ms of those of the guardrails, which comparisons don't hold up: make its query cheaper, by a recording rule`,
	tookMs: comparedGraceMs,
};

/** Asks, and keeps which of them have been answered by now. */
function answeredOf(
	tick: Tick,
	queries: readonly string[],
): {readonly all: Promise<unknown>; readonly answered: ReadonlySet<string>} {
	const answered = new Set<string>();
	const all = Promise.all(queries.map(async query => tick.ask(query).then(() => answered.add(query))));
	return {all, answered};
}
