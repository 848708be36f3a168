import {decide} from '../decide.ts';
import type {Fact, SessionEvent} from '../event.ts';
import type {Intent} from '../intent.ts';
import type {Plan} from '../plan.ts';
import {reduce} from '../reduce.ts';
import {sameSplit} from '../split.ts';
import {initialState, type SessionState} from '../state.ts';
import {Account, endOf, type Intended, type Ran, type SetWeight, type Turn, wordsOf} from './account.ts';
import {carriedOut, eventApart} from './apart.ts';

/** Where the rerun leaves the recorded history: from here on the recorded values are of another split than its own. */
export type Parting = {
	readonly seq: number;
	readonly atMs: number;
	readonly tMs: number;
	readonly tPlusMs: number;
	readonly why: string;
};

export type Rerun = {
	readonly recorded: Ran;
	readonly rerun: Ran;
	readonly parting?: Parting;
	/** Ticks judged while the recorded split was another than the rerun's; of those, ticks at which the recorded candidate had no traffic. */
	readonly ticksApart: number;
	readonly ticksWithoutTraffic: number;
	/** The rerun's last step was decided on values of another split. */
	readonly isByOtherSplit: boolean;
	/** What people asked for after the parting, and was taken as it stands. */
	readonly askedApart: number;
	/** An advisory auto-rollback would have advised it: first time. */
	readonly advised?: {readonly atMs: number; readonly tMs: number; readonly tPlusMs: number; readonly reason: string};
	readonly ticks: number;
	readonly durationMs: number;
};

/** Events between a decision and the line about it are few: an older action that is given up. */
const recentKept = 64;

/** How a turn of the record is told from one of another session. */
const key = ({purpose, toPercent}: Pick<Turn, 'purpose' | 'toPercent'>): string => `${purpose} ${toPercent}`;

/**
 * Runs a recorded session again under a plan: the same `reduce` and `decide` as live, on the recorded answers. As long as what is
 * decided is what was done, the recorded actions are taken as they were, with their times; from the first difference on the rerun
 * carries out its own decisions, at once. `planOf` makes the plan out of the recorded one. Pure; feed it events in order.
 */
export class SessionRerun {
	readonly #planOf: (recorded: Plan) => Plan;
	#state: SessionState = {...initialState, isLean: true};
	readonly #recorded = new Account();
	readonly #own = new Account();
	/** Decided, and not yet seen to be done in the record: `before` is where the rerun goes on from if it never is. */
	#expected: {readonly intent: SetWeight; readonly event: SessionEvent; readonly held: SessionEvent[]} | undefined;
	#parting: Parting | undefined;
	#recordedPercent: number | undefined;
	#counts = {ticksApart: 0, ticksWithoutTraffic: 0, askedApart: 0, ticks: 0};
	#isByOtherSplit = false;
	#advised: Rerun['advised'];
	#first: SessionEvent | undefined;
	readonly #recent: SessionEvent[] = [];
	#last = {atMs: 0, tMs: 0};
	#lastTick = {atMs: 0, tMs: 0};

	constructor(planOf: (recorded: Plan) => Plan) {
		this.#planOf = planOf;
	}

	get state(): SessionState {
		return this.#state;
	}

	/** Nothing more can come of it: what the record still holds is not needed. */
	get isOver(): boolean {
		return this.#parting !== undefined && this.#state.ended !== undefined && this.#state.rollback !== undefined;
	}

