import type {Unit} from '../base/number-format.ts';
import type {Bound} from './bound.ts';
import type {SecretRef, TextOrSecret} from './secret.ts';
import type {TlsOptions} from './source-options.ts';

export const preflightKinds = ['command', 'http', 'promql', 'metricsPage', 'postgres', 'capacity', 'split', 'cooldown'] as const;
export type PreflightKind = (typeof preflightKinds)[number];

/** What the journal's plan says of a check: enough to show it in a replay. */
export type PreflightPlan = {readonly title: string; readonly kind: PreflightKind};

/** One check as the profile says it: plain data, durations in milliseconds, absolute paths. */
export type PreflightCheck = PreflightPlan & {readonly timeoutMs: number} & PreflightWhat;

export type PreflightWhat =
	| ({readonly kind: 'command'} & CommandCheck)
	| ({readonly kind: 'http'} & HttpCheck)
	| ({readonly kind: 'promql'} & PromqlCheck)
	| ({readonly kind: 'metricsPage'} & MetricsPageCheck)
	| ({readonly kind: 'postgres'} & PostgresCheck)
	/** At least so many servers of the baseline are up, and none of them is down unless `baseline` says how many do. */
	| {readonly kind: 'capacity'; readonly baseline?: number; readonly candidate?: number}
	| {readonly kind: 'split'; readonly percent: number}
	| {readonly kind: 'cooldown'; readonly afterMs: number};

export type CommandCheck = {
	readonly argv: readonly string[];
	readonly cwd: string;
	readonly env: Readonly<Record<string, TextOrSecret>>;
};

export type HttpRequestOptions = {
	readonly url: string;
	readonly headers: Readonly<Record<string, TextOrSecret>>;
	readonly tls?: TlsOptions;
};

/** `match`: RE2, looked for anywhere in the body. */
export type HttpCheck = HttpRequestOptions & {readonly status: number; readonly match?: string};

export type PromqlCheck = {readonly query: string; readonly unit: Unit; readonly bound: Bound};

/** The page parses as Prometheus' text format and has these metric names. */
export type MetricsPageCheck = HttpRequestOptions & {readonly names: readonly string[]};

export type PostgresCheck = {
	/** Of the whole connection URL: it holds a password. */
	readonly url: SecretRef;
	/** The role that the question is asked as; the connection's own where there is none. */
	readonly role?: string;
	readonly ask:
		| {
				readonly kind: 'query';
				readonly query: string;
				/** How many rows must come. */
				readonly count?: number;
				/** The rows that must come, in this order; values are compared as text, null as null. */
				readonly rows?: readonly (readonly (string | null)[])[];
		  }
		| {
				readonly kind: 'rls';
				/** `table`, or `schema.table`. */
				readonly table: string;
				readonly policies: readonly PolicyCommand[];
				/** Lets a policy pass whose condition is plain `true`. */
				readonly allowTrue: boolean;
		  };
};

export const policyCommands = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] as const;
export type PolicyCommand = (typeof policyCommands)[number];
