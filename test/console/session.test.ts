import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest';
import {createConsoleSession} from '../../src/console/console-session.ts';
import {createPace} from '../../src/console/pace.ts';
import type {Role} from '../../src/core/protocol.ts';
import {unicodeGlyphs} from '../../src/view/glyphs.ts';
import {initialUi, type UiState} from '../../src/view/ui-state.ts';
import {fakeClient} from '../helpers/fake-client.ts';
import {breachingSession, type FakeSession, healthySession} from '../helpers/fake-session.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function open(session: FakeSession, differs: {role?: Role; ui?: Partial<UiState>} = {}) {
	const monoMs = () => Date.now();
	const client = fakeClient(session, {monoMs, ...(differs.role && {role: differs.role})});
	const told = {
		changed: vi.fn(),
		quit: vi.fn(),
		redraw: vi.fn(),
		suspend: vi.fn(),
		remember: vi.fn(),
		bell: vi.fn(),
		note: vi.fn(),
		pager: vi.fn(),
	};
	const console = createConsoleSession({
		client,
		who: 'ana@bastion',
		ui: {...initialUi, ...differs.ui},
		glyphs: unicodeGlyphs,
		size: () => ({columns: 120, rows: 40}),
		offsetMinutes: () => 0,
		monoMs,
		...told,
	});
	const press = async (...keys: readonly string[]): Promise<void> => {
		for (const key of keys) console.press({type: 'key', key, isolated: true});
		await vi.advanceTimersByTimeAsync(0);
	};
	return {client, console, press, ...told};
}

describe('the bell', () => {
	/** RLS errors count after a minute; cross-tenant attempts at once. */
	const breach = (session: FakeSession, client: ReturnType<typeof fakeClient>, id: string, polls: number): void => {
		session.poll(polls, {[id]: 3});
		client.moved();
	};

	test('rings once for a new breach, and not while it stands', () => {
		const session = healthySession();
		const {client, bell} = open(session);
		breach(session, client, 'tenant', 1);
		expect(bell).toHaveBeenCalledTimes(1);
		vi.advanceTimersByTime(60_000);
		breach(session, client, 'tenant', 5);
		expect(bell).toHaveBeenCalledTimes(1);
	});

	test('does not ring for what was breached before the console came', () => {
		const session = healthySession().poll(2, {tenant: 3});
		const {client, bell} = open(session);
		breach(session, client, 'tenant', 1);
		expect(bell).not.toHaveBeenCalled();
	});

	test('rings once for what breaks within ten seconds', () => {
		const session = healthySession();
		const {client, bell} = open(session);
		breach(session, client, 'tenant', 1);
		vi.advanceTimersByTime(5_000);
		session.take({type: 'noticed', level: 'alarm', topic: 'journal', text: 'the journal is full'});
		client.moved();
		expect(bell).toHaveBeenCalledTimes(1);
		vi.advanceTimersByTime(6_000);
		session.take({type: 'noticed', level: 'alarm', topic: 'split', text: 'drifted'});
		client.moved();
		expect(bell).toHaveBeenCalledTimes(2);
	});

	test('is silent when it is off', () => {
		const session = healthySession();
		const {client, bell} = open(session, {ui: {bell: false}});
		breach(session, client, 'tenant', 1);
		expect(bell).not.toHaveBeenCalled();
	});
});

describe('what is sent', () => {
	test('a rollback takes two keys, and its answer is said for some seconds', async () => {
		const {client, console, press} = open(breachingSession());
		await press('r', 'y');
		expect(client.sent).toEqual([{command: 'rollback', reason: ''}]);
		expect(console.scene().ui.flash?.text).toBe('rollback asked');
		await vi.advanceTimersByTimeAsync(5_000);
		expect(console.scene().ui.flash).toBeUndefined();
	});

	test('a refusal is said in the controller’s words', async () => {
		const session = healthySession();
		const {console, press} = open(session);
		await press('p');
		for (const letter of 'relay-r1') await press(letter);
		session.take({type: 'hold-asked', by: 'bob', reason: 'lunch'});
		await press('enter');
		expect(console.scene().ui.flash?.text).toMatch(/promote.*held by bob: lunch/);
	});

	test('who leaves with a rollback leaves when it has been taken', async () => {
		const {client, press, quit} = open(breachingSession());
		await press('q', 'r', 'enter');
		expect(client.sent).toEqual([{command: 'rollback', reason: 'on leaving the console'}]);
		expect(quit).toHaveBeenCalledTimes(1);
	});

	test('an attached console is armed for as long as the controller says', async () => {
		const {client, console, press} = open(healthySession(), {role: 'attached', ui: {operator: 'ana'}});
		await press('h');
		expect(client.sent).toEqual([]);
		await press('A', 'x', 'enter');
		expect(client.sent).toEqual([{command: 'arm', name: 'ana', reason: 'x'}]);
		expect(console.scene().ui.armedUntilMs).toBeGreaterThan(console.scene().now.tMs);
		await press('h');
		expect(client.sent.at(-1)).toEqual({command: 'hold', reason: ''});
	});
});

describe('the pace of drawing', () => {
	test('is ten frames a second at most, however much is wanted', () => {
		const draw = vi.fn();
		const pace = createPace(draw, () => Date.now());
		for (let ms = 0; ms < 1_000; ms += 2) {
			pace.want(true);
			vi.advanceTimersByTime(2);
		}
		pace.stop();
		expect(draw.mock.calls.length).toBeGreaterThanOrEqual(9);
		expect(draw.mock.calls.length).toBeLessThanOrEqual(11);
	});

	test('is about two for values that only move, and one for clocks when nothing else does', () => {
		const draw = vi.fn();
		const pace = createPace(draw, () => Date.now());
		for (let ms = 0; ms < 2_000; ms += 50) {
			pace.want(false);
			vi.advanceTimersByTime(50);
		}
		expect(draw.mock.calls.length).toBeLessThanOrEqual(5);
		draw.mockClear();
		vi.advanceTimersByTime(10_000);
		expect(draw.mock.calls.length).toBeGreaterThanOrEqual(9);
		expect(draw.mock.calls.length).toBeLessThanOrEqual(11);
		pace.stop();
	});

	test('ends when stopped', () => {
		const draw = vi.fn();
		const pace = createPace(draw, () => Date.now());
		pace.want(true);
		pace.stop();
		vi.advanceTimersByTime(5_000);
		expect(draw).not.toHaveBeenCalled();
	});
});
