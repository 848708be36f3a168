import {render} from 'ink-testing-library';
import {expect, test} from 'vitest';
import {App} from '../../components/App.tsx';
import {frameOf, frameRows} from '../../src/view/frame.ts';
import {unicodeGlyphs} from '../../src/view/glyphs.ts';
import {textOf} from '../../src/view/row.ts';
import {liveLink, type Scene} from '../../src/view/scene.ts';
import {themes} from '../../src/view/theme.ts';
import {initialUi} from '../../src/view/ui-state.ts';
import {breachingSession} from '../helpers/fake-session.ts';

const session = breachingSession();
const sceneAt = (columns: number, rows: number): Scene => ({
	state: session.state(),
	ui: initialUi,
	link: liveLink,
	now: {...session.now(), offsetMinutes: 0},
	size: {columns, rows},
	glyphs: unicodeGlyphs,
});

test('Ink draws exactly the rows that the view computed', () => {
	const frame = frameOf(sceneAt(100, 30));
	const {lastFrame} = render(<App frame={frame} theme={themes.mono} />);
	const plain = (lastFrame() ?? '').replaceAll(/\x1B\[[\d;]*m/g, '').split('\n');
	expect(plain.map(line => line.trimEnd())).toEqual(frameRows(frame).map(row => textOf(row).trimEnd()));
	expect(plain.join('\n')).toContain('SSE success');
});
