import {describe, expect, test} from 'vitest';
import {columnsOf} from '../../src/base/text.ts';
import {asciiGlyphs} from '../../src/view/glyphs.ts';
import {liveLink, type Scene} from '../../src/view/scene.ts';
import {type Dialog, initialUi} from '../../src/view/ui-state.ts';
import {sceneOf, seen} from '../helpers/fake-scene.ts';
import {
	breachingSession,
	burstSession,
	failedRollbackSession,
	gradualSession,
	healthySession,
	rolledBackSession,
} from '../helpers/fake-session.ts';

/** Screens to be read by eye: `npx vitest run test/view/golden.test.ts -u` writes them anew, and each change of one is to be looked at. */
const golden = (name: string): string => `./golden/${name}.txt`;

const sizes = [
	{columns: 200, rows: 60},
	{columns: 120, rows: 40},
	{columns: 80, rows: 24},
	{columns: 40, rows: 10},
];

const lost = {...liveLink, status: 'lost' as const, reason: 'the controller does not answer', lostForMs: 4_000};

/** What a person must be able to read on each of these screens, at every size. */
const states: readonly (readonly [name: string, make: () => Scene, says: readonly (string | RegExp)[]])[] = [
	[
		'healthy',
		() => sceneOf(healthySession()),
		['✓ HEALTHY', /asked 5 · conf(igured)? 5/, /checkpoint T\+30m/, 'p promote', 'r roll back'],
	],
	[
		'breaching',
		() => sceneOf(breachingSession()),
		['✗ BREACHING', '✗ SSE success', /2:\d\d of 5:00 → rolls back/, 'p promote ⊘', 'r roll back'],
	],
	[
		'rolling-back-gradually',
		() => sceneOf(gradualSession()),
		['ROLLING BACK GRADUALLY', /step [23]\/5/, 'step 3/5 down to 2 %', 'r roll back'],
	],
	['rolled-back', () => sceneOf(rolledBackSession()), ['ROLLED BACK', /asked 0 · conf(igured)? 0/, 'ROLLBACK']],
	[
		'failed-rollback',
		() => sceneOf(failedRollbackSession()),
		['ROLLBACK NOT VERIFIED', 'ROLLBACK FAILING', /asked 0 · conf(igured)? 5/, 'r roll back'],
	],
	[
		'drifted',
		() => sceneOf(healthySession().take({type: 'split-read', split: {weightPercent: 30}}, 500)),
		['✗ DRIFTED', /SPLIT DRIFTED: asked 5 %/, /asked 5 · conf(igured)? 30/, 'p promote ⊘', 'r roll back'],
	],
	[
		'burst',
		() => sceneOf(burstSession()),
		['✓ HEALTHY', /42( of |\/)100/, /3 failed/, /p95 1,240|burst 42/, '0:08 to go', 'r roll back'],
	],
	['lost', () => sceneOf(healthySession(), {link: lost}, 4_000), ['CONTROLLER LOST', '○ LOST', /4\.\d s/]],
];

describe.each(states)('%s', (name, make, says) => {
	test.each(sizes)('at $columns×$rows', async size => {
		const text = seen({...make(), size});
		for (const one of says) expect(text).toMatch(one);
		const lines = text.split('\n');
		expect(lines.map(columnsOf)).toEqual(Array.from({length: size.rows}, () => size.columns));
		await expect(`${text}\n`).toMatchFileSnapshot(golden(`${name}-${size.columns}x${size.rows}`));
	});
});

const dialogs: readonly (readonly [dialog: Dialog, says: readonly (string | RegExp)[]])[] = [
	[{kind: 'rollback', choice: 'do'}, ['R1 TASK-A  5 % → 0 %', '▸[ y Roll back ]', '[ Esc Cancel ]', 'data 0.8 s old']],
	[
		{kind: 'gradual', choice: 'do'},
		['5 % → 0 % in 5 steps over 30m (4, 3, 2, 1, 0)', '▸[ y Roll back in steps ]', '[ r At once ]'],
	],
	[
		{kind: 'promote', choice: 'cancel', toPercent: 100, typed: 'rel'},
		['5 % → 100 %', 'Type the profile’s name: relay-r1', '▸[ Esc Cancel ]'],
	],
	[{kind: 'quit', choice: 'leave'}, ['What becomes of the controller?', '▸ l     Leave it guarding', 'Roll back, then leave']],
	[{kind: 'arm', field: 'reason', name: 'ana', reason: 'on call'}, ['For ten minutes', 'ana', '▸ reason  on call']],
	[{kind: 'palette', typed: 'pro', selected: 0}, [': pro', /▸ promote/]],
	[{kind: 'help', scroll: 0}, ['Keys and signs', 'Roll back: all traffic to the baseline']],
	[{kind: 'detail', guardrail: 'sse', scroll: 0}, ['SSE success', 'healthy ≥ 99.6 %', /99\.4\d? %/]],
	[{kind: 'filter', pane: 'timeline', mode: 'only', typed: 'sse'}, ['timeline / sse', /\d shown, \d hidden/]],
];

test.each(dialogs.map(([dialog, says]) => [dialog.kind, dialog, says] as const))(
	'dialog at 80×24: %s',
	async (kind, dialog, says) => {
		const text = seen(sceneOf(breachingSession(), {size: {columns: 80, rows: 24}, ui: {...initialUi, dialog}}));
		for (const one of says) expect(text).toMatch(one);
		await expect(`${text}\n`).toMatchFileSnapshot(golden(`dialog-${kind}-80x24`));
	},
);

test('without UTF-8, at 80×24', async () => {
	const text = seen(sceneOf(breachingSession(), {size: {columns: 80, rows: 24}, glyphs: asciiGlyphs}));
	expect(text).toMatch(/^[\x20-\x7E\n]*$/);
	expect(text).toMatch(/X SSE success.*breaching/);
	await expect(`${text}\n`).toMatchFileSnapshot(golden('ascii-80x24'));
});
