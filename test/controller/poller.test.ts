import {beforeEach, expect, test} from 'vitest';
import {createSessionTime, type SessionTime} from '../../src/controller/clock.ts';
import {poll} from '../../src/controller/poller.ts';
import type {Fact} from '../../src/core/event.ts';
import type {Plan} from '../../src/core/plan.ts';
import {fold, guardrail, plan, started, values} from '../helpers/given.ts';
import {createManualClock, type ManualClock} from '../helpers/manual-clock.ts';
import {createScriptedSource} from '../helpers/scripted-source.ts';

let clock: ManualClock;
let time: SessionTime;
let facts: Fact[];
let stop: AbortController;

beforeEach(() => {
	clock = createManualClock();
	time = createSessionTime(clock, 0);
	facts = [];
	stop = new AbortController();
});

function start(source = createScriptedSource(), thePlan: Plan = plan()) {
	const state = fold([started(thePlan)]).states.at(-1)!;
	const ports = {plan: thePlan, source, clock, time, signal: stop.signal, startMs: 0, complain: () => {}};
	return {source, done: poll({...ports, take: fact => void facts.push(fact), state: () => state})};
}

const ticks = () => facts.filter(fact => fact.type === 'tick-taken');

test('everything is asked once a period, on a fixed grid', async () => {
	const {source} = start();
	await clock.advance(3_500);
	expect(ticks().map(({dueMs, lateMs, missed}) => [dueMs, lateMs, missed])).toEqual([
		[0, 0, 0],
		[1_000, 0, 0],
		[2_000, 0, 0],
		[3_000, 0, 0],
	]);
	expect(source.asked).toBe(4);
	stop.abort();
});

test('slow answers do not shift the grid', async () => {
	const source = createScriptedSource();
	const slow = async () => {
		await clock.sleep(700);
		return {readings: {errors: values(1)}};
	};
	for (let count = 0; count < 10; count++) source.next(slow);
	start(source);
	await clock.advance(5_999);
	expect(ticks().map(({dueMs}) => dueMs)).toEqual([0, 1_000, 2_000, 3_000, 4_000, 5_000]);
	stop.abort();
});

test('a source that never answers is cut off, and its tick is one of errors', async () => {
	const source = createScriptedSource();
	source.next(() => new Promise(() => {}));
	start(source);
	await clock.advance(1_100);
	expect(ticks()[0]?.readings['errors']).toMatchObject({kind: 'error', error: 'timeout'});
	await clock.advance(900);
	expect(ticks().map(({dueMs, lateMs}) => [dueMs, lateMs])).toEqual([
		[0, 0],
		[1_000, 100],
		[2_000, 0],
	]);
	stop.abort();
});

test('a source is told its deadline, which lies before the next tick', async () => {
	const source = createScriptedSource();
	const deadlines: number[] = [];
	source.next(async deadlineMs => {
		deadlines.push(deadlineMs);
		return {readings: {}};
	});
	start(source);
	await clock.advance(10);
	expect(deadlines).toEqual([900]);
	stop.abort();
});

test('ticks whose time has passed are counted, not made up for', async () => {
	const thePlan = plan();
	// A clock whose sleeps take too long, as on a machine that stood still.
	const lazy = {...clock, sleep: (ms: number, signal?: AbortSignal) => clock.sleep(ms === 1_000 ? 3_400 : ms, signal)};
	const source = createScriptedSource();
	const state = fold([started(thePlan)]).states.at(-1)!;
	void poll({
		plan: thePlan,
		source,
		clock: lazy,
		time,
		signal: stop.signal,
		startMs: 0,
		complain: () => {},
		take: fact => void facts.push(fact),
		state: () => state,
	});
	await clock.advance(3_500);
	expect(ticks().map(({dueMs, lateMs, missed}) => [dueMs, lateMs, missed])).toEqual([
		[0, 0, 0],
		[3_000, 400, 2],
	]);
	stop.abort();
});

test('a wall clock that jumps is a fact, and moves no tick', async () => {
	start();
	await clock.advance(1_500);
	clock.setWall(clock.nowMs() + 3_600_000);
	await clock.advance(1_500);
	expect(facts.filter(fact => fact.type === 'clock-jumped')).toEqual([{type: 'clock-jumped', byMs: 3_600_000}]);
	expect(ticks().map(({dueMs}) => dueMs)).toEqual([0, 1_000, 2_000, 3_000]);
	stop.abort();
});

test('a wall clock that is slewed is none', async () => {
	start();
	for (let second = 0; second < 3; second++) {
		clock.setWall(clock.nowMs() + 300);
		await clock.advance(1_000);
	}
	expect(facts.filter(fact => fact.type === 'clock-jumped')).toEqual([]);
	stop.abort();
});

test('of many series the worst twenty stay, worst first', async () => {
	const source = createScriptedSource();
	source.next(async () => ({readings: {errors: values(...Array.from({length: 100}, (_, index) => index))}}));
	start(source, plan({guardrails: [guardrail({bound: {op: '<', value: 10}})]}));
	await clock.advance(10);
	const reading = ticks()[0]?.readings['errors'];
	expect(reading).toMatchObject({kind: 'values', seriesCount: 100});
	expect(reading?.kind === 'values' && reading.series.map(({value}) => value)).toEqual(
		Array.from({length: 20}, (_, index) => 99 - index),
	);
	stop.abort();
});

test('it ends when told to, also in the middle of a question', async () => {
	const source = createScriptedSource();
	source.next(() => new Promise(() => {}));
	const {done} = start(source);
	await clock.advance(10);
	stop.abort();
	await clock.advance(0);
	await done;
	expect(facts).toEqual([]);
});
