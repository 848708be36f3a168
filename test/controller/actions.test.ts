import {beforeEach, expect, test} from 'vitest';
import {fail, ok, type Result} from '../../src/base/result.ts';
import {createActions, type SetWeight} from '../../src/controller/actions.ts';
import type {Fact} from '../../src/core/event.ts';
import {createManualClock, type ManualClock, settled} from '../helpers/manual-clock.ts';
import {createScriptedRouter, deaf, fails, hangs} from '../helpers/scripted-router.ts';

let clock: ManualClock;
let facts: Fact[];
let synced: Result<void, string>;

beforeEach(() => {
	clock = createManualClock();
	facts = [];
	synced = ok(undefined);
});

const promote = (toPercent: number, id = 'p'): SetWeight => ({
	type: 'set-weight',
	id,
	purpose: 'promote',
	toPercent,
	stageIndex: 1,
	reason: 'the stage is over',
	by: 'ana',
	urgent: false,
});
const rollback = (id = 'r'): SetWeight => ({...promote(0, id), purpose: 'rollback', urgent: true, reason: 'errors'});

function open(...routers: ReturnType<typeof createScriptedRouter>[]) {
	return createActions({
		routers,
		take: fact => void facts.push(fact),
		sync: async () => synced,
		mayWrite: () => ok(undefined),
		clock,
		complain: fault => {
			throw fault;
		},
	});
}

/** `intended p`, `verified r`, …: the record in short. */
const record = (): string[] =>
	facts.map(fact => ('intentId' in fact ? `${fact.type.replace('action-', '')} ${fact.intentId}` : fact.type));

test('a step is recorded before the router hears of it, read before, set, read back, recorded', async () => {
	const router = createScriptedRouter('one', 5);
	open(router).perform(promote(25));
	expect(record()).toEqual(['intended p']);
	expect(router.calls).toEqual([]);
	await settled();
	expect(router.calls).toEqual(['read', 'set 25']);
	expect(record()).toEqual(['intended p', 'read-before p', 'verified p']);
	expect(facts[1]).toMatchObject({split: {weightPercent: 5}});
	expect(facts[2]).toMatchObject({split: {weightPercent: 25}, attempt: 1, router: 'one'});
});

test('a step whose record can not be kept is not begun', async () => {
	const router = createScriptedRouter('one', 5);
	synced = fail('the disk is full');
	open(router).perform(promote(25));
	await settled();
	expect(router.calls).toEqual([]);
	expect(facts.at(-1)).toMatchObject({type: 'action-failed', error: {message: expect.stringMatching(/disk is full.*not begun/)}});
	expect(facts.at(-1)).not.toHaveProperty('retryInMs');
});

test('a rollback needs no record', async () => {
	const router = createScriptedRouter('one', 5);
	synced = fail('the disk is full');
	open(router).perform(rollback());
	await settled();
	expect(router.weightPercent).toBe(0);
	expect(record().at(-1)).toBe('verified r');
});

test('a rollback aborts the promote under way and goes next', async () => {
	const router = createScriptedRouter('one', 5);
	router.next('set', hangs);
	const actions = open(router);
	actions.perform(promote(25));
	await settled();
	actions.perform(rollback());
	expect(record().slice(-2)).toEqual(['aborted p', 'intended r']);
	await settled();
	expect(router.calls).toEqual(['read', 'set 25', 'read', 'set 0']);
	expect(record().at(-1)).toBe('verified r');
});

test('steps that wait behind are dropped for a rollback', async () => {
	const router = createScriptedRouter('one', 5);
	router.next('set', hangs);
	const actions = open(router);
	actions.perform(promote(25));
	actions.perform(promote(50, 'q'));
	await settled();
	actions.perform(rollback());
	await settled();
	expect(record()).toContain('aborted q');
	expect(router.calls).not.toContain('set 50');
	expect(router.weightPercent).toBe(0);
});

test('a promote that does not stop when told, and lands after the rollback, is seen', async () => {
	const router = createScriptedRouter('one', 5);
	const slow = deaf(() => {
		router.weightPercent = 25;
	});
	router.next('set', slow.answering);
	const actions = open(router);
	actions.perform(promote(25));
	await settled();
	actions.perform(rollback());
	await clock.advance(499);
	expect(router.calls).not.toContain('set 0');
	await clock.advance(2);
	expect(record().at(-1)).toBe('verified r');
	slow.land();
	await settled();
	expect(facts.at(-1)).toEqual({type: 'split-read', split: {weightPercent: 25}});
});

test('a promote that lands while the rollback waits for it is undone by that rollback', async () => {
	const router = createScriptedRouter('one', 5);
	const slow = deaf(() => {
		router.weightPercent = 25;
	});
	router.next('set', slow.answering);
	const actions = open(router);
	actions.perform(promote(25));
	await settled();
	actions.perform(rollback());
	await clock.advance(100);
	slow.land();
	await settled();
	expect(router.calls.slice(-2)).toEqual(['read', 'set 0']);
	expect(router.weightPercent).toBe(0);
});

