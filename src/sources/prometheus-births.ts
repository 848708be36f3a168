import {type Bound, boundText} from '../core/bound.ts';
import type {GuardrailPlan} from '../core/plan.ts';
import type {Labels} from '../core/reading.ts';
import {type Aggregate, type Expr, nameLabel, unparen} from '../promql/ast.ts';
import {parseQuery} from '../promql/parse.ts';
import {printSelector} from '../promql/print.ts';
import type {Sample} from './prometheus-answer.ts';

/**
 * A counter that is born at n > 0 has no increase: `increase(x[5m])` over its first sample is empty, so the very first violation of
 * a policy goes unseen by a guardrail `increase(x[5m]) = 0`. For guardrails of that shape the source watches the counter itself,
 * and a series that appears after the session began counts as an increase of the value it appears with, for one window.
 */
export type BirthPlan = {
	readonly guardrailId: string;
	/** The bare counter. */
	readonly selector: string;
	readonly rangeMs: number;
	/** `rate()` and `irate()`: per second. */
	readonly perSecond: boolean;
	/** The sum around it, if any. */
	readonly sum?: Pick<Aggregate, 'grouping' | 'without'>;
};

/** How far back a series counts as known when the session begins: a target that is just down must not be "born" when it is back. */
export const knownBeforeMs = 3_600_000;
/** A guardrail over more series than this is no policy counter; their births are not watched. */
const seriesWatchedMax = 5_000;

/** Whether a healthy value means "nothing ever happened". */
export const allowsNothing = ({op, value}: Bound): boolean =>
	(value === 0 && (op === '=' || op === '<=')) || (op === '<' && value > 0 && value <= 1);

/** Undefined for a guardrail of another shape. */
export function planBirths({id, query, bound}: GuardrailPlan): BirthPlan | undefined {
	if (!bound || !allowsNothing(bound)) return undefined;
	const parsed = parseQuery(query);
	if (!parsed.ok) return undefined;
	const top = unparen(parsed.value);
	const isSum = top.kind === 'aggregate' && top.op === 'sum';
	const increase = increaseOf(isSum ? unparen(top.expr) : top);
	if (!increase) return undefined;
	return {guardrailId: id, ...increase, ...(isSum && {sum: {grouping: top.grouping, without: top.without}})};
}

function increaseOf(expr: Expr): Pick<BirthPlan, 'selector' | 'rangeMs' | 'perSecond'> | undefined {
	if (expr.kind !== 'call' || (expr.name !== 'increase' && expr.name !== 'rate')) return undefined;
	const range = expr.args[0] && unparen(expr.args[0]);
	if (range?.kind !== 'matrix') return undefined;
	const {selector, rangeMs} = range;
	if (selector.offsetMs !== 0 || selector.at !== undefined) return undefined;
	return {selector: printSelector(selector), rangeMs, perSecond: expr.name === 'rate'};
}

type Birth = {readonly labels: Labels; readonly value: number; readonly atMs: number};
type Counter = {known?: Set<string>; births: Birth[]; tooMany: boolean};

export type BirthTracker = ReturnType<typeof createBirthTracker>;

export function createBirthTracker(plans: readonly BirthPlan[]) {
	const counters = new Map<string, Counter>();
	for (const {selector} of plans) counters.set(selector, {births: [], tooMany: false});

	return {
		/** What to ask for each counter: first what has been there before, then what is there. */
		queries(): ReadonlyMap<string, string> {
			const asked = [...counters].filter(([, {tooMany}]) => !tooMany);
			return new Map(
				asked.map(([selector, {known}]) => [selector, known ? selector : `last_over_time(${selector}[${knownBeforeMs}ms])`]),
			);
		},
		/** Series that were there before anybody looked: no births, whatever their value. */
		know(selector: string, series: readonly Labels[]): void {
			const counter = counters.get(selector);
			if (!counter) return;
			counter.known ??= new Set();
			for (const labels of series) counter.known.add(seriesKey(withoutName(labels)));
			counter.tooMany ||= counter.known.size > seriesWatchedMax;
		},
		take(selector: string, samples: readonly Sample[], serverMs: number): void {
			const counter = counters.get(selector);
			if (counter) takeCounter(counter, samples, serverMs);
		},
		/** What is to be said about a guardrail whose births can't be watched. */
		notes: (guardrailId: string): readonly string[] =>
			plans.some(plan => plan.guardrailId === guardrailId && counters.get(plan.selector)?.tooMany)
				? [`births of its counter are not watched: more than ${seriesWatchedMax} series`]
				: [],
		/** The births within the window of each guardrail, as its query would have counted them. */
		of(guardrailId: string, serverNowMs: number): readonly Increase[] {
			return plans
				.filter(plan => plan.guardrailId === guardrailId)
				.flatMap(plan => {
					const births = counters.get(plan.selector)?.births ?? [];
					return births.filter(({atMs}) => serverNowMs - atMs <= plan.rangeMs).map(birth => increaseBy(plan, birth));
				});
		},
	};
}

