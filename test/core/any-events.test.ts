import fc from 'fast-check';
import {expect, test} from 'vitest';
import {decide} from '../../src/core/decide.ts';
import type {ErrorClass} from '../../src/core/error-class.ts';
import {type Fact, purposes, type SessionEvent} from '../../src/core/event.ts';
import {runEnds} from '../../src/core/facts/runbook.ts';
import type {Comparison} from '../../src/core/judge/comparison.ts';
import {nextUp, promoteCautions} from '../../src/core/next.ts';
import {reduce} from '../../src/core/reduce.ts';
import {initialState} from '../../src/core/state.ts';
import {broken, empty, guardrail, plan, stage, started, values} from '../helpers/given.ts';

/** Events in any order, also in one that no runtime would ever bring: a journal may have been written by one with a fault. */
const thePlan = fc.record({
	autoRollback: fc.constantFrom('armed', 'advisory' as const),
	start: fc.constantFrom('auto', 'manual' as const),
	onResume: fc.constantFrom('hold', 'rollback' as const),
});
const theInstance = fc.constantFrom(undefined, {
	command: 'serve',
	withinMs: 9_000,
	onExit: 'rollback' as const,
	stopAfterMs: 5_000,
	restartBaseline: {command: 'restart'},
});
const percent = fc.constantFrom(0, 3, 5, 50, 100);
const intentId = fc.constantFrom('a', 'b');
const reading = fc.oneof(
	fc.constantFrom(values(1), values(12), values(99), values(Number.NaN), empty, broken),
	fc.constant({...values(1), ageMs: 1e9} as ReturnType<typeof values>),
);
const asked = <Type extends string>(type: Type) => fc.constant({type, by: 'ana', reason: ''});
const error = {kind: 'timeout', message: 'slow'} as const;

