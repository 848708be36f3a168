import type {SecretRef, TextOrSecret} from './secret.ts';

/** Where the metrics come from, as the profile says it: plain data, every duration in milliseconds, every path absolute. */
export type MetricsOptions = PrometheusOptions | ScrapeOptions;

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
	/** Fetch the raw series behind the queries into the session's folder when the session is over. */
	readonly record?: RecordOptions;
};

/** Raw series kept beside the journal, for backtests with other queries. */
export type RecordOptions = {readonly bytesMax: number};

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

/** The pages themselves are read, without a server; what Prometheus would store of them is kept in memory only. */
export type ScrapeOptions = {
	readonly kind: 'scrape';
	/** At least one. */
	readonly targets: readonly ScrapeTargetOptions[];
	/** From the beginning of one scrape to that of the next; 250 ms at least. */
	readonly intervalMs: number;
	/** The longest one page may take to arrive. */
	readonly timeoutMs: number;
	/** A longer page, unpacked, is a failed scrape. */
	readonly pageBytesMax: number;
	readonly auth?: HttpAuth;
	readonly tls?: TlsOptions;
	/** Sent to every target. */
	readonly headers: Readonly<Record<string, TextOrSecret>>;
	/** Whose PromQL: 2.x and 3.x differ in the edges of ranges and in how bucket bounds are written. */
	readonly dialect: '2.x' | '3.x';
	/** Rule files of Prometheus: their recording and alerting rules are evaluated in order, each interval. */
	readonly ruleFiles: readonly string[];
	/** Write the series that are read into the session's folder as they come. */
	readonly record?: RecordOptions;
};

/** Pages that belong together: the same job and labels on the series of all of them. */
export type ScrapeTargetOptions = {
	/** http or https, path and query included. */
	readonly urls: readonly string[];
	readonly job: string;
	/** Default: host and port of the url, and its path where two pages would be the same instance. */
	readonly instance?: string;
	/** On every series, such as `{version: 'canary'}`. */
	readonly labels: Readonly<Record<string, string>>;
};
