/** Time comes in through this door only, so that tests and replays can hold it. */
export type Clock = {
	/** Milliseconds since 1970 UTC. */
	nowMs(): number;
};
