import fc from 'fast-check';
import {expect, test} from 'vitest';
import {decide} from '../../src/core/decide.ts';
import type {Fact} from '../../src/core/event.ts';
import {nextUp, promoteBlockers} from '../../src/core/next.ts';
import type {Reading} from '../../src/core/reading.ts';
import {reduce} from '../../src/core/reduce.ts';
import {addToTrend, type Piece, piecesMax, type TrendGate, trendHolds, trendOf} from '../../src/core/trend.ts';
import {empty, fold, guardrail, plan, splitRead, stage, started, tick, values} from '../helpers/given.ts';

const minute = 60_000;
const gate = (over: Partial<TrendGate> = {}): TrendGate => ({
	op: '<',
	limit: 1,
	relative: true,
	perMs: 60 * minute,
	windowMs: 48 * minute,
	pieceMs: minute,
	...over,
});
/** One value a minute, in the middle of its piece. */
const series = (ys: readonly number[], of: TrendGate = gate()): readonly Piece[] =>
	ys.reduce<readonly Piece[]>((pieces, y, index) => addToTrend(pieces, of, (index + 0.5) * minute, y), []);
const line = (n: number, at: (index: number) => number): number[] => Array.from({length: n}, (_, index) => at(index));

/** Noise with a seed, roughly normal: the same in each run. */
function noise(seed: number): () => number {
	let state = seed * 2_654_435_761 + 1;
	const uniform = (): number => {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		return state / 2 ** 32;
	};
	for (let index = 0; index < 10; index++) uniform();
	return () => line(12, uniform).reduce((sum, one) => sum + one, -6);
}

test('a straight line has its slope, without an interval', () => {
	const trend = trendOf(series(line(10, index => 100 + index)), gate({relative: false}))!;
	expect(trend.slope).toBeCloseTo(60, 9);
	expect(trend.high - trend.low).toBeLessThan(1e-6);
	const relative = trendOf(series(line(10, index => 100 + index)), gate())!;
	expect(relative.slope).toBeCloseTo((100 * 60) / 104.5, 9);
});

test('the interval is that of the textbook: slope ± t(0.975, n − 2) · s/√Sxx', () => {
	const ys = [10.1, 10.4, 9.9, 10.6, 10.2, 10.9, 10.5, 10.4, 11.1, 10.6];
	const trend = trendOf(series(ys), gate({relative: false}))!;
	// Slope and standard error worked out apart; t(0.975, 8) = 2.306004 from a printed table.
	expect(trend.slope).toBeCloseTo(4.472727, 5);
	expect(trend.high - trend.slope).toBeCloseTo(4.514156, 5);
});

test('too few values, no values, and a percentage of nothing have no slope; all zeros do not grow', () => {
	expect(trendOf(series(line(7, index => index)), gate())).toBeUndefined();
	expect(trendOf([], gate())).toBeUndefined();
	expect(trendOf(series(line(20, index => index - 9.5)), gate())).toBeUndefined();
	expect(trendOf(series(line(20, () => Number.NaN)), gate())).toBeUndefined();
	expect(trendOf(series(line(20, () => 0)), gate())).toMatchObject({slope: 0, low: 0, high: 0});
});

test('a trend passes only when its whole interval lies inside the bound', () => {
	const trend = {slope: 0.5, low: -0.4, high: 1.2, pieces: 20};
	expect(trendHolds(gate(), trend)).toBe(false);
	expect(trendHolds(gate(), {...trend, high: 0.99})).toBe(true);
	expect(trendHolds(gate({op: '>', limit: -0.5}), trend)).toBe(true);
	expect(trendHolds(gate({op: '>=', limit: 0}), trend)).toBe(false);
});

test('one that grows just as fast as it must not passes at most one time in twenty, also where values resemble their neighbours', () => {
	for (const [resemblance, most] of [
		[0, 0.04],
		[0.6, 0.08],
	] as const) {
		let passed = 0;
		for (let seed = 1; seed <= 500; seed++) {
			const next = noise(seed);
			let carried = 0;
			const ys = line(40, index => {
				carried = resemblance * carried + next();
				return 100 + index + carried;
			});
			const trend = trendOf(series(ys), gate({relative: false, limit: 60}));
			if (trend && trendHolds(gate({limit: 60}), trend)) passed++;
		}
		expect(passed / 500).toBeLessThan(most);
	}
});

test('what is kept is bounded however long the stage, and the oldest go', () => {
	const pieces = series(line(500, index => index));
	expect(pieces.length).toBeLessThanOrEqual(piecesMax + 1);
	expect(pieces.at(-1)?.[0]).toBe(499);
});

