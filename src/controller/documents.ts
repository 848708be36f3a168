import {fail, type Result} from '../base/result.ts';
import {asksForDocuments} from '../core/artifact-options.ts';
import type {SessionEvent} from '../core/event.ts';
import type {SessionState} from '../core/state.ts';
import type {ControllerOptions} from './options.ts';
import type {Wired} from './wiring.ts';

export type WrittenFile = {readonly name: string; readonly sha256: string; readonly bytes: number};

/** Writes the documents that are due, from the journal as it is on the disk; gives those that are new or changed. The error is a sentence. */
export type MakeDocuments = (
	folder: string,
	signal: AbortSignal,
) => Promise<Result<{readonly made: readonly WrittenFile[]; readonly failed: readonly string[]}, string>>;

export type Documents = {
	/** Makes what is due by now. Resolves when it is written and in the journal, or could not be; never rejects. */
	make(): Promise<void>;
};

const syncMs = 3_000;

const calledOff = fail('called off');

/**
 * Keeps the documents of a session: rules and dashboards at its start, a report when a stage is left, a record of the promotion or the
 * rollback. They are made one after the other, while no change of weight is under way: a rollback calls off what is being made, and it
 * is made anew behind it. What a crash kept from being made is made when the session is taken up.
 */
export function keepDocuments(wired: Wired, {folder, makeDocuments}: ControllerOptions): Documents {
	const {runtime, listeners, farewells, actions, session, stopping, complain} = wired;
	if (!makeDocuments || !asksForDocuments(runtime.state.plan?.requiredArtifacts)) return {make: async () => {}};
	let last: Promise<void> = Promise.resolve();
	let isQueued = false;
	let running: AbortController | undefined;
	let told = '';

	function make(): Promise<void> {
		if (!isQueued) {
			isQueued = true;
			last = last.then(makeOnce).catch(complain);
		}
		return last;
	}

	async function makeOnce(): Promise<void> {
		await actions.idle();
		isQueued = false;
		if (isLeaving()) return;
		running = new AbortController();
		const {signal} = running;
		await session.journal.sync(syncMs);
		// A way down that began meanwhile goes first.
		const written = signal.aborted ? calledOff : await (makeDocuments as MakeDocuments)(folder, signal);
		const isCalledOff = signal.aborted;
		running = undefined;
		if (isLeaving()) return;
		const {made, failed} = written.ok ? written.value : {made: [], failed: isCalledOff ? [] : [written.error]};
		for (const file of made) runtime.take({type: 'artifact-written', ...file});
		const trouble = failed.join(' ');
		if (trouble !== '' && trouble !== told) runtime.take({type: 'noticed', level: 'warning', text: `documents: ${trouble}`});
		told = trouble;
	}

	/** The controller leaves a session that is not over: whoever takes it up makes them. */
	const isLeaving = (): boolean => stopping.signal.aborted && !runtime.state.ended;

	stopping.signal.addEventListener('abort', () => {
		if (isLeaving()) running?.abort();
	});
	listeners.add((event, state) => {
		if (isWayDown(event)) running?.abort();
		if (isDue(event, state)) setImmediate(() => void make());
	});
	farewells.add(() => last);
	setImmediate(() => void make());
	return {make};
}

const isWayDown = (event: SessionEvent): boolean =>
	event.type === 'rollback-asked' ||
	(event.type === 'action-intended' && (event.purpose === 'rollback' || event.purpose === 'reassert'));

/**
 * Events behind which a document may be due: a stage was left for another, 0 % was read back, the checks are over. What is due at the end
 * is asked for by whoever writes the decision, which comes behind it. A weight that is only set once more makes none.
 */
function isDue(event: SessionEvent, {stage}: SessionState): boolean {
	if (event.type === 'action-verified') return stage.enteredAtMs === event.tMs || event.split.weightPercent === 0;
	return event.type === 'preflight-finished';
}
