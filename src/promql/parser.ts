import type {Aggregate, AggregateOp, AtModifier, Binary, BinaryOp, Expr, Span, VectorMatching} from './ast.ts';
import {aggregateOps, isSetOp} from './ast.ts';
import {Cursor} from './cursor.ts';
import {type DurationContext, parseDurationExpr, parseSignedNumber} from './parse-duration.ts';
import {ParseFailure} from './parse-error.ts';
import {parseLabelList, parseVectorSelector, stringValue} from './parse-selector.ts';
import {signatures} from './signatures.ts';
import {mayBeLabel, mayBeMetricName, type Token} from './token.ts';

/** How tight each binary operator binds. All but `^` lean to the left. */
const bindings: Readonly<Record<string, number>> = {
	or: 1,
	and: 2,
	unless: 2,
	'==': 3,
	'!=': 3,
	'<': 3,
	'<=': 3,
	'>': 3,
	'>=': 3,
	'+': 4,
	'-': 4,
	'*': 5,
	'/': 5,
	'%': 5,
	atan2: 5,
	'^': 6,
};

/** A sign binds like a product, so `-1^2` is -(1^2) and `-a * b` is (-a) * b. */
const signBinding = 6;

const takesParam: ReadonlySet<string> = new Set(['topk', 'bottomk', 'quantile', 'count_values', 'limitk', 'limit_ratio']);

/** A Pratt parser. Types are checked afterwards, over the whole tree. */
export class Parser {
	private readonly cursor: Cursor;
	private readonly durations: DurationContext;

	constructor(tokens: readonly Token[], durations: DurationContext) {
		this.cursor = new Cursor(tokens);
		this.durations = durations;
	}

	parse(): Expr {
		if (this.cursor.peek().kind === 'eof') throw new ParseFailure('no expression found in input', {start: 0, end: 0});
		const expr = this.expr(0);
		if (this.cursor.peek().kind !== 'eof') this.cursor.unexpected('');
		return expr;
	}

	private expr(bindingMin: number): Expr {
		return this.cursor.nested(this.cursor.peek(), () => {
			let left = this.operand();
			for (;;) {
				const token = this.cursor.peek();
				const binding = token.kind === 'operator' ? bindings[token.word] : undefined;
				if (binding === undefined || binding < bindingMin) return left;
				left = this.binary(left, binding);
			}
		});
	}

	private binary(left: Expr, binding: number): Binary {
		const {cursor} = this;
		const operator = cursor.next();
		const op = operator.word as BinaryOp;
		const bool = cursor.accept('bool') !== undefined;
		const matching = this.matching(op);
		const right = this.expr(op === '^' ? binding : binding + 1);
		const span = {start: left.span.start, end: right.span.end};
		return {kind: 'binary', span, opSpan: {start: operator.start, end: operator.end}, op, left, right, bool, matching};
	}

	private matching(op: BinaryOp): VectorMatching {
		const {cursor} = this;
		const isSet = isSetOp(op);
		const matches = cursor.accept('on') ?? cursor.accept('ignoring');
		const labels = matches ? parseLabelList(cursor, mayBeLabel) : [];
		const group = matches && (cursor.accept('group_left') ?? cursor.accept('group_right'));
		const include = group && cursor.is('(') ? parseLabelList(cursor, mayBeLabel) : [];
		const grouped = group?.word === 'group_left' ? 'many-to-one' : 'one-to-many';
		const card = group ? grouped : isSet ? 'many-to-many' : 'one-to-one';
		return {card, on: matches?.word === 'on', labels, include, ...this.fills()};
	}