test('a relative trend does not care for the unit', () => {
	fc.assert(
		fc.property(
			fc.array(fc.integer({min: 1, max: 1_000}), {minLength: 8, maxLength: 48}),
			fc.constantFrom(1e-6, 1e-3, 1e3, 1e6),
			(ys, factor) => {
				const [one, other] = [trendOf(series(ys), gate()), trendOf(series(ys.map(y => y * factor)), gate())];
				expect(other === undefined).toBe(one === undefined);
				if (!one || !other) return;
				const size = Math.max(1, Math.abs(one.low), Math.abs(one.high));
				expect(Math.abs(one.high - other.high) / size).toBeLessThan(1e-6);
			},
		),
	);
});

const memory = guardrail({id: 'memory', title: 'Memory', unit: 'none', bound: {op: '<', value: 1e9}});
const thePlan = plan({
	guardrails: [memory],
	stages: [
		stage(5, {
			durationMs: 40_000,
			trends: {memory: gate({perMs: minute, limit: 5, windowMs: 40_000, pieceMs: 1_000})},
		}),
		stage(50),
		stage(100),
	],
});
const begin: Fact[] = [
	started(thePlan),
	tick(0, {memory: values(100)}),
	splitRead(0),
	{type: 'action-intended', intentId: 'a', purpose: 'start', toPercent: 5, stageIndex: 0, reason: '', by: 'ana'},
	{type: 'action-verified', intentId: 'a', router: 'r', split: {weightPercent: 5}, attempt: 1, tookMs: 1},
];
const stageOf = (at: (second: number) => number): Fact[] => [
	...begin,
	...line(41, index => index + 1).map(second => tick(second * 1_000, {memory: values(at(second))})),
];
const wiggle = (second: number): number => (second % 2 === 0 ? 0.1 : -0.1);
const promotes = (facts: readonly Fact[]): boolean => {
	const {states, events} = fold(facts);
	const intents = decide(states.at(-2)!, states.at(-1)!, events.at(-1)!);
	return intents.some(intent => intent.type === 'set-weight' && intent.purpose === 'promote');
};

test('a stage whose memory grows is not left; one whose memory is flat is', () => {
	expect(promotes(stageOf(second => 100 + wiggle(second)))).toBe(true);
	const growing = stageOf(second => 100 + second / 5 + wiggle(second));
	expect(promotes(growing)).toBe(false);
	const state = fold(growing).states.at(-1)!;
	expect(promoteBlockers(state)[0]).toMatch(/^the trend Memory < 5 % per minute does not hold: 11\.\d % per minute \(95 %: /);
	expect(nextUp(state).text).toMatch(/^waits: the trend Memory/);
});

test('answers without a value are no values: too few do not hold, and say so', () => {
	const gaps = [
		...begin,
		...line(41, index => index + 1).map(second =>
			tick(second * 1_000, {memory: second < 6 || second > 40 ? values(100) : empty}),
		),
	];
	expect(promotes(gaps)).toBe(false);
	expect(promoteBlockers(fold(gaps).states.at(-1)!).at(-1)).toMatch(/the trend Memory .* has no value: 5 of at least 8 pieces/);
});

test('the next stage begins anew', () => {
	const next: Fact[] = [
		{type: 'action-intended', intentId: 'b', purpose: 'promote', toPercent: 50, stageIndex: 1, reason: '', by: 'ana'},
		{type: 'action-verified', intentId: 'b', router: 'r', split: {weightPercent: 50}, attempt: 1, tookMs: 1},
		tick(50_000, {memory: values(100)}),
	];
	expect(promoteBlockers(fold([...stageOf(second => 100 + second), ...next]).states.at(-1)!)).toEqual([]);
});

test('any prefix, written down and read again, leads to the same state', () => {
	const reading = fc.oneof(
		fc.integer({min: 0, max: 1_000}).map(one => values(one)),
		fc.constantFrom<Reading>(empty, {kind: 'values', series: [{labels: {}, value: 'NaN'}], seriesCount: 1, tookMs: 1}),
	);
	fc.assert(
		fc.property(fc.array(reading, {minLength: 1, maxLength: 60}), fc.nat(60), (readings, cut) => {
			const {states, events} = fold([...begin, ...readings.map((one, index) => tick((index + 1) * 1_000, {memory: one}))]);
			const plain = events.map(event => JSON.parse(JSON.stringify(event)) as (typeof events)[number]);
			const at = Math.min(cut, plain.length);
			const resumed = plain.slice(at).reduce(reduce, JSON.parse(JSON.stringify(states[at])));
			expect(JSON.parse(JSON.stringify(resumed))).toStrictEqual(JSON.parse(JSON.stringify(states.at(-1))));
		}),
	);
});
