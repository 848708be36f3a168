import fc from 'fast-check';
import {expect, test} from 'vitest';
import {admit} from '../../src/core/admit.ts';
import type {Fact} from '../../src/core/event.ts';
import {type GradualWish, planGradual, stepWeights} from '../../src/core/facts/gradual.ts';
import {nextUp, promoteBlockers} from '../../src/core/next.ts';
import type {Plan} from '../../src/core/plan.ts';
import type {Command} from '../../src/core/protocol.ts';
import {dueStep} from '../../src/core/reduce-gradual.ts';
import {SessionRerun} from '../../src/core/rerun/rerun.ts';
import type {SessionState} from '../../src/core/state.ts';
import {broken, empty, fold, given, guardrail, plan, splitRead, stage, started, tick, verified} from '../helpers/given.ts';
import {type Answer, type Step, simulate, type Taken} from '../helpers/simulate.ts';

const thePlan = ({policies, ...over}: Partial<Plan> = {}): Plan =>
	plan({stages: [stage(5), stage(25, {durationMs: 3_600_000}), stage(100)], ...over}, policies);

/** At 25 %, green, at 1 s. */
const at25 = (over: Partial<Plan> = {}): readonly Fact[] => [started(thePlan(over)), splitRead(25), tick(1_000, 1)];

const stateAfter = (...facts: readonly Fact[]): SessionState => fold(facts).states.at(-1) as SessionState;

const refusalOf = (state: SessionState, command: Command): string =>
	admit(state, command, {role: 'owner', who: 'ana'}, state.lastTMs).reason;

const wish = (facts: readonly Fact[], what: GradualWish) => refusalOf(stateAfter(...facts), gradually(what));

const gradually = (what: GradualWish = {}): Command => ({command: 'rollback-gradually', reason: 'slow', ...what});

/** Six steps of 10 s: 20, 16, 12, 8, 4, 0. */
function asked(facts: readonly Fact[], what: GradualWish = {durationMs: 50_000, steps: 6}): Fact {
	const made = planGradual(stateAfter(...facts), what, 'ana', 'slow');
	if (typeof made === 'string') throw new Error(made);
	return made;
}

/** Asked for at 1 s, the first step to 20 % verified. */
function firstStep(over: Partial<Plan> = {}, what?: GradualWish): Fact[] {
	const facts = [...at25(over)];
	const ask = asked(facts, what);
	const {intents} = given(...facts).when(ask);
	const lower = intents[0];
	if (lower?.type !== 'set-weight') throw new Error('no step');
	const {id: intentId, purpose, toPercent, stageIndex, reason, by} = lower;
	return [
		...facts,
		ask,
		{type: 'action-intended', intentId, purpose, toPercent, stageIndex, reason, by},
		verified(intentId, toPercent),
	];
}

const weightsOf = (intents: readonly {readonly type: string}[]) => intents.filter(({type}) => type === 'set-weight');

test.each([
	[25, 0, 6, [20, 16, 12, 8, 4, 0]],
	[100, 0, 4, [75, 50, 25, 0]],
	[5, 0, 6, [4, 3, 2, 1, 0]],
	[25, 10, 3, [20, 15, 10]],
	[2.5, 0, 6, [1, 0]],
	[0.5, 0, 6, [0]],
	[50, 49.5, 6, [49.5]],
	[10, 10, 6, []],
	[10, 20, 6, []],
])('from %d %% to %d %% in %d steps', (from, to, steps, weights) => {
	expect(stepWeights(from, to, steps)).toEqual(weights);
});

test('steps fall, end at the target, and are as even as whole percents allow', () => {
	const percent = fc.double({min: 0, max: 100, noNaN: true});
	fc.assert(
		fc.property(percent, percent, fc.integer({min: 1, max: 100}), (from, to, steps) => {
			fc.pre(from > to);
			const weights = stepWeights(from, to, steps);
			expect(weights.at(-1)).toBe(to);
			expect(weights.length).toBeLessThanOrEqual(steps);
			const drops = weights.map((weight, index) => (weights[index - 1] ?? from) - weight);
			for (const drop of drops) expect(drop).toBeGreaterThan(0);
			if (from - to >= 1) expect(Math.max(...drops) - Math.min(...drops)).toBeLessThanOrEqual(2);
		}),
	);
});

