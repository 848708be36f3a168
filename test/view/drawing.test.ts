import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {columnsOf, sanitize} from '../../src/base/text.ts';
import {chart} from '../../src/view/chart.ts';
import {asciiGlyphs, asciiRow, unicodeGlyphs} from '../../src/view/glyphs.ts';
import {cutRow, fitRow, row, rowWidth, span, spreadRow, textOf, widthOf, wrapText} from '../../src/view/row.ts';
import {bar, buckets, type History, sparkline} from '../../src/view/sparkline.ts';

const spark = (values: readonly (number | null)[], bound?: {op: '<' | '>='; value: number}) =>
	sparkline(
		values.map((value, index) => [index * 1_000, value] as const),
		{
			nowMs: (values.length - 1) * 1_000,
			spanMs: values.length * 1_000,
			holdMs: 0,
			columns: values.length,
			glyphs: unicodeGlyphs,
			tone: 'good',
			...(bound && {bound}),
		},
	);

describe('a sparkline', () => {
	test('rises with its values', () => {
		expect(textOf(spark([0, 1, 2, 3, 4, 5, 6, 7]))).toBe('▁▂▃▄▅▆▇█');
	});

	test('draws noise flat: a thousandth of the value is no mountain', () => {
		expect(new Set(textOf(spark([1000, 1001, 1000, 1002, 1001])))).toEqual(new Set(['▅']));
	});

	test('draws a small move near the bound: half a percent may be all there is', () => {
		expect(new Set(textOf(spark([99.95, 99.94, 99.41, 99.4], {op: '>=', value: 99.6}))).size).toBeGreaterThan(1);
	});

	test('shows a gap as a gap, never as zero', () => {
		expect(textOf(spark([5, null, null, 5]))).toMatch(/^.░░.$/);
	});

	test('draws what is outside the bound in its own tone', () => {
		expect(spark([1, 9, 1], {op: '<', value: 5}).map(({tone}) => tone)).toEqual(['good', 'bad', 'good']);
	});

	test('keeps the worst of a stretch, whichever way the bound looks', () => {
		const history: History = [
			[0, 99.9],
			[400, 98],
			[800, 99.9],
		];
		expect(buckets(history, {nowMs: 900, spanMs: 1_000, holdMs: 0}, 1, {op: '>=', value: 99.6})).toEqual([
			{any: true, value: 98},
		]);
		expect(buckets(history, {nowMs: 900, spanMs: 1_000, holdMs: 0}, 1, {op: '<', value: 99})).toEqual([{any: true, value: 99.9}]);
	});

	test('holds an answer until the next is due where its bars are narrower than a poll', () => {
		const stretch = {nowMs: 4_400, spanMs: 5_000, holdMs: 1_500};
		const values = buckets(
			[
				[0, 1],
				[1_000, 2],
				[4_000, 3],
			],
			stretch,
			10,
		).map(({value}) => value);
		expect(values).toEqual([null, 1, 1, 2, 2, 2, 2, null, null, 3]);
	});

	test('is as wide as asked for any history', () => {
		fc.assert(
			fc.property(
				fc.array(
					fc.tuple(
						fc.integer({min: -5_000, max: 300_000}),
						fc.oneof(fc.constant(null), fc.double({noNaN: true}), fc.constant('NaN' as const), fc.constant('+Inf' as const)),
					),
				),
				fc.integer({min: 0, max: 80}),
				(history, columns) => {
					const drawn = sparkline(history, {
						nowMs: 300_000,
						spanMs: 240_000,
						holdMs: 0,
						columns,
						glyphs: unicodeGlyphs,
						tone: 'good',
						bound: {op: '<', value: 7},
					});
					expect(rowWidth(drawn)).toBe(columns);
				},
			),
		);
	});
});

describe('a bar', () => {
	test('is full at one, empty at nothing, and shows the smallest share', () => {
		expect(bar(1, 4, unicodeGlyphs)).toBe('████');
		expect(bar(0, 4, unicodeGlyphs)).toBe('');
		expect(bar(0.0001, 4, unicodeGlyphs)).toBe('▏');
		expect(bar(0.5, 4, unicodeGlyphs)).toBe('██');
	});
});

