import {formatDuration} from '../base/duration.ts';
import {formatValue} from '../base/number-format.ts';
import {sanitize} from '../base/text.ts';
import {errorRate} from '../core/error-state.ts';
import {compileFilter, filterText} from './filter.ts';
import {listed} from './panes.ts';
import {cutRow, fitRow, outside, type Row, span, spreadRow} from './row.ts';
import type {Scene} from './scene.ts';
import {threeNumbers} from './traffic-rows.ts';
import {type Dialog, type Pane, panes} from './ui-state.ts';

/** A tick later than this share of the poll is worth a word. */
const lateShare = 0.5;

/** One row above the keys: the pattern being typed, the answer to the last key, what has no pane, or who is here. */
export function statusRow(scene: Scene, columns: number, without: readonly Pane[]): Row {
	const {ui, glyphs} = scene;
	if (ui.dialog?.kind === 'filter') return filterRow(scene, ui.dialog, columns);
	if (ui.flash) return fitRow([span(' '), outside(ui.flash.text, ui.flash.tone, columns, glyphs.marks)], columns, glyphs.marks);
	const right = cutRow([...tickPieces(scene), ...consolePieces(scene), span(' ')], Math.floor(columns / 2), glyphs.marks);
	return spreadRow([span(' '), ...collapsedPieces(scene, without)], right, columns, glyphs.marks);
}

function filterRow(scene: Scene, dialog: Extract<Dialog, {kind: 'filter'}>, columns: number): Row {
	const {glyphs, ui} = scene;
	const compiled = compileFilter(dialog.typed);
	const {items, hidden} = listed(scene, dialog.pane, columns, {sparklines: false, detail: true, linesEach: 1});
	const before =
		dialog.mode === 'and' && ui.panes[dialog.pane].filters.length > 0 ? `${filterText(ui.panes[dialog.pane].filters)} & ` : '';
	const left: Row = [
		span(` ${dialog.pane} `, 'accent'),
		span(sanitize(before, 40, glyphs.marks), 'dim'),
		span(dialog.mode === 'and' ? '& ' : '/ ', 'key'),
		span(dialog.typed.slice(-60), 'strong'),
		span(glyphs.caret, 'accent'),
	];
	const right: Row = compiled.ok
		? [span(`${items.length} shown, ${hidden} hidden `, 'dim')]
		: [span(`${sanitize(compiled.error, 50, glyphs.marks)} `, 'warn')];
	return spreadRow(left, right, columns, glyphs.marks);
}

/** Panes that have no room, in a few words each, so that nothing is quietly out of sight. */
function collapsedPieces(scene: Scene, without: readonly Pane[]): Row {
	const {ui} = scene;
	const pieces = without.map((pane): Row => [span(`${panes.indexOf(pane) + 1} `, 'key'), ...summaryOf(scene, pane)]);
	const all = ui.zoomed ? [[span(`${ui.focus} zoomed`, 'accent'), span(' (z back)', 'dim')], ...pieces.slice(0, 1)] : pieces;
	return all.flatMap((piece, index) => (index === 0 ? piece : [span('   '), ...piece]));
}

function summaryOf(scene: Scene, pane: Pane): Row {
	const {state, now, glyphs} = scene;
	switch (pane) {
		case 'errors': {
			const fresh = state.errors.groups.filter(({isNew}) => isNew).length;
			const rate = formatValue(Number(errorRate(state.errors, now.tMs).toPrecision(2)), '/s');
			return [span(`errors ${rate}`, 'dim'), ...(fresh > 0 ? [span(` ${fresh} new`, 'badStrong')] : [])];
		}
		case 'timeline':
			return [outside(state.timeline.at(-1)?.text ?? 'nothing yet', 'dim', 40, glyphs.marks)];
		case 'traffic':
			return threeNumbers(scene, true);
		case 'guardrails':
			return [span('guardrails', 'dim')];
	}
}

/** A poll that comes late, drops out, or a server whose clock is elsewhere: it bends every age on the screen, so it is said. */
function tickPieces({state, glyphs}: Scene): Row {
	const {tick, plan} = state;
	const pollMs = plan?.pollMs ?? 1_000;
	const pieces: Row = [
		...(tick.lateMs > pollMs * lateShare
			? [span(`${glyphs.warn} poll ${formatDuration(Math.round(tick.lateMs))} late  `, 'warn')]
			: []),
		...(tick.missed > 0 ? [span(`${tick.missed} polls missed  `, 'dim')] : []),
		...(Math.abs(tick.skewMs ?? 0) > 2_000
			? [span(`${glyphs.warn} server clock ${formatDuration(Math.round(tick.skewMs ?? 0))} off  `, 'warn')]
			: []),
	];
	return pieces;
}

function consolePieces({link, state, glyphs}: Scene): Row {
	const {armed} = state;
	return [
		...(armed ? [outside(`armed: ${armed.by}  `, 'warn', 30, glyphs.marks)] : []),
		...(link.who === '' ? [] : [outside(link.who, 'dim', 30, glyphs.marks), span(` ${glyphs.dot} `, 'dim')]),
		span(link.replay ? 'replay' : link.role, 'dim'),
		...(link.consoles > 1 ? [span(` ${glyphs.dot} ${link.consoles} attached`, 'dim')] : []),
	];
}
