/** What every command that judges ends with. A public contract: scripts and CI jobs branch on it. */
export const exitCodes = {
	/** Promoted; all green; done. */
	good: 0,
	/** Rolled back; a guardrail is breached. */
	bad: 1,
	/** The command line or the profile is wrong. */
	usage: 2,
	/** No data, held, ended by hand: nobody can say. */
	inconclusive: 3,
	/** A source, a router or a controller could not be reached. */
	unreachable: 4,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