describe('a chart', () => {
	const history: History = Array.from({length: 60}, (_, index) => [index * 1_000, index < 30 ? 100 : 300] as const);
	const drawn = chart(history, {
		nowMs: 59_000,
		spanMs: 60_000,
		holdMs: 0,
		columns: 70,
		rows: 8,
		glyphs: unicodeGlyphs,
		bound: {op: '<', value: 200},
		tone: 'good',
		format: value => String(Math.round(value)),
	});

	test('is as large as asked', () => {
		expect(drawn).toHaveLength(8);
		expect(new Set(drawn.map(rowWidth)).size).toBe(1);
		expect(rowWidth(drawn[0] ?? [])).toBe(70);
	});

	test('writes the bound at its line, across the whole width', () => {
		const limit = drawn.find(line => textOf(line).includes('╌')) ?? [];
		expect(textOf(limit)).toMatch(/^200 ╌+$/);
	});

	test('shows what is outside in its own tone, and the highest value at the top', () => {
		expect(textOf(drawn[0] ?? [])).toMatch(/^300 /);
		const tonesBelow = (drawn.at(-1) ?? []).map(({tone}) => tone);
		expect(tonesBelow.indexOf('good')).toBeGreaterThan(-1);
		expect(tonesBelow.lastIndexOf('good')).toBeLessThan(tonesBelow.indexOf('bad'));
	});

	test('draws a flat line, and nothing at all, without a fault', () => {
		const flat = {
			nowMs: 9_000,
			spanMs: 10_000,
			holdMs: 0,
			columns: 30,
			rows: 4,
			glyphs: asciiGlyphs,
			tone: 'good' as const,
			format: String,
		};
		expect(
			chart(
				[
					[1_000, 5],
					[2_000, 5],
				],
				flat,
			),
		).toHaveLength(4);
		expect(chart([], flat).map(rowWidth)).toEqual([30, 30, 30, 30]);
		expect(chart([[1_000, null]], flat)).toHaveLength(4);
	});
});

describe('a row', () => {
	const texts = fc.string({unit: 'grapheme', maxLength: 40}).map(text => sanitize(text, 60));

	test('fits exactly, whatever letters it has', () => {
		fc.assert(
			fc.property(fc.array(texts, {maxLength: 5}), fc.integer({min: 0, max: 60}), (pieces, columns) => {
				expect(
					rowWidth(
						fitRow(
							pieces.map(text => span(text)),
							columns,
						),
					),
				).toBe(columns);
			}),
		);
	});

	test('is never wider than it may be, and ends in an ellipsis when something is missing', () => {
		expect(textOf(cutRow([span('abc'), span('def')], 4))).toBe('abc…');
		expect(textOf(cutRow([span('abc'), span('d')], 4))).toBe('abcd');
		expect(textOf(cutRow([span('abc'), span('def')], 3))).toBe('ab…');
	});

	test('keeps what stands at its right end, and cuts the left', () => {
		expect(textOf(spreadRow(row('a long left part'), row('right'), 12))).toBe('a long…right');
	});

	test('knows the width of a text without segmenting it where that is safe', () => {
		fc.assert(fc.property(texts, text => widthOf(text) === columnsOf(text)));
		expect(widthOf('漢字')).toBe(4);
	});

	test('wraps at spaces, cuts what is longer than a line, and loses nothing before the last line', () => {
		expect(wrapText('one two three', 7)).toEqual(['one two', 'three']);
		expect(wrapText('abcdefghij k', 4)).toEqual(['abcd', 'efgh', 'ij k']);
		expect(wrapText('a b c d e f', 3, 2)).toEqual(['a b', 'c …']);
		fc.assert(
			fc.property(texts, fc.integer({min: 2, max: 30}), (text, columns) => {
				for (const line of wrapText(text, columns)) expect(widthOf(line)).toBeLessThanOrEqual(columns);
			}),
		);
	});

	test('in ASCII is as wide as before', () => {
		fc.assert(
			fc.property(texts, text => {
				const [piece] = asciiRow([span(text)]);
				expect(piece?.text).toMatch(/^[\x20-\x7E]*$/);
				expect(piece?.text.length).toBe(widthOf(text));
			}),
		);
	});
});

test('a word that no line holds begins where it stands, and a letter wider than the line is a mark', () => {
	expect(wrapText('log app.log: /var/log/relay/app.log', 20, 2)).toEqual(['log app.log: /var/lo', 'g/relay/app.log']);
	expect(wrapText('no file to read: /var/log/relay/a/very/long/path.log', 28, 2)).toEqual([
		'no file to read: /var/log/re',
		'lay/a/very/long/path.log',
	]);
	expect(wrapText('𝅘𝅥𝅮!', 2)).toEqual(['\uFFFD!']);
});
