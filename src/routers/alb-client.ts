import type {ElasticLoadBalancingV2} from '@aws-sdk/client-elastic-load-balancing-v2';
import {fail, ok, type Result} from '../base/result.ts';
import type {AwsAlbOptions} from '../core/cloud-router-options.ts';
import type {RouterError} from '../core/split.ts';
import {type AlbCall, albError, isPassing} from './alb-errors.ts';
import {type Deadline, orAbort, pause} from './deadline.ts';
import {abortedError, routerError} from './router-error.ts';

const backoffMs = {first: 100, most: 2_000} as const;

/** One SDK client, made at the first call: the library is large, and most sessions never need it. */
export class AlbClient {
	readonly #options: Pick<AwsAlbOptions, 'region' | 'profile' | 'endpoint' | 'timeoutMs'>;
	readonly #where: string;
	#client: Promise<ElasticLoadBalancingV2> | undefined;
	readonly #closed = new AbortController();

	constructor(options: AwsAlbOptions, where: string) {
		this.#options = options;
		this.#where = where;
	}

	/**
	 * One call, made again after a pause while AWS limits us or has a fault of its own, until the deadline. The SDK's own retries are
	 * off: they don't stop when we do. `isWrite`: the request itself is not taken back when the caller gives up; who gave it up has
	 * to wait for `lastWrite`.
	 */
	async ask<Output>(
		call: AlbCall,
		deadline: Deadline,
		send: (client: ElasticLoadBalancingV2, abortSignal: AbortSignal) => Promise<Output>,
		isWrite = false,
	): Promise<Result<Output, RouterError>> {
		let last: unknown;
		for (let waitMs: number = backoffMs.first; !deadline.signal.aborted; waitMs = Math.min(waitMs * 2, backoffMs.most)) {
			const client = await orAbort(this.#open(), deadline.signal);
			if (client === undefined) break;
			const bound = isWrite
				? AbortSignal.any([this.#closed.signal, AbortSignal.timeout(this.#options.timeoutMs)])
				: deadline.signal;
			const answered = send(client, bound).then<Result<Output, unknown>, Result<Output, unknown>>(ok, fail);
			if (isWrite) this.#remember(answered);
			const answer = await orAbort(answered, deadline.signal);
			if (answer === undefined) break;
			if (answer.ok) return answer;
			if (deadline.signal.aborted) break;
			last = answer.error;
			if (!isPassing(answer.error)) return fail(albError(this.#where, call, answer.error));
			await pause(waitMs, deadline.signal);
		}
		if (deadline.reason() === 'aborted') return fail(abortedError(this.#where));
		if (last !== undefined) return fail(albError(this.#where, call, last));
		const remedy = 'Does this machine reach the API, and the place its credentials come from? A longer "timeout" may help.';
		return fail(routerError('timeout', `${this.#where}: ${call} had no answer within ${this.#options.timeoutMs} ms.`, remedy));
	}

	/** The writes that are not answered yet; empty when all are. */
	readonly #writes = new Set<Promise<unknown>>();

	get isWriteUnderWay(): boolean {
		return this.#writes.size > 0;
	}

	async writesEnded(signal: AbortSignal): Promise<void> {
		await orAbort(Promise.all(this.#writes), signal);
	}

	close(): void {
		this.#closed.abort();
		this.#client?.then(
			client => client.destroy(),
			() => {},
		);
	}

	#remember(write: Promise<unknown>): void {
		this.#writes.add(write);
		void write.then(() => this.#writes.delete(write));
	}

	#open(): Promise<ElasticLoadBalancingV2> {
		this.#client ??= this.#make();
		return this.#client;
	}

	async #make(): Promise<ElasticLoadBalancingV2> {
		const {ElasticLoadBalancingV2: Client} = await import('@aws-sdk/client-elastic-load-balancing-v2');
		const {region, profile, endpoint} = this.#options;
		return new Client({
			region,
			...(profile !== undefined && {profile}),
			...(endpoint !== undefined && {endpoint}),
			maxAttempts: 1,
		});
	}
}
