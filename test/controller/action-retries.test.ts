import {beforeEach, expect, test} from 'vitest';
import {ok} from '../../src/base/result.ts';
import {settled} from '../helpers/manual-clock.ts';
import {createScriptedRouter, fails, hangs} from '../helpers/scripted-router.ts';
import {createActionRig, promote, rollback} from './action-rig.ts';

let rig: ReturnType<typeof createActionRig>;
beforeEach(() => {
	rig = createActionRig();
});

test('a rollback is tried for ever, ever more slowly, with the fallback in turn after two failures', async () => {
	const [primary, fallback] = [createScriptedRouter('primary', 5), createScriptedRouter('fallback', 5)];
	for (let count = 0; count < 50; count++) {
		primary.next('set', fails());
		fallback.next('set', fails());
	}
	const actions = rig.open([primary, fallback]);
	actions.perform(rollback());
	await settled();
	for (let step = 0; step < 200; step++) await rig.clock.advance(100);
	const failed = rig.facts.filter(fact => fact.type === 'action-failed');
	expect(failed.map(({router}) => router).slice(0, 6)).toEqual([
		'primary',
		'primary',
		'fallback',
		'primary',
		'fallback',
		'primary',
	]);
	expect(failed.map(({retryInMs}) => retryInMs).slice(0, 8)).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
	expect(actions.isBusy).toBe(true);
	actions.stop();
});

test('the fallback can bring it down', async () => {
	const [primary, fallback] = [createScriptedRouter('primary', 5), createScriptedRouter('fallback', 5)];
	for (let count = 0; count < 3; count++) primary.next('set', fails());
	rig.open([primary, fallback]).perform(rollback());
	await rig.clock.advance(1_000);
	expect(rig.facts.at(-1)).toMatchObject({type: 'action-verified', router: 'fallback', attempt: 3});
});

test('a rollback goes on when the split can not be read before', async () => {
	const router = createScriptedRouter('one', 5);
	router.next('read', hangs);
	rig.open([router]).perform(rollback());
	await rig.clock.advance(1_000);
	expect(router.calls).toEqual(['read', 'set 0']);
	expect(rig.record()).toEqual(['intended r', 'verified r']);
});

test('a step forward from an unknown place is not taken', async () => {
	const router = createScriptedRouter('one', 5);
	router.next('read', fails('no such socket'));
	rig.open([router]).perform(promote(25));
	await settled();
	expect(router.calls).toEqual(['read']);
	expect(rig.facts.at(-1)).toMatchObject({type: 'action-failed', error: {message: 'no such socket'}});
});

test('a step forward is tried three times, then given up', async () => {
	const router = createScriptedRouter('one', 5);
	for (let count = 0; count < 5; count++) router.next('set', fails('down'));
	const actions = rig.open([router]);
	actions.perform(promote(25));
	await rig.clock.advance(10_000);
	const failed = rig.facts.filter(fact => fact.type === 'action-failed');
	expect(failed.map(({retryInMs}) => retryInMs)).toEqual([500, 1_000, undefined]);
	expect(actions.isBusy).toBe(false);
});

test('a router that reads back something else has not applied it', async () => {
	const router = createScriptedRouter('one', 5);
	router.next('set', async () => ok({weightPercent: 5}));
	rig.open([router]).perform(promote(25));
	await rig.clock.advance(500);
	expect(rig.facts[2]).toMatchObject({
		type: 'action-failed',
		error: {kind: 'not-applied', message: expect.stringMatching(/25 %.*5 %/)},
	});
	expect(rig.record().at(-1)).toBe('verified p');
});

test.each([
	['rejects', () => Promise.reject(new Error('boom'))],
	[
		'throws',
		() => {
			throw new Error('boom');
		},
	],
])('a router that %s does not break the chain', async (_, answering) => {
	const router = createScriptedRouter('one', 5);
	router.next('set', answering);
	rig.open([router]).perform(rollback());
	await rig.clock.advance(100);
	expect(rig.facts[2]).toMatchObject({type: 'action-failed', error: {kind: 'refused', message: expect.stringMatching(/boom/)}});
	expect(rig.record().at(-1)).toBe('verified r');
});
