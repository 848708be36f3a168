import {expect, test} from 'vitest';
import type {Fact} from '../../src/core/event.ts';
import {promoteBlockers} from '../../src/core/next.ts';
import {reduce} from '../../src/core/reduce.ts';
import {owesPreflight} from '../../src/core/reduce-preflight.ts';
import {initialState, type SessionState} from '../../src/core/state.ts';
import {plan} from '../helpers/given.ts';

const checks = [
	{title: 'health', kind: 'http'},
	{title: 'split', kind: 'split'},
] as const;

const after = (...facts: readonly Fact[]): SessionState =>
	facts.reduce((state, fact) => reduce(state, {...fact, seq: state.nextSeq, atMs: 1_000, tMs: state.nextSeq}), initialState);

const begun: Fact = {type: 'session-started', plan: {...plan(), preflight: checks}, by: 'ana', host: 'h', pid: 1, version: '0'};
const started: Fact = {type: 'preflight-started', checks: 2};
const checked = (index: number, ok: boolean): Fact => ({
	type: 'preflight-checked',
	index,
	title: checks[index]?.title ?? '',
	kind: checks[index]?.kind ?? 'http',
	tookMs: 3,
	ok,
	message: ok ? 'fine' : 'no answer.',
});
const finished = (passed: boolean): Fact => ({type: 'preflight-finished', passed, failed: passed ? [] : ['health'], tookMs: 9});
const resumed: Fact = {type: 'controller-resumed', by: 'ana', pid: 2, version: '0', unguardedMs: 5};

test('the first weight waits until the pre-flight has passed, and the sentence says where it stands', () => {
	const first = (...facts: readonly Fact[]) => promoteBlockers(after(begun, ...facts))[0];
	expect(first()).toBe('the pre-flight has not run yet');
	expect(first(started)).toBe('pre-flight 1/2: health');
	expect(first(started, checked(0, true))).toBe('pre-flight 2/2: split');
	expect(first(started, checked(0, false), checked(1, true), finished(false))).toBe('the pre-flight failed: health: no answer.');
	const passed = [started, checked(0, true), checked(1, true), finished(true)];
	expect(first(...passed)).not.toMatch(/pre-flight/);
	// A second run counts for itself.
	expect(first(started, checked(0, false), checked(1, true), finished(false), ...passed)).not.toMatch(/pre-flight/);
});

test('a controller that takes over repeats one that was cut off, and only that', () => {
	expect(owesPreflight(after(begun))).toBe(true);
	expect(owesPreflight(after(begun, started, checked(0, true), resumed))).toBe(true);
	expect(owesPreflight(after(begun, started, checked(0, true), checked(1, true), finished(true), resumed))).toBe(false);
	expect(owesPreflight(after(begun, started, checked(0, false), checked(1, true), finished(false), resumed))).toBe(false);
	expect(owesPreflight(after({...begun, plan: plan()} as Fact))).toBe(false);
});
