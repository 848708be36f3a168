import {decided, newsBetween, type Saying} from '../core/news.ts';
import {bellKinds, type NoticeKind} from '../core/notify-options.ts';
import type {SessionState} from '../core/state.ts';

export type RingerPorts = {
	/** The terminal's bell. */
	readonly bell: () => void;
	/** A note of the desktop, where the terminal can show one. */
	readonly note: (title: string, text: string) => void;
	/** A monotonic clock in ms. */
	readonly monoMs: () => number;
};

/** One bell for what happens within this time. */
const bellEveryMs = 10_000;
/** One note for the same matter within this time, and so many for all. */
const noteEveryMs = 60_000;
const notesMax = 6;

/**
 * Rings for what is news between two states, whoever asked for it in the profile: edge-triggered, so that what stands doesn't ring on,
 * and what stood before the console came does not ring at all.
 */
export function createRinger({bell, note, monoMs}: RingerPorts): (before: SessionState, after: SessionState) => void {
	const notedMs = new Map<string, number>();
	let rungMs = Number.NEGATIVE_INFINITY;

	function noteOnce({key, phase, text}: Saying, title: string): void {
		const nowMs = monoMs();
		for (const [matter, atMs] of notedMs) if (nowMs - atMs >= noteEveryMs) notedMs.delete(matter);
		const matter = `${key} ${phase}`;
		if (notedMs.has(matter) || notedMs.size >= notesMax) return;
		notedMs.set(matter, nowMs);
		note(title, text);
	}

	return (before, after) => {
		if (before === after) return;
		const wanted = kindsOf(after);
		const news = newsOf(before, after).filter(({event}) => wanted.has(event));
		const breached = wanted.has('breach') && isBreachedAnew(before, after);
		if (news.length === 0 && !breached) return;
		for (const one of news) noteOnce(one, after.plan?.profile ?? 'canary');
		if (monoMs() - rungMs < bellEveryMs) return;
		rungMs = monoMs();
		bell();
	};
}

/** What begins. That something is over is no reason to call anybody. */
function newsOf(before: SessionState, after: SessionState): readonly Saying[] {
	const {ended} = after;
	const news = newsBetween(before, after, {open: [], breachAtMs: {}});
	return [...news, ...(ended && !before.ended ? [decided(ended)] : [])].filter(({phase}) => phase !== 'resolve');
}

/** Also one that came and went between two messages. */
const isBreachedAnew = (before: SessionState, after: SessionState): boolean =>
	Object.entries(after.guardrails).some(([id, {breaches}]) => breaches > (before.guardrails[id]?.breaches ?? 0));

function kindsOf({plan}: SessionState): ReadonlySet<NoticeKind> {
	const bells = (plan?.notify ?? []).filter(({bell}) => bell);
	return new Set(bells.length === 0 ? bellKinds : bells.flatMap(({on}) => on));
}
