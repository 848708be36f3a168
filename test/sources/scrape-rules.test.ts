import {expect, test} from 'vitest';
import {SampleStore} from '../../src/promql/store.ts';
import {selectorsOfQuery} from '../../src/sources/prometheus-selectors.ts';
import {targetsBehind, withRulesBehind} from '../../src/sources/scrape-behind.ts';
import {Engine} from '../../src/sources/scrape-engine.ts';
import {readRules} from '../../src/sources/scrape-rule-file.ts';
import {RuleRunner} from '../../src/sources/scrape-rules.ts';
import {guardrail} from './prometheus-kit.ts';
import {answers, labels} from './scrape-kit.ts';

function groupsOf(text: string) {
	const groups = readRules(text);
	if (!groups.ok) throw new Error(groups.error);
	return groups.value;
}

const errorOf = (text: string): string | undefined => {
	const groups = readRules(text);
	return groups.ok ? undefined : groups.error;
};

function rig(text: string) {
	const store = new SampleStore('everything');
	const engine = new Engine(store, '3.x');
	const runner = new RuleRunner({
		groups: groupsOf(text),
		intervalMs: 1_000,
		store,
		evaluate: (query, at) => engine.evaluate(query, at),
	});
	return {
		runner,
		store,
		put(series: string, value: number, timeMs: number): void {
			const stored = store.series(labels(series));
			if (stored.ok) stored.value?.append(timeMs, value);
		},
		at: (query: string, timeMs: number) => answers(store, query, timeMs),
	};
}

test('a recorded series has the name and the labels of its rule, and the next rule sees it in the same round', () => {
	const {put, runner, at} = rig(`
groups:
  - name: g
    rules:
      - {record: 'job:x:sum', expr: sum by (job) (x), labels: {team: core}}
      - {record: 'job:x:double', expr: 2 * job:x:sum}
      - {record: five, expr: 5}
`);
	put('x{job="a",i="1"}', 1, 1_000);
	put('x{job="a",i="2"}', 2, 1_000);
	runner.run(1_000);
	expect(at('job:x:sum', 1_000)).toEqual({'job:x:sum{job="a", team="core"}': 3});
	expect(at('job:x:double', 1_000)).toEqual({'job:x:double{job="a", team="core"}': 6});
	expect(at('five', 1_000)).toEqual({five: 5});
	expect(runner.troubles).toEqual([]);
});

test('a recorded series that is not made any more ends at once', () => {
	const {put, runner, at} = rig('groups: [{name: g, rules: [{record: r, expr: x > 1}]}]');
	put('x', 2, 1_000);
	runner.run(1_000);
	put('x', 1, 2_000);
	runner.run(2_000);
	expect(at('r', 1_500)).toEqual({r: 2});
	expect(at('r', 2_000)).toEqual({});
});

test('a group is evaluated at its own interval', () => {
	const {put, runner, at} = rig('groups: [{name: g, interval: 5s, rules: [{record: r, expr: x}]}]');
	put('x', 1, 1_000);
	runner.run(1_000);
	put('x', 2, 2_000);
	runner.run(2_000);
	expect(at('r', 2_000)).toEqual({r: 1});
	runner.run(5_990);
	expect(at('r', 6_000)).toEqual({r: 2});
});

test('a rule that fails says so until it works again, and the others go on', () => {
	const {put, runner, at} = rig(`
groups:
  - name: g
    rules:
      - {record: bad, expr: x * on () y}
      - {record: same, expr: x, labels: {i: ''}}
      - {record: good, expr: sum(x)}
`);
	put('x{i="1"}', 1, 1_000);
	put('x{i="2"}', 1, 1_000);
	put('y', 1, 1_000);
	runner.run(1_000);
	expect(runner.troubles).toEqual([
		expect.stringMatching(/^the rule bad fails: .*many-to-one/),
		'the rule same fails: with its labels two of its series are the same',
	]);
	expect(at('good', 1_000)).toEqual({good: 2});
	expect(at('same', 1_000)).toEqual({});
});

