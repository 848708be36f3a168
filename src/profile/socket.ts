import type {HaproxyOptions} from '../core/router-options.ts';

/**
 * `/path`, `unix:/path`, `unix@/path`, `host:port`, `tcp:host:port`, `[::1]:9999` → where HAProxy's runtime API listens. A relative
 * path must say `unix:`. Undefined for everything else.
 */
export function parseSocket(text: string): HaproxyOptions['socket'] | undefined {
	const path = /^(?:unix[:@])?(\/.+)$/.exec(text)?.[1] ?? /^unix[:@](.+)$/.exec(text)?.[1];
	if (path !== undefined) return {path};
	const match = /^(?:(?:tcp|ipv4|ipv6)[:@])?(?:\[([0-9a-f:]+)\]|([^\s:/[\]@]+)):(\d{1,5})$/i.exec(text);
	const port = Number(match?.[3]);
	const host = match?.[1] ?? match?.[2];
	return host !== undefined && port >= 1 && port <= 65_535 ? {host, port} : undefined;
}
