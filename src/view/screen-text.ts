import type {SessionState} from '../core/state.ts';
import {frameOf, frameRows} from './frame.ts';
import {unicodeGlyphs} from './glyphs.ts';
import {textOf} from './row.ts';
import {liveLink, type Now, type Size} from './scene.ts';
import {initialUi} from './ui-state.ts';

/** The screen as plain text, as a checkpoint keeps it: exactly `size.rows` lines, trailing blanks cut, one line break at the end. */
export function screenText(state: SessionState, size: Size, now: Now): string {
	const frame = frameOf({state, ui: initialUi, link: {...liveLink, who: state.operator}, now, size, glyphs: unicodeGlyphs});
	return `${frameRows(frame)
		.map(row => textOf(row).trimEnd())
		.join('\n')}\n`;
}
