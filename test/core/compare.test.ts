import {expect, test} from 'vitest';
import type {Fact} from '../../src/core/event.ts';
import {compareLines, failingComparisons, linesOf} from '../../src/core/judge/compare-lines.ts';
import {askedOf, type Comparison, sideId} from '../../src/core/judge/comparison.ts';
import {type Followed, follow, keptMax, nothingFollowed} from '../../src/core/judge/follow.ts';
import {promoteBlockers, promoteCautions} from '../../src/core/next.ts';
import type {Reading} from '../../src/core/reading.ts';
import {reduce} from '../../src/core/reduce.ts';
import {matchPlan} from '../../src/core/rerun/match.ts';
import {initialState, type SessionState} from '../../src/core/state.ts';
import {empty, fold, guardrail, plan, splitRead, stage, started, tick, values} from '../helpers/given.ts';
import {uniform} from './judge/kit.ts';

const comparison: Comparison = {
	id: 'p99',
	title: 'p99',
	unit: 'ms',
	candidate: 'p99{v="2"}',
	baseline: 'p99{v="1"}',
	direction: 'higher-is-worse',
	allowed: 1.1,
	alpha: 0.02,
	spacingMs: 5_000,
	staleAfterMs: 30_000,
	group: '',
};
const second = 1_000;
const compared = plan(
	{
		guardrails: [guardrail()],
		compare: [comparison],
		stages: [stage(5, {durationMs: 60 * second, promote: 'manual', compare: ['p99']}), stage(100)],
	},
	{start: 'manual'},
);
const pair = (candidate: number | Reading, baseline: number | Reading): Record<string, Reading> => ({
	[sideId('p99', 'candidate')]: typeof candidate === 'number' ? values(candidate) : candidate,
	[sideId('p99', 'baseline')]: typeof baseline === 'number' ? values(baseline) : baseline,
});
const at = (dueMs: number, both: Record<string, Reading>): Fact => tick(dueMs, {errors: values(1), ...both});
const verified: Fact = {type: 'action-verified', intentId: '1:0', router: 'r', split: {weightPercent: 5}, attempt: 1, tookMs: 1};
const intended: Fact = {
	type: 'action-intended',
	intentId: '1:0',
	purpose: 'promote',
	toPercent: 5,
	stageIndex: 0,
	reason: '',
	by: 'ana',
};
const begin = [started(compared), splitRead(0), intended, verified];
/** One tick a second, `ratio` times noise of a tenth. */
const minutes = (ratio: number, seconds: number, from = 1): Fact[] => {
	const next = uniform(from * 7 + 1);
	return Array.from({length: seconds}, (_, index) =>
		at((from + index) * second, pair(ratio * (100 + 10 * next()), 100 + 10 * next())),
	);
};
const last = (facts: readonly Fact[]): SessionState => fold(facts).states.at(-1)!;
const gateOf = (state: SessionState): string => failingComparisons(state).join('; ');

test('both sides are asked with the guardrails of every tick', () => {
	expect(askedOf(compared).map(({id, query}) => [id, query])).toEqual([
		['errors', 'errors'],
		['compare/p99/candidate', 'p99{v="2"}'],
		['compare/p99/baseline', 'p99{v="1"}'],
	]);
});

test('30 % more holds the stage; the same lets it pass', () => {
	const worse = last([...begin, ...minutes(1.3, 61)]);
	expect(compareLines(worse)[0]).toMatchObject({
		verdict: 'worse',
		n: 12,
		planned: 12,
		followed: {taken: 12, looked: {look: 'end'}},
	});
	expect(gateOf(worse)).toMatch(/^p99 is worse than the baseline: 1\.(2|3)\d \[1\.\d+, 1\.\d+\] times the baseline, n 12$/);
	expect(promoteBlockers(worse)).toEqual(failingComparisons(worse));
	expect(promoteCautions(worse).join()).toContain('p99 against the baseline: worse');
	const same = last([...begin, ...minutes(1, 61)]);
	expect(compareLines(same)[0]?.verdict).toBe('same');
	expect(promoteBlockers(same)).toEqual([]);
});

test('values are taken one per range, the first when its range lies inside the stage', () => {
	const at4 = last([...begin, ...minutes(1, 4)]);
	expect(compareLines(at4)[0]).toMatchObject({verdict: 'too few', n: 0, text: '0 values a side, one per 5s'});
	expect(last([...begin, ...minutes(1, 5)]).compare?.stages[0]?.byId['p99']?.taken).toBe(1);
	expect(last([...begin, ...minutes(1, 30)]).compare?.stages[0]?.byId['p99']?.taken).toBe(6);
});

