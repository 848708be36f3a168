import type {ProcessMark} from './instance.ts';

/** Somebody has a command of the profile run. Texts are masked as all texts of the record are. */
export type CommandAsked = {
	readonly type: 'command-asked';
	/** Counts the runs of a session, from 1. */
	readonly run: number;
	/** Which of the plan's commands. */
	readonly index: number;
	readonly title: string;
	/** With its places filled in. */
	readonly argv: readonly string[];
	/** What the places stand for: those it has. */
	readonly values: Readonly<Record<string, string>>;
	/** The file below `artifacts/` that its output goes to. */
	readonly name: string;
	readonly by: string;
};

/** Its program runs: what a controller that takes the session up ends it by. */
export type CommandStarted = {
	readonly type: 'command-started';
	readonly run: number;
	readonly pid: number;
	/** Since when, in ticks of the system's clock: tells it from a later process with the same number. 0 where the system does not say. */
	readonly startTicks: number;
	/** Absent in older journals, which know neither its boot nor its machine. */
	readonly process?: ProcessMark;
};

/** Somebody has it ended before its time. */
export type CommandStopAsked = {readonly type: 'command-stop-asked'; readonly run: number; readonly by: string};

export const runEnds = ['exited', 'killed', 'timed-out', 'stopped', 'not-started', 'cut-off'] as const;
/**
 * `killed`: by a signal that was not ours. `timed-out`: ended by us, its time was over. `stopped`: ended by us, because somebody asked for it or the controller ended. `cut-off`:
 * the controller died; what became of the program nobody knows, but it does not run any more.
 */
export type RunEndKind = (typeof runEnds)[number];

export type CommandFinished = {
	readonly type: 'command-finished';
	readonly run: number;
	readonly kind: RunEndKind;
	/** When it exited by itself. */
	readonly code?: number;
	readonly signal?: string;
	/** Why it did not start or was stopped, or what of its output could not be kept. */
	readonly message?: string;
	readonly tookMs: number;
	/** Of the file; absent when there is none. */
	readonly bytes?: number;
	readonly lines?: number;
	readonly sha256?: string;
	/** It printed more than is kept. */
	readonly truncated?: boolean;
};

export type RunbookFact = CommandAsked | CommandStopAsked | CommandStarted | CommandFinished;
