import {existsSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join, resolve} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {systemClock} from '../controller/clock.ts';
import {worstSeries} from '../core/answer.ts';
import {fromNum} from '../core/num.ts';
import {type CompiledProfile, compilePlan} from '../profile/compile.ts';
import type {LoadedProfile} from '../profile/load.ts';
import {secretResolver} from '../profile/secrets.ts';
import {openSource} from '../sources/registry.ts';
import {type ExitCode, exitCodes} from './exit-codes.ts';
import {writeOut} from './export-file.ts';
import {type Access, type AccessFlags, accessOf} from './init/access.ts';
import {type Metric, metricsOfPage, metricsOfPrometheus} from './init/discover.ts';
import {initText, type Setup} from './init/profile-text.ts';
import {observe, propose} from './init/propose.ts';
import {type RouterFlags, routerKeys} from './init/router-flags.ts';
import {loadOrThrow} from './load.ts';
import {CommandError, safe, tell} from './output.ts';
import {learnSecret} from './own-mask.ts';

export type InitOptions = AccessFlags &
	RouterFlags & {
		readonly prometheus?: string;
		readonly metrics?: string;
		readonly baselineMetrics?: string;
		readonly select?: string;
		readonly baselineSelect?: string;
		readonly name: string;
		readonly out?: string;
		readonly force?: boolean;
	};

const askMs = 5_000;
/** Pages are read so often, a second apart: a rate needs a few of them. */
const pageReads = 6;

/** `canary init`: looks at what a Prometheus or a metrics page has, and writes a commented profile that loads. */
export async function initCommand(options: InitOptions): Promise<ExitCode> {
	const {prometheus, metrics, out} = options;
	if ((prometheus === undefined) === (metrics === undefined))
		throw new CommandError('where are the metrics? Give one of --prometheus URL and --metrics URL.', exitCodes.usage);
	for (const [flag, url] of Object.entries({prometheus, metrics, 'baseline-metrics': options.baselineMetrics})) {
		if (url !== undefined && !/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
			throw new CommandError(
				`--${flag} takes a URL such as http://127.0.0.1:9090, and ${JSON.stringify(url)} is none.`,
				exitCodes.usage,
			);
	}
	if (out !== undefined && !existsSync(dirname(resolve(out))))
		throw new CommandError(`there is no folder ${dirname(resolve(out))} for ${out}.`, exitCodes.usage);
	if (out !== undefined && existsSync(out) && options.force !== true)
		throw new CommandError(`${out} is there already. Give another --out, or --force to write over it.`, exitCodes.usage);
	const select = options.select ?? (metrics === undefined ? '' : 'version="candidate"');
	const access = accessOf(options);
	const setup = setupOf(options, access);
	const found =
		metrics === undefined
			? await metricsOfBoth(prometheus ?? '', [select, options.baselineSelect ?? select], access)
			: await metricsOfPage(metrics, access);
	// The console's own scrapes say whether a page answers.
	const known = metrics === undefined ? found : [...found, {name: 'up'}];
	const window = metrics === undefined ? '1m' : '10s';
	const proposals = propose(known, select, window);
	if (proposals.length === 0)
		throw new CommandError(
			'nothing that could be guarded was found: no histogram, no counter of requests or errors. Is --select right?',
			exitCodes.inconclusive,
		);
	// The candidate has no traffic yet: what is in service says what is usual.
	const usual = options.baselineSelect ?? (options.baselineMetrics === undefined ? select : 'version="baseline"');
	// Two sides that can be told apart.
	const observed = usual === select ? undefined : observe(known, select, usual, window);
	const draft = initText(setup, propose(known, usual, window), false);
	const values = await presentValues(draft, metrics === undefined ? 1 : pageReads);
	const valued = proposals.map(one => ({...one, value: values[one.id]}));
	const text = initText({...setup, observed}, valued, true);
	await loadText(text);
	const bounded = valued.filter(({value}) => value !== undefined).length;
	tell(`canary: ${proposals.length} guardrails proposed, ${bounded} of them with a bound over the present value`);
	writeOut(text, out);
	if (out !== undefined) tell(`canary: next: canary check ${safe(out)}`);
	return exitCodes.good;
}

/** A candidate without traffic has not counted anything: what the baseline has, it will have. */
async function metricsOfBoth(url: string, selects: readonly string[], access: Access): Promise<readonly Metric[]> {
	const [own, others] = await Promise.all(selects.map(one => metricsOfPrometheus(url, one, access)));
	const all = [...(others ?? []), ...(own ?? [])];
	return all.filter(({name}, index) => all.findIndex(other => other.name === name) === index);
}

function setupOf(options: InitOptions, access: Access): Setup {
	const {name, prometheus, metrics = '', baselineMetrics, baseline, candidate} = options;
	const isBuiltin = (options.router ?? 'builtin') === 'builtin';
	const originOf = (url: string | undefined): string | undefined => (url === undefined ? undefined : URL.parse(url)?.origin);
	const guessed = {
		baseline: originOf(baselineMetrics) ?? 'http://127.0.0.1:3000',
		candidate: (prometheus === undefined ? originOf(metrics) : undefined) ?? 'http://127.0.0.1:3001',
	};
	const pages = [
		...(baselineMetrics === undefined ? [] : [{url: baselineMetrics, version: 'baseline'}]),
		{url: metrics, version: 'candidate'},
	];
	return {
		name,
		metrics: prometheus === undefined ? {pages} : {prometheus},
		access: access.keys,
		router: routerKeys(isBuiltin ? {...guessed, ...options} : options),
		isGuessed: isBuiltin && (baseline === undefined || candidate === undefined),
	};
}

/** Loads a profile that is in no file yet. @throws CommandError with the faults that the command line has brought into it. */
async function loadText(text: string): Promise<LoadedProfile> {
	const folder = mkdtempSync(join(tmpdir(), 'canary-init-'));
	const path = join(folder, 'profile.yaml');
	try {
		writeFileSync(path, text);
		return await loadOrThrow(path);
	} catch (error) {
		if (!(error instanceof CommandError)) throw error;
		const faults = error.message.replaceAll(path, 'profile.yaml');
		throw new CommandError(`by what the options say, the profile would not load: ${faults}`, error.exitCode);
	} finally {
		rmSync(folder, {recursive: true, force: true});
	}
}

/** What each proposed query answers now, by the same way a session would ask. */
async function presentValues(draft: string, reads: number): Promise<Readonly<Record<string, number | undefined>>> {
	const compiled: CompiledProfile = compilePlan(await loadText(draft));
	const {guardrails} = compiled.plan;
	const opened = await openSource(
		compiled.metrics,
		{guardrails},
		{resolve: secretResolver(process.env, learnSecret), clock: systemClock},
	);
	if (!opened.ok) throw new CommandError(`${opened.error.message} ${opened.error.remedy}`, exitCodes.unreachable);
	const source = opened.value;
	try {
		const {signal} = new AbortController();
		let {readings} = await source.ask(askMs, signal);
		for (let read = 1; read < reads; read++) {
			await sleep(1_000);
			({readings} = await source.ask(askMs, signal));
		}
		return Object.fromEntries(
			guardrails.map(guardrail => {
				const reading = readings[guardrail.id];
				const worst = reading?.kind === 'values' ? worstSeries(guardrail, reading.series) : undefined;
				const value = worst && fromNum(worst.value);
				return [guardrail.id, value !== undefined && Number.isFinite(value) ? value : undefined];
			}),
		);
	} finally {
		await source.close();
	}
}
