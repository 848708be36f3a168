import {setTimeout as sleep} from 'node:timers/promises';
import {request} from 'undici';
import {createRedactor, type Redact} from '../../base/redact.ts';
import {fail, ok, type Result} from '../../base/result.ts';
import {sanitize} from '../../base/text.ts';
import type {BurstOptions, BurstUser} from '../../core/burst-options.ts';
import {type BurstProgress, type BurstSummary, type BurstUsers, burstUsersNamed} from '../../core/facts/burst.ts';
import type {ResolveSecret} from '../../core/secret.ts';
import {type HttpDoor, openDoor} from '../tls.ts';
import {resolveAll} from '../values.ts';
import {fillIn, type View} from './request.ts';
import {type Outcome, soFar, summarise} from './summary.ts';

export type BurstPorts = {
	readonly resolve: ResolveSecret;
	/** The profile's own patterns; tokens are taken out besides. */
	readonly redact: Redact;
	readonly nowMs: () => number;
	readonly monoMs: () => number;
	/** One line of the transcript, redacted, without its line break. Resolves when more may come. */
	readonly write: (line: string) => Promise<void> | void;
	/** After each request. How far it is is counted up only when asked. */
	readonly onDone: (progress: () => BurstProgress) => void;
	/** False while something more important goes on: no request begins meanwhile. */
	readonly mayGo: () => boolean;
};

export type BurstEnd = {
	readonly summary: BurstSummary;
	readonly byUser: BurstUsers;
	readonly stopped?: string;
	readonly firstTrouble?: string;
};

/** Of an answer's body this much stands in the transcript; more than `bodyBytesMax` is not read. */
const excerptColumns = 160;
const bodyBytesMax = 1024 * 1024;
const giveWayMs = 50;

type Sender = {readonly index: number; readonly user: BurstUser; readonly headers: Readonly<Record<string, string>>};

/**
 * Sends the requests of all users, each user's one after the other, at most `concurrency` at once, until all are sent, the longest
 * time is over or `signal` is aborted. Never rejects; the error says why nothing was sent.
 */
export async function runBurst(options: BurstOptions, ports: BurstPorts, signal: AbortSignal): Promise<Result<BurstEnd, string>> {
	const senders = await prepare(options, ports.resolve);
	if (!senders.ok) return senders;
	const door = await openDoor(options.tls, {connections: options.concurrency, pipelining: 1});
	if (!door.ok) return door;
	const secrets = senders.value.secrets;
	const withoutTokens = createRedactor({literals: secrets});
	const redact: Redact = text => withoutTokens(ports.redact(text));
	const late = AbortSignal.timeout(options.maxDurationMs);
	const stop = AbortSignal.any([signal, late]);
	const burst = new Burst(options, ports, redact, door.value, stop);
	const startedMs = ports.monoMs();
	await Promise.all(senders.value.senders.map(sender => burst.sendAll(sender)));
	await door.value.agent.destroy().catch(() => {});
	const planned = options.users.length * options.requests;
	const summary = summarise(burst.outcomes, planned, ports.monoMs() - startedMs);
	const isShort = summary.total < planned;
	const why = signal.aborted
		? String(signal.reason instanceof Error ? 'called off' : signal.reason)
		: 'its longest time was over';
	const {firstTrouble} = burst;
	return ok({
		summary,
		byUser: burst.users(),
		...(isShort && {stopped: burst.refusal ?? why}),
		...(firstTrouble !== undefined && {firstTrouble}),
	});
}

async function prepare(
	{users, headers, tokenHeader}: BurstOptions,
	resolve: ResolveSecret,
): Promise<Result<{senders: readonly Sender[]; secrets: readonly string[]}, string>> {
	const common = await resolveAll(headers, resolve);
	if (!common.ok) return common;
	const secrets = Object.entries(headers).flatMap(([name, value]) =>
		typeof value === 'string' ? [] : [common.value[name] ?? ''],
	);
	const senders: Sender[] = [];
	for (const [index, user] of users.entries()) {
		const token = user.token ? await resolve(user.token) : undefined;
		if (token && !token.ok) return fail(`the token of ${user.name}: ${token.error}`);
		const value = token ? (tokenHeader.toLowerCase() === 'authorization' ? `Bearer ${token.value}` : token.value) : undefined;
		if (token) secrets.push(token.value);
		senders.push({index, user, headers: {...common.value, ...(value !== undefined && {[tokenHeader]: value})}});
	}
	return ok({senders, secrets});
}

class Burst {
	readonly outcomes: Outcome[] = [];
	/** Why a request must not be sent: then none is any more. */
	refusal: string | undefined;
	/** Why the first request without an answer had none. */
	firstTrouble: string | undefined;
	#free: number;
	readonly #waiting: (() => void)[] = [];
	readonly #done: number[];
	readonly #failed: number[];

