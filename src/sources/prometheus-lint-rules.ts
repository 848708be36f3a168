import {formatDuration} from '../base/duration.ts';
import {type Bound, boundText} from '../core/bound.ts';
import {type Expr, type Matcher, unparen} from '../promql/ast.ts';
import {parseQuery} from '../promql/parse.ts';
import {printExpr} from '../promql/print.ts';
import {constantOf} from '../promql/split.ts';
import {parseFloatText} from './prometheus-answer.ts';
import type {GuardrailFacts} from './prometheus-lint-facts.ts';
import {selectorsBehind} from './prometheus-selectors.ts';
import {nodesOf} from './query-lint.ts';

/** What the live series make questionable about one guardrail: one sentence each, beginning with its title. */
export function lintFacts(facts: GuardrailFacts): string[] {
	const parsed = parseQuery(facts.guardrail.query);
	if (!parsed.ok) return unreadable(facts, parsed.error.message);
	const rules = [absent, bucketCeiling, shortWindow, staleSooner, wrongScale, infinite];
	return rules.flatMap(rule => rule(facts, parsed.value)).map(sentence => `${facts.guardrail.title}: ${sentence}`);
}

type Rule = (facts: GuardrailFacts, expr: Expr) => string[];

const unreadable = ({guardrail, outcome}: GuardrailFacts, why: string): string[] =>
	outcome.ok
		? [
				`${guardrail.title}: the server understands the query, this program does not (${why}), so the age of its data and its targets can't be shown.`,
			]
		: [];

/** An empty answer has a reason: no such series, a bound written in another way, or two sides that don't match. */
const absent: Rule = ({outcome, selectors}, expr) => {
	const missing = selectors.filter(({present}) => !present);
	const hints = missing.flatMap(({use, bucketTexts}) => otherSpelling(use.selector.matchers, bucketTexts));
	if (!outcome.ok || outcome.value.samples.length > 0) return hints;
	if (hints.length > 0) return hints;
	if (missing.length > 0) {
		const names = [...new Set(missing.map(({use}) => use.text))];
		return [
			`it has no series at present: nothing matches ${names.slice(0, 3).join(' or ')}${names.length > 3 ? ' and others' : ''}.`,
		];
	}
	const top = unparen(expr);
	const isMatched = top.kind === 'binary' && top.matching !== undefined && constantOf(top.right) === undefined;
	if (!isMatched || selectors.length < 2)
		return ['it has no series at present, although its series exist: the window may still be empty.'];
	return [
		`it has no series at present: the two sides of ${top.op} exist but may share no labels; compare those of ${printExpr(top.left)} and ${printExpr(top.right)}, or use on (…).`,
	];
};

/** Prometheus 3 writes whole bucket bounds as floats. */
function otherSpelling(matchers: readonly Matcher[], bucketTexts: readonly string[]): string[] {
	const wanted = matchers.find(({name, op}) => name === 'le' && op === '=');
	if (!wanted) return [];
	const found = bucketTexts.find(text => text !== wanted.value && parseFloatText(text) === parseFloatText(wanted.value));
	return found === undefined
		? []
		: [
				`no bucket is called le="${wanted.value}", but there is le="${found}"; Prometheus 3 writes whole numbers so. le=~"${wanted.value}(\\\\.0)?" finds both.`,
			];
}

/** `histogram_quantile(…)`, perhaps times a constant. */
function quantileOf(expr: Expr): {buckets: Expr; factor: number} | undefined {
	const inner = unparen(expr);
	if (inner.kind === 'call' && inner.name === 'histogram_quantile' && inner.args[1]) return {buckets: inner.args[1], factor: 1};
	if (inner.kind === 'aggregate' && (inner.op === 'max' || inner.op === 'min' || inner.op === 'avg'))
		return quantileOf(inner.expr);
	if (inner.kind !== 'binary' || (inner.op !== '*' && inner.op !== '/')) return undefined;
	const right = constantOf(inner.right);
	if (right !== undefined) return scaled(quantileOf(inner.left), inner.op === '*' ? right : 1 / right);
	const left = constantOf(inner.left);
	return left !== undefined && inner.op === '*' ? scaled(quantileOf(inner.right), left) : undefined;
}

const scaled = (found: ReturnType<typeof quantileOf>, by: number): ReturnType<typeof quantileOf> =>
	found && by > 0 ? {...found, factor: found.factor * by} : undefined;

