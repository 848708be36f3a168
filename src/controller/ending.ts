import {existsSync} from 'node:fs';
import {basename} from 'node:path';
import {keepsController} from '../core/decide-instance.ts';
import type {SessionEvent} from '../core/event.ts';
import {percentText} from '../core/reduce-split.ts';
import {sameSplit} from '../core/split.ts';
import type {SessionState} from '../core/state.ts';
import {writeSeal} from '../journal/seal.ts';
import type {Documents} from './documents.ts';
import type {ControllerOptions} from './options.ts';
import type {Wired} from './wiring.ts';

export type Ending = {
	/** Resolves when all is written and closed. */
	readonly ended: Promise<SessionState>;
	stop(reason: string, how: 'leave' | 'policy'): Promise<SessionState>;
};

const watchMsOf = ({ended, plan}: SessionState, outcome = ended?.outcome): number =>
	outcome === 'ended' ? 0 : (plan?.policies.watchAfterEndMs ?? 0);

/** A rollback under way is finished before we go; for so long it may take. */
const rollbackWaitMs = 60_000;
/** The same where the session's folder is gone: nobody can take it up again, and whoever asks us to go knows no other way. */
const unrecordedWaitMs = 3_000;
/** A step forward under way may come to its answer, so that the record says what became of it. */
const forwardWaitMs = 5_000;
const settleMs = 3_000;
/** What changes the decision once the session is over. */
const reported: readonly SessionEvent['type'][] = ['session-ended', 'signed-off', 'artifact-written'];
/** It reads the whole record once more: a day of it takes seconds, on a busy machine many. */
const reportMs = 120_000;
const closeMs = 3_000;
/** So often an ended session looks whether its instance still needs it. */
const instanceLookMs = 250;
const farewellMs = 5_000;

/**
 * How a controller ends: by itself, when the session has ended and the split has been watched for as long as the plan says, or
 * because it is told to.
 */