test('the first step is taken at once, each further one when it is due, and the last is the rollback itself', () => {
	const facts = firstStep();
	expect(weightsOf(given(...at25()).when(asked(at25())).intents)).toMatchObject([
		{purpose: 'lower', toPercent: 20, urgent: false, by: 'ana', reason: 'step 1/6 of the gradual rollback: slow'},
	]);
	expect(weightsOf(given(...facts).when(tick(10_999, 1)).intents)).toEqual([]);
	expect(weightsOf(given(...facts).when(tick(11_000, 1)).intents)).toMatchObject([{purpose: 'lower', toPercent: 16}]);
	const last = given(...facts).when(tick(51_000, 1)).intents;
	expect(weightsOf(last)).toMatchObject([
		{purpose: 'rollback', toPercent: 0, urgent: true, endsGradual: true, reason: 'slow (gradual, 6 steps from 25 % over 50s)'},
	]);
});

test('without metrics it goes down all the same, also where the split can’t be read', () => {
	const facts = firstStep();
	expect(weightsOf(given(...facts).when(tick(11_000, broken)).intents)).toMatchObject([{purpose: 'lower', toPercent: 16}]);
	const unreadable: Fact = {type: 'split-unreadable', error: {kind: 'timeout', message: 'slow'}};
	expect(weightsOf(given(...facts, tick(10_900, broken), unreadable).when(tick(11_000, broken)).intents)).toMatchObject([
		{purpose: 'lower', toPercent: 16},
	]);
});

test('steps that fell due together are one', () => {
	expect(weightsOf(given(...firstStep()).when(tick(35_000, 1)).intents)).toMatchObject([{purpose: 'lower', toPercent: 8}]);
});

test('it never sets a weight above what the router reads, and sets again what drifted up', () => {
	const facts = firstStep();
	const lower = given(...facts, splitRead(3)).when(tick(11_000, 1));
	expect(weightsOf(lower.intents)).toEqual([]);
	expect(nextUp(lower.state)).toEqual({text: 'step 3/6 down to 12 %', atTMs: 21_000});
	expect(weightsOf(given(...facts).when(splitRead(25)).intents)).toMatchObject([{purpose: 'lower', toPercent: 20}]);
});

test('a breach, an alert that may, and a person turn it into the immediate rollback', () => {
	const facts = firstStep({alertmanager: {mayRollBack: true}});
	const alert = {
		type: 'alert-received',
		fingerprint: 'a',
		name: 'Down',
		summary: '',
		action: 'AUTO_ROLLBACK',
		via: 'poll',
	} as const;
	for (const fact of [tick(2_000, 99), alert, {type: 'rollback-asked', by: 'ben', reason: 'now'}] satisfies Fact[]) {
		const {intents, state} = given(...facts).when(fact);
		expect(weightsOf(intents)).toMatchObject([{purpose: 'rollback', toPercent: 0, urgent: true}]);
		expect(weightsOf(intents)[0]).not.toHaveProperty('endsGradual');
		expect(state.gradual?.done).toBe(1);
	}
	const {state} = given(...facts).when({type: 'rollback-asked', by: 'ben', reason: 'now'});
	expect(state.gradual?.status).toBe('broken');
	expect(state.timeline.at(-1)?.text).toBe('the gradual rollback becomes an immediate one after step 1/6');
});

test('a security guardrail breaks it off too, and says so', () => {
	const facts = firstStep({guardrails: [guardrail({security: true})]});
	expect(weightsOf(given(...facts).when(tick(2_000, 99)).intents)).toMatchObject([
		{purpose: 'rollback', reason: expect.stringMatching(/^SECURITY: /)},
	]);
});

test('an advisory profile leaves a breach to a person: it goes on down', () => {
	const policies = plan({}, {autoRollback: 'advisory'}).policies;
	const facts = firstStep({policies});
	expect(weightsOf(given(...facts).when(tick(2_000, 99)).intents)).toEqual([]);
	expect(weightsOf(given(...facts).when(tick(11_000, 99)).intents)).toMatchObject([{purpose: 'lower', toPercent: 16}]);
});

