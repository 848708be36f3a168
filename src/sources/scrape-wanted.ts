import {type Expr, nameLabel, type VectorSelector} from '../promql/ast.ts';
import type {Labels} from '../promql/labels.ts';
import {compileMatcher} from '../promql/matcher.ts';
import {parseQuery} from '../promql/parse.ts';
import {vectorSelectorsOf} from '../promql/split.ts';
import {type Wanted, wantedOf} from '../promql/store.ts';
import type {Questions} from './source.ts';

/** Added to every target by itself, and always kept: what stands beside a verdict is told from them. */
export const ownNames = ['up', 'scrape_duration_seconds', 'scrape_samples_scraped'] as const;

/** The targets behind a value are looked for this far back, at least. */
const surveyMs = 300_000;
/** A look back over the longest window goes a little further, by two of its 120 steps. */
const overlook = 1.02;

/** What must be kept so that every question and rule can be answered, each selector for its range, offset and lookback. */
export function wantedSeries(questions: Questions, rules: readonly Expr[], lookbackMs: number): readonly Wanted[] {
	const {guardrails, observedShareQuery} = questions;
	const texts = guardrails.flatMap(({query, minRequests}) => [query, ...(minRequests ? [minRequests.query] : [])]);
	const asked = [...texts, ...(observedShareQuery === undefined ? [] : [observedShareQuery])].map(text => parseQuery(text));
	const selectors = [...asked.flatMap(query => (query.ok ? [query.value] : [])), ...rules].flatMap(vectorSelectorsOf);
	const wanted = wantedOf(selectors, Math.max(lookbackMs, surveyMs));
	const longestMs = Math.max(0, ...wanted.map(({keepMs}) => keepMs));
	const own = ownNames.map(value => ({
		matchers: [{name: nameLabel, op: '=', value} as const],
		keepMs: longestMs * overlook + 2_000,
	}));
	return [...wanted, ...selectors.flatMap(({selector}) => allBounds(selector, lookbackMs)), ...own];
}

/** Beside one bucket its siblings, so that a bound that is written in another way is found. */
function allBounds({matchers}: VectorSelector, keepMs: number): Wanted[] {
	const others = matchers.filter(({name}) => name !== 'le');
	return others.length === matchers.length || others.length === 0 ? [] : [{matchers: others, keepMs}];
}

export type Test = (labels: Labels) => boolean;

/** Whether a series is one of those that a selector selects. */
export function testOf(matchers: VectorSelector['matchers']): Test {
	const tests = matchers.map(matcher => ({name: matcher.name, matches: compileMatcher(matcher)}));
	return labels => tests.every(({name, matches}) => matches(labels.get(name)));
}

/** Whether somebody may ask for a series of a page once it has its target's labels; never says no to one that is wanted. */
export type MayBeWanted = (series: Labels, target: Labels) => boolean;

/**
 * A quick look, by name first: most series of a page are nobody's business, and their labels need not be put together. A matcher on
 * `exported_…` is left for later: such labels only come about when both are put together.
 */
export function mayBeWanted(wanted: readonly Wanted[]): MayBeWanted {
	type Look = (series: Labels, target: Labels) => boolean;
	const byName = new Map<string, Look[]>();
	const anyName: Look[] = [];
	for (const {matchers} of wanted) {
		const exact = matchers.find(({name, op}) => name === nameLabel && op === '=');
		const tests = matchers
			.filter(({name}) => !name.startsWith('exported_'))
			.map(matcher => ({name: matcher.name, matches: compileMatcher(matcher)}));
		const look: Look = (series, target) => tests.every(({name, matches}) => matches(target.get(name) || series.get(name)));
		if (!exact) anyName.push(look);
		else if (byName.get(exact.value)?.push(look) === undefined) byName.set(exact.value, [look]);
	}
	return (series, target) => {
		const looks = byName.get(series.get(nameLabel));
		return (looks?.some(look => look(series, target)) ?? false) || anyName.some(look => look(series, target));
	};
}
