import type {Outcome, Purpose, SessionEvent} from '../event.ts';
import type {Intent} from '../intent.ts';

export type SetWeight = Extract<Intent, {type: 'set-weight'}>;
export type Intended = Extract<SessionEvent, {type: 'action-intended'}>;

/** A change of weight that was, or would have been, set out on. `tPlusMs`: since the candidate's first weight. */
export type Turn = {
	readonly seq: number;
	readonly atMs: number;
	readonly tMs: number;
	readonly tPlusMs: number;
	readonly purpose: Purpose;
	readonly toPercent: number;
	readonly reason: string;
	readonly by: string;
	/** Breached and behind a rollback, by id. */
	readonly guardrails: readonly string[];
};

/** How one run of the session came out. `open`: the record ends before it did. */
export type Ran = {
	readonly outcome: Outcome | 'open';
	readonly atMs: number;
	readonly tMs: number;
	readonly tPlusMs: number;
	readonly reason: string;
	readonly turns: readonly Turn[];
};

/** One side of the comparison while it goes on. */
export class Account {
	readonly turns: Turn[] = [];
	startedTMs: number | undefined;
	end: {outcome: Outcome; reason: string; atMs: number; tMs: number} | undefined;

	tPlusMs(tMs: number): number {
		return this.startedTMs === undefined ? 0 : Math.max(0, tMs - this.startedTMs);
	}

	turn(
		{seq, atMs, tMs}: SessionEvent,
		intended: Pick<SetWeight, 'purpose' | 'toPercent' | 'reason' | 'by'>,
		guardrails: readonly string[],
	): void {
		const {purpose, toPercent, reason, by} = intended;
		this.turns.push({seq, atMs, tMs, tPlusMs: this.tPlusMs(tMs), purpose, toPercent, reason, by, guardrails});
	}

	ran(last: {atMs: number; tMs: number}): Ran {
		const rollback = this.turns.find(({purpose}) => purpose === 'rollback');
		if (rollback) {
			const {atMs, tMs, tPlusMs, reason} = rollback;
			return {outcome: 'rolled-back', atMs, tMs, tPlusMs, reason, turns: this.turns};
		}
		const {outcome, reason, atMs, tMs} = this.end ?? {outcome: 'open' as const, reason: 'the record ends before', ...last};
		return {outcome, atMs, tMs, tPlusMs: this.tPlusMs(tMs), reason, turns: this.turns};
	}
}

/** What a change of weight is, in words. */
export const wordsOf = ({purpose, toPercent}: Pick<Intended, 'purpose' | 'toPercent'>): string =>
	purpose === 'rollback' || purpose === 'reassert' ? 'rollback' : `step ${purpose === 'lower' ? 'down ' : ''}to ${toPercent} %`;

/** How a session ended, by an event. */
export const endOf = (event: SessionEvent): {outcome: Outcome; reason: string; atMs: number; tMs: number} => ({
	outcome: event.type === 'session-ended' ? event.outcome : 'ended',
	reason: event.type === 'session-ended' ? event.reason : '',
	atMs: event.atMs,
	tMs: event.tMs,
});