test('an alert is pending for its time, fires, and keeps firing as long as it says', () => {
	const {put, runner, at} = rig(`
groups:
  - name: g
    rules:
      - alert: High
        expr: x > 5
        for: 2s
        keep_firing_for: 3s
        labels: {severity: page, who: '{{ $labels.job }}'}
`);
	const seen = (value: number, timeMs: number) => {
		put('x{job="a"}', value, timeMs);
		runner.run(timeMs);
		return Object.keys(at('ALERTS', timeMs));
	};
	const alert = (state: string): string => `ALERTS{alertname="High", alertstate="${state}", job="a", severity="page", who="a"}`;
	expect(seen(1, 1_000)).toEqual([]);
	expect(seen(9, 2_000)).toEqual([alert('pending')]);
	expect(seen(9, 3_000)).toEqual([alert('pending')]);
	expect(seen(9, 4_000)).toEqual([alert('firing')]);
	expect(Object.values(at('ALERTS_FOR_STATE', 4_000))).toEqual([2]);
	expect(seen(1, 5_000)).toEqual([alert('firing')]);
	expect(seen(1, 7_000)).toEqual([]);
});

test('an alert that clears before its time starts anew', () => {
	const {put, runner, at} = rig('groups: [{name: g, rules: [{alert: A, expr: x > 5, for: 2s}]}]');
	for (const [timeMs, value] of [9, 1, 9, 9, 9].map((value, n) => [(n + 1) * 1_000, value] as const)) {
		put('x', value, timeMs);
		runner.run(timeMs);
		const [state] = Object.keys(at('ALERTS', timeMs));
		expect(state?.includes('firing') ?? false, `at ${timeMs}`).toBe(timeMs === 5_000);
	}
});

test('a PrometheusRule object of Kubernetes is read too', () => {
	const groups = groupsOf('kind: PrometheusRule\nspec: {groups: [{name: g, interval: 30s, rules: [{record: r, expr: 1}]}]}');
	expect(groups).toMatchObject([{name: 'g', intervalMs: 30_000, rules: [{kind: 'record', name: 'r'}]}]);
});

test.each([
	['[', /it is no YAML/],
	['a: 1', /no list "groups"/],
	['groups: [{name: g, rules: [{expr: x}]}]', /group g: rule 1 has neither "record" nor "alert"/],
	['groups: [{name: g, rules: [{record: r}]}]', /the rule r has no "expr"/],
	['groups: [{name: g, rules: [{record: r, expr: "sum("}]}]', /the rule r: 1:5: parse error/],
	['groups: [{name: g, rules: [{record: "a b", expr: x}]}]', /a name that no metric may have/],
	['groups: [{name: g, rules: [{alert: A, expr: x, for: soon}]}]', /the alert A: "for" is no duration of Prometheus: "soon"/],
	['groups: [{name: g, interval: x, rules: []}]', /group g: "interval" is no duration/],
	['groups: [{name: g, rules: [{record: r, expr: x, labels: {"a-b": c}}]}]', /no label may be called "a-b"/],
])('%s is refused with its place', (text, message) => {
	expect(errorOf(text)).toMatch(message);
});

test('behind a recorded series stand the series that its rules were made of', () => {
	const rules = groupsOf(`
groups:
  - name: g
    rules:
      - {record: 'a:r', expr: 'rate(x{job="a"}[1m])'}
      - {record: 'b:r', expr: sum(a:r)}
      - {record: other, expr: z}
`).flatMap(group => group.rules);
	expect(withRulesBehind(guardrail('g', 'b:r > 1'), rules).query).toBe('(b:r > 1\n) or (sum(a:r)\n) or (rate(x{job="a"}[1m])\n)');
	expect(withRulesBehind(guardrail('g', 'y'), rules).query).toBe('y');
});

test('rules that stand on each other in a circle end', () => {
	const rules = groupsOf('groups: [{name: g, rules: [{record: a, expr: b}, {record: b, expr: a}]}]').flatMap(
		group => group.rules,
	);
	expect(withRulesBehind(guardrail('g', 'a'), rules).query).toBe('(a\n) or (b\n) or (a\n)');
});

test('the targets behind a selector are those of its series that had a sample of late', () => {
	const {put, store} = rig('groups: []');
	put('x{job="a",instance="i"}', 1, 1_000);
	put('x{job="a",instance="j"}', 1, 9_000);
	put('x{job="a",instance="j",n="2"}', 1, 9_000);
	put('x{job="a"}', 1, 9_000);
	const [use] = selectorsOfQuery('rate(x[1m] offset 2s)');
	if (!use) throw new Error('no selector');
	expect(targetsBehind(store, use, 8_000)).toEqual(['["a","j"]']);
	expect(targetsBehind(store, use, 2_000)).toEqual(['["a","i"]', '["a","j"]']);
});
