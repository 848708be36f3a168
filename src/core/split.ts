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

/** Two splits count as the same when they differ by less than this: integer weights can't spell every percentage. */
export const sameSplitPercent = 0.51;

export const sameSplit = (left: number, right: number): boolean => Math.abs(left - right) < sameSplitPercent;