const fact = fc.oneof(
	{
		weight: 6,
		arbitrary: fc.record({
			type: fc.constant('tick-taken' as const),
			lateMs: fc.constant(0),
			missed: fc.nat(2),
			readings: fc.oneof(
				fc.record({errors: reading, silent: reading, warned: reading}),
				fc.record({errors: reading, 'compare/errors/candidate': reading, 'compare/errors/baseline': reading}),
				fc.record({errors: reading}),
			),
		}),
	},
	{weight: 2, arbitrary: fc.record({type: fc.constant('split-read' as const), split: fc.record({weightPercent: percent})})},
	fc.constant({type: 'split-unreadable' as const, error}),
	fc.record({
		type: fc.constant('log-matched' as const),
		guardrail: fc.constantFrom('warned', 'toString', 'gone'),
		value: fc.constantFrom(null, 0, 50),
		sample: fc.constant(''),
	}),
	asked('hold-asked' as const),
	asked('resume-asked' as const),
	asked('rollback-asked' as const),
	asked('end-asked' as const),
	fc.record({
		type: fc.constant('gradual-asked' as const),
		by: fc.constant('ana'),
		reason: fc.constant(''),
		fromPercent: percent,
		targetPercent: percent,
		durationMs: fc.constantFrom(0, 4_000),
		weights: fc.array(percent, {maxLength: 4}),
	}),
	fc.constant({type: 'promote-asked' as const, by: 'ana', reason: '', toPercent: 5}),
	fc.record({
		type: fc.constant('action-intended' as const),
		intentId,
		purpose: fc.constantFrom(...purposes),
		toPercent: percent,
		stageIndex: fc.constantFrom(-1, 0, 1, 2),
		reason: fc.constant(''),
		by: fc.constant('ana'),
	}),
	fc.record({
		type: fc.constant('action-verified' as const),
		intentId,
		router: fc.constant('r'),
		split: fc.record({weightPercent: percent}),
		attempt: fc.constant(1),
		tookMs: fc.constant(1),
	}),
	fc.record({
		type: fc.constant('action-failed' as const),
		intentId,
		router: fc.constant('r'),
		error: fc.constant(error),
		attempt: fc.constant(1),
		tookMs: fc.constant(1),
	}),
	fc.record({type: fc.constant('action-aborted' as const), intentId, reason: fc.constant('')}),
	fc.record({
		type: fc.constant('controller-resumed' as const),
		by: fc.constant('ana'),
		pid: fc.constant(2),
		version: fc.constant('0'),
		unguardedMs: fc.constantFrom(0, 1e9),
		split: fc.record({weightPercent: percent}),
	}),
	fc.record({
		type: fc.constant('session-ended' as const),
		outcome: fc.constantFrom('promoted', 'rolled-back', 'ended' as const),
		reason: fc.constant(''),
	}),
	fc.constant({type: 'alert-acknowledged' as const, by: 'ana', guardrail: 'errors', text: ''}),
	fc.record({
		type: fc.constant('alert-received' as const),
		fingerprint: fc.constantFrom('a', 'b'),
		name: fc.constant('Down'),
		summary: fc.constant(''),
		action: fc.constantFrom('AUTO_ROLLBACK', 'SECURITY_ROLLBACK' as const),
		via: fc.constantFrom('webhook', 'poll' as const),
	}),
	fc.record({
		type: fc.constant('command-asked' as const),
		run: fc.constantFrom(1, 2),
		index: fc.constantFrom(0, 9),
		title: fc.constant('t'),
		argv: fc.constant(['t']),
		values: fc.constant({}),
		name: fc.constant('commands/1-t.txt'),
		by: fc.constant('ana'),
	}),
	fc.constant({type: 'command-stop-asked' as const, run: 1, by: 'ana'}),
	fc.constant({type: 'command-started' as const, run: 1, pid: 7, startTicks: 9}),
	fc.record({
		type: fc.constant('command-finished' as const),
		run: fc.constantFrom(1, 3),
		kind: fc.constantFrom(...runEnds),
		tookMs: fc.constant(1),
	}),
	fc.constant({type: 'alert-resolved' as const, fingerprint: 'a', name: 'Down', via: 'poll' as const}),
	fc.record({
		type: fc.constant('notified' as const),
		receiver: fc.constantFrom('team', 'gone'),
		notice: fc.constantFrom('1:0', '3:0'),
		event: fc.constantFrom('start', 'alarm' as const),
		ok: fc.boolean(),
		attempts: fc.constant(2),
		message: fc.constant('late'),
	}),
	fc.record({
		type: fc.constant('errors-seen' as const),
		lines: fc.nat(5),
		dropped: fc.nat(2),
		groups: fc.array(
			fc.record({
				signature: fc.constantFrom('x', '(other messages)'),
				code: fc.constantFrom('429', '', 'toString', '__proto__'),
				level: fc.constantFrom('error', 'fatal'),
				side: fc.constantFrom('baseline', 'candidate', 'both' as const),
				count: fc.nat(4),
				sample: fc.constant(''),
			}),
			{maxLength: 3},
		),
	}),
	fc.record({
		type: fc.constant('signed-off' as const),
		by: fc.constant('ana'),
		role: fc.constantFrom('sre', 'gone'),
		name: fc.constant('Ana'),
		note: fc.constant(''),
	}),
	fc.record({type: fc.constant('instance-start-intended' as const), intentId, command: fc.constant('serve')}),
	fc.record({
		type: fc.constant('instance-started' as const),
		process: fc.constant({pid: 7, startTicks: '1', bootId: 'b', host: 'h'}),
		found: fc.boolean(),
	}),
	fc.record({
		type: fc.constant('instance-checked' as const),
		ok: fc.boolean(),
		message: fc.constant('200'),
		tookMs: fc.constant(1),
	}),
	fc.record({type: fc.constant('instance-failed' as const), message: fc.constant('no'), isRunning: fc.boolean()}),
	fc.record({type: fc.constant('instance-ended' as const), message: fc.constant('gone'), left: fc.nat(1)}),
	asked('instance-stop-asked' as const),
	fc.constant({type: 'instance-stop-intended' as const, intentId: 'a', reason: '', by: 'ana'}),
	fc.constant({type: 'instance-stopped' as const, message: 'gone', tookMs: 1}),
	fc.constant({type: 'instance-stop-failed' as const, message: 'hangs'}),
	asked('preflight-asked' as const),
	asked('baseline-restart-asked' as const),
	fc.constant({type: 'baseline-restart-intended' as const, intentId: 'a', command: 'restart'}),
	fc.record({
		type: fc.constant('baseline-restart-started' as const),
		process: fc.constant({pid: 8, startTicks: '1', bootId: 'b', host: 'h'}),
		found: fc.boolean(),
	}),
	fc.record({
		type: fc.constant('baseline-restarted' as const),
		ok: fc.boolean(),
		message: fc.constant('ended'),
		tookMs: fc.constant(1),
	}),
	fc.record({
		type: fc.constant('checkpoint-failed' as const),
		intentId,
		name: fc.constantFrom('T+1m', 'x'),
		message: fc.constant('full'),
	}),
);

