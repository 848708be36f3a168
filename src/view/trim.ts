import {type Row, type Span, widthOf} from './row.ts';

/** A row without what need not be drawn on an empty screen: the blanks before its last column, or at its end. */
export type Trimmed = {
	readonly left: Row;
	/** What stands alone in the row's last column: the right side of a frame. */
	readonly edge?: Span;
};

/** Most of a screen is blank, and every blank that is drawn costs as much as a letter. */
export function trimmed(row: Row): Trimmed {
	const last = row.at(-1);
	if (!last) return {left: row};
	const isEdge = last.tone !== 'text' && last.text !== ' ' && widthOf(last.text) === 1;
	const left = withoutTail(isEdge ? row.slice(0, -1) : row);
	return isEdge ? {left, edge: last} : {left};
}

function withoutTail(row: Row): Row {
	let end = row.length;
	while (end > 0 && isBlank(row[end - 1])) end--;
	return row.slice(0, end);
}

/** A blank of a band has a colour behind it: only those in plain text are nothing. */
const isBlank = (span: Span | undefined): boolean => span !== undefined && span.tone === 'text' && /^ *$/.test(span.text);
