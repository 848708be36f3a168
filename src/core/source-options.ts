import type {SecretRef, TextOrSecret} from './secret.ts';

/**
 * Where the metrics come from, as the profile says it: plain data, every duration in milliseconds, every path absolute.
 * A union by `kind`; `scrape` (pages read directly, no server) becomes its second member.
 */
export type MetricsOptions = PrometheusOptions;

export type PrometheusOptions = {
	readonly kind: 'prometheus';
	/** http or https, without `/api/v1`; may end in a path prefix (`https://host/prometheus`). Never holds a user or a password. */
	readonly url: string;
	readonly auth?: HttpAuth;
	readonly tls?: TlsOptions;
	/** Sent with each request, such as a tenant (`X-Scope-OrgID`). Names as written, not lower-cased. */
	readonly headers: Readonly<Record<string, TextOrSecret>>;
	/** The longest one query may take. A tick's own deadline may be shorter. */
	readonly timeoutMs: number;
	/** POST (a form body) lets long queries through; GET is for proxies that only allow reading. */
	readonly method: 'GET' | 'POST';
};

export type HttpAuth =
	| {readonly kind: 'basic'; readonly username: string; readonly password: SecretRef}
	| {readonly kind: 'bearer'; readonly token: SecretRef};

/** PEM files, by absolute path. */
export type TlsOptions = {
	/** Authorities to trust instead of the system's. */
	readonly caFile?: string;
	/** A client certificate; always together with `keyFile`. */
	readonly certFile?: string;
	readonly keyFile?: string;
	/** The name to ask for and to verify, where it is not the host of the URL. */
	readonly serverName?: string;
	/** Accepts any certificate. `canary check` warns about it. */
	readonly insecureSkipVerify: boolean;
};
