import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {frameOf, frameRows, layoutOf} from '../../src/view/frame.ts';
import {asciiGlyphs} from '../../src/view/glyphs.ts';
import {collapsed} from '../../src/view/layout.ts';
import {rowWidth, textOf} from '../../src/view/row.ts';
import {liveLink, type Scene} from '../../src/view/scene.ts';
import {paintRow, themeNames, themes} from '../../src/view/theme.ts';
import {type Dialog, initialUi} from '../../src/view/ui-state.ts';
import {sceneOf, seen, tonesOf} from '../helpers/fake-scene.ts';
import {
	breachingSession,
	burstSession,
	failedRollbackSession,
	fakePlan,
	fakeSession,
	healthySession,
	hostileSession,
	rolledBackSession,
	startedSession,
} from '../helpers/fake-session.ts';

const sessions = {
	starting: fakeSession(),
	healthy: healthySession(),
	breaching: breachingSession(),
	rolledBack: rolledBackSession(),
	failed: failedRollbackSession(),
	hostile: hostileSession(),
	burst: burstSession(),
};

const dialogs: readonly (Dialog | undefined)[] = [
	undefined,
	{kind: 'rollback', choice: 'do'},
	{kind: 'promote', choice: 'cancel', toPercent: 100, typed: 'rel'},
	{kind: 'promote', choice: 'cancel', toPercent: 25, typed: ''},
	{kind: 'resume', choice: 'cancel'},
	{kind: 'end', choice: 'cancel'},
	{kind: 'note', typed: 'a note'},
	{kind: 'acknowledge', guardrail: 'sse', typed: ''},
	{kind: 'arm', field: 'name', name: 'ana', reason: ''},
	{kind: 'filter', pane: 'timeline', mode: 'only', typed: '('},
	{kind: 'palette', typed: 'ro', selected: 0},
	{kind: 'quit', choice: 'leave'},
	{kind: 'help', scroll: 0},
	{kind: 'burst', scroll: 2},
	{kind: 'detail', guardrail: 'sse', scroll: 3},
	{kind: 'detail', guardrail: 'g1', scroll: 0},
];

/** Everything wrong with the frame's shape, in words. */
function faults(scene: Scene): string[] {
	const {columns, rows} = scene.size;
	const frame = frameOf(scene);
	const all = frameRows(frame);
	const found = all.length === rows ? [] : [`${all.length} rows instead of ${rows}`];
	for (const [y, row] of all.entries())
		if (rowWidth(row) !== columns) found.push(`row ${y} is ${rowWidth(row)} wide: ${textOf(row)}`);
	const {overlay} = frame;
	if (overlay) {
		const {x, y, size} = overlay;
		if (x < 0 || y < 0 || x + size.columns > columns || y + size.rows > rows)
			found.push(`the box leaves the screen: ${x},${y} ${size.columns}×${size.rows}`);
		if (overlay.rows.length !== size.rows) found.push(`the box has ${overlay.rows.length} rows instead of ${size.rows}`);
		for (const row of overlay.rows)
			if (rowWidth(row) !== size.columns)
				found.push(`a box row is ${rowWidth(row)} wide instead of ${size.columns}: ${textOf(row)}`);
	}
	return found;
}

