import fc from 'fast-check';
import {expect, test} from 'vitest';
import {fisherGreater} from '../../../src/core/judge/counts.ts';
import {inflationOf} from '../../../src/core/judge/dependence.ts';
import {type Judgement, type JudgeSettings, judge} from '../../../src/core/judge/judge.ts';
import {finalAlpha, interimAlpha, interimLooks, lateAlpha} from '../../../src/core/judge/looks.ts';
import {median, pairwise, quantile} from '../../../src/core/judge/pairwise.ts';
import {cles, outsideCount, pValue, rankSum, smallestP} from '../../../src/core/judge/rank-sum.ts';
import {choices, normal, times, uniform} from './kit.ts';

const settings = (over: Partial<JudgeSettings> = {}): JudgeSettings => ({
	direction: 'higher-is-worse',
	allowed: 1.1,
	alpha: 0.01,
	...over,
});
const sides = (x: readonly number[], y: readonly number[], over: Partial<JudgeSettings> = {}): Judgement =>
	judge(
		x.map((one, index) => [one, y[index] ?? Number.NaN] as const),
		settings(over),
	);

/** U by its definition: one pair after the other. */
const uByPairs = (x: readonly number[], y: readonly number[]): number =>
	x.reduce((sum, one) => sum + y.reduce((inner, other) => inner + (one > other ? 1 : one === other ? 0.5 : 0), 0), 0);

test('p-values are those of every way to deal the values, ties and all', () => {
	const next = uniform(7);
	for (const [nx, ny] of [
		[5, 5],
		[4, 7],
		[6, 5],
	] as const) {
		for (let round = 0; round < 6; round++) {
			const values = times(nx + ny, () => Math.floor(next() * 6));
			const seen = uByPairs(values.slice(0, nx), values.slice(nx));
			let [all, greater, less] = [0, 0, 0];
			for (const chosen of choices(nx + ny, nx)) {
				const u = uByPairs(
					chosen.map(index => values[index]!),
					values.filter((_, index) => !chosen.includes(index)),
				);
				all += 1;
				if (u >= seen) greater += 1;
				if (u <= seen) less += 1;
			}
			const test = rankSum(values.slice(0, nx), values.slice(nx));
			expect(test.u).toBe(seen);
			const p = pValue(test);
			expect(p.method).toBe('exact');
			expect(p.greater).toBeCloseTo(greater / all, 12);
			expect(p.less).toBeCloseTo(less / all, 12);
		}
	}
});

test('the normal p-value meets the exact one where both can be had', () => {
	const draw = normal(uniform(11));
	const [x, y] = [times(15, () => draw() + 0.6), times(15, draw)];
	const test = rankSum(x, y);
	const exact = pValue(test).greater;
	// An inflation of next to nothing is the way to the normal one.
	const byNormal = pValue(test, 1 + 1e-12);
	expect(byNormal.method).toBe('normal');
	expect(Math.abs(byNormal.greater - exact)).toBeLessThan(0.002);
});

