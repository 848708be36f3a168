import type {SecretRef, TextOrSecret} from './secret.ts';
import type {TlsOptions} from './source-options.ts';

/** A burst of requests as the profile says it. Texts are mustache templates over `user`, `n` and `query`. */
export type BurstOptions = {
	readonly url: string;
	/** `host` or `host:port`: requests to any other are not sent. */
	readonly hosts: readonly string[];
	readonly method: string;
	readonly headers: Readonly<Record<string, TextOrSecret>>;
	readonly body?: string;
	readonly users: readonly BurstUser[];
	/** How many each user sends. */
	readonly requests: number;
	readonly queries: readonly string[];
	/** From one request of a user to the next. */
	readonly pauseMs: number;
	/** How many are under way at once, of all users. */
	readonly concurrency: number;
	readonly timeoutMs: number;
	readonly maxDurationMs: number;
	/** The statuses that are right. */
	readonly expect: readonly number[];
	/** The header that carries the token; as `Bearer …` where it is `authorization`. */
	readonly tokenHeader: string;
	readonly tls?: TlsOptions;
};

export type BurstUser = {readonly name: string; readonly token?: SecretRef};

/** No burst is larger, whatever the profile says: this is a probe, no load test. */
export const burstRequestsMax = 10_000;
