/** How a gradual rollback goes down where nobody says otherwise: the profile's `policies.gradualRollback`. */
export type GradualDefaults = {
	/** From the first step, which is taken at once, to the last. */
	readonly durationMs: number;
	readonly steps: number;
};

/** Of a profile that says nothing, and of a session recorded before there was such a thing. */
export const gradualDefaults: GradualDefaults = {durationMs: 30 * 60_000, steps: 6};

/** What may be asked for: one that takes longer than a day is a stage, not a rollback. */
export const gradualLimits = {durationMs: {min: 1_000, max: 86_400_000}, steps: {min: 1, max: 100}} as const;
