import {fail, type Result} from '../base/result.ts';
import {type Answer, decodeAnswer} from './prometheus-answer.ts';
import type {Credentials} from './prometheus-credentials.ts';
import {type Fault, fault} from './prometheus-fault.ts';
import {type Budget, type Fetched, type PrometheusHttp, tickBytesMax} from './prometheus-http.ts';
import type {Outcome} from './prometheus-reading.ts';
import {resolutionOf, type SkewBounds, skewBounds} from './prometheus-skew.ts';

export type TickOptions = {
	readonly http: PrometheusHttp;
	/** Fetched anew for this tick. */
	readonly credentials: Promise<Result<Credentials, string>>;
	/** From now; the last moment at which any question of this tick settles. */
	readonly deadlineMs: number;
	/** Ends the tick at once. */
	readonly signal: AbortSignal;
};

/** What the answers show about the server: the bounds of its clock, and of which kind it is. */
export type ServerSigns = {readonly clockBounds: SkewBounds[]; isVictoria: boolean};

/** The questions of one tick. They share one deadline and one end, after which no socket of theirs is left. */
export class Tick {
	/** Resolves when the deadline has passed or the tick was ended. */
	readonly over: Promise<void>;
	/** What the answers so far show about the server. */
	readonly seen: ServerSigns = {clockBounds: [], isVictoria: false};

	readonly #options: TickOptions;
	readonly #controller = new AbortController();
	readonly #endsAt: number;
	readonly #timer: NodeJS.Timeout;
	readonly #finish: () => void;
	readonly #gaveUp: Promise<Result<never, Fault>>;
	readonly #asked = new Map<string, Promise<Outcome>>();
	/** What stands beside the values must not take their share of bytes. */
	readonly #budgets = {values: {bytesLeft: tickBytesMax}, beside: {bytesLeft: tickBytesMax}};
	#why: Fault;

	constructor(options: TickOptions) {
		const {deadlineMs, signal} = options;
		this.#options = options;
		this.#endsAt = performance.now() + deadlineMs;
		this.#why = fault('timeout', `no whole answer within ${Math.round(deadlineMs)} ms`);
		const {promise, resolve} = Promise.withResolvers<void>();
		this.over = promise;
		this.#finish = resolve;
		this.#gaveUp = promise.then(() => fail(this.#why));
		this.#timer = setTimeout(this.end, deadlineMs);
		signal.addEventListener('abort', this.#cutShort);
		if (signal.aborted) this.#cutShort();
	}

	/** Never rejects; settles when the tick is over at the latest. The same query is asked once. */
	ask(query: string): Promise<Outcome> {
		return this.#askOnce(query, this.#budgets.values);
	}

	/** As `ask`, for what stands beside the values: it has a budget of bytes of its own. */
	askBeside(query: string): Promise<Outcome> {
		return this.#askOnce(query, this.#budgets.beside);
	}

	/** Gives up what is still under way. */
	readonly end = (): void => {
		clearTimeout(this.#timer);
		this.#options.signal.removeEventListener('abort', this.#cutShort);
		this.#controller.abort();
		this.#finish();
	};

	readonly #cutShort = (): void => {
		this.#why = fault('timeout', 'not waited for: the tick was cut short');
		this.end();
	};

	#askOnce(query: string, budget: Budget): Promise<Outcome> {
		const outcome = this.#asked.get(query) ?? this.#run(query, budget);
		this.#asked.set(query, outcome);
		return outcome;
	}

	async #run(query: string, budget: Budget): Promise<Outcome> {
		const startedAt = performance.now();
		const answer = await Promise.race([this.#fetch(query, budget).catch(brokenPromise), this.#gaveUp]);
		return {...answer, tookMs: Math.round((performance.now() - startedAt) * 10) / 10};
	}

	/**
	 * `time` is left out on purpose: the server evaluates at its own now, by the clock the samples were stamped with. Ours may be
	 * off, and a corrected one would be off by the correction's error; the questions of a tick leave within milliseconds of each
	 * other. `timeout` lets the server drop the work when nobody waits for it any more.
	 */
	async #fetch(query: string, budget: Budget): Promise<Result<Answer, Fault>> {
		const credentials = await this.#options.credentials;
		if (!credentials.ok) return fail(fault('unauthorized', credentials.error));
		const timeout = `${Math.max(1, Math.ceil(this.#endsAt - performance.now()))}ms`;
		const limits = {signal: this.#controller.signal, credentials: credentials.value, budget};
		const fetched = await this.#options.http.ask('/api/v1/query', {query, timeout}, limits);
		if (!fetched.ok) return fetched;
		const answer = decodeAnswer(fetched.value);
		if (answer.ok) this.seen.clockBounds.push(...boundsOf(fetched.value, answer.value));
		this.seen.isVictoria ||= fetched.value.isVictoria;
		return answer;
	}
}

const brokenPromise = (error: unknown): Result<never, Fault> => fail(fault('internal', `asking failed: ${String(error)}`));

function boundsOf({sentAtMs, receivedAtMs, dateMs}: Fetched, {evaluatedAtMs}: Answer): SkewBounds[] {
	// The time of evaluation is of the clock that stamps samples; header `date` may be a proxy's.
	const stampMs = evaluatedAtMs ?? dateMs;
	return stampMs === undefined ? [] : [skewBounds(stampMs, resolutionOf(stampMs), sentAtMs, receivedAtMs)];
}