test('a rollback is tried for ever, ever more slowly, with the fallback in turn after two failures', async () => {
	const [primary, fallback] = [createScriptedRouter('primary', 5), createScriptedRouter('fallback', 5)];
	for (let count = 0; count < 50; count++) {
		primary.next('set', fails());
		fallback.next('set', fails());
	}
	const actions = open(primary, fallback);
	actions.perform(rollback());
	await settled();
	for (let step = 0; step < 200; step++) await clock.advance(100);
	const failed = facts.filter(fact => fact.type === 'action-failed');
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
	open(primary, fallback).perform(rollback());
	await clock.advance(1_000);
	expect(facts.at(-1)).toMatchObject({type: 'action-verified', router: 'fallback', attempt: 3});
});

test('a rollback goes on when the split can not be read before', async () => {
	const router = createScriptedRouter('one', 5);
	router.next('read', hangs);
	open(router).perform(rollback());
	await clock.advance(1_000);
	expect(router.calls).toEqual(['read', 'set 0']);
	expect(record()).toEqual(['intended r', 'verified r']);
});

test('a step forward from an unknown place is not taken', async () => {
	const router = createScriptedRouter('one', 5);
	router.next('read', fails('no such socket'));
	open(router).perform(promote(25));
	await settled();
	expect(router.calls).toEqual(['read']);
	expect(facts.at(-1)).toMatchObject({type: 'action-failed', error: {message: 'no such socket'}});
});

test('a step forward is tried three times, then given up', async () => {
	const router = createScriptedRouter('one', 5);
	for (let count = 0; count < 5; count++) router.next('set', fails('down'));
	const actions = open(router);
	actions.perform(promote(25));
	await clock.advance(10_000);
	const failed = facts.filter(fact => fact.type === 'action-failed');
	expect(failed.map(({retryInMs}) => retryInMs)).toEqual([500, 1_000, undefined]);
	expect(actions.isBusy).toBe(false);
});

test('a router that reads back something else has not applied it', async () => {
	const router = createScriptedRouter('one', 5);
	router.next('set', async () => ok({weightPercent: 5}));
	open(router).perform(promote(25));
	await clock.advance(500);
	expect(facts[2]).toMatchObject({
		type: 'action-failed',
		error: {kind: 'not-applied', message: expect.stringMatching(/25 %.*5 %/)},
	});
	expect(record().at(-1)).toBe('verified p');
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
	open(router).perform(rollback());
	await clock.advance(100);
	expect(facts[2]).toMatchObject({type: 'action-failed', error: {kind: 'refused', message: expect.stringMatching(/boom/)}});
	expect(record().at(-1)).toBe('verified r');
});

test('a rollback asked for again does not abort the call of the first, only its pause', async () => {
	const router = createScriptedRouter('one', 5);
	router.next('set', fails());
	const actions = open(router);
	actions.perform(rollback());
	await settled();
	expect(record().at(-1)).toBe('failed r');
	actions.perform(rollback('s'));
	await settled();
	expect(record()).toContain('aborted r');
	expect(record().at(-1)).toBe('verified s');
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
	const actions = open(router);
	actions.perform(rollback());
	await settled();
	actions.perform(rollback('s'));
	await settled();
	expect(told?.aborted).toBe(false);
	expect(router.calls).toEqual(['read', 'set 0']);
	slow.land();
	await settled();
	expect(router.calls).toEqual(['read', 'set 0', 'read', 'set 0']);
	expect(record().at(-1)).toBe('verified s');
});

test('a write without the lease is refused', async () => {
	const router = createScriptedRouter('one', 5);
	const actions = createActions({
		routers: [router],
		take: fact => void facts.push(fact),
		sync: async () => synced,
		mayWrite: () => fail('somebody else holds it'),
		clock,
		complain: () => {},
	});
	actions.perform(promote(25));
	await clock.advance(5_000);
	expect(router.calls).toEqual([]);
	expect(facts.at(-1)).toMatchObject({type: 'action-failed', error: {message: 'somebody else holds it'}});
});

test('what is asked for around the very moment the last one ends is carried out', async () => {
	for (let turns = 0; turns < 30; turns++) {
		const router = createScriptedRouter('one', 5);
		const later = async (): Promise<void> => {
			for (let turn = 0; turn < turns; turn++) await undefined;
			actions.perform(rollback());
		};
		const actions = createActions({
			routers: [router],
			take: fact => void (fact.type === 'action-verified' && fact.intentId === 'p' && later()),
			sync: async () => synced,
			mayWrite: () => ok(undefined),
			clock,
			complain: () => {},
		});
		actions.perform(promote(25));
		await settled();
		expect(router.weightPercent, `${turns} turns later`).toBe(0);
		await actions.idle();
		expect(actions.isBusy).toBe(false);
	}
});