test('a step that fails for good, or whose end doesn’t come, becomes the immediate rollback', () => {
	const facts = at25();
	const ask = asked(facts);
	const intended: Fact = {
		type: 'action-intended',
		intentId: 'x',
		purpose: 'lower',
		toPercent: 20,
		stageIndex: 1,
		reason: '',
		by: 'ana',
	};
	const error = {kind: 'not-applied', message: '20 % was asked, 25 % is read back.'} as const;
	const failed: Fact = {type: 'action-failed', intentId: 'x', router: 'r', error, attempt: 3, tookMs: 1};
	const {state, intents} = given(...facts, ask, intended).when(failed);
	expect(state.held).toBeUndefined();
	expect(weightsOf(intents)).toMatchObject([
		{
			purpose: 'rollback',
			urgent: true,
			reason: expect.stringContaining('a step down failed: 20 % was asked, 25 % is read back.'),
		},
	]);
	// Lost in a crash: the next event takes the decision again.
	expect(weightsOf(given(...facts, ask, intended, failed).when(tick(2_000, 1)).intents)).toMatchObject([{purpose: 'rollback'}]);
	const retried = {...failed, attempt: 1, retryInMs: 500};
	expect(weightsOf(given(...facts, ask, intended).when(retried).intents)).toEqual([]);
	expect(weightsOf(given(...facts, ask, intended).when(tick(10_999, 1)).intents)).toEqual([]);
	expect(weightsOf(given(...facts, ask, intended).when(tick(11_000, 1)).intents)).toMatchObject([
		{purpose: 'rollback', urgent: true, reason: expect.stringContaining('the step down to 20 % is not verified')},
	]);
});

test('while it runs nothing but an immediate rollback is open', () => {
	const state = stateAfter(...firstStep());
	const going = 'a gradual rollback by ana is under way: only an immediate rollback is open (r, canary rollback)';
	for (const command of ['hold', 'promote', 'rebalance', 'preflight', 'end'] as const) {
		expect(refusalOf(state, {command, reason: ''})).toBe(going);
	}
	expect(refusalOf(state, gradually())).toBe(going);
	expect(refusalOf(state, {command: 'rollback', reason: ''})).toBe('');
	expect(promoteBlockers(state)[0]).toBe(going);
	expect(nextUp(state)).toEqual({text: 'step 2/6 down to 16 %', atTMs: 11_000});
});

test('what makes no sense is refused with the reason', () => {
	expect(wish([started(thePlan()), splitRead(0)], {})).toBe('the candidate has no traffic');
	expect(wish(at25(), {targetPercent: 25})).toMatch(/ends below the present weight, 25 %/);
	for (const targetPercent of [-1, Number.NaN, 101]) expect(wish(at25(), {targetPercent})).toMatch(/ends below/);
	for (const steps of [0, -3, 2.5, Number.NaN, 1e9]) expect(wish(at25(), {steps})).toMatch(/has 1 to 100 steps/);
	for (const durationMs of [0, -1, Number.NaN, 1e12]) expect(wish(at25(), {durationMs})).toMatch(/lasts 1s to 1d/);
	expect(wish([...at25(), {type: 'session-ended', outcome: 'promoted', reason: 'x'}], {})).toMatch(
		/nobody stays to take the steps/,
	);
	expect(refusalOf(stateAfter(...at25()), gradually())).toBe('');
	const state = stateAfter(...at25());
	expect(admit(state, gradually(), {role: 'attached', who: 'ben'}, 0).accepted).toBe(true);
	expect(admit(state, gradually(), {role: 'read-only', who: 'ben'}, 0).accepted).toBe(false);
});

test('the profile says how, where the one who asks doesn’t; a session from before it has the same defaults', () => {
	const of = (over: Partial<Plan>) => planGradual(stateAfter(...at25(over)), {}, 'ana', '');
	expect(of({})).toMatchObject({durationMs: 1_800_000, weights: [20, 16, 12, 8, 4, 0]});
	const policies = {...plan().policies, gradualRollback: {durationMs: 60_000, steps: 2}};
	expect(of({policies})).toMatchObject({durationMs: 60_000, weights: [12, 0]});
});

