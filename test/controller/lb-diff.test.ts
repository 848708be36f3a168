import {expect, test} from 'vitest';
import {LbDiff} from '../../src/controller/lb-diff.ts';
import type {Fact, SessionEvent} from '../../src/core/event.ts';
import {plan, started} from '../helpers/given.ts';

const atMs = Date.UTC(2026, 0, 2, 3, 4, 5);
const events = (...facts: readonly Fact[]): SessionEvent[] =>
	facts.map((fact, seq) => ({...fact, seq, atMs: atMs + seq * 1_000, tMs: seq * 1_000}));

const intended = (intentId: string, toPercent: number, purpose: 'start' | 'rollback'): Fact => ({
	type: 'action-intended',
	intentId,
	purpose,
	toPercent,
	stageIndex: 0,
	reason: purpose === 'start' ? 'the split and the metrics answer' : 'errors',
	by: 'ana',
});
const router = 'haproxy unix:/run/h.sock app/canary';
const before = (intentId: string, weightPercent: number, text: string): Fact => ({
	type: 'action-read-before',
	intentId,
	router,
	split: {weightPercent, text},
});
const verified = (intentId: string, weightPercent: number, text: string): Fact => ({
	type: 'action-verified',
	intentId,
	router,
	split: {weightPercent, text, pools: {baseline: [3, 3], candidate: [1, 1]}},
	attempt: 1,
	tookMs: 12,
});

test('every change has the router’s own words before and after it; an aborted one is none', () => {
	const diff = new LbDiff();
	expect(diff.text).toBe('No change of weight.\n');
	const ended = events(
		intended('1:0', 5, 'start'),
		before('1:0', 0, 'app/stable 100, app/canary 0'),
		verified('1:0', 5, 'app/stable 95, app/canary 5'),
		intended('4:0', 50, 'start'),
		{type: 'action-aborted', intentId: '4:0', reason: 'a rollback goes first'},
		intended('6:0', 0, 'rollback'),
		{
			type: 'action-failed',
			intentId: '6:0',
			router,
			error: {kind: 'timeout', message: 'late'},
			attempt: 1,
			tookMs: 1,
			retryInMs: 100,
		},
		verified('6:0', 0, 'app/stable 100, app/canary 0'),
	).filter(event => diff.add(event));
	expect(ended.map(({type}) => type)).toEqual(['action-verified', 'action-verified']);
	expect(diff.text).toBe(`2026-01-02T03:04:07.000Z  T+0:00  start to 5 % by ana: the split and the metrics answer
  haproxy unix:/run/h.sock app/canary
  - 0 % to the candidate  app/stable 100, app/canary 0
  + 5 % to the candidate  servers up: baseline 3/3, candidate 1/1  app/stable 95, app/canary 5
  verified in 12ms, attempt 1

2026-01-02T03:04:12.000Z  T+0:05  rollback to 0 % by ana: errors
  haproxy unix:/run/h.sock app/canary
  - not read before: it could not wait
  + 0 % to the candidate  servers up: baseline 3/3, candidate 1/1  app/stable 100, app/canary 0
  verified in 12ms, attempt 1
`);
});

test('it begins with both sides, and what each was built from', () => {
	const diff = new LbDiff();
	const sides = {baseline: {name: 'R0.5', commit: '4f2c9d1'}, candidate: {name: 'R1'}};
	for (const event of events(started(plan(sides)), intended('1:0', 5, 'start'), verified('1:0', 5, ''))) diff.add(event);
	expect(diff.text).toMatch(/^baseline R0\.5 \(4f2c9d1\), candidate R1\n\n2026-01-02T03:04:07\.000Z .*start to 5 % by ana/);
});
