import {beforeEach, expect, test} from 'vitest';
import {fail} from '../../src/base/result.ts';
import type {Fact} from '../../src/core/event.ts';
import {settled} from '../helpers/manual-clock.ts';
import {createScriptedRouter, deaf, fails, hangs} from '../helpers/scripted-router.ts';
import {createActionRig, diskFull, promote, rollback} from './action-rig.ts';

let rig: ReturnType<typeof createActionRig>;
beforeEach(() => {
	rig = createActionRig();
});

test('a step is recorded before the router hears of it, read before, set, read back, recorded', async () => {
	const router = createScriptedRouter('one', 5);
	rig.open([router]).perform(promote(25));
	expect(rig.record()).toEqual(['intended p']);
	expect(router.calls).toEqual([]);
	await settled();
	expect(router.calls).toEqual(['read', 'set 25']);
	expect(rig.record()).toEqual(['intended p', 'read-before p', 'verified p']);
	expect(rig.facts[1]).toMatchObject({split: {weightPercent: 5}});
	expect(rig.facts[2]).toMatchObject({split: {weightPercent: 25}, attempt: 1, router: 'one'});
});

test('a step whose record can not be kept is not begun', async () => {
	const router = createScriptedRouter('one', 5);
	rig.synced = diskFull;
	rig.open([router]).perform(promote(25));
	await settled();
	expect(router.calls).toEqual([]);
	expect(rig.facts.at(-1)).toMatchObject({
		type: 'action-failed',
		error: {message: expect.stringMatching(/disk is full.*not begun/)},
	});
	expect(rig.facts.at(-1)).not.toHaveProperty('retryInMs');
});

test('a rollback needs no record', async () => {
	const router = createScriptedRouter('one', 5);
	rig.synced = diskFull;
	rig.open([router]).perform(rollback());
	await settled();
	expect(router.weightPercent).toBe(0);
	expect(rig.record().at(-1)).toBe('verified r');
});

test('a rollback aborts the promote under way and goes next', async () => {
	const router = createScriptedRouter('one', 5);
	router.next('set', hangs);
	const actions = rig.open([router]);
	actions.perform(promote(25));
	await settled();
	actions.perform(rollback());
	expect(rig.record().slice(-2)).toEqual(['aborted p', 'intended r']);
	await settled();
	expect(router.calls).toEqual(['read', 'set 25', 'read', 'set 0']);
	expect(rig.record().at(-1)).toBe('verified r');
});

test('steps that wait behind are dropped for a rollback', async () => {
	const router = createScriptedRouter('one', 5);
	router.next('set', hangs);
	const actions = rig.open([router]);
	actions.perform(promote(25));
	actions.perform(promote(50, 'q'));
	await settled();
	actions.perform(rollback());
	await settled();
	expect(rig.record()).toContain('aborted q');
	expect(router.calls).not.toContain('set 50');
	expect(router.weightPercent).toBe(0);
});

test('a promote that does not stop when told, and lands after the rollback, is seen', async () => {
	const router = createScriptedRouter('one', 5);
	const slow = deaf(() => {
		router.weightPercent = 25;
	});
	router.next('set', slow.answering);
	const actions = rig.open([router]);
	actions.perform(promote(25));
	await settled();
	actions.perform(rollback());
	await rig.clock.advance(499);
	expect(router.calls).not.toContain('set 0');
	await rig.clock.advance(2);
	expect(rig.record().at(-1)).toBe('verified r');
	slow.land();
	await settled();
	expect(rig.facts.at(-1)).toEqual({type: 'split-read', split: {weightPercent: 25}});
});

test('a promote that lands while the rollback waits for it is undone by that rollback', async () => {
	const router = createScriptedRouter('one', 5);
	const slow = deaf(() => {
		router.weightPercent = 25;
	});
	router.next('set', slow.answering);
	const actions = rig.open([router]);
	actions.perform(promote(25));
	await settled();
	actions.perform(rollback());
	await rig.clock.advance(100);
	slow.land();
	await settled();
	expect(router.calls.slice(-2)).toEqual(['read', 'set 0']);
	expect(router.weightPercent).toBe(0);
});

test('a rollback asked for again does not abort the call of the first, only its pause', async () => {
	const router = createScriptedRouter('one', 5);
	router.next('set', fails());
	const actions = rig.open([router]);
	actions.perform(rollback());
	await settled();
	expect(rig.record().at(-1)).toBe('failed r');
	actions.perform(rollback('s'));
	await settled();
	expect(rig.record()).toContain('aborted r');
	expect(rig.record().at(-1)).toBe('verified s');
	expect(router.weightPercent).toBe(0);
});

test('a rollback asked for again while the first is being set lets it be set', async () => {
	const router = createScriptedRouter('one', 5);
	let told: AbortSignal | undefined;
	const slow = deaf(() => {});
	router.next('set', signal => {
		told = signal;
		return slow.answering(signal);
	});
	const actions = rig.open([router]);
	actions.perform(rollback());
	await settled();
	actions.perform(rollback('s'));
	await settled();
	expect(told?.aborted).toBe(false);
	expect(router.calls).toEqual(['read', 'set 0']);
	slow.land();
	await settled();
	expect(router.calls).toEqual(['read', 'set 0', 'read', 'set 0']);
	expect(rig.record().at(-1)).toBe('verified s');
});

test('a write without the lease is refused', async () => {
	const router = createScriptedRouter('one', 5);
	const actions = rig.open([router], {mayWrite: () => fail('somebody else holds it')});
	actions.perform(promote(25));
	await rig.clock.advance(5_000);
	expect(router.calls).toEqual([]);
	expect(rig.facts.at(-1)).toMatchObject({type: 'action-failed', error: {message: 'somebody else holds it'}});
});

test('what is asked for around the very moment the last one ends is carried out', async () => {
	for (let turns = 0; turns < 30; turns++) {
		const router = createScriptedRouter('one', 5);
		const later = async (): Promise<void> => {
			for (let turn = 0; turn < turns; turn++) await undefined;
			actions.perform(rollback());
		};
		const take = (fact: Fact): void => void (fact.type === 'action-verified' && fact.intentId === 'p' && later());
		const actions = rig.open([router], {take});
		actions.perform(promote(25));
		await settled();
		expect(router.weightPercent, `${turns} turns later`).toBe(0);
		await actions.idle();
		expect(actions.isBusy).toBe(false);
	}
});
