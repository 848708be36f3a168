import {render} from 'ink-testing-library';
import {expect, test} from 'vitest';
import {App} from '../../components/App.tsx';
import {frameOf, frameRows} from '../../src/view/frame.ts';
import {unicodeGlyphs} from '../../src/view/glyphs.ts';
import {textOf} from '../../src/view/row.ts';
import {liveLink, type Scene} from '../../src/view/scene.ts';
import {themes} from '../../src/view/theme.ts';
import {initialUi} from '../../src/view/ui-state.ts';
import {sceneOf} from '../helpers/fake-scene.ts';
import {breachingSession, failedRollbackSession, healthySession, hostileSession} from '../helpers/fake-session.ts';

const session = breachingSession();
const sceneAtSize = (columns: number, rows: number): Scene => ({
	state: session.state(),
	ui: initialUi,
	link: liveLink,
	now: {...session.now(), offsetMinutes: 0},
	size: {columns, rows},
	glyphs: unicodeGlyphs,
});

test('Ink draws exactly the rows that the view computed', () => {
	const frame = frameOf(sceneAtSize(100, 30));
	const {lastFrame} = render(<App frame={frame} theme={themes.mono} />);
	const plain = (lastFrame() ?? '').replaceAll(/\x1B\[[\d;]*m/g, '').split('\n');
	expect(plain.map(line => line.trimEnd())).toEqual(frameRows(frame).map(row => textOf(row).trimEnd()));
	expect(plain.join('\n')).toContain('SSE success');
});

test.each([
	['healthy', 100, 40],
	['hostile', 100, 60],
	['hostile', 40, 10],
	['failed', 80, 24],
] as const)(
	'what Ink draws of a %s session at %d×%d is what the view computed, cell by cell, dialog and all',
	(name, columns, rows) => {
		const sessions = {healthy: healthySession, hostile: hostileSession, failed: failedRollbackSession};
		const scene = sceneOf(sessions[name](), {
			size: {columns, rows},
			ui: {...initialUi, dialog: {kind: 'rollback', choice: 'do'}},
		});
		const frame = frameOf(scene);
		const {lastFrame} = render(<App frame={frame} theme={themes['high-contrast']} />);
		const plain = (lastFrame() ?? '').replaceAll(/\x1B\[[\d;]*m/g, '').split('\n');
		const overlaid = new Set(Array.from({length: frame.overlay?.size.rows ?? 0}, (_, index) => (frame.overlay?.y ?? 0) + index));
		const under = frameRows(frame).map(row => textOf(row).trimEnd());
		expect(plain).toHaveLength(rows);
		for (const [y, line] of plain.entries()) {
			if (!overlaid.has(y)) expect(line.trimEnd()).toBe(under[y]);
			else expect(line).toContain(textOf(frame.overlay?.rows[y - (frame.overlay?.y ?? 0)] ?? []).trimEnd());
		}
	},
);