describe('the frame', () => {
	for (const [name, session] of Object.entries(sessions)) {
		test(`is exactly as large as the terminal, at any size and with any dialog: ${name}`, () => {
			fc.assert(
				fc.property(
					fc.integer({min: 1, max: 220}),
					fc.integer({min: 1, max: 65}),
					fc.constantFrom(...dialogs),
					fc.boolean(),
					fc.constantFrom('guardrails' as const, 'traffic' as const, 'timeline' as const, 'errors' as const),
					(columns, rows, dialog, zoomed, focus) => {
						const ui = {...initialUi, zoomed, focus, ...(dialog && {dialog})};
						expect(faults(sceneOf(session, {size: {columns, rows}, ui}))).toEqual([]);
					},
				),
				{numRuns: 120},
			);
		});
	}

	test('keeps its shape without UTF-8, and then holds nothing but ASCII', () => {
		for (const session of Object.values(sessions)) {
			for (const size of [
				{columns: 40, rows: 10},
				{columns: 120, rows: 40},
			]) {
				for (const dialog of dialogs) {
					const scene = sceneOf(session, {size, glyphs: asciiGlyphs, ui: {...initialUi, ...(dialog && {dialog})}});
					expect(faults(scene)).toEqual([]);
					expect(seen(scene)).toMatch(/^[\x20-\x7E\n]*$/);
				}
			}
		}
	});

	test('shows nothing of a hostile text that a terminal would obey', () => {
		for (const dialog of dialogs) {
			for (const columns of [40, 80, 120, 200]) {
				const scene = sceneOf(sessions.hostile, {size: {columns, rows: 50}, ui: {...initialUi, ...(dialog && {dialog})}});
				const text = seen(scene);
				expect(text).not.toMatch(/[\x00-\x09\x0B-\x1F\x7F-\x9F\u200B-\u200F\u202A-\u202E\u2066-\u2069\uFEFF]/);
				expect(text.isWellFormed()).toBe(true);
			}
		}
		expect(seen(sceneOf(sessions.hostile))).toContain('\uFFFD');
	});

	test('is painted with sequences of colour alone, each closed before the line ends', () => {
		for (const name of themeNames) {
			for (const row of frameRows(frameOf(sceneOf(sessions.hostile)))) {
				const painted = paintRow(row, themes[name]);
				const rest = painted.replaceAll(/\x1B\[[\d;]*m/g, '');
				expect(rest).not.toContain('\x1B');
				expect(painted.includes('\x1B') ? painted.lastIndexOf('\x1B[0m') > painted.lastIndexOf('\x1B[1m') : true).toBe(true);
			}
		}
	});
});

describe('what is always on the screen', () => {
	const sizes = [
		{columns: 40, rows: 10},
		{columns: 80, rows: 24},
		{columns: 120, rows: 40},
		{columns: 200, rows: 60},
	];

	test.each(sizes)('the verdict, three numbers, the next thing and the way out: $columns×$rows', size => {
		const text = seen(sceneOf(sessions.breaching, {size}));
		expect(text).toContain('BREACHING');
		expect(text).toContain('SSE success');
		expect(text).toMatch(/asked 5 · conf(igured)? 5 · seen [\d.]+/);
		expect(text).toMatch(/roll back by SSE success.* in 2:/);
		expect(text).toContain('r roll back');
		expect(text).toContain('PRODUCTION');
		expect(text).toContain('LIVE');
	});

	test('a rollback that is not verified is a band over everything, at every size', () => {
		for (const size of sizes) {
			const scene = sceneOf(sessions.failed, {size});
			const first = frameRows(frameOf(scene)).find(row => textOf(row).includes('ROLLBACK NOT VERIFIED')) ?? [];
			expect(frameRows(frameOf(scene)).indexOf(first)).toBeLessThan(2);
			expect(new Set(first.map(({tone}) => tone))).toEqual(new Set(['badBand']));
		}
		expect(seen(sceneOf(sessions.failed))).toContain('Set the split by hand: haproxy unix:/run/haproxy.sock');
	});

	test('a console without rights says READ ONLY, an armed one ARMED with the time left, a saved session REPLAY', () => {
		expect(seen(sceneOf(sessions.healthy, {link: {...liveLink, role: 'read-only'}}))).toContain('READ ONLY');
		const {now} = sceneOf(sessions.healthy);
		expect(seen(sceneOf(sessions.healthy, {ui: {...initialUi, armedUntilMs: now.tMs + 61_000}}))).toContain('ARMED 1:01');
		expect(seen(sceneOf(sessions.healthy, {link: {...liveLink, replay: true}}))).toContain('REPLAY');
	});

	test('a staging environment does not say PRODUCTION', () => {
		const text = seen(sceneOf(startedSession({...fakePlan, environment: 'staging'})));
		expect(text).not.toContain('PRODUCTION');
		expect(text).toContain('staging');
	});

	test('the first row of the screen of 120×40 has the names, the time, the link and the age of the data', () => {
		const [first = ''] = seen(sceneOf(sessions.healthy)).split('\n');
		expect(first.trim()).toMatch(
			/^relay-r1 {3}PRODUCTION {3}R0\.5 → R1 TASK-A {3}T\+17:4\d of 1:00:00 +● LIVE {2}data 0\.8 s old$/,
		);
	});
});

describe('the order of collapse', () => {
	const goneAt = (columns: number, rows: number) => {
		const layout = layoutOf(sceneOf(sessions.breaching, {size: {columns, rows}}));
		return {panes: collapsed(layout), sparklines: layout.sparklines, detail: layout.trafficDetail};
	};

	test('nothing goes on a large screen', () => {
		expect(goneAt(200, 60)).toEqual({panes: [], sparklines: true, detail: true});
		expect(goneAt(120, 40)).toEqual({panes: [], sparklines: true, detail: true});
	});

	test('the errors go first', () => {
		expect(goneAt(80, 24).panes).toEqual(['errors']);
	});

	test('at 40×10 all have gone, and what is in trouble is still there', () => {
		expect(goneAt(40, 10)).toEqual({panes: ['traffic', 'timeline', 'errors'], sparklines: false, detail: false});
		expect(seen(sceneOf(sessions.breaching, {size: {columns: 40, rows: 10}}))).toContain('SSE success');
	});

	test('making the screen smaller never brings back a pane that has gone', () => {
		let before = new Set<string>();
		for (let rows = 60; rows >= 8; rows--) {
			const now = new Set<string>(goneAt(80, rows).panes);
			expect([...before].filter(pane => !now.has(pane))).toEqual([]);
			before = now;
		}
	});

	test('what has collapsed is said in a few words above the keys', () => {
		expect(seen(sceneOf(sessions.breaching, {size: {columns: 80, rows: 24}}))).toMatch(/4 errors [\d.]+\/s 3 new/);
	});
});

describe('age', () => {
	const rowsLater = (laterMs: number) => frameRows(frameOf(sceneOf(sessions.healthy, {}, laterMs)));

	test('a fresh value is green, and says ok', () => {
		const row = rowsLater(800).find(one => textOf(one).includes('TTFV p95')) ?? [];
		expect(textOf(row)).toMatch(/ok/);
		expect(tonesOf([row], 'ms')).toContain('good');
	});

	test('a value older than two polls is never green, and says how old it is', () => {
		for (const laterMs of [4_000, 60_000, 3_600_000]) {
			const guardrails = rowsLater(laterMs).filter(row => /(TTFV|RLS|SSE|DB pool|ANN)/.test(textOf(row)));
			expect(guardrails.length).toBeGreaterThan(4);
			for (const row of guardrails) {
				const upToFrame = row.slice(
					0,
					row.findIndex((piece, index) => index > 0 && piece.text === '│'),
				);
				expect(upToFrame.map(({tone}) => tone).filter(tone => tone.startsWith('good'))).toEqual([]);
			}
			expect(textOf(guardrails[0] ?? [])).toMatch(/old (4\.\d s|1m|1h)/);
		}
	});

	test('with the controller lost nothing is green, and the screen says so in words', () => {
		const scene = sceneOf(sessions.healthy, {link: {...liveLink, status: 'lost', reason: 'no beat', lostForMs: 3_400}});
		const rows = frameRows(frameOf(scene));
		expect(seen(scene)).toContain('CONTROLLER LOST');
		expect(seen(scene)).toContain('○ LOST');
		const values = rows.filter(row => /(TTFV|RLS|SSE|configured|servers up)/.test(textOf(row)));
		expect(values.flatMap(row => row.map(({tone}) => tone)).filter(tone => tone.startsWith('good'))).toEqual([]);
	});
});
