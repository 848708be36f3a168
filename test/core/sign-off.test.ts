import fc from 'fast-check';
import {expect, test} from 'vitest';
import {admit} from '../../src/core/admit.ts';
import type {Fact} from '../../src/core/event.ts';
import {missingSignOffs} from '../../src/core/facts/sign-off.ts';
import {nextUp, promoteBlockers} from '../../src/core/next.ts';
import {fold, given, plan, splitRead, stage, started, tick} from '../helpers/given.ts';

const thePlan = plan({
	stages: [stage(5, {signOffs: ['sre', 'product']}), stage(50, {signOffs: ['sre']}), stage(100, {durationMs: 0})],
	signOffs: ['lead'],
});
const signed = (role: string, name = 'Ana', note = ''): Fact => ({type: 'signed-off', by: 'ana@here', role, name, note});
const step = (id: string, toPercent: number, stageIndex: number): Fact[] => [
	{type: 'action-intended', intentId: id, purpose: 'promote', toPercent, stageIndex, reason: '', by: 'ana'},
	{type: 'action-verified', intentId: id, router: 'r', split: {weightPercent: toPercent}, attempt: 1, tookMs: 1},
];
const watched = (fromMs: number, seconds: number): Fact[] =>
	Array.from({length: seconds}, (_, index) => tick(fromMs + (index + 1) * 1_000, 1));
const atEndOfFirst = [started(thePlan), tick(0, 1), splitRead(0), ...step('a', 5, 0), ...watched(0, 10)];

test('a stage is not left before each of its roles has signed', () => {
	expect(given(...atEndOfFirst).when(tick(11_000, 1)).intents).toEqual([]);
	const half = given(...atEndOfFirst, signed('sre')).when(tick(11_000, 1));
	expect(half.intents).toEqual([]);
	expect(promoteBlockers(half.state)).toEqual(['to be signed off by product (canary sign)']);
	expect(nextUp(half.state).text).toBe('waits: to be signed off by product (canary sign)');
	const whole = given(...atEndOfFirst, signed('sre'), signed('product')).when(tick(11_000, 1));
	expect(whole.intents).toMatchObject([{type: 'set-weight', toPercent: 50, purpose: 'promote'}]);
});

test('nor by a person, whose promote is refused with the roles that are missing', () => {
	const {state} = given(...atEndOfFirst).when(tick(11_000, 1));
	const asker = {role: 'owner', who: 'ana@here'} as const;
	expect(admit(state, {command: 'promote', reason: ''}, asker, 11_000)).toMatchObject({
		accepted: false,
		reason: 'to be signed off by sre, product (canary sign)',
	});
});

test('a sign-off of one stage does not count for the next', () => {
	const inSecond = [...atEndOfFirst, signed('sre'), signed('product'), ...step('b', 50, 1), ...watched(11_000, 10)];
	const {state, intents} = given(...inSecond).when(tick(22_000, 1));
	expect([missingSignOffs(state), intents]).toEqual([['sre'], []]);
	expect(given(...inSecond, signed('sre')).when(tick(22_000, 1)).intents).toMatchObject([{toPercent: 100}]);
});

test('a last stage that is a mere step ends the session only once it is signed', () => {
	const short = plan({stages: [stage(100, {durationMs: 0, signOffs: ['sre']})]});
	const facts = [started(short), tick(0, 1), splitRead(0)];
	const [intended, verified] = step('a', 100, 0) as [Fact, Fact];
	expect(given(...facts, intended).when(verified).intents).not.toContainEqual(expect.objectContaining({type: 'end-session'}));
	expect(given(...facts, intended, verified, signed('sre')).when(tick(1_000, 1)).intents).toContainEqual(
		expect.objectContaining({type: 'end-session', outcome: 'promoted'}),
	);
});

test('a role nobody asks for is refused with those there are; a read-only console signs nothing', () => {
	const {state} = given(started(thePlan)).when(tick(0, 1));
	const sign = {command: 'sign', role: 'ser', name: 'Ana', note: ''} as const;
	expect(admit(state, sign, {role: 'script', who: 'ana'}, 0)).toMatchObject({
		accepted: false,
		reason: 'the profile asks no role "ser" to sign; roles: sre, product, lead',
	});
	expect(admit(state, {...sign, role: 'lead'}, {role: 'script', who: 'ana'}, 0)).toMatchObject({
		accepted: true,
		fact: {type: 'signed-off', by: 'ana', role: 'lead', name: 'Ana', note: ''},
	});
	expect(admit(state, {...sign, role: 'lead'}, {role: 'read-only', who: 'ana'}, 0).accepted).toBe(false);
});

test('however often and in whatever order: one sign-off stands per role, stage and side of the end', () => {
	const one = fc.oneof(
		fc.record({role: fc.constantFrom('sre', 'product', 'lead'), name: fc.string()}).map(({role, name}) => signed(role, name)),
		fc.constant<Fact>({type: 'session-ended', outcome: 'ended', reason: ''}),
	);
	fc.assert(
		fc.property(fc.array(one, {maxLength: 30}), facts => {
			const {states} = fold([...atEndOfFirst, ...facts]);
			const {signOffs} = states.at(-1)!;
			const keys = signOffs.map(({role, stageIndex, afterEnd}) => `${role} ${stageIndex} ${afterEnd}`);
			expect(new Set(keys).size).toBe(keys.length);
			const last = facts.findLast(fact => fact.type === 'signed-off');
			if (last) expect(signOffs.at(-1)).toMatchObject({role: last.role, name: last.name});
		}),
	);
});
