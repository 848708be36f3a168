import {describe, expect, test} from 'vitest';
import type {Scene} from '../../src/view/scene.ts';
import {initialUi} from '../../src/view/ui-state.ts';
import {sceneOf, seen} from '../helpers/fake-scene.ts';
import {breachingSession, errorsSeen, healthySession, rolledBackSession} from '../helpers/fake-session.ts';
import {paste, play, typed} from '../helpers/keyboard.ts';

const large = {columns: 200, rows: 60};
const session = breachingSession();
const scene = sceneOf(session, {size: large});

const cursorIn = (played: {readonly scene: Scene}, pane: 'guardrails' | 'timeline' | 'errors') =>
	played.scene.ui.panes[pane].cursor;
const textAt = (played: {readonly scene: Scene}): string => {
	const {cursor} = played.scene.ui.panes.timeline;
	return played.scene.state.timeline.find(({seq}) => String(seq) === cursor)?.text ?? '';
};

describe('moving', () => {
	test('j and k go down and up, and stop at the ends', () => {
		expect(cursorIn(play(scene, 'j'), 'guardrails')).toBe('ttfv');
		expect(cursorIn(play(scene, 'j', 'j', 'down'), 'guardrails')).toBe('sse');
		expect(cursorIn(play(scene, 'j', 'j', 'k', 'up', 'up'), 'guardrails')).toBe('ttfv');
		expect(cursorIn(play(scene, 'G'), 'guardrails')).toBe('reqs');
		expect(cursorIn(play(scene, 'G', 'j', 'page-down'), 'guardrails')).toBe('reqs');
		expect(cursorIn(play(scene, 'page-down'), 'guardrails')).toBe('reqs');
	});

	test('g follows what is new again', () => {
		expect(cursorIn(play(scene, 'j', 'j', 'g'), 'guardrails')).toBeUndefined();
		expect(cursorIn(play(scene, 'j', 'escape'), 'guardrails')).toBeUndefined();
	});

	test('the selected line is marked', () => {
		expect(seen(play(scene, 'j', 'j', 'j').scene)).toMatch(/▸✗ SSE success/);
	});

	test('in a pane that has scrolled, "n new" counts what came since, until it follows again', () => {
		const before = healthySession();
		const stopped = play(sceneOf(before, {size: large}), '4', 'j').scene;
		expect(seen(stopped)).not.toContain('new (g)');
		before.take(errorsSeen(3, 'E_NEW', 'something else broke'), 1_000).take(errorsSeen(1, 'E_OTHER', 'and another'), 1_000);
		const later = {...stopped, state: before.state(), now: {...stopped.now, tMs: before.now().tMs, atMs: before.now().atMs}};
		expect(seen(later)).toContain('2 new (g)');
		expect(later.ui.panes.errors.cursor).toBe(stopped.ui.panes.errors.cursor);
		expect(seen(play(later, 'g').scene)).not.toContain('new (g)');
	});
});

describe('panes', () => {
	test('a digit focuses, once more zooms, and once more goes back', () => {
		expect(play(scene, '3').scene.ui).toMatchObject({focus: 'timeline', zoomed: false});
		expect(play(scene, '3', '3').scene.ui).toMatchObject({focus: 'timeline', zoomed: true});
		expect(play(scene, '3', '3', '3').scene.ui).toMatchObject({zoomed: false});
		expect(play(scene, '3', '3', 'escape').scene.ui).toMatchObject({zoomed: false});
	});

	test('a pane that has no room is zoomed at once', () => {
		const small = sceneOf(session, {size: {columns: 80, rows: 24}});
		const played = play(small, '4');
		expect(played.scene.ui).toMatchObject({focus: 'errors', zoomed: true});
		expect(seen(played.scene)).toContain('QUERY_TIMEOUT');
		expect(seen(small)).not.toContain('QUERY_TIMEOUT');
	});

	test('Tab goes round', () => {
		expect(play(scene, 'tab').scene.ui.focus).toBe('traffic');
		expect(play(scene, 'tab', 'tab', 'tab', 'tab').scene.ui.focus).toBe('guardrails');
		expect(play(scene, 'shift-tab').scene.ui.focus).toBe('errors');
	});

	test('z zooms the focused pane; Enter shows the detail of the selected guardrail, or of the loudest', () => {
		expect(play(scene, 'z').scene.ui.zoomed).toBe(true);
		expect(play(scene, 'enter').scene.ui.dialog).toMatchObject({kind: 'detail', guardrail: 'sse'});
		expect(play(scene, 'j', 'enter').scene.ui.dialog).toMatchObject({kind: 'detail', guardrail: 'ttfv'});
		const detail = seen(play(scene, 'enter').scene);
		expect(detail).toContain('100 * increase(sse_complete_total[5m]) / increase(sse_total[5m])');
		expect(detail).toContain('healthy ≥ 99.6 %');
		expect(detail).toContain('job="relay"');
	});

	test('a long text scrolls to its end and no further', () => {
		const small = sceneOf(session, {size: {columns: 80, rows: 24}});
		const end = play(small, '?', 'G').scene;
		expect(seen(end)).toContain('only shown: it has no bound');
		expect(play(end, 'j', 'page-down').scene.ui.dialog).toEqual(end.ui.dialog);
		expect(play(end, 'g').scene.ui.dialog).toEqual({kind: 'help', scroll: 0});
	});
});

