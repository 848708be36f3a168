/** What the proxy process is told at its start, what it answers, and where its things stand. Plain data, checked on both ends. */
import {isIPv6} from 'node:net';
import type {BuiltinOptions, BuiltinSticky} from '../core/router-options.ts';
import type {Side} from './builtin-choice.ts';
import {quoted} from './router-error.ts';

/** Grows when an older proxy can't be talked to any more. */
export const builtinProtocol = 1;

export type ProxyTargets = {
	readonly baseline: readonly string[];
	readonly candidate: readonly string[];
	readonly sticky?: BuiltinSticky;
};

export type ProxyConfig = ProxyTargets & {
	readonly listen: string;
	readonly metricsListen?: string;
	readonly controlSocket: string;
	/** The share it begins with. */
	readonly weightPercent: number;
};

/** Counts since the proxy's start. */
export type SideCounts = {
	readonly requests: number;
	/** Answers of the service, 500 to 599. */
	readonly serverErrors: number;
	/** No answer, or one that was cut: the proxy answered 502 or 504, or broke off. */
	readonly failures: number;
	readonly inFlight: number;
};

/** What `GET /split` of the control socket answers. */
export type ProxyState = ProxyTargets & {
	readonly protocol: typeof builtinProtocol;
	readonly pid: number;
	/** ISO 8601. */
	readonly since: string;
	readonly listen: string;
	readonly metricsListen?: string;
	readonly weightPercent: number;
	/** Servers whose latest request got no answer. */
	readonly silent: readonly string[];
	readonly counts: Readonly<Record<Side, SideCounts>>;
};

/** Beside the control socket: the last words of the proxy, and its process as `pid start-time host`. */
export const logPath = (controlSocket: string): string => `${controlSocket}.log`;
export const pidPath = (controlSocket: string): string => `${controlSocket}.pid`;

export type HostPort = {readonly host: string; readonly port: number};

/** `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`. */
export function parseHostPort(text: string): HostPort | undefined {
	const match = /^(?:\[([^\]]+)\]|([^:[\]/\s]+)):(\d{1,5})$/.exec(text);
	if (!match) return undefined;
	const [, inBrackets, name, digits] = match;
	const port = Number(digits);
	if (port < 1 || port > 65_535 || (inBrackets !== undefined && !isIPv6(inBrackets))) return undefined;
	return {host: inBrackets ?? name ?? '', port};
}

/** The kernel's limit for the path of a Unix socket, without the closing zero byte. */
const socketPathBytesMax = 107;
const targetsMax = 64;

/** RFC 9110 token: what may be the name of a header or of a cookie. */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/;

/** What is wrong with the options, as a sentence. */
export function builtinTrouble(options: BuiltinOptions): string | undefined {
	const {listen, metricsListen, controlSocket, timeoutMs} = options;
	if (!parseHostPort(listen)) return `${quoted(listen)} is no address to listen on: write host:port, like 127.0.0.1:8080.`;
	if (metricsListen !== undefined && !parseHostPort(metricsListen)) {
		return `${quoted(metricsListen)} is no address for the metrics page: write host:port, like 127.0.0.1:9180.`;
	}
	if (metricsListen === listen) return `The metrics page can't stand on the service's own address ${listen}.`;
	const bytes = Buffer.byteLength(controlSocket);
	if (!controlSocket.startsWith('/')) return `The control socket ${quoted(controlSocket)} is no absolute path.`;
	if (bytes > socketPathBytesMax) {
		return `The control socket's path has ${bytes} bytes; the kernel takes ${socketPathBytesMax}.`;
	}
	if (!(timeoutMs > 0)) return `A time limit of ${timeoutMs} ms is none.`;
	return targetsTrouble(options);
}

/** The part of it that a running proxy asks of new targets as well. */
export function targetsTrouble({baseline, candidate, sticky}: ProxyTargets): string | undefined {
	for (const urls of [baseline, candidate]) {
		if (urls.length === 0) return 'The builtin router needs a server on each side.';
		if (urls.length > targetsMax) return `The builtin router takes ${targetsMax} servers a side, not ${urls.length}.`;
		const odd = urls.map(urlTrouble).find(trouble => trouble !== undefined);
		if (odd !== undefined) return odd;
	}
	const twice = baseline.find(url => candidate.some(other => sameServer(url, other)));
	if (twice !== undefined) return `${quoted(twice)} stands on both sides.`;
	const name = sticky && ('header' in sticky ? sticky.header : sticky.cookie);
	if (name !== undefined && !token.test(name)) return `${quoted(name)} can't be the name of a header or a cookie.`;
	return undefined;
}

function urlTrouble(text: string): string | undefined {
	const url = URL.parse(text);
	if (!url || !['http:', 'https:'].includes(url.protocol)) return `${quoted(text)} is no http or https URL.`;
	// Not quoted: what is wrong with it is a secret in it.
	if (url.username !== '' || url.password !== '') return `The URL of ${quoted(url.host)} holds a user or a password.`;
	return url.search === '' && url.hash === ''
		? undefined
		: `${quoted(text)} holds “?” or “#”; a server's URL ends with its path.`;
}

/** `http://a:80/` is `http://a`. */
const sameServer = (left: string, right: string): boolean => URL.parse(left)?.href === URL.parse(right)?.href;

export const sameServers = (left: readonly string[], right: readonly string[]): boolean =>
	left.length === right.length && left.every(url => right.some(other => sameServer(url, other)));

export const sameSticky = (left: BuiltinSticky | undefined, right: BuiltinSticky | undefined): boolean =>
	JSON.stringify(left ?? null) === JSON.stringify(right ?? null);

/**
 * The weight under which new targets leave every request where it goes now; undefined when there is none. After a promotion the
 * candidate of yesterday is the baseline of today: 100 % of one is 0 % of the other.
 */
export function weightThatChangesNothing(
	now: ProxyTargets & {readonly weightPercent: number},
	next: ProxyTargets,
): number | undefined {
	const {baseline, candidate, weightPercent} = now;
	if (sameServers(baseline, next.baseline) && sameServers(candidate, next.candidate)) return weightPercent;
	const serving = weightPercent === 0 ? baseline : weightPercent === 100 ? candidate : undefined;
	if (serving === undefined) return undefined;
	if (sameServers(serving, next.baseline)) return 0;
	return sameServers(serving, next.candidate) ? 100 : undefined;
}
