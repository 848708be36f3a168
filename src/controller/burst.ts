import type {Result} from '../base/result.ts';
import type {BurstProgress} from '../core/facts/burst.ts';
import {burstDue} from '../core/reduce-burst.ts';
import type {SessionState} from '../core/state.ts';
import type {BurstFiles, BurstPlace} from '../hooks/burst/files.ts';
import {summarise} from '../hooks/burst/summary.ts';
import {sessionFiles} from '../journal/session-folder.ts';
import type {ControllerOptions} from './options.ts';
import type {Wired} from './wiring.ts';

export type BurstHandlers = {readonly onDone: (progress: () => BurstProgress) => void; readonly mayGo: () => boolean};

/** A burst that a stage may send. */
export type StageBurst = {
	readonly url: string;
	readonly users: number;
	/** Of the first users. */
	readonly names: readonly string[];
	readonly planned: number;
	run(handlers: BurstHandlers, place: BurstPlace, signal: AbortSignal): Promise<Result<BurstFiles, string>>;
};

const progressEveryMs = 1_000;
/** A tick later than this share of the poll is one too late: the burst waits until ticks are in time again. */
const lateShare = 0.25;

/**
 * Sends the burst of a stage when it is due. It has a loop of its own that begins no request while an action is under way or ticks
 * come late, and a way down calls it off at once.
 */
export function watchBurst(wired: Wired, {folder, burst}: ControllerOptions): void {
	if (!burst) return;
	const {runtime, listeners, stopping, session, complain, clock} = wired;
	let running: AbortController | undefined;
	const callOff = (why: string): void => running?.abort(why);

	async function send({users, names, planned, url, run}: StageBurst, stageIndex: number, signal: AbortSignal): Promise<void> {
		const startedMs = clock.monoMs();
		runtime.take({type: 'burst-started', stageIndex, planned, users, url, names});
		let toldMs = startedMs;
		const onDone = (progress: () => BurstProgress): void => {
			const nowMs = clock.monoMs();
			if (nowMs - toldMs < progressEveryMs || stopping.signal.aborted) return;
			toldMs = nowMs;
			runtime.take({type: 'burst-progressed', ...progress()});
		};
		const mayGo = (): boolean => runtime.state.action === undefined && !isLate(runtime.state);
		const place = {folder: sessionFiles(folder).artifacts, ...namesFor(runtime.state, stageIndex)};
		const sent = await run({onDone, mayGo}, place, signal);
		if (stopping.signal.aborted) return;
		if (!sent.ok) {
			const none = summarise([], planned, clock.monoMs() - startedMs);
			runtime.take({type: 'burst-finished', stageIndex, stopped: sent.error, ...none});
			return;
		}
		const {end, files, trouble} = sent.value;
		for (const file of files) runtime.take({type: 'artifact-written', ...file});
		if (trouble !== undefined) runtime.take({type: 'noticed', level: 'warning', text: `load burst: ${trouble}`});
		const {stopped, summary, byUser} = end;
		runtime.take({type: 'burst-finished', stageIndex, ...summary, byUser, ...(stopped !== undefined && {stopped})});
	}

	listeners.add((event, state) => {
		if (event.type === 'rollback-asked' || event.type === 'gradual-asked') callOff('a rollback goes first');
		if (event.type === 'action-intended' && event.toPercent === 0) callOff('a rollback goes first');
		if (event.type === 'session-ended') callOff('the session has ended');
		const due = running || stopping.signal.aborted ? undefined : burstDue(state, session.time.tMs());
		if (due === undefined) return;
		running = new AbortController();
		const signal = AbortSignal.any([running.signal, stopping.signal]);
		// Not within the event that made it due: the fact it begins with comes after it.
		setImmediate(() => {
			void send(burst, due, signal)
				.catch(complain)
				.finally(() => {
					running = undefined;
				});
		});
	});
}

const isLate = ({tick, plan}: SessionState): boolean => tick.lateMs > lateShare * (plan?.pollMs ?? 1_000);

/** The runbooks' own names for the first; a later stage's stand beside it. */
function namesFor({plan}: SessionState, stageIndex: number): {transcript: string; summary: string} {
	const first = plan?.stages.findIndex(({burstAfterMs}) => burstAfterMs !== undefined);
	const suffix = stageIndex === first ? '' : `-stage${stageIndex + 1}`;
	return {transcript: `LOAD_BURST${suffix}.log`, summary: `LOAD_SUMMARY${suffix}.json`};
}
