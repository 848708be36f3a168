import {createHash} from 'node:crypto';
import {appendFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {createOutputFollower} from '../../src/console/output-follower.ts';
import {liveLink, type Scene} from '../../src/view/scene.ts';
import type {Dialog} from '../../src/view/ui-state.ts';
import {runIn, sessionWithCommands} from '../helpers/fake-runs.ts';
import {sceneOf} from '../helpers/fake-scene.ts';
import {startedSession} from '../helpers/fake-session.ts';
import {inBurst, paste, play, press, sent, typed} from '../helpers/keyboard.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';
import {waitUntil} from '../helpers/wait.ts';

const scene = sceneOf(sessionWithCommands());
const readOnly: Scene = {...scene, link: {...liveLink, role: 'read-only'}};
const replay: Scene = {...scene, link: {...liveLink, role: 'read-only', replay: true}};
const attached: Scene = {...scene, link: {...liveLink, role: 'attached'}};

const dialogOf = (played: {readonly scene: Scene}): Dialog | undefined => played.scene.ui.dialog;
const flashOf = (played: {readonly scene: Scene}): string => played.scene.ui.flash?.text ?? '';

describe('a command of the profile', () => {
	test('is run by its key', () => {
		expect(sent(play(scene, 'D'))).toEqual([{command: 'run', title: 'errors by type', confirmed: false}]);
	});

	test('is run by its name from the palette, where its output can be read too', () => {
		expect(sent(play(scene, ':', ...typed('run: errors'), 'enter'))).toEqual([
			{command: 'run', title: 'errors by type', confirmed: false},
		]);
		const session = sessionWithCommands();
		const run = runIn(session, 'logs', {kind: 'exited', code: 0, tookMs: 5});
		expect(dialogOf(play(sceneOf(session), ':', ...typed('output 1'), 'enter'))).toMatchObject({kind: 'output', run, scroll: 0});
	});

	test('is not run by a burst of keys, nor by a paste', () => {
		for (const one of [inBurst('D'), paste('D')]) expect(sent(play(scene, one))).toEqual([]);
	});

	test('that is dangerous asks, with Cancel focused', () => {
		const asked = play(scene, 'X');
		expect(dialogOf(asked)).toEqual({kind: 'command', title: 'drop the cache', choice: 'cancel'});
		expect(sent(asked)).toEqual([]);
		expect(sent(play(scene, 'X', 'enter'))).toEqual([]);
		expect(sent(play(scene, 'X', 'escape', 'y'))).toEqual([]);
		expect(sent(play(scene, 'X', inBurst('y')))).toEqual([]);
		const run = [{command: 'run', title: 'drop the cache', confirmed: true}];
		expect(sent(play(scene, 'X', 'y'))).toEqual(run);
		expect(sent(play(scene, 'X', 'tab', 'enter'))).toEqual(run);
		expect(flashOf(play(attached, 'X'))).toContain('arm it first');
	});

	test('takes what is selected along, as far as it needs it', () => {
		const session = sessionWithCommands();
		const explain = (from: Scene) => sent(play(from, ':', ...typed('run: explain'), 'enter'))[0];
		expect(explain(sceneOf(session))).toMatchObject({title: 'explain', guardrail: 'sse', error: 'QUERY_TIMEOUT'});
		expect(explain(play(sceneOf(session), '1', 'j').scene)).toMatchObject({guardrail: 'ttfv'});
		expect(explain(play(sceneOf(session), '4', 'j', 'j').scene)).toMatchObject({error: '429'});
		const quiet = sceneOf(sessionWithCommands(startedSession));
		expect(flashOf(play(quiet, ':', ...typed('run: explain'), 'enter'))).toContain('no error is selected');
	});

	test.each([
		['a read-only console', readOnly, 'this console is read only'],
		['a replay', replay, 'this is a replay'],
	])('is not run by %s, which says why; what it printed may be read', (_, from, why) => {
		for (const key of ['D', 'X']) {
			const played = play(from, key);
			expect([sent(played), flashOf(played)]).toEqual([[], expect.stringContaining(why)]);
		}
		const session = sessionWithCommands();
		const run = runIn(session, 'errors by type', {kind: 'exited', code: 3, tookMs: 5});
		const played = play({...from, state: session.state()}, 'D');
		expect([sent(played), dialogOf(played)]).toEqual([[], expect.objectContaining({kind: 'output', run})]);
		expect(flashOf(played)).toContain(why);
	});

	test('that runs shows itself, and is not asked for once more', () => {
		const session = sessionWithCommands();
		const run = runIn(session, 'errors by type');
		const played = play(sceneOf(session), 'D');
		expect([sent(played), dialogOf(played)]).toEqual([[], expect.objectContaining({kind: 'output', run, scroll: 'end'})]);
	});
});

describe('its output', () => {
	const session = sessionWithCommands();
	const run = runIn(session, 'errors by type', {kind: 'exited', code: 0, tookMs: 5});
	const lines = Array.from({length: 200}, (_, index) => `line ${index}`);
	const opened: Scene = {
		...sceneOf(session),
		output: {lines, bytes: 2_000, isWhole: true},
		ui: {...scene.ui, dialog: {kind: 'output', run, scroll: 0, left: 0, filter: ''}},
	};
	const at = (...keys: Parameters<typeof play>[1][]) => dialogOf(play(opened, ...keys));

	test('is scrolled, and at its end follows what comes', () => {
		expect(at('j', 'j', 'k')).toMatchObject({scroll: 1});
		expect(at('page-down')).toMatchObject({scroll: 10});
		expect(at('G')).toMatchObject({scroll: 'end'});
		expect(at('G', 'k')).toMatchObject({scroll: expect.any(Number)});
		expect(at('G', 'k', 'j')).toMatchObject({scroll: 'end'});
		expect(at('G', 'g', 'k')).toMatchObject({scroll: 0});
		expect(at('right', 'right', 'left', 'left', 'left')).toMatchObject({left: 0});
	});

	test('is filtered; Escape leaves the field first, then the output', () => {
		expect(at('/', ...typed('9$'), 'enter')).toMatchObject({filter: '9$', scroll: 0});
		expect(at('/', ...typed('9$'), 'escape')).toMatchObject({filter: ''});
		expect(at('/', ...typed('('), 'enter')).toMatchObject({typing: '('});
		expect(at('escape')).toBeUndefined();
	});

	test('is stopped by x, twice; not by a console that only looks', () => {
		const going = sessionWithCommands();
		const number = runIn(going, 'errors by type');
		const watched: Scene = {
			...sceneOf(going),
			ui: {...scene.ui, dialog: {kind: 'output', run: number, scroll: 'end', left: 0, filter: ''}},
		};
		const stop = [{command: 'stop-run', run: number}];
		expect(sent(play(watched, 'x', 'x'))).toEqual(stop);
		for (const others of [['x'], ['x', 'j', 'x'], ['x', inBurst('x')]]) expect(sent(play(watched, ...others))).toEqual([]);
		expect(sent(play({...watched, link: readOnly.link}, 'x', 'x'))).toEqual([]);
		expect(sent(play(opened, 'x', 'x'))).toEqual([]);
	});

	test('is handed to the pager, and gives way to leaving', () => {
		expect(play(opened, 'o').effects).toEqual([{type: 'pager', name: 'commands/1-errors-by-type.txt'}]);
		expect(at('r')).toMatchObject({kind: 'rollback'});
		expect(dialogOf(play(opened, '/', press('r')))).toMatchObject({typing: 'r'});
	});
});

describe('the file of a run', () => {
	const folder = createTempFolder('output');
	const sum = (text: string): string => createHash('sha256').update(text).digest('hex');

	test('is followed as it grows, and held against its sum at the end', async () => {
		const path = join(folder.path, 'grows.txt');
		const follower = createOutputFollower(() => {});
		follower.follow({path});
		expect(follower.text()).toMatchObject({lines: [], isWhole: false});
		writeFileSync(path, 'one\ntw');
		await waitUntil('the first line is seen', () => follower.text()?.lines.length === 1);
		appendFileSync(path, 'o\nwide 日');
		await waitUntil('the second line is seen', () => follower.text()?.lines.length === 2);
		follower.follow({path, end: {sha256: sum('one\ntwo\nwide 日')}});
		const whole = await waitUntil('all of it is seen', () => (follower.text()?.isWhole ? follower.text() : undefined));
		expect(whole).toEqual({lines: ['one', 'two', 'wide 日'], bytes: 16, isWhole: true});
		follower.close();
	});

	test.each([
		['changed', 'forged\n', /not what the record says/],
		['gone', undefined, /is not there/],
	])('that is %s says so', async (name, content, message) => {
		const path = join(folder.path, `${name}.txt`);
		if (content !== undefined) writeFileSync(path, content);
		const follower = createOutputFollower(() => {});
		follower.follow({path, end: {sha256: sum('as it was\n')}});
		const whole = await waitUntil('it is read', () => (follower.text()?.isWhole ? follower.text() : undefined));
		expect(whole?.trouble).toMatch(message);
		follower.close();
	});
});
