import {burstDetail} from './burst-pane.ts';
import {compareDetail} from './compare-rows.ts';
import {detailRows, detailTitle} from './detail.ts';
import type {Box} from './dialog-parts.ts';
import {dialogBox} from './dialogs.ts';
import {helpRows} from './help.ts';
import type {Layout} from './layout.ts';
import {outputBox, outputScrollMax} from './output.ts';
import {paletteBox} from './palette.ts';
import {edge, type Part} from './pane.ts';
import {fitRow, type Row, span} from './row.ts';
import type {Scene} from './scene.ts';
import type {Dialog} from './ui-state.ts';

/** The open dialog as a box over the panes; undefined when none is open, or where it has its place in the status row. */
export function boxPart(scene: Scene, layout: Layout): Part | undefined {
	const {dialog} = scene.ui;
	if (!dialog || dialog.kind === 'filter') return undefined;
	const {columns, rows} = scene.size;
	const isWide = ['detail', 'help', 'burst', 'compare', 'output'].includes(dialog.kind);
	// What decides must stay in sight beneath a dialog: the alarm, and the two or three rows of the header.
	const top = layout.bare ? Math.min(2, layout.header.rows) + layout.alarm.rows : layout.alarm.rows + layout.header.rows;
	const room = isWide
		? {columns, rows: Math.max(3, rows - top - layout.keys.rows)}
		: {columns: Math.max(8, columns - (columns < 60 ? 0 : 4)), rows: Math.max(3, rows - top - (layout.bare ? 0 : 2))};
	const box = boxOf(scene, dialog, room.columns, room.rows);
	const height = Math.min(rows, isWide ? room.rows : Math.min(room.rows, box.rows.length + 2));
	const x = Math.max(0, Math.floor((columns - box.columns) / 2));
	const wanted = isWide || layout.bare ? top : top + Math.max(0, Math.floor((rows - top - 2 - height) / 3));
	// On a screen too low for both, the question goes before what it is about.
	const y = Math.max(0, Math.min(wanted, rows - height));
	return {x, y, size: {columns: box.columns, rows: height}, rows: boxRows(scene, box, height)};
}

function boxOf(scene: Scene, dialog: Exclude<Dialog, {kind: 'filter'}>, columnsMax: number, rowsMax: number): Box {
	switch (dialog.kind) {
		case 'palette':
			return paletteBox(scene, dialog.typed, dialog.selected, columnsMax, rowsMax);
		case 'output':
			return outputBox(scene, dialog, columnsMax, rowsMax);
		case 'help':
			return scrolled(scene, 'Keys and signs', helpRows(scene, columnsMax - 4), dialog.scroll, columnsMax, rowsMax);
		case 'burst':
			return scrolled(scene, 'Load burst', burstDetail(scene, columnsMax - 4), dialog.scroll, columnsMax, rowsMax);
		case 'compare':
			return scrolled(scene, 'A/B', compareDetail(scene, columnsMax - 4), dialog.scroll, columnsMax, rowsMax);
		case 'detail':
			return scrolled(
				scene,
				detailTitle(scene, dialog.guardrail),
				detailRows(scene, dialog.guardrail, columnsMax - 4, rowsMax - 2),
				dialog.scroll,
				columnsMax,
				rowsMax,
			);
		default:
			return dialogBox(scene, dialog, columnsMax);
	}
}

/** A long text in a box: `scroll` rows further down, never past its end. */
function scrolled(scene: Scene, title: string, rows: readonly Row[], scroll: number, columns: number, rowsMax: number): Box {
	const height = Math.max(1, rowsMax - 2);
	const start = Math.max(0, Math.min(scroll, rows.length - height));
	const more = rows.length - start - height;
	const where = more > 0 ? ` ${scene.glyphs.below}${more} more (j)` : '';
	return {title: `${title}${where}   Esc closes`, rows: rows.slice(start, start + height), tone: 'accent', columns};
}

/** How far a box's text can be scrolled: the last `scroll` that changes anything. */
export function scrollMax(
	scene: Scene,
	layout: Layout,
	dialog: Extract<Dialog, {kind: 'help' | 'burst' | 'compare' | 'detail' | 'output'}>,
): number {
	const top = layout.bare ? Math.min(2, layout.header.rows) + layout.alarm.rows : layout.alarm.rows + layout.header.rows;
	const {columns} = scene.size;
	const rows = Math.max(3, scene.size.rows - top - layout.keys.rows);
	if (dialog.kind === 'output') return outputScrollMax(scene, dialog, rows - 2);
	return Math.max(0, longText(scene, dialog, columns - 4, rows - 2).length - (rows - 2));
}

function longText(
	scene: Scene,
	dialog: Extract<Dialog, {kind: 'help' | 'burst' | 'compare' | 'detail'}>,
	columns: number,
	rows: number,
): readonly Row[] {
	switch (dialog.kind) {
		case 'help':
			return helpRows(scene, columns);
		case 'burst':
			return burstDetail(scene, columns);
		case 'compare':
			return compareDetail(scene, columns);
		case 'detail':
			return detailRows(scene, dialog.guardrail, columns, rows);
	}
}

/** The frame drawn by hand, one blank column inside; what doesn't fit loses its middle rows, never its last one (the buttons). */
function boxRows(scene: Scene, box: Box, height: number): readonly Row[] {
	const {glyphs} = scene;
	const inner = box.columns - 2;
	const wanted = Math.max(0, height - 2);
	const blank = Array.from({length: Math.max(0, wanted - box.rows.length)}, (): Row => []);
	const rows = box.rows.length <= wanted ? box.rows : [...box.rows.slice(0, Math.max(0, wanted - 1)), ...box.rows.slice(-1)];
	const title: Row = [span(` ${box.title} `, box.tone === 'bad' ? 'badBand' : 'strong')];
	return [
		edge(scene, title, [], inner, box.tone, 'top'),
		...[...rows.slice(0, wanted), ...blank].map(content => [
			span(`${glyphs.box.down} `, box.tone),
			...fitRow(content, inner - 2, glyphs.marks),
			span(` ${glyphs.box.down}`, box.tone),
		]),
		edge(scene, [], [], inner, box.tone, 'bottom'),
	];
}