describe('jumps', () => {
	const over = sceneOf(rolledBackSession(), {size: large});

	test('e and E go among breaches and failures, from the newest back', () => {
		const newest = play(over, 'E');
		expect(newest.scene.ui.focus).toBe('timeline');
		expect(textAt(newest)).toMatch(/breach/i);
		expect(Number(cursorIn(play(over, 'E', 'E'), 'timeline'))).toBeLessThanOrEqual(Number(cursorIn(newest, 'timeline')));
		expect(cursorIn(play(over, 'E', 'e'), 'timeline')).toBe(cursorIn(newest, 'timeline'));
	});

	test('[ and ] go among checkpoints, stages and notes', () => {
		const newest = play(over, '[');
		expect(textAt(newest)).toMatch(/checkpoint T\+15m|T\+15m/);
		const before = play(over, '[', '[');
		expect(Number(cursorIn(before, 'timeline'))).toBeLessThanOrEqual(Number(cursorIn(newest, 'timeline')));
		expect(cursorIn(play(over, '[', '[', ']'), 'timeline')).toBe(cursorIn(newest, 'timeline'));
	});

	test('a jump does not land on what a filter hides', () => {
		const filtered = play(over, '3', '/', ...typed('!breach'), 'enter', 'E');
		expect(textAt(filtered)).not.toMatch(/breach/i);
	});
});

describe('filters', () => {
	const onErrors = play(scene, '4').scene;

	test('show what they would give while they are typed, with the counts', () => {
		const typing = seen(play(onErrors, '/', ...typed('timed')).scene);
		expect(typing).toContain('1 shown, 2 hidden');
		expect(typing).not.toContain('rate limit');
	});

	test('keep the count of what is hidden in sight', () => {
		const text = seen(play(onErrors, '/', ...typed('timed'), 'enter').scene);
		expect(text).toContain('/timed/ 2 hidden');
		expect(text).toContain('upstream timed out');
		expect(text).not.toContain('rate limit');
	});

	test('a leading ! turns one round, & narrows further, Esc clears them', () => {
		const narrowed = play(onErrors, '/', ...typed('!timed'), 'enter', '&', ...typed('refused'), 'enter');
		expect(narrowed.scene.ui.panes.errors.filters).toEqual(['!timed', 'refused']);
		expect(seen(narrowed.scene)).toContain('2 hidden');
		expect(play(narrowed.scene, 'escape').scene.ui.panes.errors.filters).toEqual([]);
	});

	test('an empty one clears, a wrong one says what is wrong and stays open', () => {
		expect(play(onErrors, '/', ...typed('x'), 'enter', '/', 'ctrl-u', 'enter').scene.ui.panes.errors.filters).toEqual([]);
		const wrong = play(onErrors, '/', ...typed('('), 'enter').scene;
		expect(wrong.ui.dialog).toMatchObject({kind: 'filter', typed: '('});
		expect(seen(wrong)).toMatch(/missing/);
	});

	test('a pattern that would hang other engines answers at once', () => {
		const started = process.hrtime.bigint();
		seen(play(onErrors, '/', paste(`(${'a|a*'.repeat(20)})*$`), 'enter').scene);
		expect(Number(process.hrtime.bigint() - started) / 1e6).toBeLessThan(1_000);
	});
});

test('a paste outside of a field is no command, and says so', () => {
	const played = play(scene, paste('rpq'));
	expect(played.effects).toEqual([]);
	expect(played.scene.ui).toMatchObject({...initialUi, flash: {text: 'a paste is no command'}});
});

test('keys of the terminal: redraw, suspend', () => {
	expect(play(scene, 'ctrl-l').effects).toEqual([{type: 'redraw'}]);
	expect(play(scene, 'ctrl-z').effects).toEqual([{type: 'suspend'}]);
});

test('the theme and the bell are kept for the next time', () => {
	expect(play(scene, ':', ...typed('bell'), 'enter')).toMatchObject({
		scene: {ui: {bell: false}},
		effects: [{type: 'remember', preference: {bell: false}}],
	});
});
