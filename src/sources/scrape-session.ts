import type {Clock} from '../base/clock.ts';
import {fail} from '../base/result.ts';
import type {GuardrailPlan} from '../core/plan.ts';
import type {Reading} from '../core/reading.ts';
import type {ResolveSecret} from '../core/secret.ts';
import type {ScrapeOptions} from '../core/source-options.ts';
import type {SampleStore} from '../promql/store.ts';
import {resolveHeaders} from './prometheus-credentials.ts';
import {FreshnessTracker} from './prometheus-freshness.ts';
import {FreshnessAsker} from './prometheus-freshness-asker.ts';
import {type Outcome, readingOf, singleOf} from './prometheus-reading.ts';
import type {SelectorUse} from './prometheus-selectors.ts';
import {targetKey} from './prometheus-targets.ts';
import {targetsBehind, withRulesBehind} from './scrape-behind.ts';
import type {BirthWatch} from './scrape-births.ts';
import type {Engine} from './scrape-engine.ts';
import type {Gate} from './scrape-gate.ts';
import type {SeriesRecorder} from './scrape-recorder.ts';
import type {Rule} from './scrape-rule-file.ts';
import type {RuleRunner} from './scrape-rules.ts';
import {Schedule} from './scrape-schedule.ts';
import type {TargetScraper} from './scrape-target.ts';
import {EngineTick} from './scrape-tick.ts';
import type {Questions, TickAnswers} from './source.ts';

export type SessionParts = {
	readonly options: ScrapeOptions;
	readonly questions: Questions;
	readonly targets: readonly TargetScraper[];
	readonly store: SampleStore;
	readonly engine: Engine;
	readonly births: BirthWatch;
	readonly runner: RuleRunner;
	readonly rules: readonly Rule[];
	readonly resolve: ResolveSecret;
	/** The steady one that samples are dated by. */
	readonly clock: Clock;
	readonly gate: Gate;
	/** Writes down what has come into the store. */
	readonly recorder?: SeriesRecorder;
};

/** Of a tick's time this share is left for evaluating: at least, and at most where evaluating took long before. */
const evaluateShares = {least: 0.25, most: 0.6};
/** What evaluating took before, so many times: a busy machine is not equally busy at each tick. */
const evaluateTimes = 3;
/** And at least this long, come what may. */
const evaluateLeastMs = 50;
/** How often series that nobody can see any more are dropped. */
const forgetEveryMs = 60_000;
/** Troubles of targets and rules that one reading tells. */
const troublesMax = 2;

/** The scrapes and ticks of one session. Everything lives in memory; nothing is kept elsewhere. */
export class ScrapeSession {
	readonly guardrails: readonly GuardrailPlan[];
	readonly #parts: SessionParts;
	readonly #schedule: Schedule;
	readonly #freshness: FreshnessTracker;
	readonly #besideAsker: FreshnessAsker;
	readonly #stop = new AbortController();
	#forgotAtMs: number;
	/** By the last tick. */
	#evaluatedMs = 0;

	constructor(parts: SessionParts) {
		const {options, questions, targets, clock, rules} = parts;
		this.#parts = parts;
		this.guardrails = questions.guardrails.filter(({origin}) => origin === 'query');
		this.#freshness = new FreshnessTracker(this.guardrails.map(guardrail => withRulesBehind(guardrail, rules)));
		const behind = (use: SelectorUse, lookMs: number): readonly string[] =>
			targetsBehind(parts.store, use, clock.nowMs() - lookMs);
		this.#besideAsker = new FreshnessAsker(this.#freshness, clock, () => this.#freshness.survey(behind));
		this.#forgotAtMs = clock.nowMs();
		const rounds = {
			begin: () => this.#beginRound(),
			awaited: () => targets.flatMap(target => target.awaited() ?? []),
			settled: () => {
				parts.runner.run(clock.nowMs());
				parts.recorder?.();
			},
		};
		this.#schedule = new Schedule(rounds, options.intervalMs);
	}

	start(): void {
		this.#schedule.start();
	}

