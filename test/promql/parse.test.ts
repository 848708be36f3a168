import {describe, expect, test} from 'vitest';
import type {Expr} from '../../src/promql/ast.ts';
import {describeParseError, parseQuery, renderCaret} from '../../src/promql/parse.ts';
import {printExpr} from '../../src/promql/print.ts';

const parsed = (text: string): Expr => {
	const result = parseQuery(text);
	if (!result.ok) throw new Error(`${text}: ${describeParseError(result.error)}`);
	return result.value;
};

const faultOf = (text: string): string => {
	const result = parseQuery(text);
	return result.ok ? `accepted as ${printExpr(result.value)}` : describeParseError(result.error);
};

const withoutSpans = (expr: Expr): unknown =>
	JSON.parse(JSON.stringify(expr, (key, value) => (key.toLowerCase().endsWith('span') ? undefined : value)));

describe('a number', () => {
	test.each([
		['1', 1],
		['+Inf', Number.POSITIVE_INFINITY],
		['-iNf', Number.NEGATIVE_INFINITY],
		['.5', 0.5],
		['5.', 5],
		['4.23e-3', 0.00423],
		['0xc', 12],
		['0755', 493],
		['08', 8],
		['1_000', 1000],
		['0x_f_f', 255],
		['1m30s', 90],
		['5ms', 0.005],
		['-5', -5],
	])('%s is %d', (text, value) => {
		expect(parsed(text)).toMatchObject({kind: 'number', value});
	});

	test.each(['1_', '0b1', '1__0', '0x', '1.2.3', '1e', '5x', '1e400'])('%s is refused', text => {
		expect(faultOf(text)).toMatch(/bad number|error parsing number/);
	});
});

describe('operators bind as on a server', () => {
	test.each([
		['-1^2', '-(1^2)'],
		['-a * b', '(-a) * b'],
		['2 ^ 3 ^ 2', '2 ^ (3 ^ 2)'],
		['2 ^ -1 * 3', '(2 ^ -1) * 3'],
		['a + b * c - d', '(a + (b * c)) - d'],
		['a or b and c unless d', 'a or ((b and c) unless d)'],
		['a > b + c', 'a > (b + c)'],
		['a atan2 b % c', '(a atan2 b) % c'],
		['a == b != c', '(a == b) != c'],
	])('%s is %s', (text, grouped) => {
		const flat = (value: unknown): unknown =>
			JSON.parse(JSON.stringify(value, (_key, node) => (node?.kind === 'paren' ? node.expr : node)));
		expect(flat(withoutSpans(parsed(text)))).toEqual(flat(withoutSpans(parsed(grouped))));
	});

	test('a modifier belongs to the selector in front of it, not to the comparison', () => {
		expect(parsed('a > b offset 5m')).toMatchObject({left: {offsetMs: 0}, right: {offsetMs: 300_000}});
	});

	test('a sign stands before the modifier of what follows it', () => {
		expect(parsed('-a offset 5m')).toMatchObject({kind: 'unary', expr: {offsetMs: 300_000}});
	});
});

describe('a selector', () => {
	test('keeps its name as the last matcher', () => {
		expect(parsed('a{b="c", d!~"e|f",}')).toMatchObject({
			name: 'a',
			matchers: [
				{name: 'b', op: '=', value: 'c'},
				{name: 'd', op: '!~', value: 'e|f'},
				{name: '__name__', op: '=', value: 'a'},
			],
		});
	});

	test('may be a quoted name with any characters', () => {
		expect(parsed('{"a.b c", "la.bel"="x"}')).toMatchObject({
			matchers: [
				{name: '__name__', value: 'a.b c'},
				{name: 'la.bel', value: 'x'},
			],
		});
	});

	test.each(['sum', 'offset', 'by', 'and', 'start', 'min', ':a:', 'count_values'])('%s may be a metric name', name => {
		expect(parsed(name)).toMatchObject({kind: 'vector', name});
	});

	test('takes range, @ and offset in any order', () => {
		const want = {rangeMs: 300_000, selector: {offsetMs: -60_000, at: 1_500}};
		expect(parsed('a[5m] @ 1.5 offset -1m')).toMatchObject(want);
		expect(parsed('a[5m] offset -1m @ 1.5')).toMatchObject(want);
		expect(parsed('a @ end()')).toMatchObject({at: 'end'});
	});

	test('takes seconds as a range', () => {
		expect(parsed('a[300]')).toMatchObject({rangeMs: 300_000});
		expect(parsed('a[0.5]')).toMatchObject({rangeMs: 500});
	});

	test('reads escapes and raw strings', () => {
		expect(parsed(String.raw`{a="\x41\u00e9\n\"", b='\'"'}`)).toMatchObject({
			matchers: [{value: 'Aé\n"'}, {value: '\'"'}],
		});
	});
});

