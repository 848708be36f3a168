import {fail, type Result} from '../base/result.ts';
import {sanitize} from '../base/text.ts';
import type {KubeAccess} from '../core/cloud-router-options.ts';
import type {RouterError, Split} from '../core/split.ts';
import {type Deadline, startDeadline} from './deadline.ts';
import type {Router} from './router.ts';
import {notAShare, unexpectedError} from './router-error.ts';

/**
 * What the routers of remote APIs have in common: each call within one time limit, the caller's abort in the same signal, and nothing
 * thrown. What such a router does is in `read`, `set` and `remarks`.
 */
export abstract class BoundedRouter implements Router {
	readonly target: string;
	/** The subject of its sentences: `HTTPRoute shop/shop`. */
	protected readonly where: string;
	readonly #timeoutMs: number;

	protected constructor({target, where, timeoutMs}: {target: string; where: string; timeoutMs: number}) {
		this.target = target;
		this.where = where;
		this.#timeoutMs = timeoutMs;
	}

	/** The split in force. */
	protected abstract read(deadline: Deadline): Promise<Result<Split, RouterError>>;
	/** Sets a share that is one, and gives the split read back. */
	protected abstract set(percent: number, deadline: Deadline): Promise<Result<Split, RouterError>>;
	/** What is questionable; a sentence where it can't be said. */
	protected abstract remarks(deadline: Deadline): Promise<readonly string[]>;

	readSplit(signal: AbortSignal): Promise<Result<Split, RouterError>> {
		return this.within(signal, deadline => this.read(deadline), fail);
	}

	async setWeight(weightPercent: number, signal: AbortSignal): Promise<Result<Split, RouterError>> {
		if (!(weightPercent >= 0 && weightPercent <= 100)) return fail(notAShare(weightPercent));
		return await this.within(signal, deadline => this.set(weightPercent, deadline), fail);
	}

	lint(signal: AbortSignal): Promise<readonly string[]> {
		return this.within(
			signal,
			deadline => this.remarks(deadline),
			({message}) => [message],
		);
	}

	async close(): Promise<void> {}

	/** One call; what it throws is a bug of ours, and becomes what `failed` makes of it. */
	protected async within<Value>(
		signal: AbortSignal,
		call: (deadline: Deadline) => Promise<Value>,
		failed: (error: RouterError) => Value,
	): Promise<Value> {
		using deadline = startDeadline(signal, this.#timeoutMs);
		try {
			return await call(deadline);
		} catch (error) {
			return failed(unexpectedError(this.where, error));
		}
	}
}

/** Target and subject of a router that moves one object in Kubernetes. */
export function kubeNames(router: string, kind: string, {namespace, name}: KubeName, {context}: KubeAccess) {
	const place = `${namespace}/${name}`;
	return {
		target: sanitize(`${router} ${place}${context === undefined ? '' : ` in ${context}`}`, 300),
		where: sanitize(`${kind} ${place}`, 300),
	};
}

type KubeName = {readonly namespace: string; readonly name: string};
