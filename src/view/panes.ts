import {formatValue} from '../base/number-format.ts';
import {sanitize} from '../base/text.ts';
import {chartPane} from './chart-pane.ts';
import {errorItems, errorsInfo} from './error-rows.ts';
import {filterText, passes} from './filter.ts';
import {lookOf} from './guardrail-look.ts';
import {guardrailItems} from './guardrail-rows.ts';
import {type Item, newSince, type Window, windowOf} from './list.ts';
import {type Body, emptyNote, framed} from './pane.ts';
import {type Row, rowWidth, span} from './row.ts';
import type {Scene, Size} from './scene.ts';
import {timelineItems} from './timeline-rows.ts';
import {trafficRows} from './traffic-rows.ts';
import type {Pane} from './ui-state.ts';
import {guardrailViews} from './values.ts';

/** What a pane holds at a width, before and after its filters. */
export type Listed = {readonly items: readonly Item[]; readonly hidden: number};

export type PaneOptions = {
	readonly sparklines: boolean;
	readonly detail: boolean;
	readonly linesEach: number;
	readonly chartRows?: number;
};

/** Every item of a pane that its filters let through, and how many they don't. */
export function listed(scene: Scene, pane: Pane, columns: number, options: PaneOptions): Listed {
	const all = itemsOf(scene, pane, columns, options);
	const {filters} = scene.ui.panes[pane];
	const typed = scene.ui.dialog?.kind === 'filter' && scene.ui.dialog.pane === pane ? scene.ui.dialog : undefined;
	// While a pattern is typed the pane shows what it would give.
	const active = typed ? [...(typed.mode === 'and' ? filters : []), ...(typed.typed === '' ? [] : [typed.typed])] : filters;
	const items = active.length === 0 ? all : all.filter(({text}) => passes(active, text));
	return {items, hidden: all.length - items.length};
}

function itemsOf(scene: Scene, pane: Pane, columns: number, {sparklines, detail, linesEach}: PaneOptions): readonly Item[] {
	switch (pane) {
		case 'guardrails':
			return guardrailItems(scene, columns, sparklines);
		case 'traffic':
			return trafficRows(scene, columns, detail).map((row, index) => ({key: String(index), text: '', rows: [row]}));
		case 'timeline':
			return timelineItems(scene, columns, linesEach);
		case 'errors':
			return errorItems(scene, columns);
	}
}

const titles: Readonly<Record<Pane, string>> = {
	guardrails: 'Guardrails',
	traffic: 'Traffic',
	timeline: 'Timeline',
	errors: 'Errors',
};

const empties: Readonly<Record<Pane, string>> = {
	guardrails: 'no guardrail yet',
	traffic: 'the split has not been read yet',
	timeline: 'nothing has happened yet',
	errors: 'no error line yet',
};

/** One pane, framed, exactly `size`. */
export function paneRows(scene: Scene, pane: Pane, size: Size, options: PaneOptions): readonly Row[] {
	const inner = size.columns - 2;
	const {items, hidden} = listed(scene, pane, inner, options);
	const chartRows = options.chartRows ?? 0;
	const listRows = Math.max(0, size.rows - 2 - chartRows);
	const window = windowOf(items, scene.ui.panes[pane].cursor, listRows);
	const filled = [...window.rows, ...Array.from({length: chartRows > 0 ? listRows - window.rows.length : 0}, (): Row => [])];
	const body: Body = {
		title: titles[pane],
		info: infoOf(scene, pane),
		hidden: hiddenInfo(scene, pane, window, hidden, newSince(items, scene.ui.panes[pane].seenMark)),
		rows:
			items.length === 0
				? [emptyNote(hidden > 0 ? 'nothing matches; Esc clears the filter' : empties[pane])]
				: [...filled, ...(chartRows > 0 ? chartPane(scene, inner, chartRows) : [])],
	};
	return framed(scene, pane, body, size);
}

function infoOf(scene: Scene, pane: Pane): Row {
	if (pane === 'errors') return errorsInfo(scene);
	if (pane !== 'guardrails') return [];
	const views = guardrailViews(scene.state).filter(({plan}) => plan.bound !== undefined);
	const off = views.filter(view => !['ok', 'warning'].includes(lookOf(scene, view).word)).length;
	return views.length === 0 ? [] : [span(`${views.length - off} of ${views.length} ok`, off === 0 ? 'dim' : 'warn')];
}

/** The counts that keep a hidden thing from being forgotten: filtered out, above, below, new. */
function hiddenInfo(scene: Scene, pane: Pane, window: Window, hidden: number, fresh: number): Row {
	const {glyphs, ui, state} = scene;
	const {filters} = ui.panes[pane];
	const count = (value: number): string => formatValue(value, 'count');
	const pieces: Row = [
		...(filters.length > 0 || hidden > 0
			? [span(` ${sanitize(filterText(filters), 24, glyphs.marks)} ${count(hidden)} hidden `, 'warn')]
			: []),
		...(fresh > 0 ? [span(` ${count(fresh)} new (g) `, 'key')] : []),
		...(window.above > 0 ? [span(` ${glyphs.up}${window.above}`, 'dim')] : []),
		...(window.below > 0 ? [span(` ${glyphs.below}${window.below} `, 'dim')] : window.above > 0 ? [span(' ')] : []),
		...(window.urgentOutside > 0 ? [span(` ${window.urgentOutside} not ok out of sight `, 'badStrong')] : []),
		...(pane === 'errors' && state.errors.forgotten > 0 ? [span(` ${count(state.errors.forgotten)} forgotten `, 'dim')] : []),
	];
	return rowWidth(pieces) > 0 ? pieces : [];
}
