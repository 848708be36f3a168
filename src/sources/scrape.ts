import {readFile, stat} from 'node:fs/promises';
import {formatDuration} from '../base/duration.ts';
import {fail, ok, type Result} from '../base/result.ts';
import type {ScrapeOptions} from '../core/source-options.ts';
import {defaultSettings} from '../promql/query.ts';
import {SampleStore} from '../promql/store.ts';
import type {OpenError} from './prometheus.ts';
import {readTls, resolveHeaders, type TlsMaterial} from './prometheus-credentials.ts';
import type {SeriesRecord, SourcePorts} from './registry.ts';
import {BirthWatch} from './scrape-births.ts';
import {createSteadyClock} from './scrape-clock.ts';
import {Engine} from './scrape-engine.ts';
import {Gate} from './scrape-gate.ts';
import {PageHttp} from './scrape-http.ts';
import {lintScrape} from './scrape-lint.ts';
import {PageReader} from './scrape-page.ts';
import {TargetPages} from './scrape-pages.ts';
import {createSeriesRecorder} from './scrape-recorder.ts';
import {type RuleGroup, readRules} from './scrape-rule-file.ts';
import {RuleRunner} from './scrape-rules.ts';
import {ScrapeSession} from './scrape-session.ts';
import {TargetScraper} from './scrape-target.ts';
import {type PageTarget, pageTargets} from './scrape-targets.ts';
import {mayBeWanted, wantedSeries} from './scrape-wanted.ts';
import type {MetricsSource, Questions} from './source.ts';

/** Faster than this a scrape measures the service's own counting, and costs it more than it is worth. */
export const intervalMsMin = 250;
const ruleBytesMax = 4 * 1024 * 1024;

/**
 * A source without a server: reads the metrics pages, keeps what the questions need in memory, and evaluates the same PromQL in
 * this process. Opening reads the TLS and rule files, tries the secrets once and begins to scrape; it does not wait for a page,
 * because a session must be able to start, resume and roll back while the metrics are away.
 */
export async function openScrape(
	options: ScrapeOptions,
	questions: Questions,
	{resolve, clock, recordSeries}: SourcePorts,
): Promise<Result<MetricsSource, OpenError>> {
	const sound = checkTimes(options);
	if (!sound.ok) return sound;
	const targets = pageTargets(options.targets);
	if (!targets.ok) return targets;
	const tls = options.tls ? await readTls(options.tls) : ok(undefined);
	if (!tls.ok) return tls;
	const groups = await readRuleFiles(options.ruleFiles);
	if (!groups.ok) return groups;
	const secrets = await resolveHeaders(options, resolve);
	if (!secrets.ok)
		return fail({
			message: `No access to the metrics: ${secrets.error.replace(/\.$/, '')}.`,
			remedy: 'Check auth and headers of the metrics source.',
		});
	const session = build({
		options,
		questions,
		ports: {resolve, clock},
		targets: targets.value,
		tls: tls.value,
		groups: groups.value,
		...(recordSeries && {recordSeries}),
	});
	session.start();
	return ok({
		target: `scrape ${describe(targets.value)} every ${formatDuration(options.intervalMs)}`,
		ask: (deadlineMs, signal) => session.ask(deadlineMs, signal),
		lint: signal => lintScrape({options, questions, session, targets: targets.value, signal}),
		close: () => session.close(),
	});
}

type BuildParts = {
	readonly options: ScrapeOptions;
	readonly questions: Questions;
	readonly ports: SourcePorts;
	readonly targets: readonly PageTarget[];
	readonly tls: TlsMaterial | undefined;
	readonly groups: readonly RuleGroup[];
	readonly recordSeries?: SeriesRecord;
};

function build({options, questions, ports, targets, tls, groups, recordSeries}: BuildParts): ScrapeSession {
	const {intervalMs, timeoutMs, pageBytesMax, dialect} = options;
	const rules = groups.flatMap(group => group.rules);
	const expressions = rules.map(({query}) => query.expr);
	const wanted = wantedSeries(questions, expressions, defaultSettings.lookbackMs);
	const looks = mayBeWanted(wanted);
	const store = new SampleStore(wanted);
	const engine = new Engine(store, dialect);
	const births = new BirthWatch(questions.guardrails.filter(({origin}) => origin === 'query'));
	const gate = new Gate();
	const scrapers = targets.map(target => {
		const http = new PageHttp({url: target.url, timeoutMs, bytesMax: pageBytesMax, ...(tls && {tls})});
		const pages = new TargetPages({target, store, births, mayBeWanted: looks});
		return new TargetScraper({target, http, reader: new PageReader(dialect), pages, gate});
	});
	const runner = new RuleRunner({groups, intervalMs, store, evaluate: (query, timeMs) => engine.evaluate(query, timeMs)});
	const clock = createSteadyClock(ports.clock);
	return new ScrapeSession({
		options,
		questions,
		targets: scrapers,
		store,
		engine,
		births,
		runner,
		rules,
		resolve: ports.resolve,
		clock,
		gate,
		...(recordSeries && {recorder: createSeriesRecorder(recordSeries, store, questions, dialect)}),
	});
}

function checkTimes({intervalMs, timeoutMs, pageBytesMax}: ScrapeOptions): Result<undefined, OpenError> {
	if (!(intervalMs >= intervalMsMin)) {
		return fail({
			message: `The scrape interval is ${intervalMs} ms, shorter than ${intervalMsMin} ms.`,
			remedy: `Give ${intervalMsMin}ms or more.`,
		});
	}
	if (!(timeoutMs > 0 && pageBytesMax > 0)) {
		return fail({message: 'The timeout and the size of a page must be above zero.', remedy: 'Check timeout and pageSize.'});
	}
	return ok(undefined);
}

async function readRuleFiles(files: readonly string[]): Promise<Result<readonly RuleGroup[], OpenError>> {
	const groups: RuleGroup[] = [];
	for (const file of files) {
		const text = await readBounded(file);
		const read = text.ok ? readRules(text.value) : text;
		if (!read.ok)
			return fail({
				message: `The rule file ${file} can't be used: ${read.error}.`,
				remedy: 'Check it with promtool check rules.',
			});
		groups.push(...read.value);
	}
	return ok(groups);
}

async function readBounded(file: string): Promise<Result<string, string>> {
	try {
		const {size} = await stat(file);
		return size > ruleBytesMax ? fail(`it has ${size} bytes, more than ${ruleBytesMax}`) : ok(await readFile(file, 'utf8'));
	} catch (error) {
		return fail(`it can't be read (${(error as {code?: string}).code ?? String(error)})`);
	}
}

const describe = (targets: readonly PageTarget[]): string =>
	targets.length <= 3 ? targets.map(({name}) => name).join(', ') : `${targets.length} pages (${targets[0]?.name}, …)`;
