import {type Frame, frameOf, frameRows} from '../../src/view/frame.ts';
import {unicodeGlyphs} from '../../src/view/glyphs.ts';
import {type Row, type Tone, textOf} from '../../src/view/row.ts';
import {liveLink, type Scene} from '../../src/view/scene.ts';
import {initialUi} from '../../src/view/ui-state.ts';
import type {FakeSession} from './fake-session.ts';

/** A session on a screen of 120×40, `laterMs` after its last event, with whatever differs. */
export function sceneOf(session: FakeSession, differs: Partial<Scene> = {}, laterMs = 800): Scene {
	const {tMs, atMs} = session.now();
	return {
		state: session.state(),
		ui: initialUi,
		link: {...liveLink, who: 'ana@bastion'},
		now: {tMs: tMs + laterMs, atMs: atMs + laterMs, offsetMinutes: 0},
		size: {columns: 120, rows: 40},
		glyphs: unicodeGlyphs,
		...differs,
	};
}

/** The frame's rows with the box laid over them, as a reader sees them. */
export function seenRows(frame: Frame): readonly string[] {
	const rows = frameRows(frame).map(textOf);
	const {overlay} = frame;
	if (!overlay) return rows;
	return rows.map((text, y) => {
		const over = overlay.rows[y - overlay.y];
		if (over === undefined) return text;
		const cells = [...text];
		return [...cells.slice(0, overlay.x), ...textOf(over), ...cells.slice(overlay.x + overlay.size.columns)].join('');
	});
}

export const seen = (scene: Scene): string => seenRows(frameOf(scene)).join('\n');

/** The tones of the pieces of the frame whose text contains `text`. */
export const tonesOf = (rows: readonly Row[], text: string): readonly Tone[] =>
	rows.flatMap(row => row.filter(piece => piece.text.includes(text)).map(({tone}) => tone));
