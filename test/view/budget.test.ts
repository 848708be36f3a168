import {expect, test} from 'vitest';
import type {Fact} from '../../src/core/event.ts';
import type {Plan} from '../../src/core/plan.ts';
import {sceneOf, seen} from '../helpers/fake-scene.ts';
import {errorsSeen, fakePlan, healthySession, startedSession} from '../helpers/fake-session.ts';

const plan: Plan = {
	...fakePlan,
	logs: ['app'],
	errorClasses: [{name: 'rate-limited', codes: ['429'], expected: true, onSpent: 'hold'}],
	stages: fakePlan.stages.map(stage => ({
		...stage,
		budget: {critical: {count: 0}, other: {count: 2}, 'rate-limited': {count: 5}},
	})),
};
const fatal: Fact = {
	type: 'errors-seen',
	lines: 1,
	dropped: 7,
	groups: [{signature: 'policy violated', code: 'RLS', level: 'fatal', side: 'candidate', count: 1, sample: 'policy violated'}],
};
const session = () =>
	startedSession(plan)
		.poll(10)
		.take(errorsSeen(4, '429', 'rate limit for user #'))
		.take(errorsSeen(1, '500', 'oops'));

test('what is allowed and used stands in the traffic pane, by class', () => {
	const screen = seen(sceneOf(session()));
	expect(screen).toMatch(/budget {2}critical 0\/0 · other 1\/2/);
	expect(screen).toContain('rate-limited 4/5');
});

test('expected errors are counted apart, stand last and are not new', () => {
	const screen = seen(sceneOf(session()));
	expect(screen).toMatch(/4 Errors .*2 signatures · 1 new · 4 expected/);
	expect(screen.indexOf('oops')).toBeLessThan(screen.indexOf('rate limit for user #'));
	expect(screen).toMatch(/4× {2}exp {2}canary {2}429/);
});

test('what is overspent is marked, also on a small screen where the rest is left out; lines nobody read are told', () => {
	const over = session().take(fatal);
	const wide = seen(sceneOf(over));
	expect(wide).toContain('critical 1/0 ✗');
	expect(wide).toContain('7 lines not read');
	const small = seen(sceneOf(over, {size: {columns: 80, rows: 24}}));
	expect(small).toContain('critical 1/0 ✗');
	expect(seen(sceneOf(session(), {size: {columns: 40, rows: 10}}))).not.toContain('budget');
});

test('a plan without budgets has no row for them', () => {
	expect(seen(sceneOf(healthySession()))).not.toContain('budget');
});

test('a stage whose time is over waits, on the screen too, for those who must sign', () => {
	const signed: Plan = {
		...fakePlan,
		stages: fakePlan.stages.map(stage => ({
			...stage,
			durationMs: 5_000,
			promote: 'manual' as const,
			signOffs: ['sre', 'product'],
		})),
	};
	const waiting = startedSession(signed).poll(20);
	const screen = seen(sceneOf(waiting));
	expect(screen).toContain('next: waits: to be signed off by sre, product (canary sign)');
	expect(screen).not.toContain('waits for a person: p promotes');
	for (const role of ['sre', 'product']) waiting.take({type: 'signed-off', by: 'ana', role, name: 'Ana', note: ''});
	expect(seen(sceneOf(waiting))).toContain('waits for a person: p promotes');
});
