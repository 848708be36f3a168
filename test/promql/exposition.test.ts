import {describe, expect, test} from 'vitest';
import {type Page, type PageError, PageParser, type PageSettings} from '../../src/promql/exposition.ts';
import {canonicalBound} from '../../src/promql/exposition-series.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function read(text: string, settings: Partial<PageSettings> = {}): string[] | PageError {
	const page = new PageParser(settings).parse(bytesOf(text));
	return page.ok ? lines(page.value) : page.error;
}

const lines = (page: Page<unknown>): string[] =>
	page.series.map((series, i) => {
		const time = page.timesMs?.[i];
		return `${series.labels} ${page.values[i]}${time === undefined || Number.isNaN(time) ? '' : ` @${time}`}`;
	});

const strict = {format: 'openmetrics'} as const;

describe('the text format', () => {
	test.each([
		['a 1', ['a 1']],
		['a 1\n\n  \nb 2\n', ['a 1', 'b 2']],
		['a{b="c",d="e",} 1.5 1700000000000\n', ['a{b="c", d="e"} 1.5 @1700000000000']],
		['a { d = "e" , b = "c" }\t-2e-3\n', ['a{b="c", d="e"} -0.002']],
		['a{b="x\\"y\\\\z\\nw\\q"} +Inf\n', ['a{b="x\\"y\\\\z\\nw\\\\q"} Infinity']],
		['a{b=""} nan\n', ['a NaN']],
		['a{b="c",b="",d="e"} 1\n', ['a{d="e"} 1']],
		['a:b_c 0x\n', undefined],
		[
			'a .5\nb 5.\nc 123456789012345678\nd 0.1234567890123456\n',
			['a 0.5', 'b 5', 'c 123456789012345680', 'd 0.1234567890123456'],
		],
		['# HELP a Some help.\n# TYPE a gauge\n#comment\n# other\na 1\n', ['a 1']],
		['{"näme with blanks","lä.bel"="x"} 1\n', ['näme with blanks{lä.bel="x"} 1']],
		['a{b="c"d="e"} 1\n', ['a{b="c", d="e"} 1']],
	])('%j', (text, want) => {
		if (want) expect(read(text)).toEqual(want);
		else expect(read(text)).toMatchObject({message: expect.any(String)});
	});

	test.each([
		[' a 1\n', 'a sample must not begin with a blank', 1, 1],
		['a\n', 'expected value after metric', 1, 2],
		['ok 1\na one\n', 'value is not a float, or too large for one', 2, 3],
		['a 1e400\n', 'value is not a float, or too large for one', 1, 3],
		['a 1_0\n', 'value is not a float, or too large for one', 1, 3],
		['a 1 -5\n', 'expected timestamp (whole milliseconds) or line end', 1, 5],
		['a 1 9223372036854775808\n', 'timestamp is out of range', 1, 5],
		['a 1 5 6\n', 'expected line end after timestamp', 1, 7],
		['a{b="c",b="d"} 1\n', 'label name "b" is not unique', 1, 9],
		['a{__name__="b"} 1\n', 'label name "__name__" is not unique', 1, 3],
		['a{b=c} 1\n', 'expected label value in quotes', 1, 5],
		['a{b="c} 1\n', 'expected label value in quotes', 1, 5],
		['a{b="c",,} 1\n', 'expected label name', 1, 9],
		['{b="c"} 1\n', 'metric name not set', 1, 1],
		['a{"b"} 1\n', 'metric name already set', 1, 3],
		['1a 1\n', 'expected a metric name, "{" or "#"', 1, 1],
		['# TYPE a foo\na 1\n', 'invalid metric type "foo"', 1, 10],
		['# HELP 1 x\n', 'expected metric name after HELP', 1, 8],
	])('%j is refused: %s', (text, message, line, column) => {
		expect(read(text)).toEqual({message, line, column});
	});

	test('bytes that are no UTF-8 in a label value are refused', () => {
		const bytes = Uint8Array.from([...bytesOf('a{b="'), 0xff, ...bytesOf('"} 1\n')]);
		expect(new PageParser().parse(bytes)).toMatchObject({ok: false, error: {message: 'not valid UTF-8', column: 6}});
	});

	test('a page with more samples than allowed is refused', () => {
		expect(read('a 1\nb 1\nc 1\n', {samplesMax: 2})).toMatchObject({message: 'the page has more than 2 samples', line: 3});
	});
});

describe('OpenMetrics', () => {
	test('takes types, units, times in seconds and exemplars', () => {
		const page = [
			'# TYPE a_seconds histogram',
			'# UNIT a_seconds seconds',
			'# HELP a_seconds Help with "quotes".',
			'a_seconds_bucket{le="0.5"} 3 # {trace="x"} 0.43 1700000000.1',
			'a_seconds_bucket{le="+Inf"} 4 1700000000.123',
			'# TYPE b stateset',
			'b 1',
			'# EOF',
		].join('\n');
		expect(read(`${page}\n`, strict)).toEqual([
			'a_seconds_bucket{le="0.5"} 3',
			'a_seconds_bucket{le="+Inf"} 4 @1700000000123',
			'b 1',
		]);
	});

	test.each([
		['a 1\n', 'data does not end with # EOF'],
		['a 1\n# EOF\nb 2\n', 'unexpected data after # EOF'],
		['a  1\n# EOF\n', 'expected value after metric'],
		[' a 1\n# EOF\n', 'expected a metric name, "{" or "#"'],
		['\na 1\n# EOF\n', 'expected a metric name, "{" or "#"'],
		['# note\n# EOF\n', 'expected HELP, TYPE, UNIT or EOF after "# "'],
		['# UNIT a seconds\n# EOF\n', 'unit "seconds" not a suffix of metric "a"'],
		['# TYPE a untyped\n# EOF\n', 'invalid metric type "untyped"'],
		['a{b="c" ,d="e"} 1\n# EOF\n', 'expected "," or "}"'],
		['a 1 # {b="c"}\n# EOF\n', 'expected value after exemplar labels'],
		['a 1 NaN\n# EOF\n', 'invalid timestamp'],
	])('%j is refused: %s', (text, message) => {
		expect(read(text, strict)).toMatchObject({message});
	});
});

