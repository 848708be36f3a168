import fc from 'fast-check';
import {expect, test} from 'vitest';
import {createSlidingCount} from '../../src/core/sliding-count.ts';

test('counts what lies in the window and forgets what has left it', () => {
	const window = createSlidingCount(10_000);
	window.add(1_000);
	window.add(6_000, 3);
	expect(window.count(6_000)).toBe(4);
	expect(window.count(11_000)).toBe(4);
	expect(window.count(11_200)).toBe(3);
	expect(window.count(16_200)).toBe(0);
	expect(window.count(1e12)).toBe(0);
});

test('a clock that steps back loses nothing', () => {
	const window = createSlidingCount(10_000);
	window.add(50_000);
	window.add(20_000);
	expect(window.count(20_000)).toBe(2);
	expect(window.count(50_001)).toBe(2);
});

test('agrees with an honest count, within a hundredth of the window', () => {
	const steps = fc.array(fc.tuple(fc.integer({min: 0, max: 3_000}), fc.integer({min: 0, max: 3})), {maxLength: 80});
	fc.assert(
		fc.property(steps, fc.integer({min: 100, max: 20_000}), (moves, windowMs) => {
			const window = createSlidingCount(windowMs);
			const seen: number[] = [];
			let nowMs = 1_700_000_000_000;
			for (const [byMs, lines] of moves) {
				nowMs += byMs;
				for (let i = 0; i < lines; i++) seen.push(nowMs);
				window.add(nowMs, lines);
				const count = window.count(nowMs);
				expect(count).toBeGreaterThanOrEqual(seen.filter(at => at > nowMs - windowMs).length);
				expect(count).toBeLessThanOrEqual(seen.filter(at => at >= nowMs - windowMs * 1.01 - 2).length);
			}
		}),
	);
});