	readonly options: BurstOptions;
	readonly ports: BurstPorts;
	readonly redact: Redact;
	readonly door: HttpDoor;
	readonly stop: AbortSignal;

	constructor(options: BurstOptions, ports: BurstPorts, redact: Redact, door: HttpDoor, stop: AbortSignal) {
		this.options = options;
		this.ports = ports;
		this.redact = redact;
		this.door = door;
		this.stop = stop;
		this.#free = options.concurrency;
		this.#done = options.users.map(() => 0);
		this.#failed = options.users.map(() => 0);
	}

	/** What became of each user's requests. */
	users(): BurstUsers {
		return {done: this.#done.slice(0, burstUsersNamed), failed: this.#failed.slice(0, burstUsersNamed)};
	}

	get #isOver(): boolean {
		return this.stop.aborted || this.refusal !== undefined;
	}

	async sendAll({index, user, headers}: Sender): Promise<void> {
		const {requests, queries, pauseMs} = this.options;
		for (let n = 1; n <= requests && !this.#isOver; n++) {
			await this.#turn();
			try {
				while (!this.ports.mayGo() && !this.#isOver) await this.#pause(giveWayMs);
				if (this.#isOver) return;
				const query = queries[(n - 1) % Math.max(1, queries.length)] ?? '';
				await this.#sendOne(index, {user: user.name, n, query}, headers);
			} finally {
				this.#pass();
			}
			if (n < requests) await this.#pause(pauseMs);
		}
	}

	async #sendOne(userIndex: number, view: View, headers: Readonly<Record<string, string>>): Promise<void> {
		const {method, timeoutMs, expect} = this.options;
		const filled = fillIn(this.options, headers, view);
		if (!filled.ok) {
			this.refusal ??= filled.error;
			return;
		}
		const {url, headers: sent, body} = filled.value;
		const at = new Date(this.ports.nowMs()).toISOString();
		const startedMs = this.ports.monoMs();
		const signal = AbortSignal.any([this.stop, AbortSignal.timeout(timeoutMs)]);
		let outcome: Outcome;
		let said: string;
		try {
			const answer = await request(url, {
				dispatcher: this.door.agent,
				method: method as 'GET',
				headers: sent,
				signal,
				...(body !== undefined && {body}),
			});
			const text = await readStart(answer.body as AsyncIterable<Buffer>);
			const tookMs = this.ports.monoMs() - startedMs;
			outcome = {status: answer.statusCode, ok: expect.includes(answer.statusCode), tookMs};
			said = `${answer.statusCode} ${Math.round(tookMs)}ms ${text}`;
		} catch (error) {
			// Cut off by us, so nothing is known of it.
			if (this.stop.aborted) return;
			const tookMs = this.ports.monoMs() - startedMs;
			outcome = {ok: false, tookMs};
			const {why, remedy} = this.door.faultOf(error);
			const trouble = signal.aborted ? `no answer within ${timeoutMs} ms` : `${why}. ${remedy}`;
			this.firstTrouble ??= sanitize(this.redact(`${url}: ${trouble}`), 800);
			said = `error ${Math.round(tookMs)}ms ${trouble}`;
		}
		this.outcomes.push(outcome);
		this.#done[userIndex] = (this.#done[userIndex] ?? 0) + 1;
		if (!outcome.ok) this.#failed[userIndex] = (this.#failed[userIndex] ?? 0) + 1;
		const line = `${at} ${outcome.ok ? 'ok    ' : 'FAILED'} user=${view.user} n=${view.n} ${method} ${url} ${said}`;
		await this.ports.write(sanitize(this.redact(line), 600));
		this.ports.onDone(() => ({...soFar(this.outcomes), users: this.users()}));
	}

	async #turn(): Promise<void> {
		if (this.#free > 0) this.#free--;
		else await new Promise<void>(resolve => this.#waiting.push(resolve));
	}

	#pass(): void {
		const next = this.#waiting.shift();
		if (next) next();
		else this.#free++;
	}

	#pause(ms: number): Promise<void> {
		return sleep(ms, undefined, {signal: this.stop}).catch(() => {});
	}
}

/** The start of a body as text; the rest is read and dropped, up to a bound. */
async function readStart(body: AsyncIterable<Buffer>): Promise<string> {
	let text = '';
	let bytes = 0;
	for await (const chunk of body) {
		bytes += chunk.length;
		if (text.length < 4 * excerptColumns) text += chunk.toString('utf8');
		if (bytes > bodyBytesMax) break;
	}
	return `${bytes}B ${JSON.stringify(text.slice(0, 4 * excerptColumns)).slice(0, excerptColumns)}`;
}
