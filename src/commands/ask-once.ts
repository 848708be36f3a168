import type {Result} from '../base/result.ts';
import {condense} from '../core/condense.ts';
import type {Num} from '../core/num.ts';
import type {Reading} from '../core/reading.ts';
import type {RouterError, Split} from '../core/split.ts';
import type {CompiledProfile} from '../profile/compile.ts';
import type {LogAnswer} from '../sources/tail/tail.ts';
import type {Parts} from './parts.ts';

/** What everything a profile names answered, once. */
export type Asked = {
	readonly target: string;
	readonly routerTarget: string;
	readonly readings: Readonly<Record<string, Reading>>;
	readonly observedPercent?: Num | null;
	readonly skewMs?: number;
	readonly split: Result<Split, RouterError>;
	readonly splitTookMs: number;
	/** What of the plan the router can never do: a sentence each. */
	readonly impossible: readonly string[];
	/** What is questionable about queries, router and logs: a sentence each. */
	readonly remarks: readonly string[];
};

/** A person waits for it: longer than a poll may take, shorter than patience. */
const deadlineMs = 10_000;

/** Asks every query, reads the split and looks at the logs, each once and all at the same time. Moves nothing. */
export async function askOnce(parts: Parts, {plan}: CompiledProfile): Promise<Asked> {
	const {source, routers} = parts;
	const [router, ...fallbacks] = routers;
	const {signal} = new AbortController();
	const startedMs = performance.now();
	const splitRead = router
		.readSplit(AbortSignal.timeout(deadlineMs))
		.then(split => ({split, splitTookMs: performance.now() - startedMs}));
	const [answers, {split, splitTookMs}, logs] = await Promise.all([source.ask(deadlineMs, signal), splitRead, lookAtLogs(parts)]);
	const lintSignal = AbortSignal.timeout(deadlineMs);
	const weights = plan.stages.map(({weightPercent}) => weightPercent);
	const impossible = (await router.cannot?.(weights, lintSignal)) ?? [];
	const lints = await Promise.all([source.lint(lintSignal), ...routers.map(one => one.lint(lintSignal))]);
	const plans = new Map(plan.guardrails.map(guardrail => [guardrail.id, guardrail]));
	const queried = Object.entries(answers.readings).map(([id, reading]) => [id, condense(reading, plans.get(id))] as const);
	return {
		target: source.target,
		routerTarget: [router.target, ...fallbacks.map(({target}) => `fallback: ${target}`)].join('; '),
		readings: {...Object.fromEntries(queried), ...logs.readings},
		split,
		splitTookMs,
		impossible,
		remarks: [...lints.flat(), ...(split.ok ? (split.value.warnings ?? []) : []), ...logs.remarks],
		...(answers.observedPercent !== undefined && {observedPercent: answers.observedPercent}),
		...(answers.skewMs !== undefined && {skewMs: answers.skewMs}),
	};
}

async function lookAtLogs({openTail}: Parts): Promise<{readings: Record<string, Reading>; remarks: readonly string[]}> {
	const answers: LogAnswer[] = [];
	const remarks: string[] = [];
	const handlers = {
		onBatch: () => {},
		onAnswers: (some: readonly LogAnswer[]) => void answers.push(...some),
		onNotice: ({text}: {text: string}) => void remarks.push(text),
	};
	const stop = new AbortController();
	const tail = openTail(handlers, stop.signal);
	if (!tail.ok) return {readings: {}, remarks: [tail.error]};
	await tail.value.ready;
	await tail.value.close();
	return {readings: Object.fromEntries(answers.map(answer => [answer.guardrailId, readingOf(answer)])), remarks};
}

const readingOf = ({value, sample}: LogAnswer): Reading =>
	value === null
		? {kind: 'error', error: 'internal', message: sample, tookMs: 0}
		: {kind: 'values', series: [{labels: {}, value}], seriesCount: 1, tookMs: 0};
