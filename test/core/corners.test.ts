import {expect, test} from 'vitest';
import {admit} from '../../src/core/admit.ts';
import type {Fact} from '../../src/core/event.ts';
import {judge, unasked} from '../../src/core/guardrail.ts';
import {checkpointName, failingGates, promoteBlockers} from '../../src/core/next.ts';
import {guardrailInStage} from '../../src/core/plan.ts';
import type {Reading} from '../../src/core/reading.ts';
import {empty, fold, given, guardrail, plan, splitRead, stage, started, tick, values} from '../helpers/given.ts';

const intended = (toPercent: number, purpose: 'start' | 'promote' | 'rollback', stageIndex = 0): Fact => {
	return {type: 'action-intended', intentId: 'i', purpose, toPercent, stageIndex, reason: '', by: 'ana'};
};
const verified = (weightPercent: number): Fact => {
	return {type: 'action-verified', intentId: 'i', router: 'r', split: {weightPercent}, attempt: 1, tookMs: 3};
};
const resumed = (weightPercent: number, unguardedMs = 1_000): Fact => {
	return {type: 'controller-resumed', by: 'ana', pid: 2, version: '0', unguardedMs, split: {weightPercent}};
};
const ofType = (intents: readonly {type: string}[], type: string) => intents.filter(intent => intent.type === type);
const atFive = (thePlan = plan()): Fact[] => [started(thePlan), splitRead(0), tick(1_000, 1), intended(5, 'start'), verified(5)];

const failing = guardrail({noData: 'fail', noDataAfterMs: 3_000});

test('silence before the first weight is no breach: a canary that waits for a person can still be started', () => {
	const thePlan = plan({guardrails: [failing]}, {start: 'manual'});
	const waited = Array.from({length: 20}, (_, index) => tick(1_000 * (index + 1), empty));
	const {state} = given(started(thePlan), splitRead(0), ...waited).when(tick(21_000, empty));
	expect(state.guardrails['errors']).toMatchObject({status: 'no-data', breaches: 0});
	expect(promoteBlockers(state)).toEqual([]);
});

test('silence counts from the first weight on, not from the time before it', () => {
	const waited = Array.from({length: 20}, (_, index) => tick(1_000 * (index + 1), empty));
	const begun = [
		started(plan({guardrails: [failing]}, {start: 'manual'})),
		splitRead(0),
		...waited,
		intended(5, 'start'),
		verified(5),
	];
	expect(ofType(given(...begun).when(tick(21_000, empty)).intents, 'set-weight')).toEqual([]);
	expect(ofType(given(...begun, tick(21_000, empty)).when(tick(23_000, empty)).intents, 'set-weight')).toMatchObject([
		{toPercent: 0, reason: 'Errors breached: no data counts as a breach here; the query answered, with no series'},
	]);
});

test('silence after a rollback is no new breach', () => {
	const down = [...atFive(plan({guardrails: [failing]})), intended(0, 'rollback'), verified(0)];
	const quiet = Array.from({length: 9}, (_, index) => tick(2_000 + 1_000 * index, empty));
	expect(given(...down, ...quiet).when(tick(12_000, empty)).state.guardrails['errors']).toMatchObject({breaches: 0});
});

test('a guardrail that is off in a stage breaks nothing there, not by its silence either', () => {
	const off = plan({guardrails: [failing], stages: [stage(5, {overrides: {errors: {off: true}}}), stage(100)]});
	const quiet = Array.from({length: 9}, (_, index) => tick(2_000 + 1_000 * index, empty));
	const {state, intents} = given(...atFive(off), ...quiet).when(tick(12_000, empty));
	expect(ofType(intents, 'set-weight').filter(intent => 'urgent' in intent && intent.urgent)).toEqual([]);
	expect(state.guardrails['errors']?.status).toBe('no-data');
});

