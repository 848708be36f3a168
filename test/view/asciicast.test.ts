import {expect, test} from 'vitest';
import {initialState} from '../../src/core/state.ts';
import {castChange, castEvent, castHeader, castRows} from '../../src/view/asciicast.ts';
import {pickTheme} from '../../src/view/theme.ts';

test('the header and the events are those of asciicast format 3', () => {
	expect(JSON.parse(castHeader({columns: 120, rows: 40}, 1_790_000_000_999, 'x'))).toEqual({
		version: 3,
		term: {cols: 120, rows: 40, type: 'xterm-256color'},
		timestamp: 1_790_000_000,
		title: 'x',
	});
	expect(JSON.parse(castEvent(1_234.4, 'o', '\x1b[H'))).toEqual([1.234, 'o', '\x1b[H']);
});

test('the first screen is drawn whole, later ones by the rows that differ', () => {
	const rows = castRows(initialState, {columns: 120, rows: 40}, {tMs: 0, atMs: 0, offsetMinutes: 0}, pickTheme('default', {}));
	expect(rows).toHaveLength(40);
	expect(rows.join('\n')).toContain('REPLAY');
	expect(castChange([], rows).split(/\x1b\[\d+;1H/)).toHaveLength(41);
	expect(castChange(rows, rows)).toBe('');
	expect(castChange(rows, rows.with(7, 'other'))).toBe('\x1b[8;1Hother\x1b[0m\x1b[K');
});
