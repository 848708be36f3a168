import type {CommandCheck, HttpCheck} from './preflight-options.ts';

export const stopSignals = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP'] as const;
export type StopSignal = (typeof stopSignals)[number];

export const exitPolicies = ['rollback', 'warn'] as const;
export type ExitPolicy = (typeof exitPolicies)[number];

/** A page that says that something is in service. `withinMs`: how long it may take to come; `everyMs`: how often it is asked again. */
export type HealthOptions = {readonly check: HttpCheck; readonly withinMs: number; readonly everyMs: number};

/** The candidate's own instance, started and stopped by the controller, as the profile says it: absolute paths, durations in ms. */
export type InstanceOptions = {
	readonly start: CommandCheck;
	readonly health: HealthOptions;
	readonly stop: {readonly signal: StopSignal; readonly graceMs: number};
	/** Since the promotion. Without it the instance is left running then. */
	readonly stopAfterMs?: number;
	readonly onExit: ExitPolicy;
	/** After the promotion: puts the new version into service where the old one was. */
	readonly restartBaseline?: {readonly command: CommandCheck; readonly timeoutMs: number; readonly health: HealthOptions};
};

/** What the journal's plan says of it. */
export type InstancePlan = {
	/** For people: the program and its arguments. */
	readonly command: string;
	readonly withinMs: number;
	readonly onExit: ExitPolicy;
	readonly stopAfterMs?: number;
	readonly restartBaseline?: {readonly command: string};
};