function takeCounter(counter: Counter, samples: readonly Sample[], serverMs: number): void {
	if (samples.length > seriesWatchedMax || (counter.known?.size ?? 0) > seriesWatchedMax) {
		counter.tooMany = true;
		return;
	}
	const isFirst = counter.known === undefined;
	counter.known ??= new Set();
	for (const {labels, value} of samples) {
		const key = seriesKey(withoutName(labels));
		const isNew = !counter.known.has(key);
		counter.known.add(key);
		if (isNew && !isFirst && value > 0) counter.births.push({labels: withoutName(labels), value, atMs: serverMs});
	}
	// No window of a guardrail is longer than a day in practice; what is older is nobody's evidence.
	counter.births = counter.births.filter(({atMs}) => serverMs - atMs <= 86_400_000);
}

/** What a birth adds to the series with these labels, and how to say so. */
export type Increase = {readonly labels: Labels; readonly amount: number; readonly note: string};

function increaseBy({selector, rangeMs, perSecond, sum}: BirthPlan, {labels, value}: Birth): Increase {
	const amount = perSecond ? value / (rangeMs / 1_000) : value;
	const note = `${selector} was born at ${value} (${seriesText(labels)}) after the session began: counted, because ${perSecond ? 'rate' : 'increase'}() can't see a birth`;
	return {labels: sum ? grouped(labels, sum) : labels, amount, note};
}

function grouped(labels: Labels, {grouping, without}: NonNullable<BirthPlan['sum']>): Labels {
	return Object.fromEntries(Object.entries(labels).filter(([name]) => grouping.includes(name) !== without));
}

/**
 * Adds the births to what the query answered; a series the query had not yet becomes one. VictoriaMetrics' increase() counts a
 * birth by itself if it is below 10, so there (`countsBirths`) the larger of both is taken: no violation counts twice.
 */
export function addIncreases(
	samples: readonly Sample[],
	increases: readonly Increase[],
	countsBirths = false,
): readonly Sample[] {
	if (increases.length === 0) return samples;
	const born = new Map<string, Sample>();
	for (const {labels, amount} of increases) {
		const key = seriesKey(labels);
		born.set(key, {labels, value: (born.get(key)?.value ?? 0) + amount});
	}
	const all = new Map(samples.map(sample => [seriesKey(sample.labels), sample] as const));
	for (const [key, {labels, value}] of born) {
		const answered = all.get(key)?.value ?? 0;
		const before = Number.isNaN(answered) ? 0 : answered;
		all.set(key, {labels, value: countsBirths ? Math.max(before, value) : before + value});
	}
	return [...all.values()];
}

const withoutName = (labels: Labels): Labels => {
	const {[nameLabel]: _, ...rest} = labels;
	return rest;
};

export const seriesKey = (labels: Labels): string =>
	JSON.stringify(Object.entries(labels).sort(([left], [right]) => (left < right ? -1 : 1)));

const seriesText = (labels: Labels): string =>
	Object.entries(labels)
		.map(([name, value]) => `${name}=${value}`)
		.join(', ') || 'no labels';

/** For `canary check`: why the first violation of such a guardrail could go unseen, where the births are not watched. */
export function birthLint(guardrail: GuardrailPlan): string | undefined {
	const {title, query, bound} = guardrail;
	if (!bound || !allowsNothing(bound) || planBirths(guardrail)) return undefined;
	// Less than 1 % of requests, or 0.1 s: a first event is not what such a bound is about.
	if (bound.value > 0 && isShareOrQuantile(query)) return undefined;
	if (!/\b(?:increase|i?rate|delta)\s*\(/.test(query)) return undefined;
	return `${title}: a counter whose first value is already above 0 has no increase, so ${boundText(bound)} misses the first event; write the query as increase(…) or sum(increase(…)) of one counter, where such births are counted.`;
}

function isShareOrQuantile(query: string): boolean {
	const parsed = parseQuery(query);
	if (!parsed.ok) return false;
	const top = unparen(parsed.value);
	const isScaled = top.kind === 'binary' && top.op === '*';
	return [top, ...(isScaled ? [unparen(top.left), unparen(top.right)] : [])].some(
		part => (part.kind === 'call' && part.name === 'histogram_quantile') || (part.kind === 'binary' && part.op === '/'),
	);
}
