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
export type ServerSigns = {readonly clockBounds: readonly SkewBounds[]; readonly isVictoria: boolean};

/** The questions of one tick. They share one deadline, one byte budget and one end, after which no socket of theirs is left. */
export type Tick = {
	/** Never rejects; settles when the tick is over at the latest. The same query is asked once. */
	ask(query: string): Promise<Outcome>;
	/** As `ask`, for what stands beside the values: it has a budget of bytes of its own. */
	askBeside(query: string): Promise<Outcome>;
	/** Resolves when the deadline has passed or the tick was ended. */
	readonly over: Promise<void>;
	/** What the answers so far show about the server. */
	readonly seen: ServerSigns;
	/** Gives up what is still under way. */
	end(): void;
};

export function startTick({http, credentials, deadlineMs, signal}: TickOptions): Tick {
	const controller = new AbortController();
	const budgets = {values: {bytesLeft: tickBytesMax}, beside: {bytesLeft: tickBytesMax}};
	const endsAt = performance.now() + deadlineMs;
	const asked = new Map<string, Promise<Outcome>>();
	const seen = {clockBounds: [] as SkewBounds[], isVictoria: false};
	let why: Fault = fault('timeout', `no whole answer within ${Math.round(deadlineMs)} ms`);
	const {promise: over, resolve: finish} = Promise.withResolvers<void>();

	const end = (): void => {
		clearTimeout(timer);
		signal.removeEventListener('abort', cutShort);
		controller.abort();
		finish();
	};
	const cutShort = (): void => {
		why = fault('timeout', 'not waited for: the tick was cut short');
		end();
	};
	const timer = setTimeout(end, deadlineMs);
	signal.addEventListener('abort', cutShort);
	if (signal.aborted) cutShort();
	const gaveUp = over.then((): Result<never, Fault> => fail(why));

	/**
	 * `time` is left out on purpose: the server evaluates at its own now, by the clock the samples were stamped with. Ours may be
	 * off, and a corrected one would be off by the correction's error; the questions of a tick leave within milliseconds of each other.
	 * `timeout` lets the server drop the work when nobody waits for it any more.
	 */
	async function fetchAnswer(query: string, budget: Budget): Promise<Result<Answer, Fault>> {
		const resolved = await credentials;
		if (!resolved.ok) return fail(fault('unauthorized', resolved.error));
		const timeout = `${Math.max(1, Math.ceil(endsAt - performance.now()))}ms`;
		const limits = {signal: controller.signal, credentials: resolved.value, budget};
		const fetched = await http.ask('/api/v1/query', {query, timeout}, limits);
		if (!fetched.ok) return fetched;
		const answer = decodeAnswer(fetched.value);
		if (answer.ok) seen.clockBounds.push(...boundsOf(fetched.value, answer.value));
		seen.isVictoria ||= fetched.value.isVictoria;
		return answer;
	}

	async function run(query: string, budget: Budget): Promise<Outcome> {
		const startedAt = performance.now();
		const answer = await Promise.race([fetchAnswer(query, budget).catch(brokenPromise), gaveUp]);
		return {...answer, tookMs: Math.round((performance.now() - startedAt) * 10) / 10};
	}

	const askOnce = (query: string, budget: Budget): Promise<Outcome> => {
		const outcome = asked.get(query) ?? run(query, budget);
		asked.set(query, outcome);
		return outcome;
	};

	return {
		ask: query => askOnce(query, budgets.values),
		askBeside: query => askOnce(query, budgets.beside),
		over,
		seen,
		end,
	};
}

const brokenPromise = (error: unknown): Result<never, Fault> => fail(fault('internal', `asking failed: ${String(error)}`));

function boundsOf({sentAtMs, receivedAtMs, dateMs}: Fetched, {evaluatedAtMs}: Answer): SkewBounds[] {
	// The time of evaluation is of the clock that stamps samples; header `date` may be a proxy's.
	const stampMs = evaluatedAtMs ?? dateMs;
	return stampMs === undefined ? [] : [skewBounds(stampMs, resolutionOf(stampMs), sentAtMs, receivedAtMs)];
}
