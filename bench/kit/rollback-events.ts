import type {SessionEvent} from '../../src/core/event.ts';
import {fromNum} from '../../src/core/num.ts';

type Of<Type extends SessionEvent['type']> = Extract<SessionEvent, {type: Type}>;

const only = <Type extends SessionEvent['type']>(events: readonly SessionEvent[], type: Type): Of<Type>[] =>
	events.filter((event): event is Of<Type> => event.type === type);

/**
 * What a session's journal says of its rollback, by the wall clock in ms: when the breach was proven (the first answer after the
 * fault at or beyond the bound, and `forMs` more), and when weight 0 had been read back.
 */
export function judgedMs(
	events: readonly SessionEvent[],
	{bound, forMs, faultAtMs}: {readonly bound: number; readonly forMs: number; readonly faultAtMs: number},
): {readonly provenAtMs: number; readonly verifiedAtMs: number} {
	const isBreaching = ({atMs, readings}: Of<'tick-taken'>): boolean => {
		const reading = readings['errors'];
		return atMs >= faultAtMs && reading?.kind === 'values' && reading.series.some(({value}) => fromNum(value) >= bound);
	};
	const breach = only(events, 'tick-taken').find(isBreaching);
	const verified = only(events, 'action-verified').find(({split}) => split.weightPercent === 0);
	if (!breach || !verified) throw new Error('The journal knows of no breach, or of no rollback.');
	return {provenAtMs: breach.atMs + forMs, verifiedAtMs: verified.atMs};
}