/** A quantile never exceeds the highest finite bucket: a bound above it can't be broken, whatever happens. */
const bucketCeiling: Rule = ({guardrail, selectors}, expr) => {
	const quantile = quantileOf(expr);
	if (!quantile) return [];
	const used = new Set(selectorsBehind(quantile.buckets).map(({text}) => text));
	const texts = selectors.filter(({use}) => used.has(use.text)).flatMap(({bucketTexts}) => bucketTexts);
	const bounds = texts.map(text => parseFloatText(text)).filter(bound => bound !== undefined);
	const finite = bounds.filter(Number.isFinite);
	if (finite.length === 0) return [];
	if (!bounds.includes(Number.POSITIVE_INFINITY))
		return ['its histogram has no bucket le="+Inf", so the quantile is always NaN.'];
	const ceiling = Math.max(...finite) * quantile.factor;
	const limits = [guardrail.bound, guardrail.severe?.bound].filter(bound => bound !== undefined);
	return limits
		.filter(limit => isOutOfReach(limit, ceiling))
		.map(
			limit =>
				`the highest finite bucket is ${ceiling}, and a quantile never exceeds it: ${boundText(limit)} can never be broken. Lower the bound or add buckets.`,
		);
};

const isOutOfReach = ({op, value}: Bound, ceiling: number): boolean =>
	(op === '<' && value > ceiling) || (op === '<=' && value >= ceiling);

const rateLike = new Set(['rate', 'increase', 'irate', 'delta', 'idelta', 'deriv']);

/** Two samples at least, or there is no rate at all. */
const shortWindow: Rule = ({selectors}, expr) => {
	const scrapeMs = new Map(selectors.map(({use, scrapeMs}) => [use.text, scrapeMs]));
	const sentences = new Set<string>();
	for (const node of nodesOf(expr)) {
		const range = node.kind === 'call' && rateLike.has(node.name) && node.args[0] ? unparen(node.args[0]) : undefined;
		if (node.kind !== 'call' || range?.kind !== 'matrix') continue;
		const [use] = selectorsBehind(range);
		const everyMs = use && scrapeMs.get(use.text);
		// A span measured in scrapes is off by a little: no verdict on the edge.
		if (everyMs === undefined || range.rangeMs >= everyMs * 1.98) continue;
		sentences.add(
			`${node.name}() looks over ${formatDuration(range.rangeMs)}, but its targets are scraped every ${formatDuration(roundMs(everyMs))}: it needs two samples, four are usual.`,
		);
	}
	return [...sentences];
};

const roundMs = (ms: number): number => (ms >= 2_000 ? Math.round(ms / 1_000) * 1_000 : Math.round(ms / 50) * 50);

/** Between two scrapes the newest sample is up to one interval old. */
const staleSooner: Rule = ({guardrail, selectors}) => {
	const slowest = Math.max(0, ...selectors.map(({scrapeMs}) => scrapeMs ?? 0));
	if (slowest === 0 || guardrail.staleAfterMs >= slowest * 0.98) return [];
	return [
		`staleAfter is ${formatDuration(guardrail.staleAfterMs)}, but its targets are scraped every ${formatDuration(roundMs(slowest))}: between two scrapes it is never believed. Two intervals or more are due.`,
	];
};

const shown = ({outcome}: GuardrailFacts): readonly number[] =>
	outcome.ok ? outcome.value.samples.map(({value}) => value).filter(Number.isFinite) : [];

/** 0.997 beside a bound of 99.6. */
const wrongScale: Rule = facts => {
	const {bound, unit} = facts.guardrail;
	const values = shown(facts);
	if (values.length === 0) return [];
	if (unit === 'ratio' && values.some(value => value > 2))
		return ['the unit is ratio (0 to 1), but the value is above 2: use the unit % or divide by 100.'];
	const wantsPercent = unit === '%' && bound !== undefined && (bound.op === '>' || bound.op === '>=') && bound.value > 1;
	const isRatio = values.every(value => value > 0 && value <= 1);
	return wantsPercent && isRatio
		? [`the value is between 0 and 1, the bound ${boundText(bound)} is in percent: multiply the query by 100.`]
		: [];
};

const infinite: Rule = ({outcome}) =>
	outcome.ok && outcome.value.samples.some(({value}) => Math.abs(value) === Number.POSITIVE_INFINITY)
		? ['it is infinite at present: something is divided by 0, such as a limit that is not set.']
		: [];
