import {fisherGreater, mode} from './counts.ts';
import {inflationOf} from './dependence.ts';
import {type Estimate, median, pairwise} from './pairwise.ts';
import {cles, outsideCount, pValue, rankSum, smallestP} from './rank-sum.ts';
import {widerSpread} from './spread.ts';

export const directions = ['higher-is-worse', 'lower-is-worse', 'either'] as const;
/** Which way from the baseline is worse. */
export type Direction = (typeof directions)[number];

export type JudgeSettings = {
	readonly direction: Direction;
	/** A ratio between the sides, at least 1: up to it a difference is allowed, however certain. */
	readonly allowed: number;
	/** What this look may err by, both ways together. */
	readonly alpha: number;
};

export const verdicts = ['same', 'worse', 'better', 'too few'] as const;
export type Verdict = (typeof verdicts)[number];

/** One judgement, with all that explains it. Plain JSON: what has no number (a ratio to zero, an open end) is absent. */
export type Judgement = {
	readonly verdict: Verdict;
	/** Values a side. */
	readonly n: number;
	readonly candidate: number;
	readonly baseline: number;
	/** `rank-sum`: the shift between the sides. `counts`: where one value makes up most of the data (errors that are mostly 0), the share above (or below) it. */
	readonly rule: 'rank-sum' | 'counts';
	readonly test: 'exact' | 'normal' | 'fisher';
	/** Candidate over baseline: the median of all pairwise ratios where all values are positive, else by the shift or the means. */
	readonly ratio?: number;
	readonly ratioLow?: number;
	readonly ratioHigh?: number;
	/** Hodges–Lehmann, in the metric's unit. */
	readonly shift: number;
	readonly shiftLow?: number;
	readonly shiftHigh?: number;
	/** One-sided: of the candidate being this much higher, and lower. */
	readonly pHigher: number;
	readonly pLower: number;
	/** What each of them had to be below. */
	readonly pMax: number;
	/** That a candidate value is above a baseline one; ties count a half. */
	readonly cles: number;
	/** How much wider the variance was taken because values resemble the one before. */
	readonly inflation: number;
	/** So many times wider than the baseline's. */
	readonly spread?: number;
	/** The interval reaches beyond what is allowed: a difference of that size is not excluded. */
	readonly open: boolean;
};

/** Fewer values a side are too few, whatever they say. */
export const valuesMin = 5;

/**
 * Whether the candidate is worse than the baseline: certainly different (its p-value is within what this look may err by, and the
 * interval leaves "no difference" out), and by more than is allowed. Pure, without randomness, and without a scale: multiplying all
 * values by a number changes no verdict.
 *
 * Values are pairs (candidate, baseline) of the same moment, finite, and far enough apart in time not to share samples.
 */
export function judge(pairs: readonly (readonly [number, number])[], settings: JudgeSettings): Judgement {
	const x = pairs.map(([one]) => one);
	const y = pairs.map(([, one]) => one);
	const n = pairs.length;
	const inflation = inflationOf(pairs);
	const ranked = rankSum(x, y);
	const p = pValue(ranked, inflation);
	const outside = outsideCount(x, y, settings.alpha, inflation);
	const shift = pairwise(x, y, outside, (one, other) => one - other);
	const frequent = mode([...x, ...y]);
	const isCounts = frequent.share > 0.5;
	const spread = widerSpread(x, y);
	const base = {
		n,
		candidate: median(x),
		baseline: median(y),
		inflation,
		cles: cles(ranked),
		pMax: settings.alpha / 2,
		...ends('shift', shift),
		shift: shift.estimate,
		...(spread !== undefined && Number.isFinite(spread) && {spread}),
	};
	if (isCounts) return byCounts(x, y, frequent.value, base, settings);
	const ratio = ratioOf(x, y, outside, shift, base.baseline);
	const tests = {rule: 'rank-sum', test: p.method, pHigher: p.greater, pLower: p.less} as const;
	const certain = {
		higher: p.greater <= base.pMax && shift.low > 0,
		lower: p.less <= base.pMax && shift.high < 0,
	};
	const beyond = ratio
		? {higher: ratio.estimate > settings.allowed, lower: ratio.estimate < 1 / settings.allowed}
		: {higher: shift.estimate > 0, lower: shift.estimate < 0};
	const canTell = n >= valuesMin && smallestP(n, inflation) <= base.pMax;
	return {
		...base,
		...tests,
		...(ratio && {ratio: ratio.estimate, ...ends('ratio', ratio)}),
		verdict: canTell ? verdictOf(certain, beyond, settings.direction) : 'too few',
		open: isOpen(ratio, settings),
	};
}

