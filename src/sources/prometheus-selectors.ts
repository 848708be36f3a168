import {childrenOf, type Expr, type VectorSelector} from '../promql/ast.ts';
import {formatDuration} from '../promql/duration.ts';
import {parseQuery} from '../promql/parse.ts';
import {printSelector} from '../promql/print.ts';

/** One set of series that a query stands on: the bare selector at an offset. */
export type SelectorUse = {
	readonly selector: VectorSelector;
	/** `name{label="value"}`, without range and modifiers. */
	readonly text: string;
	/** The selector's own offset and those of the subqueries around it; positive looks back. */
	readonly offsetMs: number;
	/** The ranges around it, its own and those of subqueries, in all. 0 for an instant selector. */
	readonly rangeMs: number;
};

/** The selectors behind an expression. One with `@` stands still in time and has no age, so it is left out. */
export function selectorsBehind(expr: Expr): SelectorUse[] {
	const found: SelectorUse[] = [];
	const walk = (node: Expr, offsetMs: number, rangeMs: number): void => {
		if (node.kind === 'vector') {
			if (node.at !== undefined) return;
			found.push({selector: node, text: printSelector(node), offsetMs: offsetMs + node.offsetMs, rangeMs});
		} else if (node.kind === 'matrix') {
			walk(node.selector, offsetMs, rangeMs + node.rangeMs);
		} else if (node.kind === 'subquery') {
			if (node.at === undefined) walk(node.expr, offsetMs + node.offsetMs, rangeMs + node.rangeMs);
		} else {
			for (const child of childrenOf(node)) walk(child, offsetMs, rangeMs);
		}
	};
	walk(expr, 0, 0);
	return found;
}

/** As {@link selectorsBehind}; none for a text that is no PromQL to us (MetricsQL, a syntax newer than ours). */
export function selectorsOfQuery(query: string): readonly SelectorUse[] {
	const parsed = parseQuery(query);
	return parsed.ok ? selectorsBehind(parsed.value) : [];
}

/** ` offset 5m`, or nothing. */
export const offsetText = (offsetMs: number): string =>
	offsetMs === 0 ? '' : ` offset ${offsetMs < 0 ? '-' : ''}${formatDuration(Math.abs(offsetMs))}`;

/** The label under which parts of one combined answer come back. */
const tagLabel = 'canary_part';

/** Several vectors in one round trip: each part's series carry its tag. The parts' own labels must not hide it. */
const combine = (parts: ReadonlyMap<string, string>): string =>
	[...parts].map(([tag, query]) => `label_replace(${query},"${tagLabel}","${tag}","","")`).join(' or ');

export const tagOf = (labels: Readonly<Record<string, string>>): string => labels[tagLabel] ?? '';

/** `or` nests to the left, and a GET carries no more than some 8 kB once it is escaped: combined queries are cut into pieces. */
const partsMax = 20;
const charactersMax = 2_200;

/** A combined query, and the tags of the parts it holds. */
export type Piece = {readonly query: string; readonly tags: ReadonlySet<string>};

export function combineInPieces(parts: ReadonlyMap<string, string>): Piece[] {
	const pieces: Piece[] = [];
	let piece = new Map<string, string>();
	let characters = 0;
	const finish = (): void => {
		if (piece.size > 0) pieces.push({query: combine(piece), tags: new Set(piece.keys())});
		piece = new Map();
		characters = 0;
	};
	for (const [tag, query] of parts) {
		if (piece.size >= partsMax || characters + query.length > charactersMax) finish();
		piece.set(tag, query);
		characters += query.length + 50;
	}
	finish();
	return pieces;
}
