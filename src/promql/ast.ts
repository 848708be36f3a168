/**
 * The tree of a PromQL expression. Plain frozen data: it can be compared, printed and walked by anyone.
 * Positions are UTF-16 offsets into the query text, `end` excluded; times and durations are milliseconds.
 */
export type Span = {readonly start: number; readonly end: number};

export type ValueType = 'scalar' | 'string' | 'vector' | 'matrix';

export type MatchOp = '=' | '!=' | '=~' | '!~';

/** One `name op "value"` of a selector. A metric name in front of the braces is the matcher `__name__ = "…"`. */
export type Matcher = {readonly name: string; readonly op: MatchOp; readonly value: string};

/** `@ <time>`: a time in ms since the epoch, or the start or end of the query. */
export type AtModifier = number | 'start' | 'end';

export type Modified = {
	/** Positive looks into the past. */
	readonly offsetMs: number;
	readonly at?: AtModifier;
};

export type VectorSelector = Modified & {
	readonly kind: 'vector';
	readonly span: Span;
	/** The metric name if it stood in front of the braces or as a bare quoted name inside them. */
	readonly name?: string;
	readonly matchers: readonly Matcher[];
};

export type MatrixSelector = {
	readonly kind: 'matrix';
	readonly span: Span;
	readonly selector: VectorSelector;
	readonly rangeMs: number;
};

export type Subquery = Modified & {
	readonly kind: 'subquery';
	readonly span: Span;
	readonly expr: Expr;
	readonly rangeMs: number;
	/** Absent: the default step of the engine. */
	readonly stepMs?: number;
};

export const aggregateOps = [
	'sum',
	'avg',
	'count',
	'min',
	'max',
	'group',
	'stddev',
	'stdvar',
	'topk',
	'bottomk',
	'count_values',
	'quantile',
	'limitk',
	'limit_ratio',
] as const;

export type AggregateOp = (typeof aggregateOps)[number];

export type Aggregate = {
	readonly kind: 'aggregate';
	readonly span: Span;
	readonly op: AggregateOp;
	readonly expr: Expr;
	readonly param?: Expr;
	readonly grouping: readonly string[];
	readonly without: boolean;
};

export type Call = {readonly kind: 'call'; readonly span: Span; readonly name: string; readonly args: readonly Expr[]};

export const comparisonOps = ['==', '!=', '<', '<=', '>', '>='] as const;
export const setOps = ['and', 'or', 'unless'] as const;
export const arithmeticOps = ['+', '-', '*', '/', '%', '^', 'atan2'] as const;

export type ComparisonOp = (typeof comparisonOps)[number];
export type SetOp = (typeof setOps)[number];
export type ArithmeticOp = (typeof arithmeticOps)[number];
export type BinaryOp = ComparisonOp | SetOp | ArithmeticOp;

export type VectorMatching = {
	readonly card: 'one-to-one' | 'many-to-one' | 'one-to-many' | 'many-to-many';
	/** True: match on `labels` alone. False: on all labels but these. */
	readonly on: boolean;
	readonly labels: readonly string[];
	/** Labels that `group_left` or `group_right` copies from the side of one. */
	readonly include: readonly string[];
	/** Values that stand in for a missing partner (experimental `fill`, `fill_left`, `fill_right`). */
	readonly fillLeft?: number;
	readonly fillRight?: number;
};

export type Binary = {
	readonly kind: 'binary';
	readonly span: Span;
	/** Where the operator stands, for messages. */
	readonly opSpan: Span;
	readonly op: BinaryOp;
	readonly left: Expr;
	readonly right: Expr;
	readonly bool: boolean;
	/** Absent unless both sides are instant vectors. */
	readonly matching?: VectorMatching;
};

export type Unary = {readonly kind: 'unary'; readonly span: Span; readonly op: '+' | '-'; readonly expr: Expr};
export type Paren = {readonly kind: 'paren'; readonly span: Span; readonly expr: Expr};
export type NumberLiteral = {readonly kind: 'number'; readonly span: Span; readonly value: number};
export type StringLiteral = {readonly kind: 'string'; readonly span: Span; readonly value: string};

export type Expr =
	| VectorSelector
	| MatrixSelector
	| Subquery
	| Aggregate
	| Call
	| Binary
	| Unary
	| Paren
	| NumberLiteral
	| StringLiteral;

/** The label that holds a metric's name. */
export const nameLabel = '__name__';

/** The expressions that stand directly below one. */
export function childrenOf(expr: Expr): readonly Expr[] {
	switch (expr.kind) {
		case 'vector':
		case 'number':
		case 'string':
			return [];
		case 'matrix':
			return [expr.selector];
		case 'subquery':
		case 'unary':
		case 'paren':
			return [expr.expr];
		case 'aggregate':
			return expr.param ? [expr.param, expr.expr] : [expr.expr];
		case 'call':
			return expr.args;
		case 'binary':
			return [expr.left, expr.right];
	}
}

/** The expression inside any number of parentheses. */
export function unparen(expr: Expr): Expr {
	let inner = expr;
	while (inner.kind === 'paren') inner = inner.expr;
	return inner;
}

/** The value of a string literal, parentheses or not. */
export function textOf(expr: Expr): string {
	const inner = unparen(expr);
	return inner.kind === 'string' ? inner.value : '';
}

export const isComparison = (op: BinaryOp): boolean => (comparisonOps as readonly string[]).includes(op);
export const isSetOp = (op: BinaryOp): boolean => (setOps as readonly string[]).includes(op);
