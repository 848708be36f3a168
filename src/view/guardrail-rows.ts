import {columnsOf, sanitize} from '../base/text.ts';
import {spell} from './glyphs.ts';
import {consequence, type Look, lookOf} from './guardrail-look.ts';
import type {Item} from './list.ts';
import {cutRow, fitRow, outside, type Row, row, span, widthOf} from './row.ts';
import type {Scene} from './scene.ts';
import {type Stretch, sparkline} from './sparkline.ts';
import {type GuardrailView, guardrailViews, limitText, stretchOf, valueText} from './values.ts';

type Cells = {
	readonly view: GuardrailView;
	readonly look: Look;
	readonly title: string;
	readonly value: string;
	readonly limit: string;
};

type Columns = {
	readonly title: number;
	readonly value: number;
	readonly limit: number;
	readonly spark: number;
	readonly word: number;
	readonly stretch: Stretch;
};

/** A sparkline narrower than this says nothing, wider adds nothing. */
const sparkMin = 8;
const sparkMax = 60;

/** One item a guardrail, its columns lined up; in trouble it has a second row with what happens next. */
export function guardrailItems(scene: Scene, columns: number, withSparklines: boolean): readonly Item[] {
	const {ui} = scene;
	const cells = guardrailViews(scene.state).map(view => cellsOf(scene, view));
	const widths = columnsFor(cells, columns, withSparklines, stretchOf(scene));
	let group = '';
	return cells.map(cell => {
		const {plan} = cell.view;
		const isSelected = ui.focus === 'guardrails' && ui.panes.guardrails.cursor === plan.id;
		const heading = plan.group !== '' && plan.group !== group ? [row(` ${sanitize(plan.group, columns - 2)}`, 'dim')] : [];
		group = plan.group;
		const next = consequence(scene, cell.view, columns < 58);
		const rows = [
			...heading,
			mainRow(scene, cell, widths, isSelected),
			...(next === undefined ? [] : [nextRow(scene, next, cell.look, columns)]),
		];
		return {
			key: plan.id,
			text: `${plan.title} ${plan.group} ${cell.look.word} ${plan.severity}`,
			rows,
			urgent: isUrgent(cell.view),
		};
	});
}

const isUrgent = ({now, plan}: GuardrailView): boolean =>
	plan.bound !== undefined && now !== undefined && now.readAtMs !== undefined && now.status !== 'ok';

function cellsOf(scene: Scene, view: GuardrailView): Cells {
	const {plan, now} = view;
	const isMissing = now?.status === 'no-data' || now?.status === 'error';
	const value =
		now?.readAtMs === undefined
			? ''
			: isMissing || !now.worst
				? now.status === 'error'
					? 'no answer'
					: 'no data'
				: valueText(now.worst.value, plan.unit, plan.bound);
	return {
		view,
		look: lookOf(scene, view),
		title: sanitize(plan.title, 40, scene.glyphs.marks),
		value,
		limit: spell(limitText(plan.bound, plan.unit), scene.glyphs),
	};
}

function columnsFor(cells: readonly Cells[], columns: number, withSparklines: boolean, stretch: Stretch): Columns {
	const widest = (pick: (cell: Cells) => string): number => Math.max(0, ...cells.map(cell => widthOf(pick(cell))));
	// Room for the words that may stand there: columns must not shift each time a value gets a digit more.
	const value = Math.max(
		9,
		widest(cell => cell.value),
	);
	const word = Math.max(
		9,
		widest(cell => cell.look.word),
	);
	const limitWanted = widest(cell => cell.limit);
	const titleWanted = widest(cell => cell.title);
	// marker, glyph, space; two columns between cells
	const fixed = 4 + value + 2 + 2 + word;
	const limit = columns - fixed - limitWanted - 2 >= Math.min(titleWanted, 10) ? limitWanted : 0;
	const room = columns - fixed - (limit > 0 ? limit + 2 : 0);
	const title = Math.max(6, Math.min(titleWanted, room, Math.max(14, Math.floor(columns * 0.36))));
	const left = room - title - 3;
	return {title, value, limit, spark: withSparklines && left >= sparkMin ? Math.min(sparkMax, left) : 0, word, stretch};
}

function mainRow(scene: Scene, {view, look, title, value, limit}: Cells, widths: Columns, isSelected: boolean): Row {
	const {glyphs} = scene;
	const {marks} = glyphs;
	const {bound} = view.plan;
	const spark =
		widths.spark > 0
			? sparkline(view.now?.history ?? [], {
					...widths.stretch,
					columns: widths.spark,
					glyphs,
					...(bound && {bound}),
					tone: look.tone === 'bad' || look.tone === 'unknown' ? 'dim' : look.tone,
				})
			: [];
	const isPlain = look.tone === 'good' || look.tone === 'text';
	return [
		span(isSelected ? glyphs.select : ' ', 'key'),
		span(`${look.glyph} `, look.strong),
		...fitRow([span(title, isSelected ? 'selected' : isPlain ? 'text' : look.strong)], widths.title, marks),
		span('  '),
		span(' '.repeat(Math.max(0, widths.value - columnsOf(value)))),
		span(value, look.tone === 'good' ? 'good' : look.strong),
		...(widths.limit > 0 ? [span('  '), ...fitRow([span(limit, 'dim')], widths.limit, marks)] : []),
		...(widths.spark > 0 ? [span('  '), ...fitRow(spark, widths.spark, marks)] : []),
		span('  '),
		...fitRow([span(look.word, look.strong)], widths.word, marks),
	];
}

function nextRow({glyphs}: Scene, text: string, look: Look, columns: number): Row {
	return cutRow(
		[span(columns < 58 ? '   ' : '     '), outside(spell(text, glyphs), look.tone, columns, glyphs.marks)],
		columns,
		glyphs.marks,
	);
}
