import fc from 'fast-check';
import {expect, test} from 'vitest';
import {
	formatAge,
	formatClock,
	formatCountdown,
	formatDuration,
	formatElapsed,
	formatTimeOfDay,
	parseDuration,
} from '../../src/base/duration.ts';

test.each([
	['250ms', 250],
	['5s', 5_000],
	['1m30s', 90_000],
	['2h', 7_200_000],
	['1d', 86_400_000],
	['1w2d3h4m5s6ms', 788_645_006],
	['0', 0],
	['0s', 0],
	['90m', 5_400_000],
	[' 5m ', 300_000],
])('%s is %d ms', (text, ms) => expect(parseDuration(text)).toEqual({ok: true, value: ms}));

test.each([
	['', '"" is not a duration: write it like 250ms, 5s, 1m30s, 2h or 1d'],
	['5', '"5" is not a duration (the unit is missing): write it like 250ms, 5s, 1m30s, 2h or 1d'],
	['1.5s', '"1.5s" is not a duration (no fractions; use the smaller unit): write it like 250ms, 5s, 1m30s, 2h or 1d'],
	['-5s', '"-5s" is not a duration (it is negative): write it like 250ms, 5s, 1m30s, 2h or 1d'],
	['30s1m', '"30s1m" is not a duration: write it like 250ms, 5s, 1m30s, 2h or 1d'],
	['5 min', '"5 min" is not a duration: write it like 250ms, 5s, 1m30s, 2h or 1d'],
	['99999999999d', '"99999999999d" is too long: a duration is at most 10 years'],
])('%j is refused with a sentence', (text, error) => expect(parseDuration(text)).toEqual({ok: false, error}));

test.each([
	[0, '0s'],
	[250, '250ms'],
	[300_000, '5m'],
	[90_000, '1m30s'],
	[7_200_000, '2h'],
	[1_500, '1s500ms'],
	[604_800_000, '7d'],
	[-5_000, '-5s'],
	[Number.POSITIVE_INFINITY, '+Inf'],
	[Number.NaN, 'NaN'],
])('%d ms is written %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

test('what is written is read back', () => {
	fc.assert(
		fc.property(fc.integer({min: 0, max: 300_000_000_000}), ms => {
			expect(parseDuration(formatDuration(ms))).toEqual({ok: true, value: ms});
		}),
	);
});

test('ages say no more than two units', () => {
	expect([800, 42_900, 310_000, 7_500_000, 273_900_000].map(formatAge)).toEqual(['0.8 s', '42 s', '5m10s', '2h5m', '3d4h']);
	expect(formatAge(Number.NaN)).toBe('unknown');
	expect(formatAge(-3)).toBe('0.0 s');
});

test('clocks', () => {
	expect([42_999, 1_062_000, 3_600_000, 93_600_000, -5_000, -400].map(formatClock)).toEqual([
		...['0:42', '17:42', '1:00:00', '26:00:00', '-0:05', '0:00'],
	]);
	expect(formatElapsed(1_062_000)).toBe('T+17:42');
	expect(formatElapsed(-5_000)).toBe('T-0:05');
	expect(formatClock(Number.NaN)).toBe('--:--');
});

test('a countdown says 0:00 only when it is over', () => {
	expect([1, 1_000, 0, -9, 738_000].map(formatCountdown)).toEqual(['0:01', '0:01', '0:00', '0:00', '12:18']);
});

test('time of day in a zone', () => {
	const atMs = Date.UTC(2026, 0, 2, 23, 33, 50, 999);
	expect(formatTimeOfDay(atMs)).toBe('23:33:50');
	expect(formatTimeOfDay(atMs, 330)).toBe('05:03:50');
	expect(formatTimeOfDay(-1_000, 0)).toBe('23:59:59');
});
