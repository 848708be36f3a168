import {decide} from '../core/decide.ts';
import type {Fact, SessionEvent} from '../core/event.ts';
import type {Intent} from '../core/intent.ts';
import type {SessionState} from '../core/state.ts';
import {foldEvent} from '../journal/fold.ts';
import type {Journal} from '../journal/journal.ts';
import type {SessionTime} from './clock.ts';

export type RuntimePorts = {
	readonly time: SessionTime;
	readonly journal: Journal;
	/** Masks what must not be written down; before anything else sees the fact. */
	readonly redact?: (fact: Fact) => Fact;
	/** The state to go on from. */
	readonly state: SessionState;
	/** Sees each event with the state after it, before anything follows from it. */
	readonly publish: (event: SessionEvent, state: SessionState) => void;
	/** Carries out one intent. Returns at once; what comes of it are facts. */
	readonly perform: (intent: Intent) => void;
	/** A fault of ours, with its stack, for the controller's log. */
	readonly complain: (fault: unknown) => void;
};

export type Runtime = {
	/** Takes a fact into the record and acts on it. Synchronous on purpose: number and use in one breath, so no two facts share one. */
	take(fact: Fact): SessionEvent;
	readonly state: SessionState;
};

/** The loop: fact → line → event → state → intents. It never throws: a fault of ours must not end the guard. */
export function createRuntime({time, journal, redact, state: initial, publish, perform, complain}: RuntimePorts): Runtime {
	let state = initial;

	function take(fact: Fact): SessionEvent {
		// Reduce the line you wrote: if JSON would change a value, it changes it here and in the replay alike.
		const event = journal.append({...cleaned(fact), seq: state.nextSeq, ...time.stamp()});
		const before = state;
		state = foldEvent(before, event, complain);
		attempt(() => publish(event, state));
		for (const intent of intentsOf(before, event)) attempt(() => perform(intent));
		return event;
	}

	/** A fact that can't be looked through is not written as it is: it might hold anything. */
	function cleaned(fact: Fact): Fact {
		if (!redact) return fact;
		try {
			return redact(fact);
		} catch (fault) {
			complain(fault);
			return {type: 'noticed', level: 'warning', text: `a ${fact.type} could not be looked through for secrets, and is left out`};
		}
	}

	function intentsOf(before: SessionState, event: SessionEvent): readonly Intent[] {
		try {
			return decide(before, state, event);
		} catch (fault) {
			complain(fault);
			return event.type === 'rollback-asked' ? [plainRollback(event)] : [];
		}
	}

	/** One part that fails must not keep the others from hearing of the event. */
	function attempt(act: () => void): void {
		try {
			act();
		} catch (fault) {
			complain(fault);
		}
	}

	/** Leaving is always allowed, also when our own reasoning is broken. */
	const plainRollback = (event: Extract<SessionEvent, {type: 'rollback-asked'}>): Intent => ({
		type: 'set-weight',
		id: `${event.seq}:0`,
		purpose: 'rollback',
		toPercent: 0,
		stageIndex: state.stage.index,
		reason: event.reason,
		by: event.by,
		urgent: true,
	});

	return {
		take,
		get state() {
			return state;
		},
	};
}
