import {formatDuration} from '../base/duration.ts';
import type {GuardrailPlan} from '../core/plan.ts';
import type {PrometheusOptions} from '../core/source-options.ts';
import type {Asking} from './asking.ts';
import type {Answer} from './prometheus-answer.ts';
import {birthLint} from './prometheus-births.ts';
import {gatherFacts} from './prometheus-lint-facts.ts';
import {lintFacts} from './prometheus-lint-rules.ts';
import type {Outcome} from './prometheus-reading.ts';
import type {PrometheusSession} from './prometheus-session.ts';
import {lintQuery} from './query-lint.ts';
import type {Questions} from './source.ts';

export type LintParts = {
	readonly options: PrometheusOptions;
	readonly questions: Questions;
	readonly session: PrometheusSession;
	readonly signal: AbortSignal;
};

/** All questions of a lint together; a server slower than this is not fit to be asked every second. */
const lintDeadlineMs = 10_000;
/** VictoriaMetrics cuts its stamps to whole seconds, so a lag looks up to one shorter than it is; and one second is its least. */
const lagLeastMs = 1_000;

/** One sentence for each thing that is questionable. Never throws; what the server does not answer is left out. */
export async function lintPrometheus({options, questions, session, signal}: LintParts): Promise<readonly string[]> {
	const {guardrails} = session;
	const tick = session.begin(lintDeadlineMs, signal);
	try {
		const [lag, live] = await Promise.all([lintLag(tick, guardrails), lintQuestions(tick, guardrails, questions)]);
		return [...lintOptions(options), ...lag, ...live];
	} finally {
		tick.end();
	}
}

/** What the texts of the queries and the series behind them make questionable, whoever answers. */
export async function lintQuestions(
	tick: Asking,
	guardrails: readonly GuardrailPlan[],
	questions: Questions,
): Promise<readonly string[]> {
	const [facts, beside] = await Promise.all([gatherFacts(tick, guardrails), lintBeside(tick, questions)]);
	return [
		...facts.flatMap(one => [...lintQuery(one.guardrail), ...lintFacts(one), ...[birthLint(one.guardrail) ?? []].flat()]),
		...beside,
	];
}

function lintOptions({url, tls, auth}: PrometheusOptions): string[] {
	const sentences: string[] = [];
	if (tls?.insecureSkipVerify)
		sentences.push(
			'The Prometheus server may show any certificate (insecureSkipVerify): whoever stands in between can invent values.',
		);
	const {protocol, hostname} = new URL(url);
	const isLocal = hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
	if (auth && protocol === 'http:' && !isLocal)
		sentences.push(
			`The ${auth.kind === 'basic' ? 'password' : 'token'} for ${hostname} goes over the network unencrypted (http).`,
		);
	return sentences;
}

/** Some servers evaluate in the past: then the time of the answer and `time()` inside the query are apart. */
async function lintLag(tick: Asking, guardrails: readonly GuardrailPlan[]): Promise<string[]> {
	const lagMs = lagOf(await tick.askBeside('vector(time())'));
	if (lagMs === undefined || lagMs <= lagLeastMs) return [];
	const late = guardrails.filter(({staleAfterMs}) => staleAfterMs <= lagMs).map(({title}) => title);
	const worse = late.length > 0 ? ` That is beyond staleAfter of ${late.join(', ')}: never believed while healthy.` : '';
	const seconds = formatDuration(Math.ceil(lagMs / 1_000) * 1_000);
	return [
		`The server shows results ${seconds} late, so a breach is seen ${seconds} late; VictoriaMetrics does so unless started with -search.latencyOffset=1s.${worse}`,
	];
}

function lagOf(outcome: Outcome): number | undefined {
	const answer: Answer | undefined = outcome.ok ? outcome.value : undefined;
	const [sample] = answer?.samples ?? [];
	return sample && answer?.evaluatedAtMs !== undefined ? answer.evaluatedAtMs - sample.value * 1_000 : undefined;
}

/** The floors on requests, and the share seen in the metrics. */
async function lintBeside(tick: Asking, {guardrails, observedShareQuery}: Questions): Promise<string[]> {
	const floors = guardrails.map(async ({title, minRequests}) => {
		if (!minRequests) return [];
		const outcome = await tick.ask(minRequests.query);
		if (!outcome.ok) return [`${title}: its query for the request rate fails: ${outcome.error.message}`];
		return outcome.value.samples.length === 0
			? [`${title}: its query for the request rate has no series at present, so the value is not judged.`]
			: [];
	});
	return [
		...(await Promise.all(floors)).flat(),
		...(observedShareQuery === undefined ? [] : lintShare(await tick.ask(observedShareQuery))),
	];
}

function lintShare(outcome: Outcome): string[] {
	if (!outcome.ok) return [`The query for the observed share fails: ${outcome.error.message}`];
	const {samples} = outcome.value;
	if (samples.length > 1) return [`The query for the observed share has ${samples.length} series; it must have one: sum() it.`];
	const value = samples[0]?.value;
	if (value !== undefined && (value < 0 || value > 100))
		return [`The query for the observed share gives ${value}; it must be a percentage from 0 to 100.`];
	return [];
}
