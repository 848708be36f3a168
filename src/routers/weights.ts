/** How a share of the traffic is spelled in the whole-number weights of a balancer's servers. Pure. */
import {assert} from '../base/assert.ts';
import {sameSplit} from '../core/split.ts';

/** How many servers stand on each side. */
export type SideCounts = {readonly baseline: number; readonly candidate: number};

/** The weight of each server on a side: all servers of a side weigh the same. */
export type SideWeights = {readonly baseline: number; readonly candidate: number};

export type WeightLimits = {
	/** What one baseline server's and one candidate server's weight add up to, where that spells the share. */
	readonly preferredSum: number;
	/** The largest weight of one server that the balancer takes. */
	readonly weightMax: number;
};

/** Percentage points within which a pair that adds up to the preferred sum is taken although a finer one exists. */
const exactPercent = 0.005;

/** Two shares this close are one: what is left is the noise of floating point. */
const noisePercent = 1e-9;

/** The candidate's share in percent. Without any weight nobody gets traffic, so the candidate's share is 0. */
export function shareOf(weights: SideWeights, counts: SideCounts): number {
	const candidate = weights.candidate * counts.candidate;
	const all = candidate + weights.baseline * counts.baseline;
	return all === 0 ? 0 : (candidate / all) * 100;
}

/**
 * Whether the share that is read back is the one that was asked for. None and all are exact: after a rollback half a percent is
 * still too much, and a canary of half a percent is not none.
 */
export function isShareAsked(asked: number, seen: number): boolean {
	const atEnd = (percent: number): boolean => percent === 0 || percent === 100;
	return atEnd(asked) || atEnd(seen) ? asked === seen : sameSplit(asked, seen);
}

/**
 * The pair of weights whose share comes closest to `percent` (0–100). 0 and 100 are exact: the other side weighs nothing. Any
 * other share leaves both sides at least 1, so that rounding never turns a small canary into none. The share really given is
 * `shareOf` of the answer: with very unequal sides it can be far off, and the caller must look.
 */
export function shareOut(percent: number, counts: SideCounts, {preferredSum, weightMax}: WeightLimits): SideWeights {
	assert(percent >= 0 && percent <= 100, `a share is 0 to 100 percent: ${percent}`);
	assert(counts.baseline > 0 && counts.candidate > 0, 'each side has a server');
	const whole = Math.min(preferredSum, weightMax);
	if (percent === 0) return {baseline: whole, candidate: 0};
	if (percent === 100) return {baseline: 0, candidate: whole};
	const errorOf = (weights: SideWeights): number => Math.abs(shareOf(weights, counts) - percent);
	const distanceOf = ({baseline, candidate}: SideWeights): number => Math.abs(baseline + candidate - preferredSum);
	const better = (left: SideWeights, right: SideWeights): SideWeights => {
		const byError = errorOf(left) - errorOf(right);
		if (Math.abs(byError) > noisePercent) return byError < 0 ? left : right;
		return distanceOf(left) <= distanceOf(right) ? left : right;
	};
	const preferred = pairsOfSum(preferredSum, weightMax, percent, counts).reduce(better);
	return errorOf(preferred) <= exactPercent ? preferred : closePairs(weightMax, percent, counts).reduce(better, preferred);
}

/** The two neighbours of the wanted share among the pairs that add up to `sum`. */
function pairsOfSum(sum: number, weightMax: number, percent: number, counts: SideCounts): SideWeights[] {
	const ratio = ratioOf(percent, counts);
	const candidate = Math.floor((sum * ratio) / (1 + ratio));
	return [candidate, candidate + 1].map(weight => ({
		candidate: clamp(weight, weightMax),
		baseline: clamp(sum - weight, weightMax),
	}));
}

/** For each weight of one side, the best weight of the other. */
function closePairs(weightMax: number, percent: number, counts: SideCounts): SideWeights[] {
	const ratio = ratioOf(percent, counts);
	return Array.from({length: weightMax}, (_, index) => index + 1).flatMap(weight => [
		{candidate: weight, baseline: clamp(Math.round(weight / ratio), weightMax)},
		{candidate: clamp(Math.round(weight * ratio), weightMax), baseline: weight},
	]);
}

/** A candidate server's weight over a baseline server's. */
const ratioOf = (percent: number, counts: SideCounts): number =>
	(percent * counts.baseline) / ((100 - percent) * counts.candidate);

const clamp = (weight: number, weightMax: number): number => Math.min(weightMax, Math.max(1, weight));
