import type {TimelineKind} from '../core/state.ts';
import {type Item, moved, newestMark} from '../view/list.ts';
import {listed} from '../view/panes.ts';
import type {Scene} from '../view/scene.ts';
import {type Pane, type UiState, withPane} from '../view/ui-state.ts';

const itemsOf = (scene: Scene, pane: Pane): readonly Item[] =>
	listed(scene, pane, scene.size.columns, {sparklines: false, detail: true, linesEach: 1}).items;

/** The selection of the focused pane, `by` items further on. Selecting stops following: what comes after is counted as new. */
export function move(scene: Scene, by: number): UiState {
	const {ui} = scene;
	return select(scene, ui.focus, moved(itemsOf(scene, ui.focus), ui.panes[ui.focus].cursor, by));
}

function select(scene: Scene, pane: Pane, cursor: string | undefined): UiState {
	const {ui} = scene;
	if (cursor === undefined) return ui;
	const {filters, seenMark} = ui.panes[pane];
	const mark = seenMark ?? newestMark(itemsOf(scene, pane));
	return withPane(ui, pane, {filters, cursor, ...(Number.isFinite(mark) && {seenMark: mark})});
}

/** To the next (later) or previous line of the timeline of one of these kinds; from nothing selected, the newest. */
export function jump(scene: Scene, kinds: readonly TimelineKind[], direction: 1 | -1): UiState {
	const {timeline} = scene.state;
	const shown = new Set(itemsOf(scene, 'timeline').map(({key}) => key));
	const found = timeline.filter(({kind, seq}) => kinds.includes(kind) && shown.has(String(seq)));
	const cursor = scene.ui.panes.timeline.cursor;
	const at = cursor === undefined ? Number.POSITIVE_INFINITY : Number(cursor);
	const next = direction === 1 ? found.find(({seq}) => seq > at) : found.findLast(({seq}) => seq < at);
	const target = next ?? (cursor === undefined ? found.at(-1) : undefined);
	const ui = {...scene.ui, focus: 'timeline' as const};
	return target ? select({...scene, ui}, 'timeline', String(target.seq)) : ui;
}
