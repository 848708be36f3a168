import {type Expr, unparen} from '../promql/ast.ts';
import {parseQuery} from '../promql/parse.ts';
import {printExpr} from '../promql/print.ts';
import {constantOf} from '../promql/split.ts';
import {mapOf, type PlainMap, textOf} from './lenient.ts';
import {idPattern} from './schema/guardrail.ts';
import type {Plain} from './tree.ts';

/** What an alert says that `canary export rules` wrote: its guardrail, and which of its bounds it is. */
export type ExportedAlert = {readonly id: string; readonly level: 'bound' | 'severe' | 'no-data'};

/** Undefined for an alert of somebody else. */
export function exportedAlert(keys: PlainMap): ExportedAlert | undefined {
	const labels = mapOf(keys['labels']);
	const id = textOf(labels?.['canary_guardrail']);
	const level = textOf(labels?.['canary_level']);
	if (id === undefined || !idPattern.test(id)) return undefined;
	return level === 'severe' || level === 'no-data' || level === 'bound' ? {id, level} : undefined;
}

const settingKeys = ['title', 'unit', 'onBreach', 'security', 'noData', 'noDataAfter', 'staleAfter', 'warn', 'window'] as const;

/** Keys of the guardrail that a rule file has no place for. What is no such annotation gives none. */
export function exportedSettings(annotations: PlainMap | undefined): {readonly [key: string]: Plain | undefined} {
	const settings = mapOf(parsedJson(textOf(annotations?.['canary_settings']) ?? ''));
	// A rule group must have a name; a guardrail's may be empty.
	if (settings?.['group'] === '') return {...exportedKeys(settings), group: undefined};
	return exportedKeys(settings);
}

function exportedKeys(settings: PlainMap | undefined): PlainMap {
	return Object.fromEntries(settingKeys.flatMap(key => (settings?.[key] === undefined ? [] : [[key, settings[key]]])));
}

function parsedJson(text: string): Plain {
	try {
		return JSON.parse(text) as Plain;
	} catch {
		return null;
	}
}

/** The query without what the export wraps around it (see src/export/expression.ts): the filter of NaN, the 0 for silence, the floor of requests. */
export function unwrapped(query: string): {readonly query: string; readonly minRequests?: {query: string; min: number}} {
	const parsed = parseQuery(query);
	if (!parsed.ok) return {query};
	const value = withoutFilter(unparen(parsed.value));
	const {left, minRequests} = withoutFloor(value);
	return {query: printExpr(withoutZero(left)), ...(minRequests && {minRequests})};
}

function withoutFilter(expr: Expr): Expr {
	const isFilter = expr.kind === 'binary' && expr.op === '>=' && constantOf(expr.right) === Number.NEGATIVE_INFINITY;
	return isFilter ? unparen(expr.left) : expr;
}

function withoutFloor(expr: Expr): {left: Expr; minRequests?: {query: string; min: number}} {
	if (expr.kind !== 'binary' || expr.op !== 'and' || !isOnNothing(expr)) return {left: expr};
	const floor = unparen(expr.right);
	const min = floor.kind === 'binary' && floor.op === '>=' ? constantOf(floor.right) : undefined;
	if (floor.kind !== 'binary' || min === undefined) return {left: expr};
	return {left: unparen(expr.left), minRequests: {query: printExpr(unparen(floor.left)), min}};
}

const isOnNothing = ({matching}: Extract<Expr, {kind: 'binary'}>): boolean =>
	matching?.on === true && matching.labels.length === 0;

function withoutZero(expr: Expr): Expr {
	const isFilled = expr.kind === 'binary' && expr.op === 'or' && isOnNothing(expr) && printExpr(expr.right) === 'vector(0)';
	return isFilled ? unparen(expr.left) : expr;
}
