import {formatValue} from '../base/number-format.ts';
import {sanitize} from '../base/text.ts';
import {type BudgetLine, budgetLines, stageBudget} from '../core/budget.ts';
import {joinRows, type Row, rowWidth, span, type Tone} from './row.ts';
import type {Scene} from './scene.ts';

const label = 'budget  ';

/** `budget  critical 0/0 · other 1/1 · rate-limited 4/5`: used of allowed in this stage; where there is little room, only what is overspent. */
export function budgetRows(scene: Scene, columns: number, onlySpent: boolean): Row[] {
	const {state, glyphs} = scene;
	const lines = budgetLines(state).filter(({spent}) => spent !== undefined || !onlySpent);
	if (lines.length === 0) return [];
	const {unread} = stageBudget(state, state.stage.index);
	const pieces = lines.map(line => pieceOf(scene, line));
	if (unread > 0) pieces.push([span(`${formatValue(unread, 'count')} lines not read ${glyphs.warn}`, 'warn')]);
	const between = span(` ${glyphs.dot} `, 'dim');
	return packed(pieces, columns - label.length, between).map((content, index) => [
		span(index === 0 ? label : ' '.repeat(label.length), 'dim'),
		...content,
	]);
}

function pieceOf({glyphs}: Scene, {name, used, allowed, spent, expected, onSpent}: BudgetLine): Row {
	const isUsedUp = used > 0 && used >= allowed;
	const tone: Tone = spent ? (onSpent === 'warn' ? 'warn' : 'badStrong') : isUsedUp ? 'warn' : expected ? 'dim' : 'good';
	const mark = spent ? ` ${onSpent === 'warn' ? glyphs.warn : glyphs.bad}` : isUsedUp ? ` ${glyphs.warn}` : '';
	return [
		span(`${sanitize(name, 20, glyphs.marks)} `, 'dim'),
		span(`${formatValue(used, 'count')}/${formatValue(allowed, 'count')}${mark}`, tone),
	];
}

/** Pieces in as few lines as hold them. */
function packed(pieces: readonly Row[], columns: number, between: Row[number]): Row[] {
	const lines: Row[][] = [];
	for (const piece of pieces) {
		const line = lines.at(-1);
		if (line && rowWidth(joinRows([...line, piece], between)) <= columns) line.push(piece);
		else lines.push([piece]);
	}
	return lines.map(line => joinRows(line, between));
}