describe('a fault names its place and what was expected', () => {
	test.each([
		['', '1:1: parse error: no expression found in input'],
		['1 +', '1:4: parse error: unexpected end of input'],
		['*1', '1:1: parse error: unexpected <op:*>'],
		['(1))', "1:4: parse error: unexpected right parenthesis ')'"],
		['((1)', '1:5: parse error: unclosed left parenthesis'],
		['a{', '1:3: parse error: unexpected end of input inside braces'],
		['a{b}', '1:4: parse error: unexpected "}" in label matching, expected label matching operator'],
		['a{b=c}', '1:5: parse error: unexpected identifier "c" in label matching, expected string'],
		['a{b=~"("}', '1:6: parse error: error parsing regexp: missing closing ): `(`'],
		['{}', '1:1: parse error: vector selector must contain at least one non-empty matcher'],
		['{a=~".*"}', '1:1: parse error: vector selector must contain at least one non-empty matcher'],
		['a{__name__="b"}', '1:1: parse error: metric name must not be set twice: "a" or "b"'],
		['foo(a)', '1:1: parse error: unknown function with name "foo"'],
		['rate(a)', '1:6: parse error: expected type range vector in call to function "rate", got instant vector'],
		['rate()', '1:1: parse error: expected 1 argument(s) in call to "rate", got 0'],
		['abs(a, b)', '1:1: parse error: expected 1 argument(s) in call to "abs", got 2'],
		['round(a, 1, 2)', '1:1: parse error: expected at most 2 argument(s) in call to "round", got 3'],
		['abs(a,)', '1:6: parse error: trailing commas not allowed in function call args'],
		['sum()', '1:1: parse error: no arguments for aggregate expression provided'],
		['topk(a)', '1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1'],
		['sum by a (b)', '1:8: parse error: unexpected identifier "a" in grouping opts, expected "("'],
		['topk("x", a)', '1:6: parse error: expected type scalar in aggregation parameter, got string'],
		['1 > 2', '1:3: parse error: comparisons between scalars must use BOOL modifier'],
		['a + bool b', '1:3: parse error: bool modifier can only be used on comparison operators'],
		['a and 1', '1:1: parse error: set operator "and" not allowed in binary scalar expression'],
		['a and on(x) group_left b', '1:1: parse error: no grouping allowed for "and" operation'],
		['a + on(x) group_left(x) b', '1:3: parse error: label "x" must not occur in ON and GROUP clause at once'],
		['a + on(x) 1', '1:1: parse error: vector matching only allowed between instant vectors'],
		['"x" + a', '1:1: parse error: binary expression must contain only scalar and instant vector types'],
		[
			'-a[5m]',
			'1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got "range vector"',
		],
		['sum(a)[5m]', '1:7: parse error: ranges only allowed for vector selectors'],
		['a offset 1m [5m]', '1:13: parse error: no offset modifiers allowed before range'],
		['a[5m', '1:5: parse error: unclosed left bracket'],
		['a[0s]', '1:3: parse error: duration must be greater than 0'],
		['a[5m:1m:1m]', "1:8: parse error: unexpected colon ':'"],
		['1[5m:]', '1:1: parse error: subquery is only allowed on instant vector, got scalar instead'],
		['a offset 1m offset 2m', '1:1: parse error: offset may not be set multiple times'],
		['a @ 1 @ 2', '1:1: parse error: @ <timestamp> may not be set multiple times'],
		[
			'1 offset 1m',
			'1:1: parse error: offset modifier must be preceded by an instant vector selector or range vector selector or a subquery',
		],
		['a = b', '1:3: parse error: unexpected <op:=>'],
		['a =~ b', "1:5: parse error: unexpected character after '=': '~'"],
		['"abc', '1:1: parse error: unterminated quoted string'],
		['a b', '1:3: parse error: unexpected identifier "b"'],
		['a\n  + ;', "2:5: parse error: unexpected character: ';'"],
		['step()', 'accepted as step()'],
		['a[step()]', '1:3: parse error: step() in a duration needs the range query it belongs to'],
	])('%s', (text, want) => {
		expect(faultOf(text)).toBe(want);
	});

	test('with carets under it', () => {
		const text = 'sum(\n\trate(errors)\n)';
		const result = parseQuery(text);
		expect(result.ok ? '' : renderCaret(text, result.error)).toBe('\trate(errors)\n\t     ^^^^^^');
	});

	test('however deep it is nested', () => {
		expect(faultOf('('.repeat(50_000))).toMatch(/nested more than 200 levels/);
		expect(faultOf('-'.repeat(50_000))).toMatch(/nested more than 200 levels/);
		expect(faultOf(`a${'[1m:]'.repeat(3)}`)).toMatch(/subquery is only allowed on instant vector/);
	});
});

describe('a printed query', () => {
	test.each([
		'a',
		'{"a.b","c d"!="e"}',
		'{__name__=~"a|b",c="\\n\\"\\\\"}',
		'sum by (a, "b.c") (rate(x{y="z"}[1h30m] @ 1.500 offset -5m))',
		'a / on (b) group_left (c) d',
		'a > bool ignoring (b) group_right () c',
		'quantile without (x) (0.9, y)',
		'max_over_time((a - b)[1d:5m] @ end() offset 1w)',
		'-(1 ^ a) * -Inf',
		'label_replace(a, "b", "$1", "c", "(.*)")',
		'{"sum"}',
		'a offset 1y1d',
		'topk(3, a) and b unless on () c',
		'1e-07 + NaN',
		'+Inf^0',
		'a + fill_left(0) fill_right(1) b',
	])('%s parses to the same tree again', text => {
		const tree = parsed(text);
		expect(withoutSpans(parsed(printExpr(tree)))).toEqual(withoutSpans(tree));
		expect(printExpr(parsed(printExpr(tree)))).toBe(printExpr(tree));
	});
});

test('durations may be sums where the query is known', () => {
	const result = parseQuery('rate(a[2 * step() + 1m])', {stepMs: 15_000, rangeMs: 0});
	expect(result).toMatchObject({ok: true, value: {args: [{rangeMs: 90_000}]}});
});
