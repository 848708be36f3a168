import type {Recovery} from './model.ts';
import type {Episode, Recorded} from './recorded.ts';
import {refOf} from './ref.ts';

/** Guardrails that were outside their bound when the (first) rollback was asked for, the earliest first. */
export function causesOf({episodes, actions, asked}: Recorded): readonly Episode[] {
	const at = actions.find(({purpose}) => purpose === 'rollback')?.intended ?? asked;
	if (!at) return [];
	return episodes
		.filter(({began, over}) => began.seq <= at.seq && (over === undefined || over.seq > at.seq))
		.toSorted((left, right) => left.began.seq - right.began.seq);
}

/** From the first answer outside a bound to the split read back, as far as it came. */
export function recoveryOf(recorded: Recorded): Recovery | undefined {
	const rollbacks = recorded.actions.filter(({purpose}) => purpose === 'rollback');
	const first = rollbacks[0];
	if (!first) return undefined;
	const verified = rollbacks.find(({result}) => result === 'verified')?.done;
	const cause = causesOf(recorded)[0];
	const breached = causesOf(recorded)
		.flatMap(one => one.breached ?? [])
		.toSorted((left, right) => left.seq - right.seq)[0];
	const from = cause?.began ?? first.intended;
	return {
		...(cause && {outOfBound: cause.began}),
		...(breached &&
			breached.seq <= first.intended.seq && {breached: {seq: breached.seq, atMs: breached.atMs, tMs: breached.tMs}}),
		asked: first.intended,
		...(verified && {verified, totalMs: verified.tMs - from.tMs}),
		events: refOf(from.seq, verified?.seq ?? first.intended.seq),
	};
}
