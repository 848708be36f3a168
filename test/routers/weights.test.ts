import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {shareOf, shareOut, type WeightLimits} from '../../src/routers/weights.ts';

const haproxy: WeightLimits = {preferredSum: 100, weightMax: 256};
const one = {baseline: 1, candidate: 1};

describe('one server a side', () => {
	test.each([
		[0, 100, 0],
		[1, 99, 1],
		[5, 95, 5],
		[25, 75, 25],
		[99, 1, 99],
		[100, 0, 100],
	])('%s percent is %s to %s: whole percents read as themselves', (percent, baseline, candidate) => {
		expect(shareOut(percent, one, haproxy)).toEqual({baseline, candidate});
	});

	test('half a percent needs weights above 100', () => {
		expect(shareOut(0.5, one, haproxy)).toEqual({baseline: 199, candidate: 1});
	});

	test('an eighth is exact, with weights near 100', () => {
		const weights = shareOut(12.5, one, haproxy);
		expect(shareOf(weights, one)).toBe(12.5);
		expect(weights).toEqual({baseline: 84, candidate: 12});
	});

	test('the finest share above nothing is one part in 257', () => {
		expect(shareOut(0.1, one, haproxy)).toEqual({baseline: 256, candidate: 1});
		expect(shareOut(99.9, one, haproxy)).toEqual({baseline: 1, candidate: 256});
	});

	test('a preferred sum above the largest weight does not make a weight too large', () => {
		expect(shareOut(0, one, {preferredSum: 1000, weightMax: 256})).toEqual({baseline: 256, candidate: 0});
		expect(shareOut(5, one, {preferredSum: 1000, weightMax: 256}).baseline).toBeLessThanOrEqual(256);
	});
});

describe('several servers a side', () => {
	test('the side has the share, not each server', () => {
		const counts = {baseline: 3, candidate: 1};
		const weights = shareOut(5, counts, haproxy);
		expect(shareOf(weights, counts)).toBeCloseTo(5, 10);
	});

	test('ten against one can still spell 5 %', () => {
		const counts = {baseline: 10, candidate: 1};
		expect(shareOf(shareOut(5, counts, haproxy), counts)).toBeCloseTo(5, 10);
	});

	test('one against ten cannot spell half a percent, and does not pretend to', () => {
		const counts = {baseline: 1, candidate: 10};
		expect(shareOf(shareOut(0.5, counts, haproxy), counts)).toBeCloseTo(3.76, 2);
	});
});

const servers = fc.integer({min: 1, max: 12});
const percents = fc.double({min: 0, max: 100, noNaN: true});

test('weights are whole, within the limits, and only 0 and 100 take a side out', () => {
	fc.assert(
		fc.property(percents, servers, servers, (percent, baseline, candidate) => {
			const weights = shareOut(percent, {baseline, candidate}, haproxy);
			for (const weight of [weights.baseline, weights.candidate]) {
				expect(Number.isInteger(weight)).toBe(true);
				expect(weight).toBeLessThanOrEqual(256);
				expect(weight).toBeGreaterThanOrEqual(0);
			}
			expect(weights.candidate === 0).toBe(percent === 0);
			expect(weights.baseline === 0).toBe(percent === 100);
		}),
	);
});

test('no other pair of weights comes closer', () => {
	const few: WeightLimits = {preferredSum: 10, weightMax: 16};
	fc.assert(
		fc.property(fc.double({min: 0.01, max: 99.99, noNaN: true}), servers, servers, (percent, baseline, candidate) => {
			const counts = {baseline, candidate};
			const error = Math.abs(shareOf(shareOut(percent, counts, few), counts) - percent);
			for (let b = 1; b <= 16; b++) {
				for (let c = 1; c <= 16; c++) {
					const other = Math.abs(shareOf({baseline: b, candidate: c}, counts) - percent);
					// A pair with the preferred sum may be taken when it is off by 0.005 at most.
					expect(error).toBeLessThanOrEqual(other + 0.005 + 1e-6);
				}
			}
		}),
		{numRuns: 40},
	);
});

test('one server a side is within a fifth of a percent everywhere', () => {
	for (let percent = 0.5; percent < 99.6; percent += 0.1) {
		expect(Math.abs(shareOf(shareOut(percent, one, haproxy), one) - percent)).toBeLessThan(0.2);
	}
});
