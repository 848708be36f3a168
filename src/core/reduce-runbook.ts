import {formatDuration} from '../base/duration.ts';
import type {SessionEvent} from './event.ts';
import type {ProcessMark} from './facts/instance.ts';
import type {CommandFinished} from './facts/runbook.ts';
import type {SessionState} from './state.ts';
import {addLine} from './timeline.ts';

/** One run of a command of the profile. */
export type CommandRun = {
	readonly run: number;
	/** The number of the event that asked for it. */
	readonly seq: number;
	readonly index: number;
	readonly title: string;
	readonly argv: readonly string[];
	readonly name: string;
	readonly by: string;
	/** Session time. */
	readonly askedAtMs: number;
	/** While it runs: what a resume ends it by. */
	readonly process?: ProcessMark | {readonly pid: number; readonly startTicks: number};
	/** Absent while it runs. */
	readonly end?: Omit<CommandFinished, 'type' | 'run'>;
};

export type RunbookState = {
	/** How many were ever asked for. */
	readonly count: number;
	/** Those that run, and the newest {@link runsKept} others. */
	readonly runs: readonly CommandRun[];
};

export const runsKept = 40;

type Of = Extract<SessionEvent, {type: 'command-asked' | 'command-started' | 'command-stop-asked' | 'command-finished'}>;

export function reduceRunbook(state: SessionState, event: Of): SessionState {
	const {count, runs} = state.runbook ?? {count: 0, runs: []};
	const change = (over: (run: CommandRun) => CommandRun): SessionState => ({
		...state,
		runbook: {count, runs: runs.map(one => (one.run === event.run ? over(one) : one))},
	});
	switch (event.type) {
		case 'command-asked': {
			const {run, index, title, argv, name, by, seq, tMs} = event;
			const asked: CommandRun = {run, seq, index, title, argv, name, by, askedAtMs: tMs};
			const next = {...state, runbook: {count: Math.max(count, run), runs: kept([...runs, asked])}};
			return addLine(next, event, 'note', `${by} runs “${title}” (run ${run}): ${argvText(argv)}`);
		}
		case 'command-stop-asked': {
			const title = runs.find(one => one.run === event.run)?.title ?? '';
			return addLine(state, event, 'note', `${event.by} stops “${title}” (run ${event.run})`);
		}
		case 'command-started':
			return change(one => ({...one, process: event.process ?? {pid: event.pid, startTicks: event.startTicks}}));
		case 'command-finished': {
			const {type: _, seq: __, atMs: ___, tMs: ____, run, ...end} = event;
			const title = runs.find(one => one.run === run)?.title ?? `run ${run}`;
			const next = change(({process: _process, ...one}) => ({...one, end}));
			return addLine(next, event, 'notice', `“${title}” (run ${run}) ${endText(end)}`);
		}
	}
}

/** The newest, and whatever runs still. */
function kept(runs: readonly CommandRun[]): readonly CommandRun[] {
	const from = runs.length - runsKept;
	return runs.filter(({end}, index) => index >= from || end === undefined);
}

export const runningCommands = ({runbook}: SessionState): readonly CommandRun[] =>
	(runbook?.runs ?? []).filter(({end}) => end === undefined);

/** Whether it did what it should. */
export const hasSucceeded = ({kind, code}: Pick<CommandFinished, 'kind' | 'code'>): boolean => kind === 'exited' && code === 0;

/** `ended with 3 in 1.2s`; with what could not be kept. */
export function endText({kind, code, signal, message, tookMs, truncated}: NonNullable<CommandRun['end']>): string {
	const after =
		tookMs < 1_000
			? `${tookMs}ms`
			: formatDuration(tookMs < 10_000 ? Math.round(tookMs / 100) * 100 : Math.round(tookMs / 1_000) * 1_000);
	const more = `${truncated ? ', its output cut' : ''}${message !== undefined && kind !== 'not-started' && kind !== 'stopped' ? `; ${message}` : ''}`;
	switch (kind) {
		case 'exited':
			return `${code === 0 ? 'ended with 0' : `FAILED: ended with ${code}`} in ${after}${more}`;
		case 'killed':
			return `FAILED: ended by ${signal ?? 'a signal'} after ${after}${more}`;
		case 'timed-out':
			return `FAILED: not done after ${after}, ended with all it had started${more}`;
		case 'stopped':
			return `was stopped after ${after}: ${message ?? 'the controller ended'}${more}`;
		case 'not-started':
			return `could not be run: ${message ?? 'no reason known'}`;
		case 'cut-off':
			return `was cut off: its controller died; it was not run again${more}`;
	}
}

/** The arguments as one line for people: those that need it are quoted, so that one stays one. */
export const argvText = (argv: readonly string[]): string =>
	argv.map(word => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(' ');
