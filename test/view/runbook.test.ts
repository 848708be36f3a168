import {describe, expect, test} from 'vitest';
import {columnsOf} from '../../src/base/text.ts';
import {asciiGlyphs} from '../../src/view/glyphs.ts';
import {helpRows} from '../../src/view/help.ts';
import {textOf} from '../../src/view/row.ts';
import {liveLink, type Scene} from '../../src/view/scene.ts';
import {nothingSpoken, speech} from '../../src/view/speech.ts';
import {type Dialog, initialUi} from '../../src/view/ui-state.ts';
import {runIn, sessionWithCommands} from '../helpers/fake-runs.ts';
import {sceneOf, seen} from '../helpers/fake-scene.ts';
import {hostileTexts, startedSession} from '../helpers/fake-session.ts';

const sizes = [
	{columns: 120, rows: 40},
	{columns: 80, rows: 24},
	{columns: 40, rows: 10},
];
const golden = (name: string, {columns, rows}: {columns: number; rows: number}): string =>
	`./golden/${name}-${columns}x${rows}.txt`;

const lines = Array.from(
	{length: 60},
	(_, index) => `${String(1_000 - index).padStart(6)}  timeout\t/search/${index}  upstream timed out`,
);

function outputScene(end: Parameters<typeof runIn>[2], differs: Partial<Extract<Dialog, {kind: 'output'}>> = {}): Scene {
	const session = sessionWithCommands();
	const run = runIn(session, 'errors by type', end);
	const dialog: Dialog = {kind: 'output', run, scroll: end ? 0 : 'end', left: 0, filter: '', ...differs};
	return sceneOf(session, {ui: {...initialUi, dialog}, output: {lines, bytes: 3_000, isWhole: end !== undefined}});
}

const done = {kind: 'exited', code: 0, tookMs: 1_234, bytes: 3_000, lines: 60, sha256: 'x'} as const;
const screens: readonly (readonly [string, () => Scene, readonly (string | RegExp)[]])[] = [
	['output-running', () => outputScene(undefined), ['errors by type', /running \d/, '60 lines', /941 {2}timeout/]],
	['output-done', () => outputScene(done), ['errors by type', '✓ ended with 0 in 1s200ms', /1000 {2}timeout/]],
	['output-failed', () => outputScene({...done, code: 3}), ['✗ FAILED: ended with 3']],
	[
		'dialog-command',
		() =>
			sceneOf(sessionWithCommands(), {ui: {...initialUi, dialog: {kind: 'command', title: 'drop the cache', choice: 'cancel'}}}),
		['drop the cache', '[ Esc Cancel ]', 'y Run it'],
	],
];

describe.each(screens)('%s', (name, make, says) => {
	test.each(sizes)('at $columns×$rows', async size => {
		const text = seen({...make(), size});
		for (const one of says) expect(text).toMatch(one);
		// Leaving stays in sight, or the question covers it.
		expect(text).toMatch(/BREACHING|y Run it/);
		const rows = text.split('\n');
		expect(rows.map(columnsOf)).toEqual(Array.from({length: size.rows}, () => size.columns));
		await expect(`${text}\n`).toMatchFileSnapshot(golden(name, size));
	});
});

