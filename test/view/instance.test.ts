import {expect, test} from 'vitest';
import type {Fact} from '../../src/core/event.ts';
import {instanceRows} from '../../src/view/instance-rows.ts';
import {textOf} from '../../src/view/row.ts';
import {liveLink, type Scene} from '../../src/view/scene.ts';
import {verdictOf} from '../../src/view/verdict.ts';
import {sceneOf, seen} from '../helpers/fake-scene.ts';
import {type FakeSession, fakePlan, fakeSession, hostileTexts} from '../helpers/fake-session.ts';
import {play, sent, typed} from '../helpers/keyboard.ts';

const plan = {
	...fakePlan,
	instance: {command: 'bun run start', withinMs: 60_000, onExit: 'rollback', restartBaseline: {command: 'systemctl restart app'}},
} as const;
const runs: Fact = {
	type: 'instance-started',
	process: {pid: 4711, startTicks: '1', bootId: 'b', host: 'bastion'},
	found: false,
};
const starting = (): FakeSession =>
	fakeSession(plan)
		.take({type: 'split-read', split: {weightPercent: 0}}, 500)
		.take({type: 'instance-start-intended', intentId: '1:0', command: 'bun run start'})
		.take(runs, 5)
		.take({type: 'instance-checked', ok: false, message: 'connect ECONNREFUSED.', tookMs: 9}, 7_000);
const up = (): FakeSession => starting().take({type: 'instance-checked', ok: true, message: '200', tookMs: 9}, 1_000);
const rowsOf = (scene: Scene, tight = false): string =>
	instanceRows(scene, 60, tight)
		.map(row => textOf(row).trim())
		.join(' ');

test('its row says how it stands; where the pane is small only what is wrong', () => {
	expect(rowsOf(sceneOf(starting()))).toContain('instance  pid 4711, starting, 8s of 1m: connect');
	const healthy = sceneOf(
		up()
			.poll(4_000)
			.take({type: 'split-read', split: {weightPercent: 0}}),
	);
	expect(rowsOf(healthy)).toMatch(/pid 4711, up 1h\d+m, healthy$/);
	expect(rowsOf(healthy, true)).toBe('');
	const ill = sceneOf(up().take({type: 'instance-checked', ok: false, message: 'it answered 503.', tookMs: 3}));
	for (const tight of [false, true]) expect(rowsOf(ill, tight)).toContain('! pid 4711, up');
	expect(seen(ill)).toContain('not healthy: it answered');
	// None of it where the profile has none.
	expect(rowsOf(sceneOf(fakeSession()))).toBe('');
});

test('while it is not there the verdict says why nothing begins', () => {
	expect(verdictOf(sceneOf(starting()))).toMatchObject({word: 'INSTANCE', level: 'info', detail: /the instance starts/});
	const failed = starting().take({type: 'instance-failed', message: 'it ended with 7.', isRunning: false});
	expect(verdictOf(sceneOf(failed))).toMatchObject({word: 'INSTANCE', level: 'bad'});
	expect(seen(sceneOf(failed))).toContain('it ended with 7.');
});

test('what it printed draws nothing of its own', () => {
	for (const text of hostileTexts) {
		const drawn = seen(sceneOf(starting().take({type: 'instance-failed', message: text, isRunning: false})));
		expect(drawn).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202A-\u202E]/);
	}
});

test('the palette stops it only without traffic, asks, and not from a read-only console or in a replay', () => {
	const idle = sceneOf(up().take({type: 'split-read', split: {weightPercent: 0}}));
	const ask = (scene: Scene) => play(scene, ':', ...typed('stop the inst'), 'enter');
	const asked = ask(idle);
	expect(asked.scene.ui.dialog).toEqual({kind: 'instance', does: 'stop-instance', choice: 'cancel'});
	expect(seen(asked.scene)).toContain('Ends "bun run start" with everything of its process group');
	// Enter alone is Cancel.
	expect(sent(play(asked.scene, 'enter'))).toEqual([]);
	expect(sent(play(asked.scene, 'y'))).toEqual([{command: 'stop-instance', reason: ''}]);
	expect(play(asked.scene, 'r').scene.ui.dialog?.kind).toBe('rollback');
	const busy = sceneOf(up().take({type: 'split-read', split: {weightPercent: 5}}));
	expect(ask(busy).scene.ui.dialog?.kind).not.toBe('instance');
	for (const link of [
		{...liveLink, role: 'read-only' as const},
		{...liveLink, replay: true},
	])
		expect(ask({...idle, link}).scene.ui.dialog?.kind).not.toBe('instance');
});
