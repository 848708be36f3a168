import {expect, test} from 'vitest';
import type {GuardrailPlan} from '../../src/core/plan.ts';
import type {Sample} from '../../src/sources/prometheus-answer.ts';
import {FreshnessTracker} from '../../src/sources/prometheus-freshness.ts';
import {selectorsOfQuery} from '../../src/sources/prometheus-selectors.ts';
import {targetsMatcher} from '../../src/sources/prometheus-targets.ts';
import {guardrail} from './prometheus-kit.ts';

const now = 1_700_000_000_000;
const seconds = (ms: number): number => ms / 1_000;
const target = (instance: string): Record<string, string> => ({job: 'api', instance});

/** A tracker that has been told: newest samples by selector number, targets behind each, which of those are up. */
function given(queries: readonly string[], extra: Partial<GuardrailPlan> = {}) {
	const guardrails = queries.map((query, i) => guardrail(`g${i}`, query, extra));
	const tracker = new FreshnessTracker(guardrails);
	const [newest] = tracker.newestQueries();
	const [survey] = tracker.surveyQueries();
	const told = {
		newest(...atMs: readonly (number | undefined)[]) {
			const samples = atMs.flatMap((at, i): Sample[] =>
				at === undefined ? [] : [{labels: {canary_part: `n${i}`}, value: seconds(at)}],
			);
			if (newest) tracker.takeNewest(samples, newest);
			return told;
		},
		targets(...behind: readonly (readonly string[])[]) {
			const samples = behind.flatMap((instances, i) =>
				instances.map(one => ({labels: {canary_part: `t${i}`, ...target(one)}, value: 1})),
			);
			if (survey) tracker.takeSurvey(samples, survey);
			return told;
		},
		up(states: Readonly<Record<string, number>>, atMs = now) {
			tracker.takeUp(
				Object.entries(states).map(([one, value]) => ({labels: {__name__: 'up', ...target(one)}, value})),
				atMs,
			);
			return told;
		},
		first(instance: string, atMs: number) {
			tracker.takeCoverage([{labels: target(instance), value: seconds(atMs)}]);
			return told;
		},
		of: (i = 0, atMs = now) => tracker.of(`g${i}`, {localMs: atMs, serverMs: atMs}),
		tracker,
	};
	return told;
}

test('the age is that of the newest sample, by the clock of the server', () => {
	expect(
		given(['rate(a[5m])'])
			.newest(now - 700)
			.of(),
	).toEqual({ageMs: 700});
});

test('an answer is as old as the oldest of its parts', () => {
	expect(
		given(['a / b'])
			.newest(now - 700, now - 9_000)
			.of(),
	).toEqual({ageMs: 9_000});
});

test('the age goes on when a failed scrape removes the series', () => {
	const hung = given(['rate(a[5m])'])
		.targets(['x'])
		.newest(now - 1_000)
		.up({x: 0});
	expect(hung.newest(undefined).of(0, now + 3_000)).toEqual({ageMs: 4_000, up: [0, 1]});
});

test('series of a pod that was replaced make no answer old', () => {
	const replaced = given(['errors / a'])
		.targets(['old'], ['old', 'new'])
		.newest(now - 60_000, now - 60_000);
	expect(
		replaced
			.newest(undefined, now - 500)
			.up({new: 1})
			.of(),
	).toEqual({ageMs: 500, up: [1, 1]});
});

test('one part whose page hangs makes the answer old, although the other part is fresh', () => {
	const half = given(['canary / stable'])
		.targets(['c'], ['s'])
		.newest(now - 60_000, now);
	expect(
		half
			.newest(undefined, now - 500)
			.up({c: 0, s: 1})
			.of(),
	).toEqual({ageMs: 60_000, up: [1, 2]});
});

test('when everything behind an answer is gone, it is as old as the last that was seen', () => {
	const gone = given(['a / b']).newest(now - 30_000, now - 20_000);
	expect(gone.newest(undefined, undefined).of()).toEqual({ageMs: 20_000});
});

test('the age is measured from where the query looks', () => {
	expect(
		given(['a offset 1h'])
			.newest(now - 3_600_000 - 800)
			.of(),
	).toEqual({ageMs: 800});
	expect(given(['a @ 12']).tracker.newestQueries()).toEqual([]);
});

test('nothing known is nothing said', () => {
	expect(given(['rate(a[5m])']).of()).toEqual({});
	expect(given(['vector(1)']).of()).toEqual({});
	expect(given(['this is { no PromQL']).of()).toEqual({});
	const tracker = given(['a']).newest(now).tracker;
	expect(tracker.of('g0', {localMs: now, serverMs: undefined})).toEqual({});
});

test('targets are counted once, removed ones not at all, and old news of them not either', () => {
	const counted = given(['a / b']).targets(['x', 'y'], ['x', 'y', 'gone']).up({x: 1, y: 0});
	expect(counted.of().up).toEqual([1, 2]);
	expect(counted.of(0, now + 60_000).up).toBeUndefined();
});

test('series without a job and an instance have no targets', () => {
	const {tracker} = given(['job:errors:ratio']);
	const [survey] = tracker.surveyQueries();
	if (survey) tracker.takeSurvey([{labels: {canary_part: 't0'}, value: 1}], survey);
	expect(tracker.upQuery()).toBeUndefined();
});

test('a window is covered since its longest-known target was first scraped', () => {
	const warming = given(['rate(a[5m])'])
		.targets(['x', 'y'])
		.first('x', now - 20_000)
		.first('y', now - 5_000);
	expect(warming.of()).toEqual({coveredMs: 20_000});
	expect(warming.of(0, now + 300_000)).toEqual({});
});

test('the same selector is asked for once, over its longest range; parts of many selectors are cut into pieces', () => {
	const {tracker} = given(['rate(a[5m])', 'a', 'rate(a[1h])', 'rate(a[1h] offset 5m)']);
	expect(tracker.newestQueries()).toHaveLength(1);
	expect([...(tracker.newestQueries()[0]?.tags ?? [])]).toEqual(['n0', 'n1']);
	expect(tracker.surveyQueries()[0]?.query).toContain('last_over_time(a[3600000ms])');
	const many = given(Array.from({length: 50}, (_, n) => `metric_${n}`)).tracker;
	expect(many.newestQueries().map(({tags}) => tags.size)).toEqual([20, 20, 10]);
});

test('subqueries add their range and offset to what is inside', () => {
	expect(selectorsOfQuery('max_over_time(rate(a[5m] offset 1m)[1h:1m] offset 2m)')).toMatchObject([
		{text: 'a', rangeMs: 3_900_000, offsetMs: 180_000},
	]);
});

test('names of targets are taken literally, whatever characters they have', () => {
	expect(targetsMatcher([JSON.stringify(['a.b', 'h"x:1']), JSON.stringify(['a.b', '[::1]:80'])])).toBe(
		String.raw`{job=~"a\\.b",instance=~"\\[::1\\]:80|h\"x:1"}`,
	);
	const many = Array.from({length: 100}, (_, n) => JSON.stringify(['j', `i${n}`]));
	expect(targetsMatcher(many)).toBe('{job=~"j"}');
});
