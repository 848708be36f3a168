import {afterAll, expect, test} from 'vitest';
import {createSessionTime} from '../../src/controller/clock.ts';
import {createRuntime} from '../../src/controller/runtime.ts';
import type {SessionEvent} from '../../src/core/event.ts';
import type {Intent} from '../../src/core/intent.ts';
import {initialState} from '../../src/core/state.ts';
import {plan, splitRead, started, tick} from '../helpers/given.ts';
import {createTestJournal, readAll} from '../helpers/journal.ts';
import {createManualClock} from '../helpers/manual-clock.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';

const temp = createTempFolder('runtime');
afterAll(() => temp.remove());

function open(perform: (intent: Intent) => void = () => {}) {
	const clock = createManualClock();
	const {journal, path} = createTestJournal(temp.path);
	const published: SessionEvent[] = [];
	const faults: unknown[] = [];
	const runtime = createRuntime({
		time: createSessionTime(clock, 0),
		journal,
		state: initialState,
		publish: event => void published.push(event),
		perform,
		complain: fault => faults.push(fault),
	});
	return {clock, runtime, journal, path, published, faults};
}

test('a fact becomes an event with the next number and both times, in the journal and to all who listen', async () => {
	const {clock, runtime, journal, path, published} = open();
	runtime.take(started());
	await clock.advance(1_234);
	const event = runtime.take(splitRead(5));
	expect(event).toEqual({type: 'split-read', split: {weightPercent: 5}, seq: 1, atMs: clock.nowMs(), tMs: 1_234});
	expect(published.map(({seq}) => seq)).toEqual([0, 1]);
	await journal.close(1_000);
	const entries = (await readAll(path)).entries.filter(entry => entry.kind === 'event');
	expect(entries.map(({event: kept}) => kept)).toEqual(published);
});

test('facts taken while an intent is carried out come after the event it followed from', () => {
	const seen: string[] = [];
	const {runtime, published} = open(intent => {
		seen.push(intent.type);
		if (intent.type === 'set-weight') runtime.take({type: 'noticed', level: 'info', text: 'in between'});
	});
	runtime.take(started(plan()));
	runtime.take(tick(0, 1));
	runtime.take(splitRead(0));
	expect(seen).toContain('set-weight');
	expect(published.map(({type}) => type)).toEqual(['session-started', 'tick-taken', 'split-read', 'noticed']);
});

test('a fault in carrying out one intent is told, and the loop goes on', () => {
	const {runtime, faults} = open(() => {
		throw new Error('boom');
	});
	runtime.take(started(plan()));
	runtime.take(tick(0, 1));
	runtime.take(splitRead(0));
	expect(faults).toEqual([new Error('boom')]);
	expect(runtime.state.nextSeq).toBe(3);
});

test('an event our reasoning can not take is kept and stepped over; a rollback that is asked for goes out all the same', () => {
	const intents: Intent[] = [];
	const {runtime, faults} = open(intent => void intents.push(intent));
	runtime.take(started({...plan(), guardrails: null as never}));
	expect(faults.length).toBeGreaterThan(0);
	runtime.take({type: 'rollback-asked', by: 'ana', reason: 'pager'});
	expect(runtime.state.nextSeq).toBe(2);
	expect(intents.filter(({type}) => type === 'set-weight')).toMatchObject([{toPercent: 0, urgent: true, by: 'ana'}]);
});