test('a gate never passes on nothing', () => {
	const nothing = Array.from({length: 61}, (_, index) => at((index + 1) * second, pair(empty, 100)));
	expect(gateOf(last([...begin, ...nothing]))).toContain(
		"p99 can't be compared (no data): candidate: the query answered, with no series",
	);
	const unasked = Array.from({length: 61}, (_, index) => at((index + 1) * second, {}));
	expect(gateOf(last([...begin, ...unasked]))).toContain('candidate: it was not asked');
	// Two thirds of the time without the baseline.
	const gaps = minutes(1, 61).map((fact, index) =>
		index % 30 < 20 && fact.type === 'tick-taken' ? at(fact.dueMs, pair(100, {...empty})) : fact,
	);
	expect(gateOf(last([...begin, ...gaps]))).toContain('(too few)');
	expect(gateOf(last([...begin, ...minutes(1, 20)]))).toContain('(too few): 4 values a side');
});

test('time in which nobody polled is not time without values: a gate does not wait for as long again', () => {
	// Half of the stage, an hour without a controller, the other half.
	const facts = [...begin, ...minutes(1, 30), ...minutes(1, 32, 4_000)];
	const state = last(facts);
	expect(compareLines(state)[0]).toMatchObject({verdict: 'same', followed: {looked: {look: 'end'}}});
	expect(gateOf(state)).toBe('');
	// Ticks that had no values still count.
	const silent = Array.from({length: 90}, (_, index) => at((31 + index) * second, pair(empty, 100)));
	expect(gateOf(last([...begin, ...minutes(1, 30), ...silent, ...minutes(1, 5, 121)]))).toContain('(too few)');
});

test('what was judged is of the past when one side falls silent', () => {
	const facts = [
		...begin,
		...minutes(1, 61),
		...Array.from({length: 15}, (_, index) => at((62 + index) * second, pair(100, empty))),
	];
	expect(compareLines(last(facts))[0]).toMatchObject({
		verdict: 'no data',
		text: expect.stringContaining('baseline: the query answered'),
	});
});

test('stale answers, NaN, infinities and several series are no values', () => {
	const stale: Reading = {...(values(100) as Extract<Reading, {kind: 'values'}>), ageMs: 60_000};
	const infinite: Reading = {kind: 'values', series: [{labels: {}, value: '+Inf'}], seriesCount: 1, tookMs: 1};
	const nan: Reading = {kind: 'values', series: [{labels: {}, value: 'NaN'}], seriesCount: 1, tookMs: 1};
	const texts = [stale, infinite, nan, values(1, 2)].map(
		reading => compareLines(last([...begin, at(second, pair(reading, 100))]))[0]?.text,
	);
	expect(texts.map(text => text?.slice(0, 60))).toEqual([
		expect.stringContaining('newest sample'),
		expect.stringContaining('Infinity'),
		expect.stringContaining('NaN'),
		expect.stringContaining('2 series'),
	]);
});

test('each stage is compared for itself, and what was judged of the one before stays', () => {
	const promoted: Fact[] = [
		{...intended, intentId: '2:0', toPercent: 100, stageIndex: 1} as Fact,
		{...verified, intentId: '2:0', split: {weightPercent: 100}} as Fact,
	];
	const state = last([...begin, ...minutes(1.3, 61), ...promoted, ...minutes(1, 3, 62)]);
	expect(state.compare?.stages.map(({stageIndex, isClosed}) => [stageIndex, isClosed])).toEqual([
		[0, true],
		[1, undefined],
	]);
	expect(linesOf(state, state.compare?.stages[0])[0]).toMatchObject({verdict: 'worse', n: 12});
	expect(state.compare?.stages[0]?.byId['p99']?.values).toEqual([]);
	expect(compareLines(state)[0]?.n).toBe(0);
});

test('a rollback closes the stage: judged by what there is', () => {
	const asked: Fact = {type: 'rollback-asked', by: 'ana', reason: ''};
	const state = last([...begin, ...minutes(1.5, 40), asked, ...minutes(9, 3, 41)]);
	expect(state.compare?.stages[0]).toMatchObject({
		isClosed: true,
		byId: {p99: {taken: 8, looked: {look: 'left', verdict: 'worse'}}},
	});
});

test('what is compared in some stages only is not in the others', () => {
	const half = {
		...compared,
		compare: [
			{...comparison, stages: [1]},
			{...comparison, id: 'all', title: 'all'},
		],
	};
	const [, ...others] = begin;
	const state = last([started(half), ...others, ...minutes(1.5, 10)]);
	expect(Object.keys(state.compare?.stages[0]?.byId ?? {})).toEqual(['all']);
	expect(compareLines(state).map(line => line.comparison.id)).toEqual(['all']);
});