export function createEnding(
	wired: Wired,
	options: ControllerOptions,
	documents: Documents,
	closers: readonly (() => unknown)[],
): Ending {
	const {runtime, actions, checkpoints, session, clock, complain, stopping, listeners, farewells} = wired;
	const {promise: ended, resolve} = Promise.withResolvers<SessionState>();
	let stopCalled = false;
	let reporting: Promise<void> = Promise.resolve();

	/** The newest end counts: a rollback while the promoted split was watched begins its own watch. */
	let lastEndSeq = -1;

	let isReportWanted = false;
	let areDocumentsWanted = false;
	/** Written at the end, and anew for what comes after it: a signature, a piece of evidence. Several at once are one. */
	listeners.add((event, state) => {
		if (state.ended && reported.includes(event.type)) wantReport(event.type !== 'artifact-written');
	});

	function wantReport(withDocuments: boolean): void {
		areDocumentsWanted ||= withDocuments;
		if (isReportWanted) return;
		isReportWanted = true;
		reporting = reporting.then(async () => {
			// Again for a signature that came while they were made.
			while (areDocumentsWanted) {
				areDocumentsWanted = false;
				await bounded(documents.make(), reportMs);
			}
			// What came until here is in it, the documents themselves above all.
			if (isReportWanted) await writeReport();
		});
	}

	listeners.add((event, state) => {
		if (event.type !== 'session-ended') return;
		lastEndSeq = event.seq;
		// Whoever ends a canary that has traffic wants the controller to leave now.
		const isNow = event.outcome === 'ended' && state.stage.index >= 0;
		void leaveAfter(event.seq, watchMsOf(state, event.outcome), isNow);
	});
	// Resumed while the split of an ended session was still to be watched.
	const {ended: endedBefore} = runtime.state;
	if (endedBefore) wantReport(true);
	if (endedBefore) void leaveAfter(lastEndSeq, endedBefore.tMs + watchMsOf(runtime.state) - session.time.tMs());

	async function leaveAfter(endSeq: number, watchMs: number, isNow = false): Promise<void> {
		await clock.sleep(Math.max(0, watchMs), stopping.signal);
		while (!isNow && !stopping.signal.aborted && lastEndSeq === endSeq && keepsController(runtime.state, session.time.tMs())) {
			await clock.sleep(instanceLookMs, stopping.signal);
		}
		await actions.idle();
		if (lastEndSeq === endSeq) await stop('the session has ended', 'leave');
	}

	async function stop(reason: string, how: 'leave' | 'policy'): Promise<SessionState> {
		if (stopCalled) return await ended;
		stopCalled = true;
		try {
			if (how === 'policy') rollBackIfPlanned(reason);
			await finishActions();
			lastWord(reason);
			const {ended: over} = runtime.state;
			runtime.take({
				type: 'controller-stopping',
				reason,
				...(over && {ended: {outcome: over.outcome, reason: over.reason}}),
			});
		} catch (fault) {
			complain(fault);
		}
		await close();
		resolve(runtime.state);
		return await ended;
	}

	function rollBackIfPlanned(reason: string): void {
		const {plan, rollback, ended: isOver, split, action, stage} = runtime.state;
		if (plan?.policies.onControllerStop !== 'rollback' || rollback || isOver) return;
		const hasTraffic = action !== undefined || stage.index >= 0 || !sameSplit(split.configured?.weightPercent ?? 0, 0);
		if (!hasTraffic) return;
		runtime.take({type: 'rollback-asked', by: 'canary-console', reason: `the controller must stop: ${reason}`});
	}

	async function finishActions(): Promise<void> {
		const leavingMs = existsSync(options.folder) ? rollbackWaitMs : unrecordedWaitMs;
		const over = new AbortController();
		await Promise.race([actions.idle(), clock.sleep(isLeaving() ? leavingMs : forwardWaitMs, over.signal)]);
		over.abort();
		actions.onlyDown();
	}

	const isLeaving = (): boolean => ['rollback', 'reassert', 'lower'].includes(runtime.state.action?.purpose ?? '');

	/** A rollback that was not verified when we had to go is said where it is read without us: in the log, and in the record if there is one. */
	function lastWord(reason: string): void {
		const {action, split} = runtime.state;
		if (!action || !isLeaving()) return;
		const last = split.configured
			? `the split was last read as ${percentText(split.configured.weightPercent)}`
			: 'the split was never read';
		const why = action.lastError ? `: ${action.lastError.message}` : '.';
		const remedy = existsSync(options.folder)
			? `canary rollback ${basename(options.folder)} goes on with it.`
			: `The session's folder is gone, so only you can: set the candidate to 0 at ${options.routers[0]?.target ?? 'the router'}.`;
		const text = `leaving (${reason}) with the rollback to ${percentText(action.toPercent)} not verified; ${last}${why} Nobody guards it now. ${remedy}`;
		complain(text);
		runtime.take({type: 'noticed', level: 'alarm', topic: 'rollback', text});
	}

	async function writeReport(): Promise<void> {
		isReportWanted = false;
		if (!options.writeReport) return;
		await checkpoints.settle(settleMs);
		await session.journal.sync(settleMs);
		const written = await bounded(options.writeReport(options.folder), reportMs);
		const message = written === undefined ? `it took longer than ${reportMs / 1_000} s` : written.ok ? undefined : written.error;
		if (message !== undefined)
			runtime.take({type: 'noticed', level: 'warning', text: `the report could not be written: ${message}`});
	}

	async function bounded<Value>(work: Promise<Value>, ms: number): Promise<Value | undefined> {
		const over = new AbortController();
		const outcome = await Promise.race([work.catch(complain), clock.sleep(ms, over.signal)]);
		over.abort();
		return outcome ?? undefined;
	}

	async function close(): Promise<void> {
		stopping.abort();
		await bounded(reporting, reportMs);
		await sayFarewell();
		await checkpoints.settle(settleMs);
		await session.journal.close(closeMs);
		await bounded(seal(), closeMs);
		for (const closer of closers) await bounded((async () => await closer())(), closeMs);
		session.release();
	}

	/** A rollback that is asked for while we leave is carried out nevertheless: until the socket is closed we are the ones who are asked. */
	async function finishLate(): Promise<void> {
		if (!actions.isBusy || !isLeaving()) return;
		await finishActions();
		lastWord('the controller ends');
	}

	/**
	 * Twice, with a turn of the loop before each: what the last event is the ground for begins in it (evidence behind a rollback), and what
	 * that brings is the ground for something else (the stop of the instance).
	 */
	async function sayFarewell(): Promise<void> {
		for (let round = 0; round < 2; round++) {
			await new Promise(resolve => setImmediate(resolve));
			await bounded(Promise.all([...farewells].map(say => say())), farewellMs);
			await finishLate();
		}
		actions.stop();
	}

	/** Only what is on the disk is vouched for. */
	async function seal(): Promise<void> {
		const {seq, hash, unwrittenBytes} = session.journal.mark();
		if (unwrittenBytes === 0) await writeSeal(options.folder, {seq, hash}, clock.nowMs());
	}

	return {ended, stop};
}
