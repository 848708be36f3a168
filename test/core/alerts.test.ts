import {expect, test} from 'vitest';
import type {Fact} from '../../src/core/event.ts';
import {promoteBlockers} from '../../src/core/next.ts';
import type {Plan} from '../../src/core/plan.ts';
import {given, plan, splitRead, started, tick} from '../helpers/given.ts';

const alert = (action?: 'AUTO_ROLLBACK' | 'SECURITY_ROLLBACK'): Fact => ({
	type: 'alert-received',
	fingerprint: 'a1',
	name: 'PaymentsDown',
	summary: 'nobody can pay',
	via: 'webhook',
	...(action && {action}),
});

const at5 = (mayRollBack: boolean, policies: Partial<Plan['policies']> = {}): Fact[] => [
	started(plan({alertmanager: {mayRollBack}}, policies)),
	splitRead(5),
	tick(1_000, 1),
];

test('an alert that may rolls back at once, and says why', () => {
	const {intents, state} = given(...at5(true)).when(alert('AUTO_ROLLBACK'));
	expect(intents[0]).toMatchObject({
		type: 'set-weight',
		purpose: 'rollback',
		toPercent: 0,
		urgent: true,
		reason: 'the alert PaymentsDown (AUTO_ROLLBACK): nobody can pay',
	});
	expect(state.timeline.at(-1)?.text).toBe('alert PaymentsDown (AUTO_ROLLBACK): nobody can pay');
});

test('a security alert makes it a security rollback', () => {
	const {intents} = given(...at5(true)).when(alert('SECURITY_ROLLBACK'));
	const [intent] = intents;
	expect(intent).toMatchObject({reason: expect.stringMatching(/^SECURITY: /)});
	const intended: Fact = {
		type: 'action-intended',
		intentId: 'x',
		purpose: 'rollback',
		toPercent: 0,
		stageIndex: 0,
		reason: '',
		by: 'x',
	};
	expect(given(...at5(true), alert('SECURITY_ROLLBACK')).when(intended).state.rollback?.security).toBe(true);
});

test.each([
	['it asks for nothing', at5(true), alert()],
	['the profile does not let it', at5(false), alert('AUTO_ROLLBACK')],
	['rollbacks are only advised', at5(true, {autoRollback: 'advisory'}), alert('AUTO_ROLLBACK')],
	['the candidate has no traffic', [started(plan({alertmanager: {mayRollBack: true}})), splitRead(0)], alert('AUTO_ROLLBACK')],
])('it is only shown where %s', (_, facts, fact) => {
	const {intents, state} = given(...facts).when(fact);
	expect(intents.filter(({type}) => type === 'set-weight')).toEqual([]);
	expect(state.timeline.at(-1)?.text).toContain('alert PaymentsDown');
});

test('while it stands nothing goes forward, also not before the first weight; resolved, it is over', () => {
	const begun: Fact[] = [started(plan({alertmanager: {mayRollBack: true}})), splitRead(0), tick(1_000, 1)];
	const {state} = given(...begun).when(alert('AUTO_ROLLBACK'));
	expect(promoteBlockers(state)).toEqual(['the alert PaymentsDown (AUTO_ROLLBACK): nobody can pay stands']);
	const after = given(...begun, alert('AUTO_ROLLBACK')).when({
		type: 'alert-resolved',
		fingerprint: 'a1',
		name: 'PaymentsDown',
		via: 'poll',
	});
	expect(promoteBlockers(after.state)).toEqual([]);
	expect(after.state.timeline.at(-1)?.text).toBe('alert PaymentsDown resolved');
});
