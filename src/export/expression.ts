import type {Bound, BoundOp} from '../core/bound.ts';
import type {GuardrailPlan} from '../core/plan.ts';
import {type Expr, isComparison, isSetOp, unparen} from '../promql/ast.ts';
import {typeOf} from '../promql/check-types.ts';
import {formatNumber} from '../promql/numeral.ts';
import {parseQuery} from '../promql/parse.ts';
import {printExpr} from '../promql/print.ts';

/** The comparison that holds while the bound does not. */
const broken: Readonly<Record<BoundOp, string>> = {'<': '>=', '<=': '>', '>': '<=', '>=': '<', '=': '!=', '!=': '=='};

/** What an alert compares: the guardrail's query, silent where the floor of its requests is not reached. */
export function valueText({query, minRequests, noData, bound}: GuardrailPlan): string {
	const parsed = parseQuery(query);
	if (!parsed.ok) return query;
	const value = typeOf(parsed.value) === 'scalar' ? `vector(${printExpr(parsed.value)})` : operand(parsed.value);
	const filled = noData === 'zero' && bound !== undefined && !holdsAtZero(bound) ? `(${value} or on () vector(0))` : value;
	if (!minRequests) return filled;
	const floor = parseQuery(minRequests.query);
	const requests = floor.ok ? operand(floor.value) : minRequests.query;
	return `(${filled} and on () (${requests} >= ${formatNumber(minRequests.min)}))`;
}

/**
 * The expression that fires while the bound is broken. Prometheus holds NaN to be unequal to any number, a guardrail holds it to be
 * no answer: where a query may give one, it is filtered out first.
 */
export function breachText(guardrail: GuardrailPlan, {op, value}: Bound): string {
	const left = valueText(guardrail);
	const parsed = parseQuery(guardrail.query);
	const needsFilter = op === '=' && !(parsed.ok && isNeverNaN(parsed.value));
	return `${needsFilter ? withoutNaN(left) : left} ${broken[op]} ${formatNumber(value)}`;
}

/** The expression that fires while the query has no answer; NaN is none. */
export const silenceText = (guardrail: GuardrailPlan): string => `absent(${valueText(guardrail)} >= -Inf)`;

const withoutNaN = (value: string): string => `(${value} >= -Inf)`;

const holdsAtZero = ({op, value}: Bound): boolean => {
	if (op === '=') return value === 0;
	if (op === '!=') return value !== 0;
	return op.startsWith('<') ? 0 < value || (op === '<=' && value === 0) : 0 > value || (op === '>=' && value === 0);
};

/** As one side of a comparison: what binds less tightly gets parentheses. */
function operand(expr: Expr): string {
	const top = unparen(expr);
	const isLoose = top.kind === 'binary' && (isComparison(top.op) || isSetOp(top.op));
	return isLoose ? `(${printExpr(top)})` : printExpr(top);
}

const counting = new Set(['increase', 'rate', 'irate', 'changes', 'resets', 'count_over_time']);

/** Rates of counters and their sums are never NaN. */
function isNeverNaN(expr: Expr): boolean {
	const top = unparen(expr);
	if (top.kind === 'call') return counting.has(top.name);
	if (top.kind === 'aggregate') return top.op === 'count' || (['sum', 'min', 'max'].includes(top.op) && isNeverNaN(top.expr));
	return top.kind === 'binary' && (top.op === '+' || top.op === 'or') && isNeverNaN(top.left) && isNeverNaN(top.right);
}
