import type {SessionState} from '../core/state.ts';
import {frameOf, frameRows} from './frame.ts';
import {unicodeGlyphs} from './glyphs.ts';
import type {Row} from './row.ts';
import {liveLink, type Now, type Size} from './scene.ts';
import type {Theme} from './theme.ts';
import {initialUi} from './ui-state.ts';

/** The first line of an asciicast file in format 3: https://docs.asciinema.org/manual/asciicast/v3/ */
export const castHeader = (size: Size, startedAtMs: number, title: string): string =>
	JSON.stringify({
		version: 3,
		term: {cols: size.columns, rows: size.rows, type: 'xterm-256color'},
		timestamp: Math.floor(startedAtMs / 1_000),
		title,
	});

/** One event line. `afterMs`: since the event before, as format 3 counts. `o` is output, `m` a marker, `x` the end. */
export const castEvent = (afterMs: number, code: 'o' | 'm' | 'x', data: string): string =>
	JSON.stringify([Math.round(afterMs) / 1_000, code, data]);

/** The screen of a state as a replay shows it, as rows with colours. */
export function castRows(state: SessionState, size: Size, now: Now, theme: Theme): readonly string[] {
	const link = {...liveLink, replay: true, who: state.operator};
	const frame = frameOf({state, ui: initialUi, link, now, size, glyphs: unicodeGlyphs});
	return frameRows(frame).map(row => painted(row, theme));
}

/** What brings one screen to the next: only rows that differ, each by its place. */
export function castChange(before: readonly string[], after: readonly string[]): string {
	const changed = after.flatMap((row, index) => (row === before[index] ? [] : `\x1b[${index + 1};1H${row}\x1b[0m\x1b[K`));
	return (before.length === 0 ? '\x1b[?25l\x1b[2J' : '') + changed.join('');
}

/** Trailing blanks without a background are what an erased line shows anyway. */
function painted(row: Row, theme: Theme): string {
	return row
		.map(({text, tone}) => {
			const codes = theme.styles[tone];
			return codes.length === 0 ? text : `\x1b[${codes.join(';')}m${text}\x1b[0m`;
		})
		.join('')
		.trimEnd();
}
