/** The split in force as read from the router; `weightPercent` is the candidate's share of the configured weights, 0–100. */
export type Split = {
	readonly weightPercent: number;
	/** Servers able to take traffic, of how many, a side; absent where the router can't tell. */
	readonly pools?: {readonly baseline: readonly [number, number]; readonly candidate: readonly [number, number]};
	/** The router's own words, for the record: bounded, sanitised. */
	readonly text?: string;
	/** What a person should know: "canary/app-2 is DOWN and keeps its weight". */
	readonly warnings?: readonly string[];
};

export const routerErrors = ['bad-options', 'unreachable', 'timeout', 'refused', 'not-applied', 'aborted'] as const;

export type RouterError = {
	/** `not-applied`: the router took the change, but reads back something else. */
	readonly kind: (typeof routerErrors)[number];
	/** Subject, what happened, what was seen; then what traffic is doing now, as far as known. */
	readonly message: string;
	/** What can be done about it, where we know. */
	readonly remedy?: string;
};

/** The coarsest step of a router we know is one of 256 weights: two splits closer than about one such step are the same. */
const stepPercent = 0.51;

/**
 * Whether two splits are the same, as far as integer weights can spell percentages. None and all are exact: a rollback that leaves
 * 0.4 % behind has not rolled back. Small shares are held to a third of themselves.
 */
export function sameSplit(left: number, right: number): boolean {
	const difference = Math.abs(left - right);
	if ([0, 100].includes(left) || [0, 100].includes(right)) return difference < 1e-6;
	return difference <= Math.min(stepPercent, Math.max(left, right) / 3);
}
