import {hostname} from 'node:os';
import {fail, ok, type Result} from '../base/result.ts';
import type {Fact} from '../core/event.ts';
import type {Router} from '../routers/router.ts';
import {watchBurst} from './burst.ts';
import {systemClock} from './clock.ts';
import {complainToStderr} from './complain.ts';
import {noteDashboards} from './dashboards.ts';
import {keepDocuments} from './documents.ts';
import {openDoors} from './doors.ts';
import {createEnding} from './ending.ts';
import {gatherEvidence} from './evidence.ts';
import {createIndexer} from './indexer.ts';
import {keepLbDiff} from './lb-diff.ts';
import {tellReceivers} from './notices.ts';
import {openSession} from './open-session.ts';
import type {Controller, ControllerOptions, StartError} from './options.ts';
import {poll} from './poller.ts';
import {watchPreflight} from './preflight.ts';
import {callRouter} from './router-call.ts';
import {watchRunbook} from './runbook.ts';
import {type Wired, wire} from './wiring.ts';

export type {Controller, ControllerOptions, StartError} from './options.ts';

/** On a resume the split is read before anything is decided; for so long at most. */
const resumeReadMs = 8_000;
const firstSyncMs = 5_000;
const resumeSyncMs = 250;
const leaseWatchMs = 2_000;
const faultNoticeMs = 10_000;

/**
 * Starts guarding: takes the lease, opens or resumes the journal and the control socket, and begins to ask. Resolves once consoles
 * can connect. It owns the traffic from here on, and never reads from or writes to a terminal.
 */
export async function startController(options: ControllerOptions): Promise<Result<Controller, StartError>> {
	const clock = options.clock ?? systemClock;
	const complain = options.complain ?? (fault => complainToStderr(fault, options.mask?.redact));
	let tell = (_fact: Fact): void => {};
	const opened = await openSession(options, clock, {
		onTrouble: text => tell({type: 'noticed', level: 'alarm', topic: 'journal', text}),
		onRecovered: dropped => tell(recovered(dropped)),
	});
	if (!opened.ok) {
		await closePorts(options);
		return opened;
	}
	const wired = wire(options, opened.value, clock, complain);
	tell = fact => void wired.runtime.take(fact);
	// Before the first event: a rollback that is owed may begin with it.
	keepLbDiff(wired, options);
	const closers: (() => unknown)[] = [];
	const begun = await begin(wired, options);
	options.onNotices?.(text => tell({type: 'noticed', level: 'warning', text}));
	const doors = begun.ok ? await openDoors(wired, options, closers) : begun;
	if (!doors.ok) {
		// One that never guarded anything is over; one that did may be taken up again.
		const {message: reason} = doors.error;
		const isNew = opened.value.unguardedMs === undefined;
		tell(isNew ? {type: 'session-ended', outcome: 'ended', reason} : {type: 'controller-stopping', reason});
		wired.stopping.abort();
		for (const close of closers) await close();
		await opened.value.journal.close(firstSyncMs);
		opened.value.release();
		await closePorts(options);
		return doors;
	}
	closers.push(() => closePorts(options));
	return ok(guard(wired, options, doors.value, closers));
}

/** The first fact: a new session, or one taken up again with the split as it is now. A new one is on the disk before it goes on. */
async function begin(wired: Wired, options: ControllerOptions): Promise<Result<void, StartError>> {
	const {runtime, session} = wired;
	const {by, version, plan} = options;
	if (session.unguardedMs === undefined) {
		runtime.take({type: 'session-started', plan, by, host: hostname(), pid: process.pid, version});
		const kept = await session.journal.sync(firstSyncMs);
		if (!kept.ok) return fail({kind: 'journal', message: `${kept.error}. Nothing was done to the traffic.`});
	} else {
		const split = await readSplit(wired, options.routers[0] as Router);
		const found = split.ok ? {split: split.value} : {error: split.error};
		runtime.take({type: 'controller-resumed', by, pid: process.pid, version, unguardedMs: session.unguardedMs, ...found});
		// Each life stands in the record, however short; but a disk that fails or hangs must not keep anybody from being guarded.
		await session.journal.sync(resumeSyncMs);
	}
	for (const text of session.notes) runtime.take({type: 'noticed', level: 'warning', text: `on reading the journal: ${text}`});
	return ok(undefined);
}

const readSplit = ({clock, stopping}: Wired, router: Router) =>
	callRouter(signal => router.readSplit(signal), {
		what: `${router.target} (read)`,
		timeoutMs: resumeReadMs,
		signal: stopping.signal,
		clock,
		stragglers: new Set(),
	});

/** Everything runs from here on. */
function guard(wired: Wired, options: ControllerOptions, socketPath: string, closers: readonly (() => unknown)[]): Controller {
	const {runtime, complain} = wired;
	const documents = keepDocuments(wired, options);
	const ending = createEnding(wired, options, documents, closers);
	wired.listeners.add(createIndexer(wired, options));
	tellReceivers(wired, options);
	noteDashboards(wired, options);
	void wired.splitWatch.run().catch(complain);
	gatherEvidence(wired, options);
	watchBurst(wired, options);
	watchPreflight(wired, options.preflight);
	wired.farewells.add(() => wired.instance.settle());
	wired.instance.begin();
	watchRunbook(wired, options);
	void keepPolling(wired, options);
	void watchLease(wired, reason => ending.stop(reason, 'leave'));
	let noticedMs = Number.NEGATIVE_INFINITY;
	return {
		folder: options.folder,
		socketPath,
		get state() {
			return runtime.state;
		},
		ended: ending.ended,
		stop: (reason, how = 'leave') => ending.stop(reason, how),
		fault(fault) {
			complain(fault);
			// One that comes again with every tick must not fill the journal.
			if (wired.clock.monoMs() - noticedMs < faultNoticeMs) return;
			noticedMs = wired.clock.monoMs();
			const text = `a fault of the program itself, the guard goes on: ${String(fault).slice(0, 200)}`;
			runtime.take({type: 'noticed', level: 'warning', text});
		},
	};
}

/** A fault in the loop that asks must not end the guard: it begins anew. */
async function keepPolling({runtime, session, stopping, clock, complain}: Wired, options: ControllerOptions): Promise<void> {
	const {signal} = stopping;
	const plan = runtime.state.plan ?? options.plan;
	while (!signal.aborted) {
		const ports = {
			plan,
			source: options.source,
			clock,
			time: session.time,
			take: (fact: Fact) => void runtime.take(fact),
			state: () => runtime.state,
			signal,
			complain,
			startMs: session.time.tMs(),
		};
		await poll(ports).catch(complain);
		await clock.sleep(plan.pollMs, signal);
	}
}

/** Somebody took the target over: two writers would be worse than none. */
async function watchLease({clock, session, runtime, stopping}: Wired, stop: (reason: string) => unknown): Promise<void> {
	while (!stopping.signal.aborted) {
		await clock.sleep(leaseWatchMs, stopping.signal);
		const held = stopping.signal.aborted || session.lease.check(true).ok ? undefined : session.lease.check(true);
		if (!held || held.ok) continue;
		runtime.take({type: 'noticed', level: 'alarm', topic: 'lease', text: held.error});
		stop(held.error);
		return;
	}
}

const recovered = (dropped: number): Fact => ({
	type: 'noticed',
	level: 'info',
	topic: 'journal',
	text: `the journal is written again${dropped > 0 ? `; ${dropped} samples could not be kept meanwhile` : ''}`,
});

async function closePorts({source, routers}: ControllerOptions): Promise<void> {
	await Promise.allSettled([source.close(), ...routers.map(router => router.close())]);
}