test.each([
	['500', '500.0'],
	['0.5', '0.5'],
	['+Inf', '+Inf'],
	['1e6', '1e+06'],
	['1e0', '1.0'],
	['none', 'none'],
	['10000000', '1e+07'],
])('3.x keeps the bound %s as %s', (written, kept) => {
	expect(canonicalBound(written)).toBe(kept);
});

describe('the two dialects', () => {
	const histogram = '# TYPE h histogram\nh_bucket{le="500"} 1\n# TYPE s summary\ns{quantile="1"} 2\nother{le="7"} 3\n';

	test('3.x writes bounds as floats, 2.x leaves them', () => {
		expect(read(histogram)).toEqual(['h_bucket{le="500.0"} 1', 's{quantile="1.0"} 2', 'other{le="7"} 3']);
		expect(read(histogram, {dialect: '2.x'})).toEqual(['h_bucket{le="500"} 1', 's{quantile="1"} 2', 'other{le="7"} 3']);
	});

	test.each([
		['{"a.b"} 1\n', 'text'],
		['a{b="c",} 1\n# EOF\n', 'openmetrics'],
		['a_sum 1 # {b="c"} 1\n# EOF\n', 'openmetrics'],
	] as const)('%j is news of 3.x', (text, format) => {
		expect(read(text, {format})).toBeInstanceOf(Array);
		expect(read(text, {format, dialect: '2.x'})).toMatchObject({line: 1});
	});
});

describe('page after page', () => {
	const page = (values: readonly number[]): string =>
		`# HELP a Help.\n# TYPE a counter\n${values.map((value, i) => `a{i="${i}"} ${value}\nbare_${i} ${value}\n`).join('')}`;

	test('a series stays the same object, with what was put in its place', () => {
		const parser = new PageParser<string>();
		const first = parser.parse(bytesOf(page([1, 2, 3])));
		if (!first.ok) throw new Error(first.error.message);
		for (const series of first.value.series) series.data = `seen ${series.labels}`;
		const second = parser.parse(bytesOf(page([10, 200, 3000])));
		if (!second.ok) throw new Error(second.error.message);
		expect(second.value.series).toEqual(first.value.series);
		expect(second.value.series[2]).toBe(first.value.series[2]);
		expect([...second.value.values]).toEqual([10, 10, 200, 200, 3000, 3000]);
	});

	test('it is found again when series come, go and change places', () => {
		const parser = new PageParser<number>();
		const known = parser.parse(bytesOf('a 1\nb 1\nc{x="1"} 1\nd 1\n'));
		if (!known.ok) throw new Error(known.error.message);
		for (const [i, series] of known.value.series.entries()) series.data = i;
		const data = (text: string): unknown => {
			const next = parser.parse(bytesOf(text));
			return next.ok ? next.value.series.map(series => series.data) : next.error;
		};
		expect(data('d 1\nnew 1\nc{x="1"} 2\na 1\n')).toEqual([3, undefined, 2, 0]);
		expect(data('a 1\nc{x="1"} 2\nb 1\n')).toEqual([0, 2, undefined]);
	});

	test('a name is not mistaken for a longer one, nor for one with braces', () => {
		const parser = new PageParser();
		const next = (text: string): unknown => {
			const result = parser.parse(bytesOf(text));
			return result.ok ? lines(result.value) : result.error;
		};
		next('abc 1\nx{y="1"} 1\n');
		expect(next('abcd 1\nx{y="1"} 2\n')).toEqual(['abcd 1', 'x{y="1"} 2']);
		expect(next('abcd {z="1"} 1\nx{y="1"} 2\n')).toEqual(['abcd{z="1"} 1', 'x{y="1"} 2']);
	});

	test('a changed TYPE changes the bounds of the series below it', () => {
		const parser = new PageParser();
		const next = (type: string): unknown => {
			const result = parser.parse(bytesOf(`# TYPE h ${type}\nh{le="5"} 1\n`));
			return result.ok ? lines(result.value) : result.error;
		};
		expect(next('histogram')).toEqual(['h{le="5.0"} 1']);
		expect(next('gauge')).toEqual(['h{le="5"} 1']);
		expect(next('histogram')).toEqual(['h{le="5.0"} 1']);
	});

	test('a faulty page gives nothing and does no harm to the next one', () => {
		const parser = new PageParser<string>();
		const first = parser.parse(bytesOf('a 1\nb 2\n'));
		if (!first.ok) throw new Error(first.error.message);
		expect(parser.parse(bytesOf('a 1\nb two\n'))).toMatchObject({ok: false, error: {line: 2}});
		const third = parser.parse(bytesOf('a 3\nb 4\n'));
		if (!third.ok) throw new Error(third.error.message);
		expect(third.value.series[1]).toBe(first.value.series[1]);
	});

	test('slices give the same page and stop in between', () => {
		const text = page(Array.from({length: 500}, (_, i) => i * 1.5));
		const slices = new PageParser().slices(bytesOf(text), 1_000);
		let stops = 0;
		let step = slices.next();
		for (; !step.done; step = slices.next()) stops++;
		expect(stops).toBeGreaterThan(10);
		expect(step.value.ok ? lines(step.value.value) : step.value.error).toEqual(read(text));
	});
});
