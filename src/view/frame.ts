import {boxPart} from './box.ts';
import {burstPane, burstWish} from './burst-pane.ts';
import {keysRow} from './footer.ts';
import {asciiRow} from './glyphs.ts';
import {alarmRows, nextPieces, stageRow, titleRow, verdictRow} from './header.ts';
import {collapsed, type Layout, layoutFor, type Rect} from './layout.ts';
import {windowOf} from './list.ts';
import type {Part} from './pane.ts';
import {listed, type PaneOptions, paneRows} from './panes.ts';
import {cutRow, fitRow, type Row, span} from './row.ts';
import type {Scene, Size} from './scene.ts';
import {scrubberRows} from './scrubber.ts';
import {statusRow} from './status.ts';
import {threeNumbers, trafficRows} from './traffic-rows.ts';
import {type Pane, panes} from './ui-state.ts';

/** A whole screen: parts that tile it, and at most one box that lies over them. */
export type Frame = {readonly size: Size; readonly parts: readonly Part[]; readonly overlay?: Part};

/** Smaller than this nothing can be said. */
const columnsMin = 8;
const rowsMin = 3;

/** The layout for a scene: how much its panes hold decides how much room they get. */
export function layoutOf(scene: Scene): Layout {
	const {size, ui, state} = scene;
	const narrow = size.columns < 100;
	const guess = narrow ? size.columns - 2 : Math.round(size.columns * 0.6) - 2;
	const guardrails = listed(scene, 'guardrails', guess, {sparklines: false, detail: false, linesEach: 1});
	const guardrailRows = guardrails.items.reduce((sum, {rows}) => sum + rows.length, 0);
	const trafficColumns = narrow ? Math.floor(size.columns / 2) - 2 : Math.round(size.columns * 0.38) - 2;
	const traffic = trafficRows(scene, trafficColumns, true).length;
	// One row of air, so that a guardrail that starts to breach doesn't push the panes about.
	const wishes = {
		guardrails: Math.max(1, guardrailRows) + 3,
		traffic: Math.max(3, traffic) + 2,
		alarm: Object.keys(state.alarms).length === 0 ? 0 : alarmRows(scene, size.columns, 6).length,
		scrubber: scrubberRows(scene, size.columns).length,
		burst: burstWish(scene),
		chart: Object.values(state.guardrails).some(({history}) => history.length > 1),
	};
	const zoomed = ui.zoomed ? ui.focus : undefined;
	return layoutFor(size, wishes, zoomed);
}

/** The screen, exactly `size.columns` × `size.rows`, whatever is in it. */
export function frameOf(scene: Scene): Frame {
	const {size} = scene;
	const {columns, rows} = size;
	if (columns < columnsMin || rows < rowsMin) return tiny(scene);
	const layout = layoutOf(scene);
	const parts = [
		part(layout.alarm, alarmRows(scene, columns, layout.alarm.rows)),
		part(layout.header, headerRows(scene, layout)),
		...panes.flatMap(pane => {
			const rect = layout.panes[pane];
			return rect
				? [part(rect, layout.bare ? bareRows(scene, pane, rect) : paneRows(scene, pane, rect, paneOptions(layout, pane)))]
				: [];
		}),
		part(layout.burst, burstPane(scene, layout.burst)),
		part(layout.scrubber, scrubberRows(scene, columns).slice(-layout.scrubber.rows)),
		part(layout.status, [statusRow(scene, columns, collapsed(layout))]),
		part(layout.keys, [layout.bare ? bareKeys(scene, columns) : keysRow(scene, columns)]),
	].filter(({size: {rows: height}}) => height > 0);
	const overlay = boxPart(scene, layout);
	const spelled = scene.glyphs.name === 'ascii' ? asciiPart : (one: Part): Part => one;
	return {size, parts: parts.map(spelled), ...(overlay && {overlay: spelled(overlay)})};
}

export const paneOptions = (layout: Layout, pane: Pane): PaneOptions => {
	const rect = layout.panes[pane];
	const isTall = rect !== undefined && rect.rows > 30;
	return {
		sparklines: layout.sparklines,
		detail: layout.trafficDetail,
		chartRows: pane === 'guardrails' ? layout.chartRows : 0,
		linesEach: isTall || (rect?.columns ?? 0) < 60 ? 2 : 1,
	};
};

const asciiPart = (one: Part): Part => ({...one, rows: one.rows.map(asciiRow)});

/** Rows cut and padded to a rectangle: nothing is ever drawn past it. */
export function part({x, y, columns, rows}: Rect, drawn: readonly Row[]): Part {
	const filled = Array.from({length: rows}, (_, index) => fitRow(drawn[index] ?? [], columns));
	return {x, y, size: {columns, rows}, rows: filled};
}

function headerRows(scene: Scene, layout: Layout): Row[] {
	const {columns, rows} = layout.header;
	if (!layout.bare) return [titleRow(scene, columns), stageRow(scene, columns), verdictRow(scene, columns)];
	// In the order in which they may go: the verdict, the split, the marks, what is next, the stage.
	const all = [
		{row: verdictRow(scene, columns), place: 1, keep: 1},
		{row: [span(' '), ...threeNumbers(scene, true)], place: 3, keep: 2},
		{row: titleRow(scene, columns), place: 0, keep: 3},
		{row: [span(' '), ...nextPieces(scene)], place: 2, keep: 4},
		{row: stageRow(scene, columns, false), place: 4, keep: 5},
	];
	return all
		.filter(({keep}) => keep <= rows)
		.sort((left, right) => left.place - right.place)
		.map(({row}) => cutRow(row, columns, scene.glyphs.marks));
}

/** A pane without its frame, for a screen that has no room for one. */
function bareRows(scene: Scene, pane: Pane, {columns, rows}: Rect): readonly Row[] {
	const {items} = listed(scene, pane, columns, {sparklines: false, detail: true, linesEach: 1});
	return windowOf(items, scene.ui.panes[pane].cursor, rows).rows;
}

/** On a small screen an answer takes the place of the keys for the moment it is shown. */
function bareKeys(scene: Scene, columns: number): Row {
	const isBusy = scene.ui.flash !== undefined || scene.ui.dialog?.kind === 'filter';
	return isBusy ? statusRow(scene, columns, []) : keysRow(scene, columns);
}

function tiny(scene: Scene): Frame {
	const {size} = scene;
	const whole = {x: 0, y: 0, columns: size.columns, rows: size.rows};
	return {size, parts: [part(whole, [verdictRow(scene, size.columns)])]};
}

/** The frame's rows as one: parts side by side joined, without the box that lies over them. */
export function frameRows({size, parts}: Frame): readonly Row[] {
	return Array.from({length: size.rows}, (_, y) =>
		parts
			.filter(one => y >= one.y && y < one.y + one.size.rows)
			.toSorted((left, right) => left.x - right.x)
			.flatMap(one => one.rows[y - one.y] ?? []),
	);
}
