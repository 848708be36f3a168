import {beforeEach, describe, expect, test, vi} from 'vitest';
import {noteSequence, type noteWays} from '../../src/console/desktop-note.ts';
import {createRinger} from '../../src/console/ringer.ts';
import type {NoticeKind} from '../../src/core/notify-options.ts';
import type {SessionState} from '../../src/core/state.ts';
import {type FakeSession, failedRollbackSession, fakePlan, healthySession, rolledBackSession} from '../helpers/fake-session.ts';

let nowMs = 0;
beforeEach(() => {
	nowMs = 0;
});

/** A ringer that sees each state of a session, and what it did. */
function ringing(session: FakeSession) {
	const bell = vi.fn();
	const notes: string[] = [];
	const ring = createRinger({bell, note: (title, text) => notes.push(`${title}: ${text}`), monoMs: () => nowMs});
	let before: SessionState = session.state();
	return {
		bell,
		notes,
		look() {
			const after = session.state();
			ring(before, after);
			before = after;
		},
	};
}

const ended = {type: 'session-ended', outcome: 'rolled-back', reason: 'SSE success breached'} as const;

describe('what a console rings for', () => {
	test('a breach, the rollback, that it is verified, and the decision: a note each, and one bell within ten seconds', () => {
		const session = healthySession();
		const {bell, notes, look} = ringing(session);
		session.poll(1, {tenant: 3});
		look();
		session.take({type: 'rollback-asked', by: 'ana', reason: 'pager'});
		look();
		session.take({
			...{type: 'action-intended', intentId: '9:0', purpose: 'rollback', toPercent: 0},
			stageIndex: -1,
			reason: 'pager',
			by: 'ana',
		});
		look();
		session.take({type: 'action-verified', intentId: '9:0', router: 'r', split: {weightPercent: 0}, attempt: 1, tookMs: 6});
		look();
		session.take(ended);
		look();
		expect(notes).toEqual([
			'relay-r1: Cross-tenant breached: 2.95 (healthy = 0)',
			'relay-r1: SECURITY ROLLBACK of R1 TASK-A: pager',
			expect.stringMatching(/^relay-r1: R1 TASK-A is rolled back: the router reads 0 %/),
			'relay-r1: rolled back: SSE success breached',
		]);
		expect(bell).toHaveBeenCalledTimes(1);
		nowMs += 20_000;
		session.take({type: 'noticed', level: 'alarm', topic: 'journal', text: 'the journal is full'});
		look();
		expect(bell).toHaveBeenCalledTimes(2);
	});

	test('nothing that stood before it came, nor what is over, nor what stands on', () => {
		for (const session of [rolledBackSession(), failedRollbackSession(), healthySession().poll(2, {tenant: 3})]) {
			const {bell, notes, look} = ringing(session);
			session.poll(3, {tenant: 0});
			look();
			expect(notes).toEqual([]);
			expect(bell).not.toHaveBeenCalled();
		}
	});

	test('a guardrail that goes in and out of its bound is noted once a minute', () => {
		const session = healthySession();
		const {notes, look} = ringing(session);
		for (let round = 0; round < 10; round++) {
			session.poll(1, {tenant: 3});
			look();
			session.poll(1, {tenant: 0});
			look();
			nowMs += 2_000;
		}
		expect(notes).toHaveLength(1);
		nowMs += 60_000;
		session.poll(1, {tenant: 3});
		look();
		expect(notes).toHaveLength(2);
	});

	test('a storm is six notes, and rings on', () => {
		const session = healthySession();
		const {bell, notes, look} = ringing(session);
		for (let topic = 0; topic < 30; topic++) session.take({type: 'noticed', level: 'alarm', topic: `t${topic}`, text: 'on fire'});
		look();
		expect(notes).toHaveLength(6);
		expect(bell).toHaveBeenCalledTimes(1);
	});

	test('what the profile’s bell lists, and no more', () => {
		const only = (...on: NoticeKind[]): FakeSession => healthySession({...fakePlan, notify: [{name: 'desk', on, bell: true}]});
		const happens = (session: FakeSession): readonly string[] => {
			const {notes, look} = ringing(session);
			session.poll(1, {tenant: 3});
			look();
			session.take({type: 'hold-asked', by: 'ana', reason: 'lunch'});
			look();
			return notes;
		};
		expect(happens(only('hold'))).toEqual(['relay-r1: held by ana: lunch']);
		expect(happens(only('decision'))).toEqual([]);
		expect(happens(only('breach'))).toHaveLength(1);
		// It is none that the controller could tell.
		expect(only('breach').poll(1, {tenant: 3}).state()).not.toHaveProperty('notices');
	});
});

describe('the sequence of a note', () => {
	const osc9 = '\x1B]9;canary relay-r1: SSE breached\x1B\\';
	const osc777 = '\x1B]777;notify;canary relay-r1;SSE breached\x1B\\';
	const note = (env: Record<string, string>, way: (typeof noteWays)[number] = 'auto') =>
		noteSequence('relay-r1', 'SSE breached', way, env);

	test.each([
		['xterm-kitty', {TERM: 'xterm-kitty'}, osc9],
		['unknown over SSH', {TERM: 'xterm-256color'}, osc9],
		['VTE', {TERM: 'xterm-256color', VTE_VERSION: '7600'}, osc777],
		['foot', {TERM: 'foot'}, osc777],
		[
			'within tmux, for it to hand on',
			{TERM: 'tmux-256color', TMUX: '/tmp/x,1,0'},
			'\x1BPtmux;\x1B\x1B]9;canary relay-r1: SSE breached\x1B\x1B\\\x1B\\',
		],
		['the console of Linux', {TERM: 'linux'}, undefined],
		['no terminal worth the name', {TERM: 'dumb'}, undefined],
		['none at all', {}, undefined],
		['screen', {TERM: 'screen.xterm-256color', STY: '1.pts'}, undefined],
	])('%s', (_, env, sequence) => {
		expect(note(env as Record<string, string>)).toBe(sequence);
	});

	test('a person’s choice goes first', () => {
		expect(note({TERM: 'xterm-256color', VTE_VERSION: '7600'}, 'osc9')).toBe(osc9);
		expect(note({TERM: 'xterm-256color'}, 'osc777')).toBe(osc777);
		expect(note({TERM: 'xterm-256color'}, 'bell')).toBeUndefined();
	});

	test('a hostile text stays inside it', () => {
		const hostile = `a\x1B]0;owned\x07\x1B\\;b\x9C\u202E${'x'.repeat(5_000)}`;
		for (const way of ['osc9', 'osc777'] as const) {
			const sequence = noteSequence(hostile, hostile, way, {TERM: 'xterm'}) ?? '';
			expect(sequence).toMatch(/^\x1B\][^\x00-\x1F\x7F-\x9F]*\x1B\\$/);
			expect(sequence.length).toBeLessThan(300);
			if (way === 'osc777') expect(sequence.match(/;/g)).toHaveLength(3);
		}
	});
});
