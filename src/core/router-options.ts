import type {ArgoRolloutsOptions, AwsAlbOptions, GatewayApiOptions} from './cloud-router-options.ts';
import type {TextOrSecret} from './secret.ts';

/** What moves the traffic, as the profile says it: plain data, durations in milliseconds, paths absolute, defaults filled in. */
export type RouterOptions =
	| HaproxyOptions
	| NginxOptions
	| CommandOptions
	| BuiltinOptions
	| AwsAlbOptions
	| GatewayApiOptions
	| ArgoRolloutsOptions;

export type RouterKind = RouterOptions['kind'];

/** HAProxy's runtime API (`stats socket … level admin`). */
export type HaproxyOptions = {
	readonly kind: 'haproxy';
	readonly socket: {readonly path: string} | {readonly host: string; readonly port: number};
	/** Never empty. All backends are set to the same split; a write that fails for one is a failed write. */
	readonly backends: readonly HaproxyBackend[];
	/**
	 * 1–256: what a candidate server's and a baseline server's weight add up to where that spells the share. 100 (the default) spells
	 * whole percents. Where it doesn't, the router takes the closest pair of whole numbers up to HAProxy's limit of 256 a server.
	 */
	readonly totalWeight: number;
	/**
	 * HAProxy's `server-state-file`: written anew after each change, so that a reload does not bring old weights back. HAProxy has to
	 * be told to load it (`load-server-state-from-file global`).
	 */
	readonly stateFile?: string;
	/** The longest one command may take, connecting included. */
	readonly timeoutMs: number;
};

/** Server names as in haproxy.cfg; no server stands on both sides, neither side is empty. */
export type HaproxyBackend = {readonly name: string; readonly baseline: readonly string[]; readonly candidate: readonly string[]};

/** One include file of nginx that is ours alone: it holds the upstream with its weights, and the revision. */
export type NginxOptions = {
	readonly kind: 'nginx';
	/** The include file: written whole to a temporary file beside it, then renamed over it. */
	readonly include: string;
	/** The name of the upstream block in it. */
	readonly upstream: string;
	/** `host:port` or `unix:/path` with nginx's own server parameters behind it (`10.0.0.1:80 max_fails=3`), without weight and `down`. */
	readonly baseline: readonly string[];
	readonly candidate: readonly string[];
	/** Further directives of the upstream block, without their semicolons: `keepalive 32`. */
	readonly directives?: readonly string[];
	/** A URL that nginx serves from the include file (see docs/routers.md): its answer tells which revision the workers serve. */
	readonly revisionUrl: string;
	/** Checks the configuration without taking it. Absent: `binary [-p prefix] [-c config] -t -q`. */
	readonly test?: readonly string[];
	/** Takes the configuration. Absent: `binary [-p prefix] [-c config] -s reload`. */
	readonly reload?: readonly string[];
	/** A path or a name looked up in PATH. */
	readonly binary: string;
	readonly prefix?: string;
	/** The main configuration file. */
	readonly config?: string;
	/** Of the master: where `reload` is absent it gets a SIGHUP straight away, after the check, instead of `-s reload`. */
	readonly pidFile?: string;
	/** The longest one change may take: check, reload, and the wait until the new workers serve. */
	readonly timeoutMs: number;
};

/** Any tool with a command line. No shell: each element of `argv` reaches the program as it is. */
export type CommandOptions = {
	readonly kind: 'command';
	readonly read: CommandRead;
	readonly write: CommandWrite;
	/** What 100 % is in the tool's own numbers: 100 for percents, 1 for fractions, 1000 for permille. */
	readonly scale: number;
	/** How many digits behind the point the tool understands in a weight; 0 for whole numbers. */
	readonly decimals: number;
	/** The longest one run may take; the process group is ended then. */
	readonly timeoutMs: number;
	/** Where the commands run; the profile's folder unless the profile says otherwise. */
	readonly cwd: string;
};

export type CommandRead = {
	readonly argv: readonly string[];
	/** Added to the controller's own environment. */
	readonly env: Readonly<Record<string, TextOrSecret>>;
	/** How the weight is found in what the command prints to stdout. */
	readonly parse: CommandParse;
	/** Whose weight the parsed number is; for `baseline` the candidate has the rest of `scale`. */
	readonly side: 'baseline' | 'candidate';
};

export type CommandWrite = {
	/** `{candidate}` and `{baseline}` stand for the two weights in the tool's own numbers; they always add up to `scale`. */
	readonly argv: readonly string[];
	readonly env: Readonly<Record<string, TextOrSecret>>;
};

export type CommandParse =
	/** RE2 syntax, multi-line; the group named `weight`, else the first group, else the whole match, is the number. */
	| {readonly regex: string}
	/** Keys and indices into a JSON document: `services[0].traffic.candidate`, `$["a b"].weight`. No filters, no wildcards. */
	| {readonly jsonPath: string};

/** The project's own small proxy: one process on this host that shares requests out between two sides. */
export type BuiltinOptions = {
	readonly kind: 'builtin';
	/** `host:port` of the service as its clients see it; plain HTTP. An IPv6 address stands in brackets. */
	readonly listen: string;
	/** http or https URLs, with a path prefix or without; never empty, none on both sides, no user, no query. */
	readonly baseline: readonly string[];
	readonly candidate: readonly string[];
	/** What keeps a client on its side. Absent: each request is shared out by itself. */
	readonly sticky?: BuiltinSticky;
	/** A Unix socket by which the proxy is read, set and ended; mode 0600. Its log and its process number stand beside it. */
	readonly controlSocket: string;
	/** `host:port` of the proxy's own metrics page; none when absent. */
	readonly metricsListen?: string;
	/** The proxy ends with the session. It outlives it otherwise, as it outlives every crash of a controller. */
	readonly endWithSession: boolean;
	/** The longest one call may take, starting the proxy included. */
	readonly timeoutMs: number;
};

/** A header that names the user: its hash decides. A cookie: the proxy hands it out, and what stands in it decides. */
export type BuiltinSticky = {readonly header: string} | {readonly cookie: string};
