import {formatDuration} from '../base/duration.ts';
import type {ScrapeOptions} from '../core/source-options.ts';
import {unparen} from '../promql/ast.ts';
import {parseQuery} from '../promql/parse.ts';
import {lintQuestions} from './prometheus-lint.ts';
import {nodesOf} from './query-lint.ts';
import type {ScrapeSession} from './scrape-session.ts';
import type {PageTarget} from './scrape-targets.ts';
import type {Questions} from './source.ts';

export type LintParts = {
	readonly options: ScrapeOptions;
	readonly questions: Questions;
	readonly session: ScrapeSession;
	readonly targets: readonly PageTarget[];
	readonly signal: AbortSignal;
};

/** Nobody waits longer for what is only questionable. */
const lintDeadlineMs = 10_000;

/** One sentence for each thing that is questionable: about the options, the texts of the queries, and the series scraped so far. */
export async function lintScrape({options, questions, session, targets, signal}: LintParts): Promise<readonly string[]> {
	return [
		...lintOptions(options, targets),
		...session.troubles.map(trouble => `${trouble}.`),
		...session.guardrails.flatMap(({title, query}) => shortRanges(title, query, options.intervalMs)),
		...(await session.tick(lintDeadlineMs, signal, tick => lintQuestions(tick, session.guardrails, questions))),
	];
}

function lintOptions({tls, auth, timeoutMs, intervalMs}: ScrapeOptions, targets: readonly PageTarget[]): string[] {
	const sentences: string[] = [];
	if (tls?.insecureSkipVerify)
		sentences.push(
			'The metrics pages may show any certificate (insecureSkipVerify): whoever stands in between can invent values.',
		);
	const open = targets.find(({url: {protocol, hostname}}) => protocol === 'http:' && !isLocal(hostname));
	if (auth && open)
		sentences.push(
			`The ${auth.kind === 'basic' ? 'password' : 'token'} for ${open.url.hostname} goes over the network unencrypted (http).`,
		);
	if (timeoutMs > intervalMs)
		sentences.push(
			`A page may take ${formatDuration(timeoutMs)}, longer than the interval of ${formatDuration(intervalMs)}: a page that hangs is known to be down only then.`,
		);
	return sentences;
}

const isLocal = (host: string): boolean => host === 'localhost' || host === '[::1]' || host.startsWith('127.');

const rateLike = new Set(['rate', 'increase', 'irate', 'delta', 'idelta', 'deriv']);

/** Known here before a single page has come; the rule that looks at the pages tells it too, from the second page on. */
function shortRanges(title: string, query: string, intervalMs: number): string[] {
	const parsed = parseQuery(query);
	if (!parsed.ok) return [];
	const sentences = new Set<string>();
	for (const node of nodesOf(parsed.value)) {
		const range = node.kind === 'call' && rateLike.has(node.name) && node.args[0] ? unparen(node.args[0]) : undefined;
		if (node.kind !== 'call' || range?.kind !== 'matrix' || range.rangeMs >= intervalMs * 2) continue;
		sentences.add(
			`${title}: ${node.name}() looks over ${formatDuration(range.rangeMs)}, but the pages are scraped every ${formatDuration(intervalMs)}: it needs two samples, four are usual.`,
		);
	}
	return [...sentences];
}