	/** A fault of ours must not end the session: it is an error of every reading, and the next tick tries again. */
	async ask(deadlineMs: number, signal: AbortSignal): Promise<TickAnswers> {
		try {
			return await this.tick(deadlineMs, signal, tick => this.#answersOf(tick));
		} catch (error) {
			const reading: Reading = {kind: 'error', error: 'internal', message: `asking failed: ${String(error)}`, tookMs: 0};
			return {readings: Object.fromEntries(this.guardrails.map(({id}) => [id, reading]))};
		}
	}

	/** Scrapes if that is due; the questions of `work` are then answered from what is there at that moment. */
	async tick<Answer>(deadlineMs: number, signal: AbortSignal, work: (tick: EngineTick) => Promise<Answer>): Promise<Answer> {
		const startedAt = performance.now();
		const {clock, runner, options, gate, engine, targets} = this.#parts;
		const waitMs = deadlineMs - this.#reserveMs(deadlineMs);
		await this.#schedule.freshen(waitMs, signal);
		// Who asks but once has time, and one page alone has no rate. A scrape that failed is no page: the next may be one.
		const leftMs = (): number => waitMs - (performance.now() - startedAt);
		const isNew = (): boolean => targets.every(({pages}) => pages.count < 2);
		while (isNew() && leftMs() >= options.intervalMs + options.timeoutMs && !signal.aborted && !this.#stop.signal.aborted) {
			await this.#schedule.another(leftMs(), signal);
		}
		return gate.during(() => {
			const timeMs = clock.nowMs();
			runner.run(timeMs);
			this.#parts.recorder?.(timeMs);
			// Where the whole process was held up the deadline is over before anything was asked: what is there is judged all the same.
			const endsAt = Math.max(startedAt + deadlineMs, performance.now() + evaluateLeastMs);
			const evaluatedFrom = performance.now();
			return work(new EngineTick(engine, timeMs, endsAt)).finally(() => {
				this.#evaluatedMs = performance.now() - evaluatedFrom;
			});
		});
	}

	/** Kept free of a tick's time, for evaluating: a page that comes late must not leave too little of it. */
	#reserveMs(deadlineMs: number): number {
		const wished = this.#evaluatedMs * evaluateTimes;
		return Math.min(deadlineMs * evaluateShares.most, Math.max(deadlineMs * evaluateShares.least, wished));
	}

	/** What is wrong at present with any target or rule, for people. */
	get troubles(): readonly string[] {
		const {targets, runner} = this.#parts;
		return [
			...targets.flatMap(({trouble, pages}) => [...(trouble === undefined ? [] : [trouble]), ...pages.refusals]),
			...runner.troubles,
		];
	}

	async close(): Promise<void> {
		this.#schedule.close();
		this.#stop.abort();
		await Promise.allSettled(this.#parts.targets.map(target => target.close()));
		this.#parts.recorder?.();
	}

	#beginRound(): void {
		const {targets, options, resolve, clock, store} = this.#parts;
		const timeMs = clock.nowMs();
		const credentials = resolveHeaders(options, resolve).catch(error => fail(`the secrets can't be fetched: ${String(error)}`));
		for (const target of targets) target.begin(timeMs, credentials, this.#stop.signal);
		if (timeMs - this.#forgotAtMs < forgetEveryMs) return;
		this.#forgotAtMs = timeMs;
		if (store.forgetOld(timeMs) > 0) for (const {pages} of targets) pages.recheck();
	}

	async #answersOf(tick: EngineTick): Promise<TickAnswers> {
		const share = this.#parts.questions.observedShareQuery;
		const outcomes = new Map<GuardrailPlan, {outcome: Outcome; requests?: Outcome}>();
		for (const guardrail of this.guardrails) {
			const {query, minRequests} = guardrail;
			const outcome = await tick.ask(query);
			outcomes.set(guardrail, {outcome, ...(minRequests && {requests: await tick.ask(minRequests.query)})});
		}
		const observed = share === undefined ? undefined : await tick.ask(share);
		const doubts = await this.#besideAsker.ask(tick);
		const readings: Record<string, Reading> = {};
		for (const [guardrail, {outcome, requests}] of outcomes) {
			readings[guardrail.id] = this.#readingOf(guardrail, tick.timeMs, outcome, requests, doubts);
		}
		return {readings, ...(observed && {observedPercent: singleOf(observed)})};
	}

	#readingOf(
		guardrail: GuardrailPlan,
		timeMs: number,
		outcome: Outcome,
		requests: Outcome | undefined,
		doubts: readonly string[],
	): Reading {
		const {births, runner} = this.#parts;
		const {id} = guardrail;
		return readingOf(guardrail, outcome, {
			freshness: this.#freshness.of(id, {localMs: timeMs, serverMs: timeMs}),
			births: births.of(id, timeMs),
			countsBirths: false,
			requests,
			warnings: [...births.notes(id), ...this.#troublesOf(id), ...runner.troubles.slice(0, troublesMax), ...doubts],
		});
	}

	/** What is wrong with the targets behind a guardrail; with any of them, while nobody knows which are behind it. */
	#troublesOf(guardrailId: string): readonly string[] {
		const known = this.#freshness.targetsOf(guardrailId);
		const behind = this.#parts.targets.filter(({target: {job, instance}}) => {
			return known.length === 0 || known.includes(targetKey({job, instance}) ?? '');
		});
		return behind
			.flatMap(({trouble, pages}) => [...(trouble === undefined ? [] : [trouble]), ...pages.refusals])
			.slice(0, troublesMax);
	}
}