	take(event: SessionEvent): void {
		this.#note(event);
		if (this.#parting) this.#apart(event);
		else this.#follow(event);
	}

	result(): Rerun {
		if (this.#expected && !this.#parting) this.#part(this.#expected.event, this.#why(this.#expected.intent));
		const {ticksApart, ticksWithoutTraffic, askedApart, ticks} = this.#counts;
		return {
			recorded: this.#recorded.ran(this.#last),
			rerun: this.#own.ran(this.#lastTick),
			...(this.#parting && {parting: this.#parting}),
			ticksApart,
			ticksWithoutTraffic,
			askedApart,
			ticks,
			isByOtherSplit: this.#isByOtherSplit,
			...(this.#advised && {advised: this.#advised}),
			durationMs: this.#last.tMs - (this.#first?.tMs ?? 0),
		};
	}

	/** What the record says happened, whatever the rerun makes of it. */
	#note(event: SessionEvent): void {
		this.#first ??= event;
		this.#recent[event.seq % recentKept] = event;
		this.#last = {atMs: event.atMs, tMs: event.tMs};
		const account = this.#recorded;
		switch (event.type) {
			case 'action-intended':
				account.turn(this.#decidedAt(event), event, []);
				break;
			case 'action-verified':
			case 'split-read':
				this.#recordedPercent = event.split.weightPercent;
				break;
			case 'controller-resumed':
				this.#recordedPercent = event.split?.weightPercent ?? this.#recordedPercent;
				break;
			case 'session-ended':
				if (!account.end || event.outcome !== 'ended') account.end = endOf(event);
				break;
			default:
				return;
		}
		if (account.startedTMs === undefined && (this.#recordedPercent ?? 0) > 0) account.startedTMs = event.tMs;
	}

	/** The event that led to an action, which its id names: a decision is as old as that, not as the line about it. */
	#decidedAt(event: Intended): SessionEvent {
		const seq = Number.parseInt(event.intentId, 10);
		const decided = this.#recent[seq % recentKept];
		return decided?.seq === seq ? decided : event;
	}

	#follow(event: SessionEvent): void {
		const expected = this.#expected;
		if (expected) {
			if (event.type === 'action-intended' && event.intentId === expected.intent.id && key(event) === key(expected.intent)) {
				this.#expected = undefined;
				this.#own.turn(expected.event, expected.intent, this.#behind());
				for (const held of expected.held) this.#reduce(held);
				this.#reduce({...event, stageIndex: expected.intent.stageIndex, reason: expected.intent.reason});
				return;
			}
			// A rollback that makes way for itself says so first.
			if (event.type === 'action-aborted') {
				expected.held.push(event);
				return;
			}
			this.#expected = undefined;
			// The controller went away between deciding and doing; the decision is taken again by the next event.
			if (event.type !== 'controller-resumed' && event.type !== 'controller-stopping') {
				this.#part(expected.event, this.#why(expected.intent));
				this.#apart(event);
				return;
			}
			for (const held of expected.held) this.#reduce(held);
		}
		if (event.type === 'action-intended') {
			this.#part(event, `the recorded ${wordsOf(event)} would not have been`);
			return;
		}
		if (event.type === 'session-ended' && event.outcome !== 'ended' && this.#own.end?.outcome !== event.outcome) {
			this.#part(event, `the session would not have ended as ${event.outcome}`);
			return;
		}
		const intents = this.#reduce(event.type === 'session-started' ? {...event, plan: this.#planOf(event.plan)} : event);
		for (const intent of intents) {
			if (intent.type === 'set-weight') this.#expected = {intent: {...intent, id: `${event.seq}:0`}, event, held: []};
			if (intent.type === 'end-session') this.#own.end ??= {...endOf(event), outcome: intent.outcome, reason: intent.reason};
		}
		if (event.type === 'session-ended') this.#own.end = endOf(event);
	}

	#apart(event: SessionEvent): void {
		if (this.isOver) return;
		const own = eventApart(this.#state, event);
		if (!own) return;
		if (
			own.type === 'promote-asked' ||
			own.type === 'rollback-asked' ||
			own.type === 'gradual-asked' ||
			own.type === 'hold-asked'
		)
			this.#counts.askedApart++;
		if (own.type === 'session-ended') this.#own.end ??= endOf(own);
		this.#carryOut(own, this.#reduce(own));
	}

	/** Does what was decided, and what follows from its being done. */
	#carryOut(event: SessionEvent, intents: readonly Intent[]): void {
		for (const intent of intents) {
			if (intent.type === 'set-weight') {
				this.#own.turn(event, intent, this.#behind());
				this.#isByOtherSplit = this.#isOtherSplit();
				for (const fact of carriedOut(intent)) this.#take(event, fact);
			} else if (intent.type === 'end-session') {
				this.#own.end = {...endOf(event), outcome: intent.outcome, reason: intent.reason};
				this.#take(event, {type: 'session-ended', outcome: intent.outcome, reason: intent.reason});
			}
		}
	}

	#take({atMs, tMs}: SessionEvent, fact: Fact): void {
		const event: SessionEvent = {...fact, seq: this.#state.nextSeq, atMs, tMs};
		this.#carryOut(event, this.#reduce(event));
	}

	#part(event: SessionEvent, why: string): void {
		const {seq, atMs, tMs} = event;
		this.#parting = {seq, atMs, tMs, tPlusMs: this.#recorded.tPlusMs(tMs), why};
		const expected = this.#expected;
		this.#expected = undefined;
		// Under way in the record when the ways part: carried out here too.
		const {action} = this.#state;
		if (action && !expected) this.#take(event, verifiedNow(action.intentId, action.toPercent));
		this.#carryOut(event, this.#decided);
	}

	/** What the last reduced event led to. */
	#decided: readonly Intent[] = [];

	#reduce(recorded: SessionEvent): readonly Intent[] {
		const before = this.#state;
		const event = recorded.seq === before.nextSeq ? recorded : {...recorded, seq: before.nextSeq};
		const after = reduce(before, event);
		this.#state = after;
		if (this.#own.startedTMs === undefined && after.canaryStartedAtMs !== undefined)
			this.#own.startedTMs = after.canaryStartedAtMs;
		if (event.type === 'tick-taken') this.#countTick(event);
		if (after.advised && !this.#advised) {
			const {atMs, tMs, reason} = after.advised;
			this.#advised = {atMs, tMs, tPlusMs: this.#own.tPlusMs(tMs), reason};
		}
		this.#decided = decide(before, after, event).filter(({type}) => type === 'set-weight' || type === 'end-session');
		return this.#decided;
	}

	#countTick({atMs, tMs}: SessionEvent): void {
		this.#counts.ticks++;
		this.#lastTick = {atMs, tMs};
		if (!this.#isOtherSplit()) return;
		this.#counts.ticksApart++;
		if (sameSplit(this.#recordedPercent ?? 0, 0)) this.#counts.ticksWithoutTraffic++;
	}

	#isOtherSplit(): boolean {
		return this.#parting !== undefined && !sameSplit(this.#recordedPercent ?? 0, this.#state.split.askedPercent ?? 0);
	}

	#behind(): readonly string[] {
		const {plan, guardrails} = this.#state;
		const breached = (plan?.guardrails ?? []).filter(
			({id, onBreach}) => onBreach === 'rollback' && guardrails[id]?.status === 'breached',
		);
		return breached.map(({id}) => id);
	}

	#why(intent: SetWeight): string {
		return `a ${wordsOf(intent)} that was not: ${intent.reason}`;
	}
}

const verifiedNow = (intentId: string, weightPercent: number): Fact => ({
	type: 'action-verified',
	intentId,
	router: 'backtest',
	split: {weightPercent},
	attempt: 1,
	tookMs: 0,
});
