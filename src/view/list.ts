import type {Row} from './row.ts';

/** One thing in a pane: what it is found by, what a filter reads, and how it is drawn. */
export type Item = {
	readonly key: string;
	/** What filters are matched against. */
	readonly text: string;
	readonly rows: readonly Row[];
	/** Drawn even where not all fit: something is wrong with it. */
	readonly urgent?: boolean;
	/** Grows with what is newer; for "n new". */
	readonly mark?: number;
};

export type Window = {
	readonly rows: readonly Row[];
	/** Items above and below that don't fit, and how many of them are urgent. */
	readonly above: number;
	readonly below: number;
	readonly urgentOutside: number;
};

/**
 * As many whole items as fit in `height` rows with the selected one among them. Nothing selected: from the start, but items that are
 * urgent come first when not all fit, because a problem must not hide below the edge.
 */
export function windowOf(items: readonly Item[], cursor: string | undefined, height: number): Window {
	const tall = items.reduce((sum, {rows}) => sum + rows.length, 0);
	if (tall <= height) return {rows: items.flatMap(({rows}) => rows), above: 0, below: 0, urgentOutside: 0};
	const selected = cursor === undefined ? -1 : items.findIndex(({key}) => key === cursor);
	const ordered = selected === -1 ? [...items.filter(({urgent}) => urgent), ...items.filter(({urgent}) => !urgent)] : items;
	const start = selected === -1 ? 0 : startFor(ordered, selected, height);
	const rows: Row[] = [];
	let end = start;
	for (; end < ordered.length; end++) {
		const next = ordered[end]?.rows ?? [];
		if (rows.length + next.length > height) {
			// An item taller than the window is cut rather than left out.
			if (end === start) rows.push(...next.slice(0, height));
			break;
		}
		rows.push(...next);
	}
	if (end === start) end = start + 1;
	const outside = [...ordered.slice(0, start), ...ordered.slice(end)];
	return {rows, above: start, below: ordered.length - end, urgentOutside: outside.filter(({urgent}) => urgent).length};
}

/** The first item to draw so that the selected one is whole, and about in the middle. */
function startFor(items: readonly Item[], selected: number, height: number): number {
	let start = selected;
	let used = items[selected]?.rows.length ?? 0;
	const half = Math.floor(height / 2);
	while (start > 0 && used + (items[start - 1]?.rows.length ?? 0) <= half) {
		start--;
		used += items[start]?.rows.length ?? 0;
	}
	// Near the end there is room above: don't leave it empty.
	let tail = items.slice(start).reduce((sum, {rows}) => sum + rows.length, 0);
	while (start > 0 && tail + (items[start - 1]?.rows.length ?? 0) <= height) {
		start--;
		tail += items[start]?.rows.length ?? 0;
	}
	return start;
}

/** The key `by` items further on; from nothing selected, the first (or the last, going up). */
export function moved(items: readonly Item[], cursor: string | undefined, by: number): string | undefined {
	if (items.length === 0) return undefined;
	const at = cursor === undefined ? -1 : items.findIndex(({key}) => key === cursor);
	const from = at === -1 ? (by > 0 ? -1 : items.length) : at;
	const to = Math.max(0, Math.min(items.length - 1, from + by));
	return items[to]?.key;
}

/** Items newer than what was newest when following stopped. */
export const newSince = (items: readonly Item[], seenMark: number | undefined): number =>
	seenMark === undefined ? 0 : items.filter(({mark}) => mark !== undefined && mark > seenMark).length;

export const newestMark = (items: readonly Item[]): number =>
	items.reduce((newest, {mark}) => Math.max(newest, mark ?? Number.NEGATIVE_INFINITY), Number.NEGATIVE_INFINITY);