test('with a target above none it ends held there, in the stage below, and a resume may go on', () => {
	const facts = firstStep({}, {durationMs: 1_000, steps: 2, targetPercent: 10});
	const intended: Fact = {
		type: 'action-intended',
		intentId: 'x',
		purpose: 'lower',
		toPercent: 10,
		stageIndex: 1,
		reason: '',
		by: 'ana',
	};
	const {state, intents} = given(...facts, tick(2_000, 1), intended).when(verified('x', 10));
	expect(state.gradual).toMatchObject({status: 'done', done: 2});
	expect(state.held).toMatchObject({by: 'ana', reason: 'gradual, 2 steps from 25 % over 1s, down to 10 %: slow'});
	expect(state.stage.index).toBe(0);
	expect([state.rollback, state.ended, ...weightsOf(intents)]).toEqual([undefined, undefined]);
	expect(refusalOf(state, {command: 'resume', reason: ''})).toBe('');
	// Somebody else had it lower already: it ends without a step.
	const lower = given(...facts, splitRead(7)).when(tick(2_000, 1)).state;
	expect(lower).toMatchObject({gradual: {status: 'done'}, held: {by: 'ana'}, split: {askedPercent: 7}});
	expect([lower.split.driftSinceMs, lower.alarms['split']]).toEqual([undefined, undefined]);
});

test('below the first stage it is in that one: nothing goes up without data, and the next step is that stage', () => {
	const stages = [stage(25, {durationMs: 5_000}), stage(50), stage(100)];
	const facts = firstStep({stages}, {durationMs: 1_000, steps: 2, targetPercent: 10});
	const read = given(...facts, splitRead(10)).when(tick(2_000, 1));
	expect(read.state).toMatchObject({gradual: {status: 'done'}, stage: {index: 0, elapsedMs: 0}, held: {by: 'ana'}});
	const resumed: Fact = {type: 'resume-asked', by: 'ana', reason: ''};
	const lower = [...facts, splitRead(10), tick(2_000, 1), resumed];
	// Not at once, not on missing data, and not past the first stage.
	expect(weightsOf(given(...lower).when(tick(3_000, 1)).intents)).toEqual([]);
	expect(weightsOf(given(...lower, tick(3_000, 1)).when(tick(4_000, empty)).intents)).toEqual([]);
	const watched = [3, 4, 5, 6, 7].map(s => tick(s * 1_000, 1));
	expect(weightsOf(given(...lower, ...watched, splitRead(10)).when(tick(8_000, 1)).intents)).toMatchObject([
		{purpose: 'promote', toPercent: 25, stageIndex: 0},
	]);
});

test('after a restart the step that is due by then is taken; the time without a controller counts', () => {
	const resumed = (weightPercent: number, unguardedMs = 100): Fact => ({
		type: 'controller-resumed',
		by: 'ana',
		pid: 2,
		version: '0',
		unguardedMs,
		split: {weightPercent},
	});
	const asking: Fact = {
		type: 'action-intended',
		intentId: 'x',
		purpose: 'lower',
		toPercent: 16,
		stageIndex: 1,
		reason: '',
		by: 'ana',
	};
	const until = (ms: number, ...more: readonly Fact[]) => [...firstStep(), tick(ms, 1), ...more];
	// Before the intent of the step, between intent and write, between write and answer, between steps.
	expect(weightsOf(given(...until(11_000)).when(resumed(20)).intents)).toMatchObject([{purpose: 'lower', toPercent: 16}]);
	expect(weightsOf(given(...until(11_000, asking)).when(resumed(20)).intents)).toMatchObject([{purpose: 'lower', toPercent: 16}]);
	const after = given(...until(11_000, asking)).when(resumed(16));
	expect(weightsOf(after.intents)).toEqual([]);
	expect(after.state.gradual?.done).toBe(2);
	expect(weightsOf(given(...until(15_000)).when(resumed(20, 9e9)).intents)).toMatchObject([{toPercent: 16}]);
	expect(weightsOf(given(...until(30_999)).when(resumed(20)).intents)).toMatchObject([{toPercent: 12}]);
	expect(weightsOf(given(...until(60_000)).when(resumed(20)).intents)).toMatchObject([{purpose: 'rollback', endsGradual: true}]);
	for (const {state} of [after, given(...until(15_000)).when(resumed(20, 9e9))]) expect(state.held).toBeUndefined();
});

