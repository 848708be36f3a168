import {expect, test} from 'vitest';
import type {Fact} from '../../src/core/event.ts';
import {promoteBlockers} from '../../src/core/next.ts';
import {empty, given, guardrail, plan, splitRead, stage, started, tick, values, verified} from '../helpers/given.ts';

const intended = (toPercent: number, purpose: 'start' | 'promote' | 'rollback' = 'promote', stageIndex = 0): Fact => ({
	type: 'action-intended',
	intentId: 'i',
	purpose,
	toPercent,
	stageIndex,
	reason: '',
	by: 'ana',
});
const rollbackAsked: Fact = {type: 'rollback-asked', by: 'ana', reason: 'pager'};
const promoteAsked: Fact = {type: 'promote-asked', by: 'ana', reason: '', toPercent: 5};
const weights = (intents: readonly {type: string}[]) => intents.filter(intent => intent.type === 'set-weight');

/** At 5 % since second 1, watched for `seconds` healthy seconds. */
const atFive = (seconds: number, thePlan = plan()): Fact[] => [
	started(thePlan),
	splitRead(0),
	tick(1_000, 1),
	intended(5, 'start'),
	verified('i', 5),
	...Array.from({length: seconds}, (_, index) => tick(2_000 + index * 1_000, 1)),
];

test('the first weight is set as soon as split and metrics answer, where the profile says so', () => {
	expect(weights(given(started(), splitRead(0)).when(tick(1_000, empty)).intents)).toMatchObject([
		{purpose: 'start', toPercent: 5, stageIndex: 0, urgent: false},
	]);
});

test('the first weight waits for a person where the profile says so', () => {
	const manual = started(plan({}, {start: 'manual'}));
	expect(weights(given(manual, splitRead(0)).when(tick(1_000, 1)).intents)).toEqual([]);
	expect(weights(given(manual, splitRead(0), tick(1_000, 1)).when(promoteAsked).intents)).toMatchObject([{toPercent: 5}]);
});

test('nothing starts before the split has been read', () => {
	expect(weights(given(started()).when(tick(1_000, 1)).intents)).toEqual([]);
});

test('a breach before the split was read waits for that answer: nothing to take back, something to take back, or not to be known', () => {
	const immediate = started(plan({guardrails: [guardrail({forMs: 0})]}));
	const breach = tick(1_000, 99);
	expect(weights(given(immediate).when(breach).intents)).toEqual([]);
	// 0 %: it does not start, and the session is not over either.
	const none = given(immediate, breach).when(splitRead(0));
	expect(weights(none.intents)).toEqual([]);
	expect(none.state).not.toHaveProperty('rollback');
	expect(weights(given(immediate, breach, splitRead(0)).when(tick(2_000, 99)).intents)).toEqual([]);
	expect(promoteBlockers(none.state).join()).toContain('is breached');
	expect(weights(given(immediate, breach, splitRead(0)).when(tick(2_000, 1)).intents)).toMatchObject([{purpose: 'start'}]);
	// Some: it leaves with the answer itself.
	expect(weights(given(immediate, breach).when(splitRead(5)).intents)).toMatchObject([{purpose: 'rollback', toPercent: 0}]);
	// A router that doesn't answer: it may be anything.
	const silent: Fact = {type: 'split-unreadable', error: {kind: 'unreachable', message: 'nobody there'}};
	expect(weights(given(immediate, breach, silent).when(tick(2_000, 99)).intents)).toMatchObject([{purpose: 'rollback'}]);
});

test('a stage that is over goes on by itself', () => {
	expect(weights(given(...atFive(8)).when(tick(10_000, 1)).intents)).toEqual([]);
	expect(weights(given(...atFive(9)).when(tick(11_000, 1)).intents)).toMatchObject([
		{purpose: 'promote', toPercent: 50, stageIndex: 1},
	]);
});

test('the stage clock stands still without data', () => {
	const {state} = given(...atFive(3)).when(tick(5_000, empty));
	expect(state.stage.elapsedMs).toBe(3_000);
	expect(given(...atFive(3), tick(5_000, empty), tick(6_000, empty)).when(tick(7_000, 1)).state.stage.elapsedMs).toBe(4_000);
});

test('a gap between ticks counts for two polls at most', () => {
	const {state} = given(...atFive(3)).when(tick(3_600_000, 1));
	expect(state.stage.elapsedMs).toBe(5_000);
});

