import {expect, test} from 'vitest';
import type {Fact} from '../../src/core/event.ts';
import {sideId} from '../../src/core/judge/comparison.ts';
import {decisionMarkdown} from '../../src/report/decision-md.ts';
import {dueDocuments} from '../../src/report/documents.ts';
import type {Summary} from '../../src/report/model.ts';
import {comparisonOf as of, uniform} from '../core/judge/kit.ts';
import {guardrail, plan, splitRead, stage, started, tick, values} from '../helpers/given.ts';
import {tellFacts} from './tell-facts.ts';

const thePlan = plan({
	guardrails: [guardrail()],
	compare: [
		of('p99'),
		of('orders', {title: 'Orders <b>|', unit: '/s', direction: 'lower-is-worse', group: 'business'}),
		of('gone'),
	],
	stages: [stage(50, {durationMs: 20_000, compare: ['p99', 'gone']}), stage(100, {durationMs: 0})],
});

function session(ratio: number): {facts: Fact[]; pairs: [number, number][]} {
	const next = uniform(4);
	const noise = (): number => 1 + next() / 10;
	const pairs = Array.from({length: 20}, (): [number, number] => [100 * ratio * noise(), 100 * noise()]);
	const ticks = pairs.map(([x, y], index) =>
		tick((index + 1) * 1_000, {
			errors: values(1),
			[sideId('p99', 'candidate')]: values(x),
			[sideId('p99', 'baseline')]: values(y),
			[sideId('orders', 'candidate')]: values(50 * noise()),
			[sideId('orders', 'baseline')]: values(50 * noise()),
		}),
	);
	const intended: Fact = {
		type: 'action-intended',
		intentId: '1:0',
		purpose: 'promote',
		toPercent: 50,
		stageIndex: 0,
		reason: '',
		by: 'ana',
	};
	const verified: Fact = {
		type: 'action-verified',
		intentId: '1:0',
		router: 'r',
		split: {weightPercent: 50},
		attempt: 1,
		tookMs: 1,
	};
	const ended: Fact = {type: 'session-ended', outcome: 'ended', reason: 'enough'};
	return {facts: [started(thePlan), splitRead(0), intended, verified, ...ticks, ended], pairs};
}

const median = (all: readonly number[]): number => {
	const sorted = all.toSorted((left, right) => left - right);
	return ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2;
};

test('the figures are those of an independent count over the recorded values', () => {
	const {facts, pairs} = session(1.3);
	const {summary} = tellFacts(facts);
	const [p99, orders, gone] = summary.stages[0]?.comparisons ?? [];
	expect(p99).toMatchObject({verdict: 'worse', n: 20, gate: true, holds: false});
	expect(p99?.candidate).toBeCloseTo(median(pairs.map(([x]) => x)), 9);
	expect(p99?.baseline).toBeCloseTo(median(pairs.map(([, y]) => y)), 9);
	expect(p99?.ratio).toBeCloseTo(median(pairs.flatMap(([x]) => pairs.map(([, y]) => x / y))), 9);
	expect(orders).toMatchObject({verdict: 'same', gate: false, holds: true});
	expect(gone).toMatchObject({verdict: 'no data', gate: true, holds: false, n: 0});
});

test('a gate that did not hold is missing for a PASS; what is worse without a gate is to be weighed', () => {
	const missing = (summary: Summary): string => summary.decision.missing.map(({text}) => text).join('\n');
	const text = missing(tellFacts(session(1.3).facts).summary);
	expect(text).toMatch(/p99 was not shown to be as good as the baseline \(worse\): 1\.\d\d/);
	expect(text).toMatch(/gone was not shown to be as good as the baseline \(no data\)/);
	expect(missing(tellFacts(session(1).facts).summary)).not.toContain('p99');
	const ungated = {...thePlan, stages: [stage(50, {durationMs: 20_000}), stage(100, {durationMs: 0})]};
	const [, ...others] = session(1.3).facts;
	const {summary} = tellFacts([started(ungated), ...others]);
	expect(summary.decision.cautions.map(one => one.text).join('\n')).toMatch(/p99 was worse than the baseline: 1\.\d\d/);
});

test('AB_REPORT.md and the decision have the table; nothing from outside is markup in it', () => {
	const {summary, recorded} = tellFacts(session(1.3).facts);
	const report =
		dueDocuments(recorded, summary)
			.find(({name}) => name === 'AB_REPORT.md')
			?.text() ?? '';
	expect(report).toMatch(/^# A\/B report: canary against stable/);
	expect(report).toMatch(
		/\| p99 \| 1\d\d(\.\d)? ms \| 10\d(\.\d)? ms \| 1\.\d\d \\\[1\.\d\d, 1\.\d\d\\\] \| 20 \| ✗ worse \| ✗ does not hold \| /,
	);
	expect(report).toContain('business: Orders \\<b\\>\\|');
	expect(report).not.toContain('<b>');
	expect(report).toMatch(/- test: rank sum \(Mann–Whitney\), normal; p /);
	expect(decisionMarkdown(summary)).toMatch(/\| A\/B \| Candidate \| Baseline \| Ratio \| n \| Verdict \| Gate \| Events \|/);
	const plain = tellFacts([started(plan()), splitRead(0), {type: 'session-ended', outcome: 'ended', reason: ''}]);
	expect(dueDocuments(plain.recorded, plain.summary).map(({name}) => name)).not.toContain('AB_REPORT.md');
});
