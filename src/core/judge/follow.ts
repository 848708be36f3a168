import {type Direction, type Judgement, judge, valuesMin} from './judge.ts';
import {finalAlpha, interimAlpha, interimLooks, lateAlpha, nextLate} from './looks.ts';

/** A judgement with its place among the looks. */
export type Looked = Judgement & {
	/** Session time. */
	readonly atMs: number;
	/** `interim`: before the stage's end. `end`: at it. `late`: after it. `left`: as the stage was left without its end. */
	readonly look: 'interim' | 'end' | 'late' | 'left';
	/** Which one, from 1, over the stage. */
	readonly number: number;
	/** How many values had been taken by then. */
	readonly taken: number;
};

/** One comparison over one stage. Plain JSON, bounded by {@link keptMax}. */
export type Followed = {
	/** Pairs (candidate, baseline), far enough apart in time not to share samples. */
	readonly values: readonly (readonly [number, number])[];
	/** Of so many taken one is kept: doubled when there are too many. */
	readonly keepEvery: number;
	readonly taken: number;
	readonly lastTakenMs?: number;
	/** When both sides last had a value; and why one had none, of the last tick. */
	readonly pairedAtMs?: number;
	readonly missing?: string;
	/** How many looks there were before the end, and after it. */
	readonly interim: number;
	readonly late: number;
	/** After the end: how many must have been taken before the next look. */
	readonly nextCount?: number;
	readonly looked?: Looked;
};

export const nothingFollowed: Followed = {values: [], keepEvery: 1, taken: 0, interim: 0, late: 0};

/** A stage is planned to have at most so many values; what is waited for beyond its end may double that, then every second one goes. */
export const plannedMax = 160;
export const keptMax = 2 * plannedMax;

export type FollowSettings = {
	readonly direction: Direction;
	readonly allowed: number;
	readonly alpha: number;
	/** Values closer together share samples. */
	readonly spacingMs: number;
	/** What the stage lasts; 0 for one without a time. */
	readonly durationMs: number;
};

export type Moment = {
	/** Session time; when the stage was entered; whether its time is over. */
	readonly tMs: number;
	readonly enteredAtMs: number;
	readonly isOver: boolean;
	/** A look is a piece of work; one that is due and may not be taken now is taken at the next tick. */
	readonly mayLook: boolean;
};

/** How far apart values are taken in a stage: no closer than they share samples, no more of them than are kept. */
export const spacingIn = ({spacingMs, durationMs}: Pick<FollowSettings, 'spacingMs' | 'durationMs'>): number =>
	Math.max(spacingMs, Math.ceil(durationMs / plannedMax));

/** How many values a stage is expected to have at its end. */
export const plannedIn = (settings: Pick<FollowSettings, 'spacingMs' | 'durationMs'>): number =>
	Math.floor(settings.durationMs / spacingIn(settings));

/** One tick: a pair of values, or why there is none. */
export function follow(
	before: Followed,
	settings: FollowSettings,
	moment: Moment,
	pair: readonly [number, number] | string,
): Followed {
	const {tMs, enteredAtMs} = moment;
	if (typeof pair === 'string') return lookAgain({...before, missing: pair}, settings, moment);
	const {missing: _, ...rest} = before;
	const paired: Followed = {...rest, pairedAtMs: tMs};
	// The range of the first value lies inside the stage: before it the split was another.
	const since = before.lastTakenMs ?? enteredAtMs;
	const next = tMs - since >= spacingIn(settings) ? take(paired, pair, tMs) : paired;
	return lookAgain(next, settings, moment);
}

function take(before: Followed, pair: readonly [number, number], tMs: number): Followed {
	const isKept = before.taken % before.keepEvery === 0;
	const values = isKept ? [...before.values, pair] : before.values;
	const next = {...before, taken: before.taken + 1, lastTakenMs: tMs, values};
	if (values.length <= keptMax) return next;
	return {...next, values: values.filter((_, index) => index % 2 === 0), keepEvery: before.keepEvery * 2};
}

/** Looks, if this is a moment that was planned for it. */
function lookAgain(next: Followed, settings: FollowSettings, {tMs, isOver, mayLook}: Moment): Followed {
	if (!mayLook) return next;
	if (isOver) {
		// Once when the time is over; while that is too few, again at each value: a look that can't tell spends nothing.
		if (next.nextCount === undefined) {
			return isEndDue(next) ? look(next, settings, tMs, 'end', finalAlpha(settings.alpha)) : next;
		}
		if (next.taken < next.nextCount) return next;
		return look({...next, late: next.late + 1}, settings, tMs, 'late', lateAlpha(settings.alpha, next.late + 1));
	}
	const planned = plannedIn(settings);
	const due = interimLooks(planned)[next.interim];
	if (due === undefined || next.taken < due) return next;
	return look({...next, interim: next.interim + 1}, settings, tMs, 'interim', interimAlpha(settings.alpha, planned));
}

/** The stage's time is over, and what there is has not been looked at since. */
export const isEndDue = ({looked, taken, nextCount}: Followed): boolean =>
	nextCount === undefined && taken > 0 && (looked?.look !== 'end' || looked.taken < taken);

function look(next: Followed, settings: FollowSettings, atMs: number, kind: Looked['look'], alpha: number): Followed {
	if (next.values.length === 0) return next;
	const judgement = judge(next.values, {...settings, alpha});
	const looked = {
		...judgement,
		atMs,
		look: kind,
		number: next.interim + (kind === 'interim' ? 0 : 1 + next.late),
		taken: next.taken,
	};
	const isSpent = kind === 'end' || kind === 'late';
	const canTell = judgement.verdict !== 'too few';
	return {...next, looked, ...(isSpent && canTell && {nextCount: nextLate(next.taken)})};
}

/** The stage is left before its time was over: judged by what there is, with what the look at its end would have had. */
export function closeFollowed(before: Followed, settings: FollowSettings, atMs: number): Followed {
	if (before.nextCount !== undefined) return before;
	return look(before, settings, atMs, 'left', finalAlpha(settings.alpha));
}

export {valuesMin};