	private fills(): {fillLeft?: number; fillRight?: number} {
		const {cursor} = this;
		let fills: {fillLeft?: number; fillRight?: number} = {};
		for (;;) {
			// A metric may be called `fill`: it is the modifier only with a parenthesis behind it.
			if (!['fill', 'fill_left', 'fill_right'].some(word => cursor.isCalled(word))) return fills;
			const word = cursor.next();
			cursor.expect('(', 'fill modifier');
			const value = parseSignedNumber(cursor) ?? cursor.unexpected('fill modifier', 'number');
			cursor.expect(')', 'fill modifier');
			if (word.word !== 'fill_right') fills = {...fills, fillLeft: value};
			if (word.word !== 'fill_left') fills = {...fills, fillRight: value};
		}
	}

	private operand(): Expr {
		const token = this.cursor.peek();
		if (token.word !== '+' && token.word !== '-') return this.postfix(this.primary());
		this.cursor.next();
		const inner = this.expr(signBinding);
		const span = {start: token.start, end: inner.span.end};
		if (inner.kind === 'number') return {...inner, span, value: token.word === '-' ? -inner.value : inner.value};
		return {kind: 'unary', span, op: token.word, expr: inner};
	}

	private primary(): Expr {
		const {cursor} = this;
		const token = cursor.peek();
		if (token.kind === 'number' || token.kind === 'duration') {
			const value = parseSignedNumber(cursor) ?? cursor.unexpected('');
			return {kind: 'number', span: spanOf(token), value};
		}
		if (token.kind === 'string') return {kind: 'string', span: spanOf(cursor.next()), value: stringValue(token)};
		if (token.word === '(') return this.paren();
		if (token.word === '{') return parseVectorSelector(cursor, undefined);
		if (!mayBeMetricName(token)) return cursor.unexpected('');
		cursor.next();
		const isCall = cursor.is('(') && (token.kind === 'identifier' || token.kind === 'preprocessor');
		if (isCall) return this.call(token);
		if (token.kind === 'aggregator' && (cursor.is('(') || cursor.is('by') || cursor.is('without'))) return this.aggregate(token);
		return parseVectorSelector(cursor, token);
	}

	private paren(): Expr {
		const open = this.cursor.next();
		const expr = this.expr(0);
		const close = this.cursor.expect(')', 'parentheses');
		return {kind: 'paren', span: {start: open.start, end: close.end}, expr};
	}

	private call(name: Token): Expr {
		if (!signatures.has(name.text)) throw new ParseFailure(`unknown function with name ${JSON.stringify(name.text)}`, name);
		const args = this.args();
		return {kind: 'call', span: {start: name.start, end: this.cursor.lastEnd()}, name: name.text, args};
	}

	private args(): readonly Expr[] {
		const {cursor} = this;
		const args: Expr[] = [];
		cursor.expect('(', 'aggregation');
		if (cursor.accept(')')) return args;
		for (;;) {
			args.push(this.expr(0));
			if (cursor.accept(')')) return args;
			const comma = cursor.is(',') ? cursor.next() : cursor.unexpected('');
			if (cursor.is(')')) throw new ParseFailure('trailing commas not allowed in function call args', comma);
		}
	}

	private aggregate(name: Token): Aggregate {
		const {cursor} = this;
		const op = aggregateOps.find(known => known === name.word) as AggregateOp;
		const before = this.grouping();
		const args = this.args();
		const {grouping, without} = before ?? this.grouping() ?? {grouping: [], without: false};
		const span = {start: name.start, end: cursor.lastEnd()};
		const wanted = takesParam.has(op) ? 2 : 1;
		if (args.length === 0) throw new ParseFailure('no arguments for aggregate expression provided', span);
		if (args.length !== wanted) {
			const counts = `expected ${wanted}, got ${args.length}`;
			throw new ParseFailure(`wrong number of arguments for aggregate expression provided, ${counts}`, span);
		}
		const [first, second] = args as [Expr, Expr?];
		const base = {kind: 'aggregate', span, op, grouping, without} as const;
		return second ? {...base, param: first, expr: second} : {...base, expr: first};
	}

	private grouping(): {grouping: readonly string[]; without: boolean} | undefined {
		const word = this.cursor.accept('by') ?? this.cursor.accept('without');
		return word && {grouping: parseLabelList(this.cursor, mayBeLabel), without: word.word === 'without'};
	}