test('a stage with a looser bound is not judged by a severe bound that is stricter', () => {
	const base = guardrail({severe: {bound: {op: '<', value: 20}, forMs: 0}, forMs: 60_000});
	const loose = guardrailInStage(base, stage(5, {overrides: {errors: {bound: {op: '<', value: 50}}}}));
	expect(judge(loose, unasked, values(30), 0).status).toBe('ok');
	const strict = guardrailInStage(base, stage(5, {overrides: {errors: {bound: {op: '<', value: 5}}}}));
	expect(judge(strict, unasked, values(30), 0)).toMatchObject({status: 'breached', breachedBy: 'severe'});
});

test('any series outside the severe bound is severe, whichever is the worst by the other bound', () => {
	const twoSided = guardrail({
		bound: {op: '=', value: 100},
		severe: {bound: {op: '>', value: 50}, forMs: 0},
		forMs: 60_000,
	});
	expect(judge(twoSided, unasked, values(170, 40), 0)).toMatchObject({status: 'breached', breachedBy: 'severe'});
});

const silent = {kind: 'empty', tookMs: 1} as const;

test.each<[string, Reading]>([
	['none of its targets is up', {...silent, up: [0, 2]}],
	['nobody came', {...silent, up: [2, 2], requests: 0}],
	[
		'its NaN is old',
		{kind: 'values', series: [{labels: {}, value: 'NaN'}], seriesCount: 1, ageMs: 60_000, requests: 5, tookMs: 1},
	],
])('no series that counts as 0 is no health while %s', (_, reading) => {
	const zero = guardrail({noData: 'zero', minRequests: {query: 'q', min: 1}});
	expect(judge(zero, unasked, reading, 0).status).toBe('no-data');
	expect(judge(zero, unasked, {...silent, up: [2, 2], requests: 5}, 0).status).toBe('ok');
});

test('a gap does not count as time inside the bound', () => {
	const kept = guardrail({keepFiringForMs: 5_000, onBreach: 'warn', severity: 'warning'});
	const gap = Array.from({length: 10}, (_, index) => tick(3_000 + 1_000 * index, empty));
	const {state} = given(...atFive(plan({guardrails: [kept]})), tick(2_000, 12), ...gap).when(tick(13_000, 1));
	expect(state.guardrails['errors']?.status).toBe('breached');
});

test('a gate does not hold on a value that is not believed', () => {
	const warned = guardrail({onBreach: 'warn', severity: 'warning'});
	const gated = plan({guardrails: [warned], stages: [stage(5, {gates: {errors: {op: '<', value: 2}}}), stage(100)]});
	const old: Reading = {kind: 'values', series: [{labels: {}, value: 1}], seriesCount: 1, ageMs: 3_600_000, tookMs: 1};
	expect(failingGates(given(...atFive(gated)).when(tick(2_000, 1)).state)).toEqual([]);
	expect(failingGates(given(...atFive(gated)).when(tick(2_000, old)).state)).toEqual(['the gate Errors < 2 has no value']);
});

test('a query that a poll brings no answer for does not stay green', () => {
	const {state} = given(...atFive()).when(tick(2_000, {}));
	expect(state.guardrails['errors']).toMatchObject({status: 'error', because: 'the poll brought no answer for it'});
	expect(promoteBlockers(state)).toContain("Errors can't be asked: the poll brought no answer for it");
});

test('the reason of a rollback names the bound of the stage', () => {
	const strict = plan({stages: [stage(5, {overrides: {errors: {bound: {op: '<', value: 5}}}}), stage(100)]});
	expect(ofType(given(...atFive(strict)).when(tick(2_000, 7)).intents, 'set-weight')).toMatchObject([
		{toPercent: 0, reason: 'Errors breached: 7 (healthy < 5)'},
	]);
});

test('a split that was found at 100 % is not called promoted before anything was asked', () => {
	const last = plan({stages: [stage(5), stage(100, {durationMs: 0})]});
	expect(ofType(given(started(last)).when(splitRead(100)).intents, 'end-session')).toEqual([]);
	expect(ofType(given(started(last), splitRead(100)).when(tick(1_000, 12)).intents, 'end-session')).toEqual([]);
	expect(ofType(given(started(last), splitRead(100)).when(tick(1_000, 1)).intents, 'end-session')).toMatchObject([
		{outcome: 'promoted'},
	]);
});