test('the stage clock stands still while held, and goes on after', () => {
	const held: Fact = {type: 'hold-asked', by: 'ana', reason: 'lunch'};
	const resumed: Fact = {type: 'resume-asked', by: 'ana', reason: ''};
	expect(given(...atFive(3), held).when(tick(5_000, 1)).state.stage.elapsedMs).toBe(3_000);
	expect(given(...atFive(3), held, tick(5_000, 1), resumed).when(tick(6_000, 1)).state.stage.elapsedMs).toBe(4_000);
});

test('a candidate without data is not promoted, by nobody', () => {
	expect(weights(given(...atFive(12), tick(14_000, empty)).when(promoteAsked).intents)).toEqual([]);
});

test('a gate that does not hold keeps the stage', () => {
	const gated = plan({stages: [stage(5, {gates: {errors: {op: '<', value: 0.5}}}), stage(100)]});
	const {intents, state} = given(...atFive(10, gated)).when(tick(12_000, 1));
	expect(weights(intents)).toEqual([]);
	expect(state.stage.elapsedMs).toBeGreaterThanOrEqual(10_000);
	expect(weights(given(...atFive(10, gated)).when(tick(12_000, 0.4)).intents)).toMatchObject([{toPercent: 100}]);
});

test('a critical breach rolls back in the same tick', () => {
	const {intents, state} = given(...atFive(2)).when(tick(4_000, 12));
	expect(weights(intents)).toMatchObject([
		{purpose: 'rollback', toPercent: 0, urgent: true, reason: 'Errors breached: 12 (healthy < 10)'},
	]);
	expect(state.guardrails['errors']?.status).toBe('breached');
});

test('the rollback leaves in the tick in which for ends', () => {
	const waiting = plan({guardrails: [guardrail({forMs: 3_000})]});
	const facts = [...atFive(2, waiting), tick(4_000, 12), tick(5_000, 12), tick(6_000, 12)];
	expect(weights(given(...facts.slice(0, -1)).when(facts.at(-1)!).intents)).toEqual([]);
	expect(weights(given(...facts).when(tick(7_000, 12)).intents)).toMatchObject([{toPercent: 0}]);
});

test('several breaches at one tick are one rollback', () => {
	const two = plan({guardrails: [guardrail(), guardrail({id: 'leaks', title: 'Leaks', security: true})]});
	const healthy = (at: number): Fact => tick(at, {errors: values(1), leaks: values(1)});
	const {intents} = given(started(two), splitRead(0), healthy(1_000), intended(5, 'start'), verified('i', 5)).when(
		tick(2_000, {errors: values(20), leaks: values(30)}),
	);
	expect(weights(intents)).toMatchObject([
		{reason: 'SECURITY: Errors breached: 20 (healthy < 10); Leaks breached: 30 (healthy < 10)'},
	]);
});

test('a breach before the candidate has traffic only keeps it from starting', () => {
	const {intents} = given(started(), splitRead(0)).when(tick(1_000, 12));
	expect(weights(intents)).toEqual([]);
});

test('a warning neither rolls back nor stands in the way', () => {
	const warning = plan({guardrails: [guardrail({severity: 'warning', onBreach: 'warn'})]});
	const {intents} = given(...atFive(9, warning)).when(tick(11_000, 99));
	expect(weights(intents)).toMatchObject([{purpose: 'promote', toPercent: 50}]);
});

test('a guardrail that holds stops the clock until it is ok again', () => {
	const holding = plan({guardrails: [guardrail({onBreach: 'hold'})]});
	const {intents, state} = given(...atFive(3, holding)).when(tick(5_000, 99));
	expect(weights(intents)).toEqual([]);
	expect(state.stage.elapsedMs).toBe(3_000);
	expect(given(...atFive(3, holding), tick(5_000, 99)).when(tick(6_000, 1)).state.stage.elapsedMs).toBe(4_000);
});

test('advisory auto-rollback says what it would do, once, and does nothing', () => {
	const advisory = plan({}, {autoRollback: 'advisory'});
	const {intents, state} = given(...atFive(2, advisory), tick(4_000, 12)).when(tick(5_000, 12));
	expect(weights(intents)).toEqual([]);
	expect(state.advised?.reason).toBe('Errors breached: 12 (healthy < 10)');
	expect(state.timeline.filter(({kind}) => kind === 'alarm')).toHaveLength(1);
});

