import mustache from 'mustache';
import {fail, ok, type Result} from '../../base/result.ts';
import type {BurstOptions} from '../../core/burst-options.ts';

export type View = {readonly user: string; readonly n: number; readonly query: string};

export type BurstRequest = {
	readonly url: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly body?: string;
};

const inUrl = (value: unknown): string => encodeURIComponent(String(value));
/** Within the quotes of a JSON text. */
const inJson = (value: unknown): string => JSON.stringify(String(value)).slice(1, -1);
const inHeader = (value: unknown): string => String(value).replaceAll(/[\r\n\0]+/g, ' ');

/** One request, its templates filled in. The error says why it must not be sent: the host is none of those that the profile names. */
export function fillIn(
	options: Pick<BurstOptions, 'url' | 'hosts' | 'body'>,
	headers: Readonly<Record<string, string>>,
	view: View,
): Result<BurstRequest, string> {
	const text = mustache.render(options.url, view, {}, {escape: inUrl});
	const url = URL.parse(text);
	if (!url || !/^https?:$/.test(url.protocol)) return fail(`${text} is no URL`);
	if (!options.hosts.some(host => host === url.host || host === url.hostname)) {
		return fail(`${url.host} is none of the burst's hosts (${options.hosts.join(', ')})`);
	}
	const filled = Object.entries(headers).map(
		([name, value]) => [name, mustache.render(value, view, {}, {escape: inHeader})] as const,
	);
	return ok({
		url: url.href,
		headers: Object.fromEntries(filled),
		...(options.body !== undefined && {body: mustache.render(options.body, view, {}, {escape: inJson})}),
	});
}
