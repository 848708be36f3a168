import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {formatNumber, formatValue, type Unit} from '../../src/base/number-format.ts';

test.each<[number | null | undefined, Unit, string]>([
	[1_102, 'ms', '1,102 ms'],
	[1_102.4, 'ms', '1,102 ms'],
	[412.34, 'ms', '412.3 ms'],
	[0.8432, 'ms', '0.843 ms'],
	[1.5, 's', '1.5 s'],
	[99.41, '%', '99.41 %'],
	[83, '%', '83 %'],
	[0.9941, 'ratio', '99.41 %'],
	[0.29, 'ratio', '29 %'],
	[1_234_567, 'count', '1,234,567'],
	[0, 'count', '0'],
	[-0, 'count', '0'],
	[12, '/s', '12/s'],
	[0.25, '/s', '0.25/s'],
	[512, 'bytes', '512 B'],
	[1_536, 'bytes', '1.5 KiB'],
	[1_610_612_736, 'bytes', '1.5 GiB'],
	[1_048_575, 'bytes', '1 MiB'],
	[-2_048, 'bytes', '-2 KiB'],
	[1e21, 'none', '1e+21'],
	[1.5e-12, 'none', '1.5e-12'],
	[-4.5, 'none', '-4.5'],
	[-1_234.5, 'none', '-1,235'],
	[Number.NaN, 'ms', 'NaN'],
	[Number.POSITIVE_INFINITY, '%', '+Inf'],
	[Number.NEGATIVE_INFINITY, 'bytes', '-Inf'],
	[null, 'ms', 'no data'],
	[undefined, 'ms', 'no data'],
])('%s as %s is %s', (value, unit, text) => expect(formatValue(value, unit)).toBe(text));

describe('rounding does not lie', () => {
	test('almost 100 % is not 100 %, almost 0 is not 0', () => {
		expect(formatValue(99.99612, '%')).toBe('99.996 %');
		expect(formatValue(0.99999, 'ratio')).toBe('99.999 %');
		expect(formatValue(0.00004, '%')).toBe('0.00004 %');
		expect(formatValue(100.0004, '%')).toBe('100.0004 %');
	});

	test('a value beside its bound stands on its true side', () => {
		expect(formatValue(99.597, '%', 99.6)).toBe('99.597 %');
		expect(formatValue(1_499.7, 'ms', 1_500)).toBe('1,499.7 ms');
		expect(formatValue(1_500, 'ms', 1_500)).toBe('1,500 ms');
		expect(formatValue(0.99597, 'ratio', 0.996)).toBe('99.597 %');
	});

	test('a bound shows all its digits', () => expect(formatValue(0.99625, 'ratio', 0.99625)).toBe('99.625 %'));

	test('for any value and bound', () => {
		const number = fc.double({min: -1e9, max: 1e9, noNaN: true}).filter(n => n === 0 || Math.abs(n) > 1e-6);
		fc.assert(
			fc.property(number, number, (value, bound) => {
				const shown = Number(formatNumber(value, [0, bound]).replaceAll(',', ''));
				// Plus zero: -0 and 0 are the same side.
				expect(Math.sign(shown - bound) + 0).toBe(Math.sign(value - bound) + 0);
			}),
		);
	});

	test('what is shown is within a thousandth of the truth', () => {
		fc.assert(
			fc.property(fc.double({min: -1e20, max: 1e20, noNaN: true}), value => {
				const shown = Number(formatNumber(value).replaceAll(',', ''));
				expect(Math.abs(shown - value)).toBeLessThanOrEqual(Math.abs(value) * 0.005);
			}),
		);
	});
});
