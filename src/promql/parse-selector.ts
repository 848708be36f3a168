import {type Matcher, type MatchOp, nameLabel, type Span, type VectorSelector} from './ast.ts';
import type {Cursor} from './cursor.ts';
import {regexFault} from './matcher.ts';
import {ParseFailure} from './parse-error.ts';
import {unquote} from './quote.ts';
import type {Token} from './token.ts';

const matchOps: ReadonlySet<string> = new Set(['=', '!=', '=~', '!~']);

/** The value of a string token; a bad escape is a fault at the token. */
export function stringValue(token: Token): string {
	const value = unquote(token.text);
	if (value === undefined) throw new ParseFailure(`error unquoting string ${token.text}: invalid syntax`, token);
	return value;
}

/** A selector, with or without a name in front of its braces. `name` has been read. */
export function parseVectorSelector(cursor: Cursor, name: Token | undefined): VectorSelector {
	const start = name?.start ?? cursor.peek().start;
	const braced = cursor.is('{') ? parseMatchers(cursor) : {matchers: [], quotedName: undefined};
	const matchers = name ? [...braced.matchers, {name: nameLabel, op: '=' as const, value: name.text}] : braced.matchers;
	const shownName = name?.text ?? braced.quotedName;
	return {
		kind: 'vector',
		span: {start, end: cursor.lastEnd()},
		...(shownName === undefined ? {} : {name: shownName}),
		matchers,
		offsetMs: 0,
	};
}

type Braced = {readonly matchers: readonly Matcher[]; readonly quotedName: string | undefined};

function parseMatchers(cursor: Cursor): Braced {
	const matchers: Matcher[] = [];
	let quotedName: string | undefined;
	cursor.next();
	while (!cursor.is('}')) {
		const token = cursor.peek();
		if (token.kind !== 'identifier' && token.kind !== 'string') {
			cursor.unexpected('label matching', matchers.length > 0 ? '"," or "}"' : 'identifier or "}"');
		}
		cursor.next();
		const label = token.kind === 'string' ? stringValue(token) : token.text;
		const isBareName = token.kind === 'string' && (cursor.is(',') || cursor.is('}'));
		if (isBareName) {
			quotedName ??= label;
			matchers.push({name: nameLabel, op: '=', value: label});
		} else {
			matchers.push(parseMatcher(cursor, label));
		}
		if (!cursor.is('}') && !cursor.accept(',')) cursor.unexpected('label matching', '"," or "}"');
	}
	cursor.next();
	return {matchers, quotedName};
}

function parseMatcher(cursor: Cursor, name: string): Matcher {
	const operator = cursor.peek();
	if (operator.kind !== 'operator' || !matchOps.has(operator.word))
		cursor.unexpected('label matching', 'label matching operator');
	cursor.next();
	const literal = cursor.peek();
	if (literal.kind !== 'string') cursor.unexpected('label matching', 'string');
	cursor.next();
	const matcher: Matcher = {name, op: operator.word as MatchOp, value: stringValue(literal)};
	const fault = matcher.op === '=~' || matcher.op === '!~' ? regexFault(matcher.value) : undefined;
	if (fault !== undefined) throw new ParseFailure(fault, literal);
	return matcher;
}

/** `(a, b,)` after `by`, `on` and their like. Labels that are not plain words may be quoted. */
export function parseLabelList(cursor: Cursor, isLabel: (token: Token) => boolean): readonly string[] {
	const labels: string[] = [];
	cursor.expect('(', 'grouping opts');
	while (!cursor.is(')')) {
		const token = cursor.peek();
		if (token.kind !== 'string' && !isLabel(token)) cursor.unexpected('grouping opts', 'label');
		cursor.next();
		const label = token.kind === 'string' ? stringValue(token) : token.text;
		if (label === '') throw new ParseFailure(`invalid label name for grouping: ${token.text}`, token as Span);
		labels.push(label);
		if (!cursor.is(')') && !cursor.accept(',')) cursor.unexpected('grouping opts', '"," or ")"');
	}
	cursor.next();
	return labels;
}
