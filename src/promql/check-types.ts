import {
	type Aggregate,
	type Binary,
	type Call,
	type Expr,
	isComparison,
	isSetOp,
	nameLabel,
	type Subquery,
	type ValueType,
	type VectorSelector,
} from './ast.ts';
import {compileMatcher} from './matcher.ts';
import {ParseFailure} from './parse-error.ts';
import {signatures} from './signatures.ts';

const documented: Readonly<Record<ValueType, string>> = {
	scalar: 'scalar',
	string: 'string',
	vector: 'instant vector',
	matrix: 'range vector',
};

/** What an expression gives. */
export function typeOf(expr: Expr): ValueType {
	switch (expr.kind) {
		case 'number':
			return 'scalar';
		case 'string':
			return 'string';
		case 'vector':
		case 'aggregate':
			return 'vector';
		case 'matrix':
		case 'subquery':
			return 'matrix';
		case 'call':
			return signatures.get(expr.name)?.returns ?? 'vector';
		case 'paren':
		case 'unary':
			return typeOf(expr.expr);
		case 'binary':
			return typeOf(expr.left) === 'scalar' && typeOf(expr.right) === 'scalar' ? 'scalar' : 'vector';
	}
}

/**
 * The tree with its types checked, or a ParseFailure in Prometheus' words. `matching` is taken off where a side is a scalar.
 */
export function checkTypes(expr: Expr): Expr {
	switch (expr.kind) {
		case 'number':
		case 'string':
			return expr;
		case 'vector':
			checkSelector(expr);
			return expr;
		case 'matrix':
			checkSelector(expr.selector);
			return expr;
		case 'paren':
			return {...expr, expr: checkTypes(expr.expr)};
		case 'unary': {
			const inner = checkTypes(expr.expr);
			const type = typeOf(inner);
			if (type === 'scalar' || type === 'vector') return {...expr, expr: inner};
			const got = JSON.stringify(documented[type]);
			throw new ParseFailure(
				`unary expression only allowed on expressions of type scalar or instant vector, got ${got}`,
				expr.span,
			);
		}
		case 'subquery':
			return checkSubquery(expr);
		case 'aggregate':
			return checkAggregate(expr);
		case 'call':
			return checkCall(expr);
		case 'binary':
			return checkBinary(expr);
	}
}

function expectType(expr: Expr, want: ValueType, context: string): Expr {
	const checked = checkTypes(expr);
	const type = typeOf(checked);
	if (type === want) return checked;
	throw new ParseFailure(`expected type ${documented[want]} in ${context}, got ${documented[type]}`, expr.span);
}

function checkSelector(selector: VectorSelector): void {
	const names = selector.matchers.filter(matcher => matcher.name === nameLabel);
	if (selector.name !== undefined && names.length > 1) {
		const [first = '', second = ''] = [selector.name, ...names.map(name => name.value).filter(value => value !== selector.name)];
		const both = `${JSON.stringify(first)} or ${JSON.stringify(second || first)}`;
		throw new ParseFailure(`metric name must not be set twice: ${both}`, selector.span);
	}
	if (selector.name || selector.matchers.some(matcher => !compileMatcher(matcher)(''))) return;
	throw new ParseFailure('vector selector must contain at least one non-empty matcher', selector.span);
}

function checkSubquery(subquery: Subquery): Subquery {
	const expr = checkTypes(subquery.expr);
	const type = typeOf(expr);
	if (type === 'vector') return {...subquery, expr};
	const got = type === 'matrix' ? 'matrix' : type;
	throw new ParseFailure(`subquery is only allowed on instant vector, got ${got} instead`, subquery.span);
}

function checkAggregate(aggregate: Aggregate): Aggregate {
	const expr = expectType(aggregate.expr, 'vector', 'aggregation expression');
	if (!aggregate.param) return {...aggregate, expr};
	const want = aggregate.op === 'count_values' ? 'string' : 'scalar';
	return {...aggregate, expr, param: expectType(aggregate.param, want, 'aggregation parameter')};
}

function checkCall(call: Call): Call {
	const signature = signatures.get(call.name);
	if (!signature) return call;
	const {args: types, variadic} = signature;
	const counted = `argument(s) in call to "${call.name}", got ${call.args.length}`;
	const countMin = variadic === 0 ? types.length : types.length - 1;
	const countMax = variadic === 'many' ? Number.POSITIVE_INFINITY : countMin + variadic;
	if (call.args.length < countMin || call.args.length > countMax) {
		const bound = call.args.length < countMin ? `at least ${countMin}` : `at most ${countMax}`;
		throw new ParseFailure(`expected ${variadic === 0 ? types.length : bound} ${counted}`, call.span);
	}
	const context = `call to function "${call.name}"`;
	const args = call.args.map((arg, i) => expectType(arg, types[Math.min(i, types.length - 1)] ?? 'vector', context));
	return {...call, args};
}

function checkBinary(binary: Binary): Binary {
	const left = checkTypes(binary.left);
	const right = checkTypes(binary.right);
	const {op, opSpan, span, matching} = binary;
	const types = [typeOf(left), typeOf(right)];
	const scalars = types.filter(type => type === 'scalar').length;
	const refuse = (message: string, where = span): never => {
		throw new ParseFailure(message, where);
	};
	if (binary.bool && !isComparison(op)) refuse('bool modifier can only be used on comparison operators', opSpan);
	if (isComparison(op) && !binary.bool && scalars === 2) refuse('comparisons between scalars must use BOOL modifier', opSpan);
	const both = matching?.on ? matching.labels.find(label => matching.include.includes(label)) : undefined;
	if (both !== undefined) refuse(`label ${JSON.stringify(both)} must not occur in ON and GROUP clause at once`, opSpan);
	if (types.some(type => type !== 'scalar' && type !== 'vector')) {
		refuse('binary expression must contain only scalar and instant vector types');
	}
	if (scalars > 0 && matching && matching.labels.length > 0) refuse('vector matching only allowed between instant vectors');
	if (isSetOp(op) && scalars > 0) refuse(`set operator ${JSON.stringify(op)} not allowed in binary scalar expression`);
	if (isSetOp(op) && matching?.card !== 'many-to-many') refuse(`no grouping allowed for ${JSON.stringify(op)} operation`);
	const {matching: _, ...bare} = binary;
	return scalars > 0 || !matching ? {...bare, left, right} : {...bare, left, right, matching};
}
