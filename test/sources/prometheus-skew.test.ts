import fc from 'fast-check';
import {expect, test} from 'vitest';
import {createSkewEstimator, reportedSkew, resolutionOf, skewBounds} from '../../src/sources/prometheus-skew.ts';

/** One answer by a server whose clock is ahead by `skewMs`; both clocks are read in whole units, cut off. */
function measured(skewMs: number, atMs: number, thereMs: number, backMs: number, unitMs: number) {
	const stampMs = Math.floor((atMs + thereMs + skewMs) / unitMs) * unitMs;
	return skewBounds(stampMs, resolutionOf(stampMs), Math.floor(atMs), Math.floor(atMs + thereMs + backMs));
}

test('the true difference of the clocks always lies within the error, however the network delays', () => {
	const delays = fc.array(fc.tuple(fc.float({min: 0, max: 500, noNaN: true}), fc.float({min: 0, max: 500, noNaN: true})), {
		minLength: 1,
		maxLength: 100,
	});
	fc.assert(
		fc.property(fc.integer({min: -100_000, max: 100_000}), delays, fc.constantFrom(1, 1_000), (skewMs, trips, unitMs) => {
			const estimator = createSkewEstimator();
			for (const [i, [there, back]] of trips.entries()) {
				estimator.observeAll([measured(skewMs, 1_700_000_000_000 + i * 1_013, there, back, unitMs)]);
			}
			const skew = estimator.current();
			if (!skew) throw new Error('nothing measured');
			// Floats of this size carry a part of a millisecond.
			expect(Math.abs(skew.ms - skewMs)).toBeLessThanOrEqual(skew.errorMs + 0.01);
		}),
	);
});

test('whole-second stamps get sharp over a few ticks', () => {
	const estimator = createSkewEstimator();
	estimator.observeAll([measured(2_345, 1_700_000_000_100, 1, 1, 1_000)]);
	expect(estimator.current()?.errorMs).toBeGreaterThan(400);
	for (let tick = 1; tick < 60; tick++) estimator.observeAll([measured(2_345, 1_700_000_000_100 + tick * 1_017, 1, 1, 1_000)]);
	const skew = estimator.current();
	expect(skew?.errorMs).toBeLessThan(30);
	expect(reportedSkew(skew)).toBeGreaterThan(2_300);
	expect(reportedSkew(skew)).toBeLessThan(2_400);
});

test('clocks that may be equal are not called different', () => {
	const estimator = createSkewEstimator();
	expect(reportedSkew(estimator.current())).toBeUndefined();
	estimator.observeAll([measured(0, 1_700_000_000_000, 3, 200, 1)]);
	expect(reportedSkew(estimator.current())).toBeUndefined();
});

test('a clock that is set starts the measurement anew', () => {
	const estimator = createSkewEstimator();
	for (let tick = 0; tick < 10; tick++) estimator.observeAll([measured(0, 1_700_000_000_000 + tick * 1_000, 1, 1, 1)]);
	estimator.observeAll([measured(-60_000, 1_700_000_011_000, 1, 1, 1)]);
	expect(reportedSkew(estimator.current())).toBeLessThan(-59_990);
});