test.each([
	['before the first weight', [started(), splitRead(0)]],
	['before anything was measured', [started()]],
	['while a promote is under way', [...atFive(3), intended(50)]],
	['while held', [...atFive(3), {type: 'hold-asked', by: 'ana', reason: ''} as const]],
	['without metrics', [...atFive(3), tick(5_000, empty)]],
	['after a rollback', [...atFive(3), intended(0, 'rollback'), verified('i', 0)]],
	['after the end', [...atFive(3), {type: 'session-ended', outcome: 'promoted', reason: ''} as const]],
])('rollback is carried out %s', (_, facts: readonly Fact[]) => {
	expect(weights(given(...facts).when(rollbackAsked).intents)).toMatchObject([
		{purpose: 'rollback', toPercent: 0, urgent: true, by: 'ana'},
	]);
});

test('after a rollback no weight goes up, whatever is asked', () => {
	const down = [...atFive(3), intended(0, 'rollback'), verified('i', 0)];
	expect(weights(given(...down).when(promoteAsked).intents)).toEqual([]);
	expect(weights(given(...down).when(tick(60_000, 1)).intents)).toEqual([]);
});

test('a rollback that is verified ends the session', () => {
	const {intents} = given(...atFive(3), intended(0, 'rollback')).when(verified('i', 0));
	expect(intents.filter(({type}) => type === 'end-session')).toMatchObject([{outcome: 'rolled-back'}]);
});

test('weights that come back after a rollback are set down again', () => {
	const down = [...atFive(3), intended(0, 'rollback'), verified('i', 0)];
	const {intents, state} = given(...down).when(splitRead(30));
	expect(weights(intents)).toMatchObject([{purpose: 'reassert', toPercent: 0, urgent: true}]);
	expect(state.alarms['split']).toBe('asked 0 %, configured 30 %');
});

test('0.4 % left behind is not rolled back', () => {
	const down = [...atFive(3), intended(0, 'rollback'), verified('i', 0)];
	expect(weights(given(...down).when(splitRead(0.4)).intents)).toMatchObject([{purpose: 'reassert'}]);
});

test('the last stage over and green is the end: promoted', () => {
	const facts = [
		...atFive(3),
		intended(100, 'promote', 2),
		verified('i', 100),
		...Array.from({length: 8}, (_, index) => tick(6_000 + index * 1_000, 1)),
	];
	expect(
		given(...facts)
			.when(tick(13_500, 1))
			.intents.filter(({type}) => type === 'end-session'),
	).toEqual([]);
	expect(
		given(...facts)
			.when(tick(14_000, 1))
			.intents.filter(({type}) => type === 'end-session'),
	).toMatchObject([{outcome: 'promoted'}]);
});

test('drift stops the stage clock and is said', () => {
	const {state} = given(...atFive(3), splitRead(30)).when(tick(5_000, 1));
	expect(state.stage.elapsedMs).toBe(3_000);
	expect(state.split.driftSinceMs).toBeDefined();
	expect(given(...atFive(3), splitRead(30)).when(splitRead(5)).state.split.driftSinceMs).toBeUndefined();
});

test('a split found at a stage is taken up, one that no stage names is held', () => {
	expect(given(started()).when(splitRead(50)).state).toMatchObject({stage: {index: 1}});
	const {state} = given(started()).when(splitRead(30));
	expect(state).toMatchObject({stage: {index: 0}, held: {reason: 'found 30 %, which no stage names'}});
	// Below the first stage it is judged as in that one: a candidate with traffic is never let forward as one that has had none.
	const below = given(started(), splitRead(3), {type: 'resume-asked', by: 'ana', reason: ''});
	expect(below.when(tick(1_000, empty)).intents).toEqual([]);
	expect(below.when(tick(1_000, 1)).state.stage.index).toBe(0);
	expect(weights(below.when(tick(1_000, 1)).intents)).toEqual([]);
});