test("Wilcoxon's textbook case: the depression scale of Hollander and Wolfe", () => {
	const x = [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
	const y = [1.15, 0.88, 0.9, 0.74, 1.21];
	// R: wilcox.test(x, y, alternative = "g"): W = 35, p-value = 0.1272; conf.int (two-sided) 95 %: -0.15 to 0.76, estimate 0.305.
	expect(rankSum(x, y).u).toBe(35);
	expect(pValue(rankSum(x, y)).greater).toBeCloseTo(0.1272, 4);
	const shift = pairwise(x, y, outsideCount(x, y, 0.05), (a, b) => a - b);
	expect(shift.estimate).toBeCloseTo(0.305, 9);
	expect(shift.low).toBeCloseTo(-0.15, 9);
	expect(shift.high).toBeCloseTo(0.76, 9);
});

test('four values against four, all pairs by hand', () => {
	const shift = pairwise([10, 20, 30, 40], [1, 2, 3, 4], outsideCount([10, 20, 30, 40], [1, 2, 3, 4], 0.05), (a, b) => a - b);
	expect(shift).toEqual({estimate: 22.5, low: 6, high: 39});
});

test('the interval leaves out exactly the shifts that the test refuses', () => {
	const draw = normal(uniform(3));
	for (const [nx, ny] of [
		[6, 6],
		[9, 7],
		[12, 12],
	] as const) {
		const [x, y] = [times(nx, draw), times(ny, () => draw() + 0.5)];
		const alpha = 0.05;
		const {low, high} = pairwise(x, y, outsideCount(x, y, alpha), (a, b) => a - b);
		const refused = (shift: number): boolean => {
			const p = pValue(
				rankSum(
					x.map(one => one - shift),
					y,
				),
			);
			return Math.min(p.greater, p.less) <= alpha / 2;
		};
		const step = 1e-9;
		expect([refused(low - step), refused(low + step), refused(high - step), refused(high + step)]).toEqual([
			true,
			false,
			false,
			true,
		]);
	}
});

test('where even the outermost pair is not sure enough the interval has no ends', () => {
	expect(outsideCount([1, 2, 3], [4, 5, 6], 0.05)).toBe(0);
	expect(sides([2, 3, 4, 5, 6], [1, 2, 3, 4, 5], {alpha: 0.001})).not.toHaveProperty('ratioLow');
});

test('Fisher counts as all ways to deal do', () => {
	const [nx, ny, hits] = [6, 7, 5];
	const marks = times(nx + ny, index => index < hits);
	for (let seen = 0; seen <= hits; seen++) {
		let [all, atLeast] = [0, 0];
		for (const chosen of choices(nx + ny, nx)) {
			all += 1;
			if (chosen.filter(index => marks[index]).length >= seen) atLeast += 1;
		}
		expect(fisherGreater(seen, nx, hits - seen, ny)).toBeCloseTo(atLeast / all, 12);
	}
});

test('medians, quantiles and pairwise ratios are what they are by hand', () => {
	expect(median([3, 1, 2])).toBe(2);
	expect(median([4, 1, 2, 3])).toBe(2.5);
	expect(median([])).toBeNaN();
	expect(quantile([1, 2, 3, 4, 5], 0.9)).toBeCloseTo(4.6, 12);
	expect(pairwise([2, 4, 8], [1, 2], 1, (a, b) => a / b)).toEqual({estimate: 3, low: 1, high: 8});
	expect(cles(rankSum([2, 2], [1, 2]))).toBe(0.75);
	expect(smallestP(5)).toBeCloseTo(1 / 252, 15);
});

test('30 % more is worse, the same is the same, 30 % less is better; the other way round where lower is worse', () => {
	const next = uniform(5);
	const y = times(20, () => 100 + 10 * next());
	const equal = times(20, () => 100 + 10 * next());
	const more = equal.map(one => one * 1.3);
	const less = equal.map(one => one / 1.3);
	expect([sides(more, y).verdict, sides(equal, y).verdict, sides(less, y).verdict]).toEqual(['worse', 'same', 'better']);
	const lower = {direction: 'lower-is-worse'} as const;
	expect([sides(more, y, lower).verdict, sides(equal, y, lower).verdict, sides(less, y, lower).verdict]).toEqual([
		'better',
		'same',
		'worse',
	]);
	const either = {direction: 'either'} as const;
	expect([sides(more, y, either).verdict, sides(less, y, either).verdict]).toEqual(['worse', 'worse']);
	const seen = sides(more, y);
	expect(seen.ratio).toBeCloseTo(1.3, 1);
	expect(seen.ratioLow).toBeGreaterThan(1.1);
	expect(seen.rule).toBe('rank-sum');
});

test('a certain difference within what is allowed is the same', () => {
	const next = uniform(13);
	const y = times(20, () => 100 + next());
	const x = times(20, () => 105 + next());
	expect(sides(x, y).verdict).toBe('same');
	expect(sides(x, y, {allowed: 1.02}).verdict).toBe('worse');
});

test('too few values are too few, however far apart', () => {
	expect(sides([9, 9, 9, 9], [1, 1, 1, 1], {alpha: 0.2}).verdict).toBe('too few');
	// Five a side can't be surer than 1/252.
	expect(sides([9, 8, 9, 8, 9], [1, 2, 1, 2, 1], {alpha: 0.005}).verdict).toBe('too few');
	expect(sides([9, 8, 9, 8, 9], [1, 2, 1, 2, 1], {alpha: 0.01}).verdict).toBe('worse');
	expect(sides([], []).verdict).toBe('too few');
});

test('errors over a baseline of zeros are seen, though the median shift is 0', () => {
	const zeros = times(24, () => 0);
	const some = times(24, index => (index % 3 === 0 ? 0.4 : 0));
	const seen = sides(some, zeros);
	expect(seen).toMatchObject({verdict: 'worse', rule: 'counts', test: 'fisher', candidate: 0, baseline: 0, shift: 0});
	expect(seen).not.toHaveProperty('ratio');
	expect(sides(zeros, some).verdict).toBe('better');
	expect(sides(zeros, zeros)).toMatchObject({verdict: 'same'});
	// One stray error is chance.
	expect(sides([0.4, ...zeros.slice(1)], zeros).verdict).toBe('same');
	// As many on both sides, too.
	expect(sides(some, some.toReversed()).verdict).toBe('same');
});

test('a constant side is judged as well', () => {
	expect(
		sides(
			times(6, () => 5),
			times(6, () => 3),
		).verdict,
	).toBe('worse');
	expect(
		sides(
			times(6, () => 3),
			times(6, () => 3),
		).verdict,
	).toBe('same');
	expect(
		sides(
			times(6, () => 5),
			times(6, () => 3),
			{direction: 'lower-is-worse'},
		).verdict,
	).toBe('better');
});

test('values below zero have no ratio, and are judged by their shift', () => {
	const y = times(12, index => -10 + index);
	const seen = sides(
		y.map(one => one + 30),
		y,
	);
	expect(seen.verdict).toBe('worse');
	expect(seen).not.toHaveProperty('ratio');
});

test('a wider spread around the same middle is a warning', () => {
	const draw = normal(uniform(17));
	const y = times(40, () => 100 + draw());
	const x = times(40, () => 100 + 5 * draw());
	expect(sides(x, y).spread).toBeGreaterThan(2);
	expect(sides(y, x)).not.toHaveProperty('spread');
});

test('values that resemble their predecessor count for less', () => {
	const draw = normal(uniform(23));
	let walk = 0;
	const slow = times(40, () => (walk = 0.9 * walk + draw()));
	const other = times(40, draw);
	expect(inflationOf(slow.map((one, index) => [one, other[index]!] as const))).toBeGreaterThan(2);
	expect(inflationOf(other.map(one => [one, draw()] as const))).toBe(1);
	// The hour of the day is on both sides, and in no difference.
	const day = times(40, index => 100 + 50 * Math.sin(index / 6));
	expect(inflationOf(day.map(one => [one + draw(), one + draw()] as const))).toBe(1);
	expect(inflationOf(day.map(one => [1.3 * one + draw(), one + draw()] as const))).toBe(1);
});

test('no scale: multiplying both sides changes no verdict', () => {
	const value = fc.oneof(
		fc.constant(0),
		fc.integer({min: 1, max: 1_000}).map(one => one / 7),
	);
	const data = fc.array(fc.tuple(value, value), {minLength: 5, maxLength: 30});
	fc.assert(
		fc.property(
			data,
			fc.constantFrom(-20, -3, 3, 20),
			fc.constantFrom(...(['higher-is-worse', 'either'] as const)),
			(pairs, exponent, direction) => {
				// Powers of two, near 1e-6 … 1e6: multiplying by them is exact, so nothing but the scale changes.
				const scale = 2 ** exponent;
				const scaled = judge(
					pairs.map(([x, y]) => [x * scale, y * scale] as const),
					settings({direction}),
				);
				const plain = judge(pairs, settings({direction}));
				expect([scaled.verdict, scaled.ratio, scaled.pHigher]).toEqual([plain.verdict, plain.ratio, plain.pHigher]);
			},
		),
		{numRuns: 200},
	);
	const next = uniform(29);
	const y = times(30, () => 1 + next());
	const x = times(30, () => 1.4 + next());
	for (const scale of [1e-6, 1e-3, 1e3, 1e6]) {
		expect(
			sides(
				x.map(one => one * scale),
				y.map(one => one * scale),
			).verdict,
		).toBe(sides(x, y).verdict);
	}
});

test('swapping the sides swaps better and worse', () => {
	const value = fc.integer({min: 0, max: 12});
	fc.assert(
		fc.property(fc.array(fc.tuple(value, value), {minLength: 8, maxLength: 24}), pairs => {
			const forth = judge(pairs, settings());
			const back = judge(
				pairs.map(([x, y]) => [y, x] as const),
				settings({direction: 'lower-is-worse'}),
			);
			expect(back.pLower).toBeCloseTo(forth.pHigher, 9);
		}),
		{numRuns: 100},
	);
});

test('all looks together never spend more than the whole', () => {
	for (const planned of [5, 8, 12, 60, 288, 300]) {
		const interim = interimLooks(planned);
		const late = times(60, index => lateAlpha(0.02, index + 1)).reduce((sum, one) => sum + one, 0);
		const spent = interim.length * interimAlpha(0.02, planned) + finalAlpha(0.02) + late;
		expect(spent).toBeLessThanOrEqual(0.02 + 1e-12);
		expect(interim.every((count, index) => count >= 8 && count < planned && count > (interim[index - 1] ?? 0))).toBe(true);
	}
	expect(interimLooks(60)).toEqual([8, 12, 18, 27, 41]);
});
