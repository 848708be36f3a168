import type {Redact} from '../base/redact.ts';
import type {Result} from '../base/result.ts';
import type {PromqlCheck} from '../core/preflight-options.ts';
import type {Reading} from '../core/reading.ts';
import type {ResolveSecret} from '../core/secret.ts';
import type {RouterError, Split} from '../core/split.ts';

/** Runs a program without a shell, in a process group of its own; never rejects, and leaves nothing of the group behind. */
export type RunProgram = (
	options: {
		readonly argv: readonly string[];
		readonly cwd?: string;
		readonly env?: Readonly<Record<string, string>>;
		readonly timeoutMs: number;
	},
	signal: AbortSignal,
) => Promise<ProgramEnd>;

export type ProgramEnd = {readonly stdout: string; readonly stderr: string} & (
	| {readonly end: 'exited'; readonly code: number}
	| {readonly end: 'killed'; readonly signal: string}
	| {readonly end: 'aborted' | 'timeout' | 'too-long'}
	| {readonly end: 'not-started'; readonly error: {readonly code?: string | undefined; readonly message: string}}
);

/** What stands on other floors, handed in. */
export type HookPorts = {
	readonly run: RunProgram;
	readonly resolve: ResolveSecret;
	readonly redact: Redact;
	/** Asks the profile's metrics source one question. Never rejects. */
	readonly ask: (check: PromqlCheck, deadlineMs: number, signal: AbortSignal) => Promise<Reading>;
	readonly readSplit: (signal: AbortSignal) => Promise<Result<Split, RouterError>>;
	/** The newest rollback of this profile in a session that is over; the wall clock's time in ms. */
	readonly lastRollback: () => {readonly session: string; readonly atMs: number} | undefined;
	readonly nowMs: () => number;
	readonly monoMs: () => number;
};
