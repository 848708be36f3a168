import type {ComponentType} from 'react';
import {columnsOf, truncate} from '../base/text.ts';

/** One row: column title → cell. All rows have the same columns, in the order they are to stand. */
export type TableRow = Readonly<Record<string, string>>;

type TableComponent = ComponentType<{data: TableRow[]}>;

/** Narrower than this a column says nothing. */
const columnWidthMin = 8;
/** What ink-table draws beside each cell: a rule and two spaces. */
const frameColumns = 3;

/**
 * A table for commands that print once, by ink-table. It can neither cut a column nor colour a cell, so the rows are cut to
 * `columns` before it sees them: the widest columns give way first.
 */
export async function tableText(rows: readonly TableRow[], columns: number): Promise<string> {
	if (rows.length === 0) return '';
	// Ink takes longer to load than most commands take to run: those that print no table do without.
	const [ink, {createElement}] = await Promise.all([import('ink'), import('react')]);
	// ink-table is CommonJS and Ink is not: scripts/build.ts lets it find Ink here.
	Reflect.set(globalThis, Symbol.for('canary-console.ink'), ink);
	const inkTable: {default: unknown} = await import('ink-table');
	const data = fitRows(rows, columns).map(row => ({...row}));
	const width = Math.max(columns, ...[data[0] ?? {}].map(lineColumns));
	// CommonJS: the class is `default`, or `default.default` where a loader wraps the module once more.
	const wrapped = inkTable.default as {default?: TableComponent};
	const component = wrapped.default ?? (inkTable.default as TableComponent);
	return ink.renderToString(createElement(component, {data}), {columns: width});
}

const lineColumns = (row: TableRow): number =>
	1 + Object.values(row).reduce((sum, cell) => sum + columnsOf(cell) + frameColumns, 0);

function fitRows(rows: readonly TableRow[], columns: number): readonly TableRow[] {
	const titles = Object.keys(rows[0] ?? {});
	const widths = new Map(
		titles.map(title => [title, Math.max(columnsOf(title), ...rows.map(row => columnsOf(row[title] ?? '')))]),
	);
	const room = columns - 1 - frameColumns * titles.length;
	for (let over = sum(widths) - room; over > 0; over = sum(widths) - room) {
		const [widest, width] = [...widths].reduce((left, right) => (right[1] > left[1] ? right : left));
		if (width <= columnWidthMin) break;
		widths.set(widest, Math.max(columnWidthMin, width - over, secondWidest(widths)));
		if (widths.get(widest) === width) widths.set(widest, width - 1);
	}
	return rows.map(row =>
		Object.fromEntries(titles.map(title => [title, truncate(row[title] ?? '', widths.get(title) ?? columnWidthMin)])),
	);
}

const sum = (widths: ReadonlyMap<string, number>): number => [...widths.values()].reduce((total, width) => total + width, 0);

const secondWidest = (widths: ReadonlyMap<string, number>): number =>
	[...widths.values()].sort((left, right) => right - left)[1] ?? 0;
