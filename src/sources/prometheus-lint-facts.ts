import type {GuardrailPlan} from '../core/plan.ts';
import {printSelector} from '../promql/print.ts';
import type {Asking} from './asking.ts';
import type {Sample} from './prometheus-answer.ts';
import type {Outcome} from './prometheus-reading.ts';
import {combineInPieces, offsetText, type SelectorUse, selectorsOfQuery, tagOf} from './prometheus-selectors.ts';
import {targetKey, targetsMatcher} from './prometheus-targets.ts';

/** What the server knows about one selector at present. */
export type SelectorFacts = {
	readonly use: SelectorUse;
	/** Whether a series matches now. */
	readonly present: boolean;
	/** The longest scrape interval of its targets, in ms; absent when it can't be told. */
	readonly scrapeMs?: number;
	/** The bounds of its buckets, by the label le as it is written; empty when it has none. */
	readonly bucketTexts: readonly string[];
};

export type GuardrailFacts = {
	readonly guardrail: GuardrailPlan;
	readonly outcome: Outcome;
	readonly selectors: readonly SelectorFacts[];
};

/** How far back scrapes are counted to tell their interval. */
const lookMs = 600_000;

const values = (outcome: Outcome | undefined): readonly Sample[] => (outcome?.ok ? outcome.value.samples : []);

async function tagged(tick: Asking, parts: ReadonlyMap<string, string>): Promise<readonly Sample[]> {
	const outcomes = await Promise.all(combineInPieces(parts).map(({query}) => tick.askBeside(query)));
	return outcomes.flatMap(values);
}

/** Asks in three rounds: values and presence; targets and buckets; the scrape intervals of those targets. */
export async function gatherFacts(tick: Asking, guardrails: readonly GuardrailPlan[]): Promise<readonly GuardrailFacts[]> {
	const uses = new Map<string, SelectorUse>();
	for (const {query} of guardrails) for (const use of selectorsOfQuery(query)) uses.set(keyOf(use), use);
	const all = [...uses.values()];
	const parts = (query: (use: SelectorUse) => string): Map<string, string> => new Map(all.map((use, i) => [`s${i}`, query(use)]));
	const at = (use: SelectorUse): string => use.text + offsetText(use.offsetMs);
	const [outcomes, counts, targets, buckets] = await Promise.all([
		Promise.all(guardrails.map(({query}) => tick.ask(query))),
		tagged(
			tick,
			parts(use => `count(${at(use)})`),
		),
		tagged(
			tick,
			parts(use => `count by (job, instance) (last_over_time(${use.text}[5m]${offsetText(use.offsetMs)}))`),
		),
		tagged(
			tick,
			parts(use => `count by (le) (${withoutLe(use)}${offsetText(use.offsetMs)})`),
		),
	]);
	const ofUse = (samples: readonly Sample[], i: number): readonly Sample[] =>
		samples.filter(({labels}) => tagOf(labels) === `s${i}`);
	const scrapes = await scrapeIntervals(tick, [
		...new Set(targets.map(({labels}) => targetKey(labels)).filter(key => key !== undefined)),
	]);
	const facts = new Map(
		all.map((use, i): [string, SelectorFacts] => {
			const intervals = ofUse(targets, i).flatMap(({labels}) => scrapes.get(targetKey(labels) ?? '') ?? []);
			const bucketTexts = ofUse(buckets, i).flatMap(({labels}) => labels['le'] ?? []);
			return [
				keyOf(use),
				{use, present: ofUse(counts, i).length > 0, bucketTexts, ...(intervals.length > 0 && {scrapeMs: Math.max(...intervals)})},
			];
		}),
	);
	return guardrails.map((guardrail, i) => ({
		guardrail,
		outcome: outcomes[i] as Outcome,
		selectors: selectorsOfQuery(guardrail.query).flatMap(use => {
			const known = facts.get(keyOf(use));
			return known ? [{...known, use}] : [];
		}),
	}));
}

const keyOf = (use: SelectorUse): string => `${use.offsetMs} ${use.text}`;

/** The selector without its matchers on le, so that a bound written in another way is found. */
function withoutLe({selector, text}: SelectorUse): string {
	const matchers = selector.matchers.filter(({name}) => name !== 'le');
	return matchers.length === 0 ? text : printSelector({...selector, matchers});
}

/** In ms, by target: the span between its first and its last scrape, divided by the scrapes after the first. */
async function scrapeIntervals(tick: Asking, keys: readonly string[]): Promise<ReadonlyMap<string, number>> {
	if (keys.length === 0) return new Map();
	const up = `up${targetsMatcher(keys)}`;
	const [first, last, count] = await Promise.all(
		[`min_over_time(timestamp(${up})[${lookMs}ms:1s])`, `timestamp(${up})`, `count_over_time(${up}[${lookMs}ms])`].map(query =>
			tick.askBeside(query),
		),
	);
	const byTarget = (outcome: Outcome | undefined): Map<string, number> =>
		new Map(values(outcome).map(({labels, value}) => [targetKey(labels) ?? '', value]));
	const [firsts, lasts] = [byTarget(first), byTarget(last)];
	const intervals = new Map<string, number>();
	for (const [key, scrapes] of byTarget(count)) {
		const spanMs = ((lasts.get(key) ?? Number.NaN) - (firsts.get(key) ?? Number.NaN)) * 1_000;
		if (scrapes >= 3 && spanMs > 0) intervals.set(key, spanMs / (scrapes - 1));
	}
	return intervals;
}
