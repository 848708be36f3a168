import {type Binary, type ComparisonOp, childrenOf, type Expr, isComparison, unparen, type VectorSelector} from './ast.ts';
import {typeOf} from './check-types.ts';
import {printExpr} from './print.ts';

/** `left op value`: what is measured, and the number it is compared with. */
export type Comparison = {readonly left: string; readonly op: ComparisonOp; readonly value: number};

const flipped = {'<': '>', '<=': '>=', '>': '<', '>=': '<=', '==': '==', '!=': '!='} as const;
const negated = {'<': '>=', '<=': '>', '>': '<=', '>=': '<', '==': '!=', '!=': '=='} as const;

/**
 * Splits an alert's expression at its top-level comparison with a number: `rate(a[5m]) > 5` gives left `rate(a[5m])`, op `>`,
 * value 5; `5 < a` is turned round. Sums of numbers count as a number (`> 5 * 60`). Undefined for everything else: no
 * comparison on top, `bool` (it filters nothing), or no side that is a number.
 */
export function splitComparison(expr: Expr): Comparison | undefined {
	const top = unparen(expr);
	if (top.kind !== 'binary' || !isComparison(top.op) || top.bool) return undefined;
	const op = top.op as ComparisonOp;
	const right = constantOf(top.right);
	if (right !== undefined)
		return typeOf(top.left) === 'vector' ? {left: printExpr(unparen(top.left)), op, value: right} : undefined;
	const left = constantOf(top.left);
	if (left === undefined || typeOf(top.right) !== 'vector') return undefined;
	return {left: printExpr(unparen(top.right)), op: flipped[op], value: left};
}

/**
 * The bound that holds while the alert is silent: an alert `expr > 5` is healthy while `expr <= 5`. Undefined where
 * `splitComparison` is.
 */
export function healthyBoundOf(expr: Expr): Comparison | undefined {
	const alert = splitComparison(expr);
	return alert && {...alert, op: negated[alert.op]};
}

/** The value of an expression made of numbers alone, or undefined. */
export function constantOf(expr: Expr): number | undefined {
	switch (expr.kind) {
		case 'number':
			return expr.value;
		case 'paren':
			return constantOf(expr.expr);
		case 'unary': {
			const value = constantOf(expr.expr);
			return value === undefined || expr.op === '+' ? value : -value;
		}
		case 'binary':
			return constantOfBinary(expr);
		default:
			return undefined;
	}
}

function constantOfBinary({op, left, right}: Binary): number | undefined {
	const a = constantOf(left);
	const b = constantOf(right);
	if (a === undefined || b === undefined) return undefined;
	if (op === '+') return a + b;
	if (op === '-') return a - b;
	if (op === '*') return a * b;
	return op === '/' ? a / b : undefined;
}

/** One selector of a query: what must be kept, and how far back. */
export type UsedSelector = {
	readonly selector: VectorSelector;
	/** The range that stands on the selector itself, 0 for an instant one. */
	readonly rangeMs: number;
	/** How far before the query's time its samples may lie, in all: range, offset and every subquery around it. Add the lookback. */
	readonly reachMs: number;
};

/** Every vector selector of an expression, left to right, with the reach it needs. */
export function vectorSelectorsOf(expr: Expr): readonly UsedSelector[] {
	const found: UsedSelector[] = [];
	const walk = (node: Expr, outerMs: number): void => {
		if (node.kind === 'vector') {
			found.push({selector: node, rangeMs: 0, reachMs: outerMs + node.offsetMs});
		} else if (node.kind === 'matrix') {
			const {selector, rangeMs} = node;
			found.push({selector, rangeMs, reachMs: outerMs + rangeMs + selector.offsetMs});
		} else {
			const ownMs = node.kind === 'subquery' ? node.rangeMs + node.offsetMs : 0;
			for (const child of childrenOf(node)) walk(child, outerMs + ownMs);
		}
	};
	walk(expr, 0);
	return found;
}