test('output is shown line by line from where it is scrolled to, filtered, and with the rest of long lines', () => {
	const size = {columns: 80, rows: 24};
	const from = (differs: Parameters<typeof outputScene>[1]): string => seen({...outputScene(done, differs), size});
	expect(from({scroll: 5})).toMatch(/│ +995 {2}timeout \/search\/5 /);
	expect(from({scroll: 9_999})).toMatch(/lines 4\d–60 of 60/);
	expect(from({filter: 'search/5\\d '})).toMatch(/of 10, 50 hidden by \/search\/5\\d \//);
	expect(from({left: 20})).toMatch(/│ rch\/0 {2}upstream timed out/);
	expect(from({typing: 'upstr'})).toContain('/ upstr');
	expect(seen({...outputScene(done, {typing: 'upstr'}), size: {columns: 40, rows: 10}})).toContain('/ upstr');
});

test('a box without a line says whether there will be one', () => {
	const without = (end: Parameters<typeof outputScene>[0], isWhole: boolean): string =>
		seen({...outputScene(end), output: {lines: [], bytes: 0, isWhole}});
	expect(without(undefined, false)).toContain('nothing printed yet');
	expect(without(done, true)).toContain('it printed nothing');
	// Over, but its file is not read yet.
	expect(without(done, false)).not.toMatch(/printed/);
});

test('hostile output reaches the screen as a text alone', () => {
	const scene = outputScene(done);
	const hostile = [
		...hostileTexts,
		'\x1B]52;c;ZXZpbA==\x07',
		'nul\0',
		`wide ${'日本'.repeat(500)}`,
		'x'.repeat(100_000),
		'\t\t\ttabs',
	];
	for (const size of sizes) {
		const text = seen({...scene, size, output: {lines: hostile, bytes: 9, isWhole: true}});
		expect(text).not.toMatch(/[\x00-\x09\x0B-\x1F\x7F-\x9F\u202A-\u202E]/);
		expect(text.split('\n').map(columnsOf)).toEqual(Array.from({length: size.rows}, () => size.columns));
	}
	expect(seen({...scene, glyphs: asciiGlyphs})).toMatch(/^[\x20-\x7E\n]*$/);
});

test('a record that others wrote has no key nor title that a terminal would obey', () => {
	const evil = '\x1B]52;c;ZXZpbA==\x07';
	const make: typeof startedSession = plan =>
		startedSession({...plan!, commands: (plan?.commands ?? []).map(one => ({...one, key: evil, title: `${evil}${one.title}`}))});
	const session = sessionWithCommands(make);
	const dialogs: readonly Dialog[] = [
		{kind: 'palette', typed: 'run: ', selected: 0},
		{kind: 'help', scroll: 999},
		{kind: 'command', title: `${evil}drop the cache`, choice: 'cancel'},
	];
	for (const dialog of dialogs) {
		const text = seen(sceneOf(session, {ui: {...initialUi, dialog}}));
		expect(text).toMatch(/errors by type|drop the cache/);
		expect(text).not.toMatch(/[\x00-\x09\x0B-\x1F\x7F-\x9F]/);
	}
});

test('the palette lists the commands with their keys, and why one can’t be run', () => {
	const dialog: Dialog = {kind: 'palette', typed: 'run: ', selected: 0};
	const text = seen(sceneOf(sessionWithCommands(startedSession), {ui: {...initialUi, dialog}}));
	expect(text).toMatch(/run: errors by type .* D/);
	expect(text).toMatch(/run: explain \(\{\{error\}\}: no error is selected\)/);
	const link = {...liveLink, role: 'read-only' as const};
	expect(seen(sceneOf(sessionWithCommands(), {link, ui: {...initialUi, dialog}}))).toMatch(
		/run: logs \(this console is read only\)/,
	);
});

test('the help lists them', () => {
	const text = helpRows(sceneOf(sessionWithCommands()), 100).map(textOf).join('\n');
	expect(text).toMatch(
		/Commands of this profile\n {2}D +errors by type\n {2}L +logs\n {2}X +drop the cache \(dangerous: asks first\)/,
	);
});

test('spoken, it is news when it begins and when it ends, and not every second', () => {
	const running = outputScene(undefined);
	const first = speech(running, nothingSpoken);
	expect(first.lines.join('\n')).toContain('errors by type is running');
	const later = {...running, now: {...running.now, tMs: running.now.tMs + 900}};
	expect(speech(later, first.spoken).lines.join('\n')).not.toContain('is running');
	expect(speech(outputScene(done), first.spoken).lines.join('\n')).toMatch(
		/errors by type ended with 0.*line|upstream timed out/,
	);
});
