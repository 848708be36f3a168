import {type GuardrailPlan, guardrailInStage} from '../core/plan.ts';
import {clean} from './clean.ts';
import {watchedPollsMax} from './guardrail-summary.ts';
import type {Gap} from './model.ts';
import type {Recorded} from './recorded.ts';
import {refOf, type Stamp} from './ref.ts';
import {lastedText} from './words.ts';

const gapsMax = 500;

/** All that interrupted the watch between two moments, and the share of the time in which every guarding guardrail had a value. */
export function coverageOf(
	recorded: Recorded,
	from: Stamp,
	to: Stamp,
): {readonly gaps: readonly Gap[]; readonly percent: number} {
	const {plan, ticks} = recorded;
	if (!plan) return {gaps: [], percent: 0};
	const gaps: Gap[] = [...unguarded(recorded, from, to), ...jumps(recorded, from, to)];
	const watched = watchedPollsMax * plan.pollMs;
	const silent = new Map<string, Silent>();
	let lastDue = from.tMs;
	let lastSeq = from.seq;
	let coveredMs = 0;
	const step = (dueMs: number, seq: number, index: number | undefined): void => {
		const passed = dueMs - lastDue;
		if (passed > watched) gaps.push(unwatched(lastDue, dueMs, lastSeq, seq));
		const isCovered = index !== undefined && follow(recorded, silent, index, Math.max(lastDue, dueMs - watched), gaps);
		if (isCovered) coveredMs += Math.max(0, Math.min(passed, watched));
		lastDue = Math.max(lastDue, dueMs);
		lastSeq = seq;
	};
	for (let index = 0; index < ticks.seq.length; index++) {
		const seq = ticks.seq.at(index);
		if (seq > from.seq && seq <= to.seq) step(ticks.dueMs.at(index), seq, index);
	}
	// What is left after the last tick: up to a poll of it nobody would have asked in.
	if (to.tMs - lastDue > watched) step(to.tMs, to.seq, undefined);
	for (const [id, run] of silent) endRun(recorded, id, run, lastDue, lastSeq, gaps);
	const lasted = Math.max(0, lastDue - from.tMs);
	const sorted = gaps.toSorted((left, right) => left.fromMs - right.fromMs);
	// What counts is never cut off.
	const kept = [...sorted.filter(({counts}) => counts), ...sorted.filter(({counts}) => !counts)].slice(0, gapsMax);
	return {
		gaps: kept.toSorted((left, right) => left.fromMs - right.fromMs),
		percent: lasted === 0 ? 0 : (100 * Math.min(coveredMs, lasted)) / lasted,
	};
}

type Silent = {readonly sinceMs: number; readonly sinceSeq: number; readonly stage: number};

/** Whether a guardrail is one that must have values: it holds or rolls back, and its silence is not said to be fine. */
const guards = ({bound, onBreach, noData}: GuardrailPlan): boolean =>
	bound !== undefined && onBreach !== 'warn' && noData !== 'ok';

/** Takes one tick; true when every guarding guardrail had a value in it. */
function follow(recorded: Recorded, silent: Map<string, Silent>, index: number, sinceMs: number, gaps: Gap[]): boolean {
	const {plan, ticks, series} = recorded;
	const stage = ticks.stage.at(index);
	const dueMs = ticks.dueMs.at(index);
	let isCovered = true;
	for (const planned of plan?.guardrails ?? []) {
		if (!planned.bound) continue;
		const run = silent.get(planned.id);
		const isSilent = Number.isNaN(series.get(planned.id)?.values.at(index) ?? Number.NaN);
		if (isSilent) {
			if (!run) silent.set(planned.id, {sinceMs, sinceSeq: ticks.seq.at(index), stage});
			if (guards(guardrailInStage(planned, plan?.stages[stage]))) isCovered = false;
		} else if (run) {
			endRun(recorded, planned.id, run, dueMs, ticks.seq.at(index), gaps);
			silent.delete(planned.id);
		}
	}
	return isCovered;
}

function endRun({plan, silences}: Recorded, id: string, run: Silent, untilMs: number, untilSeq: number, gaps: Gap[]): void {
	const planned = plan?.guardrails.find(one => one.id === id);
	if (!planned || !plan) return;
	const guardrail = guardrailInStage(planned, plan.stages[run.stage]);
	const lastedMs = untilMs - run.sinceMs;
	const title = clean(planned.title);
	const silence = silences.find(
		one => one.guardrail === id && one.began.seq <= run.sinceSeq && (one.over?.seq ?? untilSeq) >= run.sinceSeq,
	);
	gaps.push({
		kind: 'no-data',
		guardrail: id,
		title,
		fromMs: run.sinceMs,
		toMs: untilMs,
		lastedMs,
		why: `${title} had no value to judge by${silence && silence.because !== '' ? `: ${silence.because}` : ''}`,
		counts: guards(guardrail) && lastedMs >= Math.max(guardrail.noDataAfterMs, watchedPollsMax * plan.pollMs),
		events: refOf(run.sinceSeq, untilSeq),
	});
}

const unwatched = (fromMs: number, toMs: number, fromSeq: number, toSeq: number): Gap => ({
	kind: 'unwatched',
	fromMs,
	toMs,
	lastedMs: toMs - fromMs,
	why: `no poll for ${lastedText(toMs - fromMs)}`,
	counts: true,
	events: refOf(fromSeq, toSeq),
});

const within = ({seq}: Stamp, from: Stamp, to: Stamp): boolean => seq >= from.seq && seq <= to.seq;

function unguarded({resumes, plan}: Recorded, from: Stamp, to: Stamp): readonly Gap[] {
	return resumes
		.filter(resume => within(resume, from, to) && resume.hadTraffic)
		.map(({seq, tMs, unguardedMs, by}) => ({
			kind: 'unguarded' as const,
			fromMs: tMs - unguardedMs,
			toMs: tMs,
			lastedMs: unguardedMs,
			why: `the controller had died; ${by} took the session up again`,
			counts: unguardedMs > watchedPollsMax * (plan?.pollMs ?? 0),
			events: refOf(seq),
		}));
}

/** A clock that leaps forward was set, or the machine slept: nobody can tell, so nobody can say that it was watched. */
function jumps({jumps: list, plan}: Recorded, from: Stamp, to: Stamp): readonly Gap[] {
	const waitMs = Math.max(
		watchedPollsMax * (plan?.pollMs ?? 0),
		...(plan?.guardrails ?? []).filter(guards).map(one => one.noDataAfterMs),
	);
	return list
		.filter(jump => within(jump, from, to) && jump.hadTraffic)
		.map(({seq, tMs, byMs}) => ({
			kind: 'clock' as const,
			fromMs: tMs,
			toMs: tMs,
			lastedMs: Math.abs(byMs),
			why:
				byMs > 0
					? `the wall clock leapt forward by ${lastedText(byMs)}: it was set, or the machine slept and nobody watched`
					: `the wall clock was set back by ${lastedText(-byMs)}; session time went on`,
			counts: byMs > waitMs,
			events: refOf(seq),
		}));
}
