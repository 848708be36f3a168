import {readFile} from 'node:fs/promises';
import type {NginxOptions} from '../core/router-options.ts';
import {orAbort} from './deadline.ts';
import {parseInclude} from './nginx-conf.ts';
import {listText} from './router-error.ts';

/** One sentence each; what can't be read is left out, since reading the split tells it already. */
export async function lintNginx(options: NginxOptions, signal: AbortSignal): Promise<string[]> {
	const read = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined);
	const texts = Promise.all([read(options.include), options.config === undefined ? undefined : read(options.config)]);
	const [include, main] = (await orAbort(texts, signal)) ?? [];
	return lintTexts(options, include, main);
}

/** Pure half of `lintNginx`. */
export function lintTexts(options: NginxOptions, include: string | undefined, main: string | undefined): string[] {
	const sentences: string[] = [];
	const {directives = [], upstream} = options;
	const file = include === undefined ? undefined : parseInclude(include, upstream);
	const words = (text: string): string => text.trim().replaceAll(/\s+/g, ' ');
	const lost = file?.directives.filter(directive => !directives.some(kept => words(kept) === words(directive))) ?? [];
	if (lost.length > 0) {
		sentences.push(
			`${options.include} has ${listText(lost)} in upstream ${upstream}, which the first change drops: name it under "directives".`,
		);
	}
	const balance = [...directives, ...(file?.directives ?? [])].find(directive =>
		/^(?:ip_hash|hash|least_conn|random)\b/.test(directive),
	);
	if (balance !== undefined) {
		sentences.push(
			`Upstream ${upstream} balances by "${words(balance)}": the candidate's share of the requests will differ from its weight.`,
		);
	}
	if (main === undefined) return sentences;
	if (!/\bworker_shutdown_timeout\b/.test(main)) {
		sentences.push(
			'Without worker_shutdown_timeout, connections that stay open (streams, WebSockets) keep the old split after a change, for as long as they last.',
		);
	}
	if (!/\bproxy_next_upstream\s+off\b/.test(main)) {
		sentences.push(
			'nginx asks another server when one does not answer (proxy_next_upstream): a dead candidate is hidden from clients, and from metrics of theirs.',
		);
	}
	return sentences;
}