test('told to leave while the end is watched, a session keeps what became of it', () => {
	const ended: Fact = {type: 'session-ended', outcome: 'rolled-back', reason: 'Errors breached'};
	const left: Fact = {type: 'session-ended', outcome: 'ended', reason: 'asked by ana'};
	const {state} = given(...atFive(), intended(0, 'rollback'), verified(0), ended).when(left);
	expect(state.ended).toMatchObject({outcome: 'rolled-back', reason: 'Errors breached'});
});

test('a rollback found in force after a restart leaves no alarm and no drift behind', () => {
	const failed: Fact = {
		type: 'action-failed',
		intentId: 'i',
		router: 'r',
		error: {kind: 'unreachable', message: 'nobody listens'},
		attempt: 1,
		tookMs: 1,
		retryInMs: 100,
	};
	const drifted = [...atFive(), splitRead(7), intended(0, 'rollback'), failed];
	expect(Object.keys(given(...drifted).when(splitRead(7)).state.alarms)).toContain('rollback');
	const {state} = given(...drifted).when(resumed(0));
	expect(state.alarms).toEqual({});
	expect(state.split.driftSinceMs).toBeUndefined();
	expect(state.rollback?.verifiedAtMs).toBeDefined();
});

test('advice is given anew for a new breach, and none before the candidate has traffic', () => {
	const advisory = plan({}, {autoRollback: 'advisory', start: 'manual'});
	expect(given(started(advisory), splitRead(0)).when(tick(1_000, 12)).state.advised).toBeUndefined();
	const over = given(...atFive(advisory), tick(2_000, 12)).when(tick(3_000, 1)).state;
	expect(over.advised).toBeUndefined();
	expect(over.alarms).toEqual({});
	const again = given(...atFive(advisory), tick(2_000, 12), tick(3_000, 1)).when(tick(4_000, 15)).state;
	expect(again.advised?.reason).toBe('Errors breached: 15 (healthy < 10)');
});

test('no two planned checkpoints have one name', () => {
	const stages = [
		stage(5, {durationMs: 600_000, checkpointsMs: [300_000, 600_000]}),
		stage(50, {durationMs: 600_000, checkpointsMs: [0, 60_000]}),
		stage(100),
	];
	const {state} = given(started(plan({stages}))).when(splitRead(50));
	expect([checkpointName(state, 0), checkpointName(state, 60_000)]).toEqual(['T+10m-stage2', 'T+11m']);
});

test('a guardrail that flaps with every poll does not fill the disk with checkpoints', () => {
	const flapping = plan({
		guardrails: [guardrail({onBreach: 'warn', severity: 'warning'})],
		stages: [stage(5, {durationMs: 1e9}), stage(100)],
	});
	const facts = [...atFive(flapping)];
	let written = 0;
	for (let second = 2; second < 62; second++) {
		const flap = tick(second * 1_000, second % 2 === 0 ? 12 : 1);
		const {intents, state} = given(...facts).when(flap);
		facts.push(flap);
		for (const intent of intents) {
			if (intent.type !== 'write-checkpoint' || intent.trigger !== 'breach') continue;
			written++;
			facts.push({type: 'checkpoint-written', intentId: intent.id, name: intent.name, trigger: 'breach', sha256: '', bytes: 1});
		}
		expect(state.guardrails['errors']?.breaches).toBe(Math.floor(second / 2));
	}
	expect(written).toBe(5);
});

test('a name that every object has is no guardrail', () => {
	const {state} = given(...atFive()).when({type: 'alert-acknowledged', by: 'ana', guardrail: 'toString', text: ''});
	expect(Object.keys(state.guardrails)).toEqual(['errors']);
	const asked = {command: 'acknowledge', guardrail: 'constructor', text: ''} as const;
	expect(admit(state, asked, {role: 'owner', who: 'ana'}, 1_000).accepted).toBe(false);
	const odd = plan({guardrails: [guardrail({id: 'constructor'})]});
	const {states} = fold([...atFive(odd).slice(0, 2), tick(1_000, {})]);
	expect(states.at(-1)?.guardrails['constructor']?.status).toBe('error');
});
