import {boundText} from '../core/bound.ts';
import type {GuardrailPlan} from '../core/plan.ts';
import {type Aggregate, childrenOf, comparisonOps, type Expr, unparen} from '../promql/ast.ts';
import {parseQuery} from '../promql/parse.ts';
import {constantOf} from '../promql/split.ts';

/**
 * What a query's text alone makes questionable, for every source that speaks PromQL: one sentence each, beginning with the
 * guardrail's title. A text that is no PromQL to us gives none.
 */
export function lintQuery(guardrail: GuardrailPlan): string[] {
	const parsed = parseQuery(guardrail.query);
	if (!parsed.ok) return [];
	const top = unparen(parsed.value);
	const rules = [rateAsShare, filtersByComparison, dropsBuckets, rawCounterRatio];
	return rules.flatMap(rule => rule(top, guardrail) ?? []).map(sentence => `${guardrail.title}: ${sentence}`);
}

type Rule = (top: Expr, guardrail: GuardrailPlan) => string | undefined;

/** Every node, outermost first. */
export function* nodesOf(expr: Expr): Generator<Expr> {
	yield expr;
	for (const child of childrenOf(expr)) yield* nodesOf(child);
}

const isOp = (expr: Expr, ops: readonly string[]): boolean => expr.kind === 'binary' && ops.includes(expr.op);

/** Events per second, whatever constant it is multiplied with: no division by another vector. */
function perSecondOnly(expr: Expr): boolean {
	const inner = unparen(expr);
	if (inner.kind === 'aggregate') return inner.op !== 'quantile' && perSecondOnly(inner.expr);
	if (inner.kind === 'binary' && (inner.op === '*' || inner.op === '/')) {
		if (constantOf(inner.right) !== undefined) return perSecondOnly(inner.left);
		return inner.op === '*' && constantOf(inner.left) !== undefined && perSecondOnly(inner.right);
	}
	return inner.kind === 'call' && (inner.name === 'rate' || inner.name === 'irate');
}

const saysShare = /\b(?:share|ratio|error rate|success rate|failure rate|rate of errors|percent(?:age)?)\b|%/i;

const rateAsShare: Rule = (top, {unit, title, bound, severe}) => {
	if (!perSecondOnly(top)) return undefined;
	const values = [bound?.value, severe?.bound.value].filter(value => value !== undefined);
	const hasShareBound = values.some(value => value > 0 && value < 1);
	const isShare = unit === 'ratio' || unit === '%' || (saysShare.test(title) && hasShareBound);
	if (!isShare && !(hasShareBound && unit !== '/s')) return undefined;
	const compared = bound ? ` compared with ${boundText(bound)}` : '';
	return `a bare rate() counts events per second, not a share of requests${compared ? `, and here it is${compared}` : ''}; divide it by the rate of all requests, or give it the unit /s.`;
};

const filtersByComparison: Rule = top => {
	if (top.kind !== 'binary' || top.bool || !(comparisonOps as readonly string[]).includes(top.op)) return undefined;
	if (constantOf(top.left) !== undefined && constantOf(top.right) !== undefined) return undefined;
	return `the query filters with ${top.op}, so a good value, no data and NaN all come back as an empty answer; ask for the value itself and put the comparison into the bound.`;
};

/** histogram_quantile needs the label le; an aggregation that drops it leaves nothing. */
const dropsBuckets: Rule = top => {
	for (const node of nodesOf(top)) {
		if (node.kind !== 'call' || node.name !== 'histogram_quantile') continue;
		const buckets = node.args[1] && unparen(node.args[1]);
		if (buckets?.kind === 'aggregate' && !keepsLe(buckets)) {
			return `histogram_quantile() needs the label le, and ${buckets.op} drops it; write ${buckets.op} by (le) (…).`;
		}
	}
	return undefined;
};

const keepsLe = ({grouping, without}: Aggregate): boolean => grouping.includes('le') !== without;

const isRawCounter = (expr: Expr): boolean => {
	const inner = unparen(expr);
	if (inner.kind === 'aggregate') return inner.op === 'sum' && isRawCounter(inner.expr);
	if (inner.kind === 'binary' && inner.op === '*') {
		return constantOf(inner.left) === undefined
			? constantOf(inner.right) !== undefined && isRawCounter(inner.left)
			: isRawCounter(inner.right);
	}
	return inner.kind === 'vector' && /_(?:total|count|sum)$/.test(inner.name ?? '');
};

const rawCounterRatio: Rule = top => {
	for (const node of nodesOf(top)) {
		if (isOp(node, ['/']) && node.kind === 'binary' && isRawCounter(node.left) && isRawCounter(node.right)) {
			return 'a ratio of raw counters is the share since the processes started and hides a fresh failure; divide increases over a window.';
		}
	}
	return undefined;
};