test('so does the end, without another poll', () => {
	const ended: Fact = {type: 'session-ended', outcome: 'ended', reason: 'enough'};
	expect(last([...begin, ...minutes(1.5, 40), ended]).compare?.stages[0]).toMatchObject({
		isClosed: true,
		byId: {p99: {looked: {look: 'left'}}},
	});
});

test('where there is no ratio it is said why', () => {
	const all = (value: number) => Array.from({length: 61}, (_, index) => at((index + 1) * second, pair(value, value)));
	expect(compareLines(last([...begin, ...all(-3)]))[0]?.text).toMatch(/^no ratio, as the baseline's is below 0, n \d+$/);
	expect(compareLines(last([...begin, ...all(0)]))[0]?.text).toMatch(/^no ratio, as the baseline's is 0, n \d+$/);
});

test('a verdict is one line of the timeline', () => {
	const lines = last([...begin, ...minutes(1.3, 61)]).timeline.filter(({text}) => text.startsWith('p99 against the baseline'));
	expect(lines.map(({text}) => text.slice(0, 31))).toEqual(['p99 against the baseline: worse']);
});

test('what it keeps is bounded over a day, and the same when it is reduced from its JSON again', () => {
	const next = uniform(3);
	let followed: Followed = nothingFollowed;
	const settings = {direction: 'higher-is-worse', allowed: 1.1, alpha: 0.02, spacingMs: 1_000, durationMs: 60_000} as const;
	let most = 0;
	for (let index = 1; index <= 17_280; index++) {
		const moment = {tMs: index * 5_000, enteredAtMs: 0, isOver: index > 12, mayLook: true};
		followed = follow(followed, settings, moment, [1 + next(), 1 + next()]);
		most = Math.max(most, followed.values.length);
		if (index === 1_000) followed = JSON.parse(JSON.stringify(followed)) as Followed;
	}
	expect(most).toBeLessThanOrEqual(keptMax);
	expect(followed).toMatchObject({taken: 17_280, looked: {verdict: 'same', look: 'late'}});
	const {events, states} = fold([...begin, ...minutes(1.3, 61)]);
	const again = events.reduce((state, event) => reduce(state, JSON.parse(JSON.stringify(event))), initialState);
	expect(again).toEqual(states.at(-1));
	expect(JSON.parse(JSON.stringify(again))).toEqual(again);
});

test('many looks that are due at once are spread over ticks, and the gate waits for them', () => {
	const many = Array.from({length: 20}, (_, index) => ({...comparison, id: `m${index}`, spacingMs: 1_000}));
	const ids = many.map(({id}) => id);
	const busy = {
		...compared,
		compare: many,
		stages: [stage(5, {durationMs: 160 * second, promote: 'manual', compare: ids}), stage(100)],
	};
	const next = uniform(9);
	const both = (): Record<string, Reading> =>
		Object.fromEntries(
			ids.flatMap(id => (['candidate', 'baseline'] as const).map(side => [sideId(id, side), values(1 + next())])),
		);
	const facts = Array.from({length: 180}, (_, index) => at((index + 1) * second, both()));
	const {states} = fold([started(busy), splitRead(0), intended, verified, ...facts]);
	const ended = states.map(
		({compare}) => Object.values(compare?.stages[0]?.byId ?? {}).filter(one => one.looked?.look === 'end').length,
	);
	const firstAt = ended.findIndex(count => count > 0);
	expect(ended[firstAt]).toBeLessThan(4);
	expect(ended.at(-1)).toBe(20);
	expect(failingComparisons(states[firstAt]!).join()).toContain('comes with the next poll');
	expect(failingComparisons(states.at(-1)!).filter(text => !text.includes('is worse'))).toEqual([]);
});

test('another profile over a record compares what was asked then, and nothing else', () => {
	const changed = {...comparison, candidate: 'p50{v="2"}'};
	const added = {...comparison, id: 'new', title: 'New'};
	const looser = {...comparison, allowed: 2};
	const ports = {sameQuery: (left: string, right: string) => left === right, whyNoSeries: () => undefined};
	const wanted = (compare: readonly Comparison[]) => ({...compared, compare});
	const kept = matchPlan(wanted([looser, added]), compared, ports);
	expect(kept.plan.compare).toEqual([looser]);
	expect(kept.plan.stages[0]?.compare).toEqual(['p99']);
	expect(kept.remarks).toEqual(['not compared, as what both sides answered is not in the record: New']);
	const none = matchPlan(wanted([changed]), compared, ports);
	expect(none.plan).not.toHaveProperty('compare');
	expect(none.plan.stages[0]).not.toHaveProperty('compare');
});