test('a promote that failed for good leaves the session held at the old weight', () => {
	const failed: Fact = {
		type: 'action-failed',
		intentId: 'i',
		router: 'r',
		error: {kind: 'refused', message: 'no such server'},
		attempt: 3,
		tookMs: 5,
	};
	const {state, intents} = given(...atFive(3), intended(50)).when(failed);
	expect(weights(intents)).toEqual([]);
	expect(state).toMatchObject({held: {by: 'canary-console'}, split: {askedPercent: 5}, stage: {index: 0}});
	expect(state.alarms['promote']).toContain('no such server');
});

const resumed = (weightPercent: number, unguardedMs = 1_000): Fact => ({
	type: 'controller-resumed',
	by: 'ana',
	pid: 2,
	version: '0',
	unguardedMs,
	split: {weightPercent},
});

test('a promote cut off by a crash is settled by reading the split back', () => {
	expect(given(...atFive(3), intended(50, 'promote', 1)).when(resumed(50)).state).toMatchObject({
		stage: {index: 1},
		split: {askedPercent: 50},
	});
	const {state, intents} = given(...atFive(3), intended(50, 'promote', 1)).when(resumed(5));
	expect(state).toMatchObject({stage: {index: 0}, held: {by: 'canary-console'}, split: {askedPercent: 5}});
	expect(weights(intents)).toEqual([]);
});

test('a rollback cut off by a crash is asked for again, unless it is in force', () => {
	expect(weights(given(...atFive(3), intended(0, 'rollback')).when(resumed(5)).intents)).toMatchObject([
		{toPercent: 0, urgent: true},
	]);
	const {state, intents} = given(...atFive(3), intended(0, 'rollback')).when(resumed(0));
	expect(weights(intents)).toEqual([]);
	expect(state.rollback?.verifiedAtMs).toBeDefined();
	expect(intents.filter(({type}) => type === 'end-session')).toMatchObject([{outcome: 'rolled-back'}]);
});

test('a rollback asked for and cut off before its intent is carried out after the crash', () => {
	expect(weights(given(...atFive(3), rollbackAsked).when(resumed(5)).intents)).toMatchObject([{toPercent: 0, by: 'ana'}]);
});

test('nobody guarding for longer than the profile allows holds, or rolls back where it says so', () => {
	expect(given(...atFive(3)).when(resumed(5, 120_000)).state.held?.reason).toBe('unguarded for 2m, longer than 1m');
	const strict = plan({}, {onResume: 'rollback'});
	expect(weights(given(...atFive(3, strict)).when(resumed(5, 120_000)).intents)).toMatchObject([{toPercent: 0}]);
});

test('planned checkpoints are written once, named by the planned time', () => {
	const planned = plan({stages: [stage(5, {durationMs: 3_600_000, checkpointsMs: [900_000]}), stage(100)]});
	const facts = [...atFive(2, planned)];
	const checkpoints = (intents: readonly {type: string}[]) => intents.filter(({type}) => type === 'write-checkpoint');
	expect(checkpoints(given(...facts).when(tick(900_999, 1)).intents)).toEqual([]);
	expect(checkpoints(given(...facts).when(tick(901_000, 1)).intents)).toMatchObject([{name: 'T+15m', trigger: 'planned'}]);
	expect(checkpoints(given(...facts, tick(901_000, 1)).when(tick(902_000, 1)).intents)).toEqual([]);
	// Entered again, it has them again: what was written then is kept.
	const written: Fact = {type: 'checkpoint-written', intentId: 'c', name: 'T+15m', trigger: 'planned', sha256: 'a', bytes: 1};
	const again = given(...facts, tick(901_000, 1), written, intended(5), verified('i', 5));
	expect(checkpoints(again.when(tick(1_900_000, 1)).intents)).toMatchObject([{name: expect.stringMatching(/^T\+15m-\d+$/)}]);
});

test('the metrics check is due every five minutes since the first weight', () => {
	const facts = atFive(2, plan({stages: [stage(5, {durationMs: 3_600_000}), stage(100)]}));
	const checks = Array.from({length: 60}, (_, minute) => tick(1_000 + (minute + 1) * 60_000, 1)).filter((fact, index, all) => {
		const {intents} = given(...facts, ...all.slice(0, index)).when(fact);
		return intents.some(({type}) => type === 'append-metrics-check');
	});
	expect(checks).toHaveLength(12);
});

test('ids are made from the number of the event', () => {
	const {intents} = given(...atFive(2)).when(tick(4_000, 12));
	expect(intents.map(({id}) => id)).toEqual(['7:0', '7:1']);
});
