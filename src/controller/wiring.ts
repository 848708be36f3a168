import {createMask} from '../base/redact.ts';
import type {Fact, SessionEvent} from '../core/event.ts';
import type {Intent} from '../core/intent.ts';
import {createFactRedactor} from '../core/redact-fact.ts';
import type {SessionState} from '../core/state.ts';
import type {Router} from '../routers/router.ts';
import {type Actions, createActions} from './actions.ts';
import {type Checkpoints, createCheckpoints} from './checkpoints.ts';
import type {ControllerClock} from './clock.ts';
import {createInstanceKeeper, type InstanceKeeper} from './instance/keeper.ts';
import type {OpenSession} from './open-session.ts';
import type {ControllerOptions} from './options.ts';
import {createRuntime, type Runtime} from './runtime.ts';
import {createSplitWatch, type SplitWatch} from './split-watch.ts';

export type EventListener = (event: SessionEvent, state: SessionState) => void;

/** The loop with all that carries out its intents. */
export type Wired = {
	readonly session: OpenSession;
	readonly runtime: Runtime;
	readonly actions: Actions;
	readonly checkpoints: Checkpoints;
	readonly splitWatch: SplitWatch;
	readonly instance: InstanceKeeper;
	readonly clock: ControllerClock;
	readonly complain: (fault: unknown) => void;
	/** Each hears of every event, with the state after it. */
	readonly listeners: Set<EventListener>;
	/** What may still be said before the journal is closed; bounded by the ending. */
	readonly farewells: Set<() => Promise<unknown>>;
	/** Aborted when the controller ends: nothing is asked or read any more. */
	readonly stopping: AbortController;
};

/** Builds the loop: facts go in, intents come out and are carried out, and what comes of them are facts again. */
export function wire(
	options: ControllerOptions,
	session: OpenSession,
	clock: ControllerClock,
	complain: (fault: unknown) => void,
): Wired {
	const {journal, time, lease, state} = session;
	const {folder, routers, limits, screenText, plan} = options;
	const redact = createFactRedactor(options.mask ?? createMask());
	const stopping = new AbortController();
	const listeners = new Set<EventListener>(options.onEvent ? [options.onEvent] : []);
	const publish: EventListener = (event, after) => {
		for (const listener of [...listeners]) listener(event, after);
	};
	const runtime: Runtime = createRuntime({time, journal, redact, state, complain, perform, publish});
	const take = (fact: Fact): void => void runtime.take(fact);
	const actions = createActions({
		routers,
		take,
		sync: timeoutMs => journal.sync(timeoutMs),
		mayWrite: urgent => lease.check(urgent),
		clock,
		complain,
		...(limits && {limits}),
	});
	const checkpoints = createCheckpoints({
		folder,
		clock,
		time,
		state: () => runtime.state,
		mark: () => journal.mark(),
		take,
		idle: () => actions.idle(),
		...(screenText && {screenText}),
	});
	const {splitReadEveryMs: everyMs} = (state.plan ?? plan).policies;
	const splitWatch = createSplitWatch({router: routers[0] as Router, actions, clock, take, everyMs, signal: stopping.signal});

	const instance = createInstanceKeeper({
		folder,
		given: options.instance,
		clock,
		take,
		state: () => runtime.state,
		tMs: () => time.tMs(),
		sync: timeoutMs => journal.sync(timeoutMs),
		complain,
		signal: stopping.signal,
	});

	function perform(intent: Intent): void {
		switch (intent.type) {
			case 'set-weight':
				splitWatch.giveWay();
				actions.perform(intent);
				break;
			case 'write-checkpoint':
				checkpoints.write(intent);
				break;
			case 'append-metrics-check':
				checkpoints.appendMetricsCheck();
				break;
			case 'end-session':
				take({type: 'session-ended', outcome: intent.outcome, reason: intent.reason});
				break;
			case 'start-instance':
			case 'stop-instance':
			case 'restart-baseline':
				instance.perform(intent);
				break;
		}
	}

	return {
		session,
		runtime,
		actions,
		checkpoints,
		splitWatch,
		instance,
		clock,
		complain,
		listeners,
		farewells: new Set(),
		stopping,
	};
}
