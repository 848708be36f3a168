import {beforeEach, expect, test} from 'vitest';
import {createSplitWatch} from '../../src/controller/split-watch.ts';
import type {Fact} from '../../src/core/event.ts';
import {createManualClock, type ManualClock} from '../helpers/manual-clock.ts';
import {createScriptedRouter, deaf, fails, hangs, type ScriptedRouter} from '../helpers/scripted-router.ts';

let clock: ManualClock;
let facts: Fact[];
let router: ScriptedRouter;
let actions: {isBusy: boolean; begun: number};
let stop: AbortController;

beforeEach(() => {
	clock = createManualClock();
	facts = [];
	router = createScriptedRouter('one', 5);
	actions = {isBusy: false, begun: 0};
	stop = new AbortController();
});

const watch = () =>
	createSplitWatch({router, actions, clock, take: fact => void facts.push(fact), everyMs: 5_000, signal: stop.signal});

test('the split is read at once, and then as often as planned', async () => {
	void watch().run();
	await clock.advance(10_500);
	expect(facts).toEqual(Array.from({length: 3}, () => ({type: 'split-read', split: {weightPercent: 5}})));
	stop.abort();
});

test('a split that can not be read is a fact, and asked for each second', async () => {
	router.next('read', fails('gone'));
	router.next('read', fails('gone'));
	void watch().run();
	await clock.advance(2_500);
	expect(facts.map(({type}) => type)).toEqual(['split-unreadable', 'split-unreadable', 'split-read']);
	stop.abort();
});

test('it is left alone while an action is under way', async () => {
	actions.isBusy = true;
	void watch().run();
	await clock.advance(5_500);
	expect(router.calls).toEqual([]);
	stop.abort();
});

test('what was read before an action began is not believed after it', async () => {
	const slow = deaf(() => {});
	router.next('read', slow.answering);
	void watch().run();
	await clock.advance(10);
	actions.begun++;
	slow.land();
	await clock.advance(10);
	expect(facts).toEqual([]);
	stop.abort();
});

test('a read that hangs is ended when an action needs the router', async () => {
	let told: AbortSignal | undefined;
	router.next('read', signal => {
		told = signal;
		return hangs(signal);
	});
	const one = watch();
	void one.run();
	await clock.advance(10);
	expect(told?.aborted).toBe(false);
	actions.begun++;
	one.giveWay();
	await clock.advance(6_000);
	expect(told?.aborted).toBe(true);
	expect(facts.map(({type}) => type)).toEqual(['split-read']);
	stop.abort();
});

test('asked for twice at once, it is read once', async () => {
	const one = watch();
	await Promise.all([one.readNow(), one.readNow()]);
	expect(router.calls).toEqual(['read']);
});
