import type {ScrapeOptions, ScrapeTargetOptions} from '../../src/core/source-options.ts';
import {type Labels, labelsOf} from '../../src/promql/labels.ts';
import {parseQuery} from '../../src/promql/parse.ts';
import {evaluateInstant} from '../../src/promql/query.ts';
import type {SampleStore} from '../../src/promql/store.ts';
import type {SourcePorts} from '../../src/sources/registry.ts';
import {openScrape} from '../../src/sources/scrape.ts';
import type {MetricsSource, Questions} from '../../src/sources/source.ts';
import {guardrail, noSecrets, systemClock} from './prometheus-kit.ts';

export const scrapeOptions = (targets: readonly ScrapeTargetOptions[], extra: Partial<ScrapeOptions> = {}): ScrapeOptions => ({
	kind: 'scrape',
	targets,
	intervalMs: 250,
	timeoutMs: 500,
	pageBytesMax: 16 * 1024 * 1024,
	headers: {},
	dialect: '3.x',
	ruleFiles: [],
	...extra,
});

export const target = (url: string, extra: Partial<ScrapeTargetOptions> = {}): ScrapeTargetOptions => ({
	urls: [url],
	job: 'service',
	labels: {},
	...extra,
});

export const ports: SourcePorts = {resolve: noSecrets, clock: systemClock};

/** A source that asks `x`, as guardrail `g`, unless told otherwise. */
export async function openOn(
	options: ScrapeOptions,
	questions: Questions = {guardrails: [guardrail('g', 'x')]},
	given: SourcePorts = ports,
): Promise<MetricsSource & AsyncDisposable> {
	const source = await openScrape(options, questions, given);
	if (!source.ok) throw new Error(`${source.error.message} ${source.error.remedy}`);
	return {...source.value, [Symbol.asyncDispose]: source.value.close};
}

/** `up{job="a"}` as labels. */
export function labels(text: string): Labels {
	const parsed = parseQuery(text);
	if (!parsed.ok || parsed.value.kind !== 'vector') throw new Error(text);
	return labelsOf(parsed.value.matchers.map(({name, value}) => [name, value]));
}

/** What a query answers from the store: each series as text, with its value. */
export function answers(store: SampleStore, text: string, timeMs: number): Record<string, number> {
	const parsed = parseQuery(text);
	if (!parsed.ok) throw new Error(parsed.error.message);
	const answer = evaluateInstant({text, expr: parsed.value}, store, timeMs);
	if (!answer.ok) throw new Error(answer.error.message);
	const {value} = answer.value;
	if (value.type !== 'vector') throw new Error(value.type);
	return Object.fromEntries(value.samples.map(sample => [sample.labels.toString(), sample.value]));
}