test('whatever comes in whatever order: nothing throws, nothing goes up that must not, and a state survives JSON', () => {
	fc.assert(
		fc.property(thePlan, theInstance, fc.array(fact, {maxLength: 40}), (policies, instance, facts) => {
			const guardrails = [
				guardrail({forMs: 2_000, severe: {bound: {op: '<', value: 50}, forMs: 0}}),
				guardrail({id: 'silent', title: 'Silent', noData: 'fail', noDataAfterMs: 2_000, minRequests: {query: 'r', min: 0}}),
				guardrail({id: 'warned', title: 'Warned', origin: 'log', onBreach: 'hold', keepFiringForMs: 3_000}),
			];
			const stages = [
				stage(5, {
					durationMs: 2_000,
					checkpointsMs: [0, 1_000],
					overrides: {silent: {off: true}},
					gates: {errors: {op: '<', value: 5}},
					signOffs: ['sre'],
					budget: {critical: {count: 1}, limited: {percent: 1}, errors: {count: 20}},
					first: {forMs: 1_500, overrides: {errors: {bound: {op: '<', value: 2}}}},
					compare: ['errors'],
					trends: {
						errors: {op: '<', limit: 1, relative: true, perMs: 1_000, windowMs: 20_000, pieceMs: 1_000},
						gone: {op: '>', limit: 1, relative: false, perMs: 1_000, windowMs: 20_000, pieceMs: 1_000},
					},
				}),
				stage(50, {durationMs: 2_000, overrides: {errors: {bound: {op: '<', value: 60}}}}),
				stage(100, {durationMs: 0}),
			];
			const errorClasses: ErrorClass[] = [
				{name: 'limited', codes: ['429'], expected: true, onSpent: 'hold'},
				{name: 'errors', counterId: 'errors', expected: false, onSpent: 'warn'},
			];
			const compare: Comparison[] = [
				{
					id: 'errors',
					title: 'Errors',
					unit: 'none',
					candidate: 'a',
					baseline: 'b',
					direction: 'either',
					allowed: 1,
					alpha: 0.02,
					spacingMs: 1_000,
					staleAfterMs: 30_000,
					group: '',
				},
			];
			let state = initialState;
			for (const [index, one] of [
				started(
					plan(
						{
							guardrails,
							stages,
							errorClasses,
							compare,
							requestsId: 'silent',
							alertmanager: {mayRollBack: true},
							...(instance && {instance}),
							notify: [{name: 'team', on: ['start', 'breach', 'alarm', 'hold', 'rollback', 'decision']}],
						},
						policies,
					),
				),
				...facts,
			].entries()) {
				const tMs = index * 1_000;
				const stamped = {...one, ...(one.type === 'tick-taken' && {dueMs: tMs}), seq: index, tMs, atMs: tMs};
				const event = JSON.parse(JSON.stringify(stamped)) as SessionEvent;
				const before = state;
				state = reduce(before, event);
				expect(JSON.parse(JSON.stringify(state))).toStrictEqual(state);
				nextUp(state);
				promoteCautions(state);
				const intents = decide(before, state, event);
				expect(new Set(intents.map(({id}) => id)).size).toBe(intents.length);
				const weights = intents.filter(intent => intent.type === 'set-weight');
				expect(weights.length).toBeLessThan(2);
				const lower = weights.find(({purpose}) => purpose === 'lower');
				if (lower) {
					expect(lower.toPercent).toBeLessThan(state.split.configured?.weightPercent ?? 0);
					expect([state.rollback, state.ended, state.action]).toEqual([undefined, undefined, undefined]);
				}
				const up = weights.find(({toPercent, purpose}) => toPercent > 0 && purpose !== 'lower');
				if (up) {
					expect([state.held, state.rollback, state.ended, state.action]).toEqual([undefined, undefined, undefined, undefined]);
					expect(['promote-asked', 'tick-taken', 'split-read']).toContain(event.type);
				}
				// Nobody who is served loses his server, and the one that serves is not taken away with the other.
				if (intents.some(({type}) => type === 'stop-instance')) {
					expect([state.split.configured?.weightPercent, state.action]).toEqual([0, undefined]);
				}
				if (intents.some(({type}) => type === 'restart-baseline')) {
					expect([state.split.configured?.weightPercent, state.instance?.status, state.rollback]).toEqual([100, 'up', undefined]);
				}
				if (instance && up && state.stage.index < 0) expect(state.instance?.status).toBe('up');
				const isOver = intents.find(intent => intent.type === 'end-session');
				if (isOver?.outcome === 'promoted')
					expect([state.rollback, state.split.configured?.weightPercent]).toEqual([undefined, 100]);
				if ((event as Fact).type === 'rollback-asked') expect(weights).toMatchObject([{toPercent: 0, urgent: true}]);
			}
		}),
		{numRuns: 600},
	);
});