	/** Ranges, subqueries, `offset` and `@` belong to the operand in front of them, whatever operator stands before it. */
	private postfix(operand: Expr): Expr {
		const {cursor} = this;
		let expr = operand;
		for (;;) {
			if (cursor.is('[')) expr = this.range(expr);
			else if (cursor.is('offset')) expr = this.offset(expr);
			else if (cursor.is('@')) expr = this.at(expr);
			else return expr;
		}
	}

	private range(expr: Expr): Expr {
		const {cursor} = this;
		const open = cursor.next();
		const rangeMs = parseDurationExpr(cursor, this.durations, 'subquery or range', 'positive');
		if (!cursor.accept(':')) return this.matrix(expr, rangeMs, open);
		const stepMs = cursor.is(']') ? undefined : parseDurationExpr(cursor, this.durations, 'subquery selector', 'positive');
		const close = cursor.expect(']', 'subquery selector');
		const span = {start: expr.span.start, end: close.end};
		return {kind: 'subquery', span, expr, rangeMs, offsetMs: 0, ...(stepMs === undefined ? {} : {stepMs})};
	}

	private matrix(expr: Expr, rangeMs: number, open: Token): Expr {
		const close = this.cursor.expect(']', 'subquery or range', '":" or "]"');
		const bracket = {start: open.start, end: close.end};
		if (expr.kind !== 'vector') throw new ParseFailure('ranges only allowed for vector selectors', bracket);
		if (expr.offsetMs !== 0) throw new ParseFailure('no offset modifiers allowed before range', bracket);
		if (expr.at !== undefined) throw new ParseFailure('no @ modifiers allowed before range', bracket);
		return {kind: 'matrix', span: {start: expr.span.start, end: close.end}, selector: expr, rangeMs};
	}

	private offset(expr: Expr): Expr {
		this.cursor.next();
		const offsetMs = parseDurationExpr(this.cursor, this.durations, 'offset', 'signed');
		const what = 'offset modifier must be preceded by an instant vector selector or range vector selector or a subquery';
		return this.modify(expr, what, modified => {
			if (modified.offsetMs !== 0) throw new ParseFailure('offset may not be set multiple times', expr.span);
			return {offsetMs};
		});
	}

	private at(expr: Expr): Expr {
		this.cursor.next();
		const at = this.atTime();
		const what = '@ modifier must be preceded by an instant vector selector or range vector selector or a subquery';
		return this.modify(expr, what, modified => {
			if (modified.at !== undefined) throw new ParseFailure('@ <timestamp> may not be set multiple times', expr.span);
			return {at};
		});
	}

	private atTime(): AtModifier {
		const {cursor} = this;
		const token = cursor.peek();
		const word = cursor.accept('start') ?? cursor.accept('end');
		if (word) {
			cursor.expect('(', '@');
			cursor.expect(')', '@');
			return word.word as 'start' | 'end';
		}
		const seconds = parseSignedNumber(cursor) ?? cursor.unexpected('@', 'timestamp');
		if (!(Math.abs(seconds) < 9_223_372_036_854_774)) {
			throw new ParseFailure(`timestamp out of bounds for @ modifier: ${seconds}`, spanOf(token));
		}
		return Math.round(seconds * 1000);
	}

	private modify(
		expr: Expr,
		refusal: string,
		change: (modified: {offsetMs: number; at?: AtModifier}) => {offsetMs?: number; at?: AtModifier},
	): Expr {
		const span = {start: expr.span.start, end: this.cursor.lastEnd()};
		if (expr.kind === 'vector' || expr.kind === 'subquery') return {...expr, span, ...change(expr)};
		if (expr.kind !== 'matrix') throw new ParseFailure(refusal, span);
		return {...expr, span, selector: {...expr.selector, ...change(expr.selector)}};
	}
}

const spanOf = ({start, end}: Span): Span => ({start, end});
