import {automatic} from '../decide.ts';
import type {Plan} from '../plan.ts';
import type {Ran, Turn} from './account.ts';
import type {Rerun} from './rerun.ts';

/**
 * `same`: as it happened, at the same time. `false-alarm`: a session that was promoted would have been rolled back. `rolled-back`: one
 * that came to no end would have been. `never`: a rollback that the record does not show would follow.
 */
export const changes = [
	'same',
	'earlier',
	'later',
	'never',
	'false-alarm',
	'rolled-back',
	'promoted',
	'not-promoted',
	'other',
] as const;
export type Change = (typeof changes)[number];

export type Verdict = {
	readonly change: Change;
	/** The rerun's end before (negative) or after (positive) the recorded one; absent where one of them has none. */
	readonly byMs?: number;
	/** `rolled back at T+07:10, 6 min 50 s earlier, by SSE success`. */
	readonly text: string;
};

/** What would have happened, beside what did. */
export function verdictOf({recorded, rerun, advised, ticksWithoutTraffic}: Rerun, plan: Plan | undefined): Verdict {
	const apartMs = rerun.outcome === recorded.outcome && rerun.outcome !== 'open' ? rerun.tMs - recorded.tMs : undefined;
	const byMs = apartMs !== undefined && Math.abs(apartMs) < stampsMs ? 0 : apartMs;
	const change = changeOf(recorded, rerun, byMs);
	const advice = advised && rerun.outcome !== 'rolled-back' ? `; a rollback advised at ${tPlus(advised.tPlusMs)}` : '';
	return {
		change,
		...(byMs !== undefined && {byMs}),
		text: `${textOf(recorded, rerun, byMs, plan, ticksWithoutTraffic)}${advice}`,
	};
}

function changeOf(recorded: Ran, rerun: Ran, byMs: number | undefined): Change {
	if (rerun.outcome === recorded.outcome) {
		if (byMs === undefined || byMs === 0) return sameTurns(recorded, rerun) ? 'same' : 'other';
		return byMs < 0 ? 'earlier' : 'later';
	}
	if (rerun.outcome === 'rolled-back') return recorded.outcome === 'promoted' ? 'false-alarm' : 'rolled-back';
	if (recorded.outcome === 'rolled-back') return 'never';
	if (rerun.outcome === 'promoted') return 'promoted';
	return recorded.outcome === 'promoted' ? 'not-promoted' : 'other';
}

const sameTurns = (left: Ran, right: Ran): boolean =>
	left.turns.length === right.turns.length &&
	left.turns.every(({tMs, purpose, toPercent}, index) => {
		const other = right.turns[index];
		return (
			other !== undefined && purpose === other.purpose && toPercent === other.toPercent && Math.abs(tMs - other.tMs) < sameMs
		);
	});

/** A poll and what was decided on it are stamped one after the other; polls themselves are at least twice as far apart. */
const stampsMs = 50;

/** A decision and the line that says so are stamped one after the other. */
const sameMs = 1_000;

function textOf(recorded: Ran, rerun: Ran, byMs: number | undefined, plan: Plan | undefined, withoutTraffic: number): string {
	const at = tPlus(rerun.tPlusMs);
	const apart = byMs === undefined || byMs === 0 ? '' : `, ${spoken(Math.abs(byMs))} ${byMs < 0 ? 'earlier' : 'later'}`;
	switch (rerun.outcome) {
		case 'rolled-back':
			return `rolled back at ${at}${apart}${causeOf(rerun, plan)}`;
		case 'promoted':
			return `promoted at ${at}${apart}`;
		case 'ended':
			return `ended by hand at ${at}${apart}`;
		case 'open': {
			if (recorded.outcome === 'open') return `still under way at ${at}, where the record ends`;
			const where =
				recorded.outcome === 'rolled-back' ? `not rolled back by ${tPlus(recorded.tPlusMs)}, when it was` : 'still under way';
			const blind = withoutTraffic > 0 ? ', which took its traffic away: what follows proves nothing' : '';
			return recorded.outcome === 'rolled-back' ? `${where}${blind}` : `${where} at ${at}, where the record ends`;
		}
	}
}

/** `, by SSE success`; of a person's rollback who asked for it. */
function causeOf({turns}: Ran, plan: Plan | undefined): string {
	const turn: Turn | undefined = turns.find(({purpose}) => purpose === 'rollback');
	if (!turn) return '';
	const titles = turn.guardrails.map(id => plan?.guardrails.find(one => one.id === id)?.title ?? id);
	const other = turn.by === automatic ? turn.reason : turn.by;
	return `, by ${titles.length > 0 ? titles.join(' and ') : other}`;
}

/** What happened, in the same words. */
export function recordedText(recorded: Ran): string {
	const at = tPlus(recorded.tPlusMs);
	switch (recorded.outcome) {
		case 'rolled-back':
			return `rolled back at ${at}`;
		case 'promoted':
			return `promoted at ${at}`;
		case 'ended':
			return `ended by hand at ${at}`;
		case 'open':
			return `no end by ${at}`;
	}
}

/** `T+07:10`, `T+1:07:10`: rounded down to the second, as a clock is read. */
export function tPlus(ms: number): string {
	const seconds = Math.floor(ms / 1_000);
	const two = (number: number): string => String(number).padStart(2, '0');
	const [h, m, s] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
	return h > 0 ? `T+${h}:${two(m)}:${two(s)}` : `T+${two(m)}:${two(s)}`;
}

/** `6 min 50 s`, `2 h 5 min`, `0.4 s`. */
export function spoken(ms: number): string {
	if (ms < 10_000) return `${Math.round(ms / 100) / 10} s`;
	const seconds = Math.round(ms / 1_000);
	const [h, m, s] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
	return [h > 0 && `${h} h`, m > 0 && `${m} min`, s > 0 && `${s} s`].filter(Boolean).join(' ');
}