type Sides = {readonly higher: boolean; readonly lower: boolean};

function verdictOf(certain: Sides, beyond: Sides, direction: Direction): Verdict {
	const higher = certain.higher && beyond.higher;
	const lower = certain.lower && beyond.lower;
	if (direction === 'either') return higher || lower ? 'worse' : 'same';
	const [worse, better] = direction === 'higher-is-worse' ? [higher, lower] : [lower, higher];
	return worse ? 'worse' : better ? 'better' : 'same';
}

/** Ratios only where they mean one: both sides positive, or a shift beside a positive baseline. */
function ratioOf(
	x: readonly number[],
	y: readonly number[],
	outside: number,
	shift: Estimate,
	baseline: number,
): Estimate | undefined {
	if (x.every(one => one > 0) && y.every(one => one > 0)) return pairwise(x, y, outside, (one, other) => one / other);
	if (!(baseline > 0)) return undefined;
	const over = (one: number): number => 1 + one / baseline;
	return {estimate: over(shift.estimate), low: over(shift.low), high: over(shift.high)};
}

const ends = <Name extends string>(name: Name, {low, high}: Estimate): {[Key in `${Name}Low` | `${Name}High`]?: number} =>
	({
		...(Number.isFinite(low) && {[`${name}Low`]: low}),
		...(Number.isFinite(high) && {[`${name}High`]: high}),
	}) as {[Key in `${Name}Low` | `${Name}High`]?: number};

function isOpen(ratio: Estimate | undefined, {direction, allowed}: JudgeSettings): boolean {
	if (!ratio) return false;
	const [up, down] = [ratio.high > allowed, ratio.low < 1 / allowed];
	return direction === 'higher-is-worse' ? up : direction === 'lower-is-worse' ? down : up || down;
}

/**
 * One value (mostly 0) makes up most of the data: a median shift of it stays 0 however many errors there are. Counted is how many
 * values lie beyond it on each side, tested exactly; how much worse is told by the means. A baseline of zeros alone makes any
 * certain excess one.
 */
function byCounts(
	x: readonly number[],
	y: readonly number[],
	usual: number,
	base: Omit<Judgement, 'verdict' | 'rule' | 'test' | 'pHigher' | 'pLower' | 'open'>,
	{direction, allowed}: JudgeSettings,
): Judgement {
	const count = (values: readonly number[], is: (one: number) => boolean): number => values.filter(is).length;
	const above = (one: number): boolean => one > usual;
	const below = (one: number): boolean => one < usual;
	const n = base.n;
	const more = (from: readonly number[], to: readonly number[], is: (one: number) => boolean): number =>
		fisherGreater(count(from, is), n, count(to, is), n);
	// More beyond it on one side, or fewer beyond it on the other: where both are possible they share the error.
	const ways = [...x, ...y].some(above) && [...x, ...y].some(below) ? 2 : 1;
	const pHigher = Math.min(1, ways * Math.min(more(x, y, above), more(y, x, below)));
	const pLower = Math.min(1, ways * Math.min(more(x, y, below), more(y, x, above)));
	const [meanX, meanY] = [mean(x), mean(y)];
	const ratio = meanY > 0 && meanX >= 0 ? meanX / meanY : undefined;
	const beyond = {
		higher: ratio === undefined ? meanX > meanY : ratio > allowed,
		lower: ratio === undefined ? meanX < meanY : ratio < 1 / allowed,
	};
	const certain = {higher: pHigher <= base.pMax, lower: pLower <= base.pMax};
	const canTell = n >= valuesMin && smallestP(n) <= base.pMax;
	return {
		...base,
		rule: 'counts',
		test: 'fisher',
		pHigher,
		pLower,
		...(ratio !== undefined && {ratio}),
		verdict: canTell ? verdictOf(certain, beyond, direction) : 'too few',
		open: false,
	};
}

const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one / values.length, 0);