/** Whatever the router and crashes do: down only, none after the last step is due and verified, and never later for a crash. */
test('any weather: the weights only fall, and it ends at none', () => {
	const answer = fc.constantFrom<Answer>(
		'verified',
		'verified',
		'failed',
		'failed-for-good',
		'silent',
		'crash-before',
		'crash-after',
	);
	fc.assert(
		fc.property(fc.array(fc.tuple(answer, fc.boolean()), {maxLength: 30}), things => {
			const ask = asked(at25(), {durationMs: 10_000, steps: 6});
			const steps: Step[] = [
				{type: 'fact', fact: started(thePlan()), tMs: 0},
				{type: 'fact', fact: splitRead(0), tMs: 0},
				{type: 'fact', fact: tick(0, 1), tMs: 0},
				{type: 'answer', answer: 'verified'},
				{type: 'fact', fact: {type: 'promote-asked', by: 'ana', reason: '', toPercent: 25}, tMs: 0},
				{type: 'answer', answer: 'verified'},
				{type: 'fact', fact: {...ask, fromPercent: 5} as Fact, tMs: 1_000},
			];
			for (const [index, [one, withData]] of things.entries()) {
				steps.push(
					{type: 'answer', answer: one},
					{type: 'fact', fact: tick(2_000 + index * 500, withData ? 1 : broken), tMs: 2_000 + index * 500},
				);
			}
			steps.push({type: 'fact', fact: tick(60_000, broken), tMs: 60_000}, {type: 'answer', answer: 'verified'});
			const {taken, splitPercent} = simulate(steps);
			expect(splitPercent).toBe(0);
			const askedAt = taken.findIndex(({event}) => event.type === 'gradual-asked');
			const intended = taken.slice(askedAt).flatMap(({event}) => (event.type === 'action-intended' ? [event.toPercent] : []));
			expect(intended).toEqual(intended.toSorted((left, right) => right - left));
			expect(endOf(taken)).toMatchObject({outcome: 'rolled-back'});
		}),
		{numRuns: 300},
	);
});

const endOf = (taken: readonly Taken[]) => taken.map(({event}) => event).find(({type}) => type === 'session-ended');

test('the newest step that is due', () => {
	const {gradual} = stateAfter(...firstStep());
	if (!gradual) throw new Error('no plan');
	expect([0, 1_000, 10_999, 11_000, 21_000, 50_999, 51_000, 9e9].map(ms => dueStep(gradual, ms))).toEqual([
		0, 0, 0, 1, 2, 4, 5, 5,
	]);
});

test('judged again by the same plan it parts nowhere; by a stricter one it is broken off where that one breaches', () => {
	const rerun = (bound: number) => {
		const run = new SessionRerun(recorded => ({...recorded, guardrails: [guardrail({bound: {op: '<', value: bound}})]}));
		for (const {event} of taken) run.take(event);
		return run.result();
	};
	const ask = {...asked(at25(), {durationMs: 10_000, steps: 5}), fromPercent: 5, weights: [4, 3, 2, 1, 0]} as Fact;
	const steps: Step[] = [
		{type: 'fact', fact: started(thePlan()), tMs: 0},
		{type: 'fact', fact: splitRead(0), tMs: 0},
		{type: 'fact', fact: tick(0, 1), tMs: 0},
		{type: 'answer', answer: 'verified'},
		{type: 'fact', fact: tick(1_000, 1), tMs: 1_000},
		{type: 'fact', fact: ask, tMs: 1_000},
	];
	for (let second = 2; second <= 12; second++) {
		const tMs = second * 1_000;
		steps.push({type: 'answer', answer: 'verified'}, {type: 'fact', fact: tick(tMs, second < 6 ? 1 : 5), tMs});
	}
	steps.push({type: 'answer', answer: 'verified'});
	const {taken} = simulate(steps);
	const same = rerun(10);
	expect(same.parting).toBeUndefined();
	expect(same.rerun).toMatchObject({outcome: 'rolled-back', tMs: 11_000, reason: 'slow (gradual, 5 steps from 5 % over 10s)'});
	expect(same.rerun.turns.map(({toPercent}) => toPercent)).toEqual([5, 4, 3, 2, 1, 0]);
	const stricter = rerun(3);
	expect(stricter.parting?.tMs).toBe(6_000);
	expect(stricter.rerun).toMatchObject({outcome: 'rolled-back', tMs: 6_000, reason: expect.stringMatching(/^Errors breached/)});
});
