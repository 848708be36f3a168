/** Whether the share of traffic that the metrics saw fits the split that the router says: a share of n requests is only so exact. Pure. */
import {fromNum} from './num.ts';
import {percentText} from './reduce-split.ts';
import {sameSplit} from './split.ts';
import type {SessionState} from './state.ts';

/** The row that counts the requests behind the observed share. */
export const observedRequestsId = 'observed-requests';

/** Of a normal distribution 95 % lie within. */
const shownZ = 1.959964;

/** 99.9 %: what is looked at anew with every poll would otherwise be off one time in twenty by chance alone. */
const flaggedZ = 3.290527;

export type Interval = {readonly lowPercent: number; readonly highPercent: number};

/** Wilson's score interval (1927), at 95 % unless told otherwise, for a share of n trials; also right for shares of 0 and 100 % and for few trials. */
export function wilson(sharePercent: number, requests: number, z: number = shownZ): Interval {
	const share = Math.min(1, Math.max(0, sharePercent / 100));
	const whole = 1 + z ** 2 / requests;
	const middle = (share + z ** 2 / (2 * requests)) / whole;
	const half = (z * Math.sqrt((share * (1 - share)) / requests + z ** 2 / (4 * requests ** 2))) / whole;
	return {lowPercent: 100 * Math.max(0, middle - half), highPercent: 100 * Math.min(1, middle + half)};
}

/** Without a number of requests: a third of the share, and no less than two points. */
export const nearEnough = (seen: number, configured: number): boolean =>
	Math.abs(seen - configured) <= Math.max(2, configured / 3);

/** Whether the split that is configured can be the one behind the share that was seen. */
export function fits(seenPercent: number, configuredPercent: number, requests: number | undefined): boolean {
	if (requests === undefined) return nearEnough(seenPercent, configuredPercent);
	if (requests < 1) return true;
	const {lowPercent, highPercent} = wilson(seenPercent, requests, flaggedZ);
	const isInside = configuredPercent >= lowPercent && configuredPercent <= highPercent;
	// With many requests the interval is finer than the router's own weights.
	return isInside || [seenPercent, lowPercent, highPercent].some(percent => sameSplit(percent, configuredPercent));
}

/** Whether so few requests were counted that their interval is wider than what is near enough: they fit nearly any split, and prove none. */
const isTooFew = ({lowPercent, highPercent}: Interval, configuredPercent: number): boolean =>
	(highPercent - lowPercent) / 2 > Math.max(2, configuredPercent / 3);

/** What the metrics saw of the split, at one moment. */
export type Observed = {
	readonly percent: number;
	/** How many requests it was counted over; absent where the profile has no query for it, or it had no answer. */
	readonly requests?: number;
	readonly interval?: Interval;
	/** Outside; undefined while that can't be said: something is moving, or the window still reaches back before the last change. */
	readonly isOff?: boolean;
	/** It fits, but the requests were too few to tell. */
	readonly isThin?: boolean;
	/** In words: why it can't be said, or what is off. */
	readonly text: string;
};

/** A number of requests that belongs to the share: answered at the same tick. */
function requestsOf({plan, guardrails, split}: SessionState): number | undefined {
	const counted = plan?.observedRequestsId === undefined ? undefined : guardrails[plan.observedRequestsId];
	const {worst, worstAtMs, status} = counted ?? {};
	if (!worst || status === 'no-data' || status === 'error' || (worstAtMs ?? 0) < (split.observedAtMs ?? 0)) return undefined;
	const value = fromNum(worst.value);
	return Number.isFinite(value) && value >= 0 ? value : undefined;
}

/** undefined while the metrics told no share. */
export function observedOf(state: SessionState): Observed | undefined {
	const {split, plan, action, lastAction} = state;
	const percent =
		split.observedPercent === undefined || split.observedPercent === null ? undefined : fromNum(split.observedPercent);
	if (percent === undefined || !Number.isFinite(percent)) return undefined;
	const requests = requestsOf(state);
	const counted = requests !== undefined && requests >= 1 ? {requests, interval: wilson(percent, requests)} : {};
	const seen = {percent, ...counted};
	const configured = split.configured?.weightPercent;
	if (configured === undefined) return {...seen, text: 'the split is not known'};
	if (action) return {...seen, text: 'the split is being changed'};
	const windowMs = plan?.observedWindowMs ?? 0;
	const changedAtMs = Math.max(lastAction?.tMs ?? 0, split.driftSinceMs ?? 0);
	if ((split.observedAtMs ?? 0) - changedAtMs < windowMs)
		return {...seen, text: 'its window reaches back before the last change'};
	return judged(percent, requests, configured);
}

/** Holds a share that was seen against the split in force, at a moment when both belong together. */
export function judged(percent: number, requests: number | undefined, configured: number): Observed {
	const counted = requests !== undefined && requests >= 1 ? {requests, interval: wilson(percent, requests)} : {};
	const seen = {percent, ...counted};
	const isOff = !fits(percent, configured, requests);
	if (isOff) return {...seen, isOff, text: offText(seen, configured)};
	const isThin = counted.interval !== undefined && isTooFew(counted.interval, configured);
	if (!isThin) return {...seen, isOff, text: 'it fits the split that is configured'};
	const count = Math.round(counted.requests ?? 0).toLocaleString('en');
	return {...seen, isOff, isThin, text: `it fits the split that is configured, but ${count} requests are too few to tell`};
}

function offText({percent, requests, interval}: Omit<Observed, 'text'>, configured: number): string {
	const from = requests === undefined || !interval ? 'no number of requests is known' : intervalText({requests, interval});
	return `seen ${percentText(Number(percent.toFixed(1)))} does not fit ${percentText(configured)} configured (${from})`;
}

/** `95 % interval 3.1–7.4 % of 412 requests`. */
export function intervalText({requests, interval}: {readonly requests: number; readonly interval: Interval}): string {
	const places = requests >= 10_000 ? 2 : 1;
	const [low, high] = [interval.lowPercent, interval.highPercent].map(percent => Number(percent.toFixed(places)));
	return `95 % interval ${low}–${high} % of ${Math.round(requests).toLocaleString('en')} requests`;
}
