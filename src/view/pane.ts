import {cutRow, fitRow, type Row, row, rowWidth, span} from './row.ts';
import type {Scene, Size} from './scene.ts';
import {type Pane, panes} from './ui-state.ts';

/** A rectangle of the screen, drawn: exactly `size.rows` rows of exactly `size.columns` columns. */
export type Part = {readonly x: number; readonly y: number; readonly size: Size; readonly rows: readonly Row[]};

export type Body = {
	readonly title: string;
	/** Beside the title. */
	readonly info: Row;
	/** At the right end of the upper border: counts of what can't be seen. */
	readonly hidden: Row;
	readonly rows: readonly Row[];
};

/** Rows in a frame of text with its title in the upper border: one row of text a line draws far quicker than a box around boxes. */
export function framed(scene: Scene, pane: Pane, body: Body, size: Size): readonly Row[] {
	const {glyphs, ui} = scene;
	const isFocused = ui.focus === pane;
	const tone = isFocused ? 'focus' : 'border';
	const inner = size.columns - 2;
	const digit = String(panes.indexOf(pane) + 1);
	const title: Row = [
		span(` ${digit} `, isFocused ? 'key' : 'dim'),
		span(`${body.title} `, isFocused ? 'strong' : 'text'),
		...(rowWidth(body.info) > 0 ? [span(' '), ...body.info, span(' ')] : []),
	];
	const rows = body.rows.slice(0, Math.max(0, size.rows - 2));
	const blank = Math.max(0, size.rows - 2 - rows.length);
	return [
		edge(scene, title, body.hidden, inner, tone, 'top'),
		...[...rows, ...Array.from({length: blank}, () => [] as Row)].map(content => [
			span(glyphs.box.down, tone),
			...fitRow(content, inner, glyphs.marks),
			span(glyphs.box.down, tone),
		]),
		edge(scene, [], [], inner, tone, 'bottom'),
	].slice(0, size.rows);
}

/** A border row of `inner` + 2 columns with something written into its two ends. */
export function edge(
	{glyphs}: Pick<Scene, 'glyphs'>,
	left: Row,
	right: Row,
	inner: number,
	tone: 'focus' | 'border' | 'bad' | 'accent',
	side: 'top' | 'bottom',
): Row {
	const {box, marks} = glyphs;
	const [open, close] = side === 'top' ? [box.topLeft, box.topRight] : [box.bottomLeft, box.bottomRight];
	const rightCut = cutRow(right, Math.max(0, inner - 4), marks);
	const leftCut = cutRow(left, Math.max(0, inner - rowWidth(rightCut) - 2), marks);
	const line = Math.max(0, inner - rowWidth(leftCut) - rowWidth(rightCut));
	const tail = rowWidth(rightCut) > 0 ? Math.min(1, line) : 0;
	return [
		span(open, tone),
		...leftCut,
		span(box.across.repeat(line - tail), tone),
		...rightCut,
		span(box.across.repeat(tail), tone),
		span(close, tone),
	];
}

export const emptyNote = (text: string): Row => row(` ${text}`, 'dim');
