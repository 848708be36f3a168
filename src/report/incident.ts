import {type Num, toNum} from '../core/num.ts';
import {guardrailInStage} from '../core/plan.ts';
import {percentText} from '../core/reduce-split.ts';
import {clean} from './clean.ts';
import {requestsIn, ticksBetween} from './guardrail-summary.ts';
import type {Statement, Summary} from './model.ts';
import type {RequestsSummary} from './model-stage.ts';
import type {Episode, Recorded} from './recorded.ts';
import {causesOf} from './recovery.ts';
import {type Ref, refOf, type Stamp} from './ref.ts';
import {statsOf} from './stats.ts';
import {healthyText, lastedText, valueText} from './words.ts';

/** The first guardrail that left its bound, with what it read before, then, at worst and after. */
export type Cause = {
	readonly guardrail: string;
	readonly title: string;
	readonly query: string;
	readonly healthy: string;
	readonly outOfBound: Stamp;
	/** Median of the believed values of the minute before. */
	readonly before?: {readonly text: string; readonly value: Num; readonly events: Ref};
	readonly first: {readonly text: string; readonly value: Num; readonly events: Ref} | undefined;
	readonly worst?: {readonly text: string; readonly value: Num; readonly labels: string; readonly events: Ref};
	readonly after?: {readonly text: string; readonly value: Num; readonly events: Ref};
};

export type Incident = {
	readonly session: string;
	readonly title: string;
	readonly security: boolean;
	readonly reason: string;
	readonly by: string;
	readonly cause?: Cause;
	/** All that were outside their bound when the rollback was asked for, earliest first. */
	readonly involved: readonly {readonly title: string; readonly outOfBound: Stamp; readonly breached?: Stamp}[];
	readonly times: {
		/** First answer outside the bound → breached (its `for`). */
		readonly detectionMs?: number;
		/** Breached → rollback intended. */
		readonly decisionMs?: number;
		/** Intended → split read back. */
		readonly actionMs?: number;
		readonly totalMs?: number;
	};
	readonly exposure?: {
		readonly lastedMs: number;
		/** Weight × time, as read from the router: percent-seconds of all traffic. */
		readonly percentSeconds: number;
		readonly meanPercent: number;
		readonly requests?: RequestsSummary;
		readonly events: Ref;
	};
	readonly timeline: readonly {readonly at: Stamp; readonly text: string}[];
	readonly signatures: Summary['errors']['signatures'];
	readonly checks: readonly Statement[];
	readonly events: Ref;
};

const minuteMs = 60_000;
const timelineMax = 200;

/** The rollback of a session, told from its first sign. Undefined when there was none. */
export function incidentOf(recorded: Recorded, summary: Summary): Incident | undefined {
	const {recovery, actions} = summary;
	const rollback = actions.find(({purpose}) => purpose === 'rollback');
	if (!recovery || !rollback) return undefined;
	const causes = causesOf(recorded);
	const from = recovery.outOfBound ?? recovery.asked;
	const to = recovery.verified ?? summary.last;
	const cause = causes[0] ? causeOf(recorded, causes[0], to) : undefined;
	const {outOfBound, breached, asked, verified, totalMs} = recovery;
	return {
		session: summary.session,
		title: summary.title,
		security: recorded.state.rollback?.security ?? false,
		reason: rollback.reason,
		by: rollback.by,
		...(cause && {cause}),
		involved: causes.map(({guardrail, began, breached: at}) => ({
			title: titleOf(recorded, guardrail),
			outOfBound: began,
			...(at && {breached: {seq: at.seq, atMs: at.atMs, tMs: at.tMs}}),
		})),
		times: {
			...(outOfBound && breached && {detectionMs: breached.tMs - outOfBound.tMs}),
			...(breached && {decisionMs: asked.tMs - breached.tMs}),
			...(verified && {actionMs: verified.tMs - asked.tMs}),
			...(totalMs !== undefined && {totalMs}),
		},
		exposure: exposureOf(recorded, from, to),
		timeline: recorded.timeline
			.filter(({tMs, seq}) => tMs >= from.tMs - minuteMs && seq <= to.seq + 20)
			.slice(-timelineMax)
			.map(({seq, atMs, tMs, text}) => ({at: {seq, atMs, tMs}, text})),
		signatures: summary.errors.signatures.filter(({isNew}) => isNew),
		checks: checksOf(recorded, summary, cause),
		events: recovery.events,
	};
}

const titleOf = ({plan}: Recorded, id: string): string => clean(plan?.guardrails.find(one => one.id === id)?.title ?? id);

function causeOf(recorded: Recorded, episode: Episode, to: Stamp): Cause | undefined {
	const planned = recorded.plan?.guardrails.find(({id}) => id === episode.guardrail);
	if (!planned) return undefined;
	const {id, unit, bound, query} = guardrailInStage(planned, recorded.plan?.stages[episode.stage]);
	const say = (value: Num, events: Ref) => ({text: valueText(value, unit, bound), value, events});
	const between = (fromSeq: number, toSeq: number) => {
		const [begin, end] = ticksBetween(recorded, fromSeq, toSeq);
		const indexes = Array.from({length: end - begin}, (_, offset) => begin + offset);
		const kept = indexes.filter(index => !Number.isNaN(recorded.series.get(id)?.values.at(index) ?? Number.NaN));
		return {
			values: Float64Array.from(kept, index => recorded.series.get(id)?.values.at(index) ?? 0),
			seqs: Float64Array.from(kept, index => recorded.ticks.seq.at(index)),
		};
	};
	const earlier = firstTickAfter(recorded, episode.began.tMs - minuteMs);
	const before = between(earlier, episode.began.seq - 1);
	const beforeStats = statsOf(before.values, before.seqs, bound);
	const during = between(episode.began.seq, to.seq);
	const after = between(to.seq + 1, recorded.last?.seq ?? to.seq);
	const afterStats = statsOf(after.values, after.seqs, bound);
	const {worst} = episode;
	return {
		guardrail: id,
		title: clean(planned.title),
		query: clean(query),
		healthy: healthyText(bound, unit),
		outOfBound: episode.began,
		...(beforeStats && {before: say(beforeStats.median, beforeStats.events)}),
		first: during.values.length === 0 ? undefined : say(toNum(during.values[0] ?? 0), refOf(during.seqs[0] ?? 0)),
		...(worst && {worst: {...say(toNum(worst.value), refOf(worst.seq)), labels: worst.labels}}),
		...(afterStats && {after: say(afterStats.last, refOf(afterStats.events.toSeq))}),
	};
}

/** Number of the first tick due at or after this session time. */
function firstTickAfter({ticks}: Recorded, tMs: number): number {
	for (let index = 0; index < ticks.seq.length; index++) {
		if (ticks.dueMs.at(index) >= tMs) return ticks.seq.at(index);
	}
	return 0;
}

/** How much of the traffic the candidate had while it was bad: its configured weight, over time. */
function exposureOf(recorded: Recorded, from: Stamp, to: Stamp): NonNullable<Incident['exposure']> {
	let percentSeconds = 0;
	const weights = weightsOf(recorded);
	for (const [index, {atTMs, percent}] of weights.entries()) {
		const overlapMs = Math.min(to.tMs, weights[index + 1]?.atTMs ?? to.tMs) - Math.max(from.tMs, atTMs);
		if (overlapMs > 0) percentSeconds += (percent * overlapMs) / 1_000;
	}
	const lastedMs = to.tMs - from.tMs;
	const requests = requestsIn(recorded, ticksBetween(recorded, from.seq, to.seq));
	return {
		lastedMs,
		percentSeconds,
		meanPercent: lastedMs === 0 ? 0 : (1_000 * percentSeconds) / lastedMs,
		...(requests && {requests}),
		events: refOf(from.seq, to.seq),
	};
}

/** The candidate's weight over time: a stage's since it was entered, a step's of a gradual rollback since it was read back. */
function weightsOf({plan, periods, actions}: Recorded): readonly {readonly atTMs: number; readonly percent: number}[] {
	const entered = periods.flatMap(({index, entered: {tMs}, exited}) => [
		{atTMs: tMs, percent: plan?.stages[index]?.weightPercent ?? 0},
		...(exited ? [{atTMs: exited.tMs, percent: 0}] : []),
	]);
	const lowered = actions.flatMap(({purpose, done, after}) =>
		purpose === 'lower' && done && after ? [{atTMs: done.tMs, percent: after.split.weightPercent}] : [],
	);
	return [...entered, ...lowered].toSorted((left, right) => left.atTMs - right.atTMs);
}

/** What to look at next: each of these stands on something in the record. */
function checksOf({plan, resumes}: Recorded, summary: Summary, cause: Cause | undefined): readonly Statement[] {
	const list: Statement[] = [];
	const {errors, actions, gaps, pools, episodes, recovery} = summary;
	if (cause) {
		list.push({
			text: `Run the query of ${cause.title} for ${summary.baseline} too: is it only ${summary.candidate}? ${cause.query}`,
			events: refOf(cause.outOfBound.seq),
		});
		if (cause.worst && cause.worst.labels !== '') {
			list.push({text: `Look at the worst series first: {${cause.worst.labels}}`, events: cause.worst.events});
		}
	} else
		list.push({
			text: 'No guardrail was outside its bound: ask who rolled back what they saw, and whether a guardrail could see it.',
		});
	const fresh = errors.signatures.find(({isNew}) => isNew);
	if (fresh && errors.events) {
		list.push({
			text: `Find ${fresh.code} ${fresh.signature} in the log: new with the candidate, ${fresh.count} lines`,
			events: errors.events,
		});
	} else if ((plan?.logs.length ?? 0) === 0)
		list.push({text: 'The profile follows no error log: add one, so that the next incident shows its lines.'});
	const retried = actions.filter(({failures}) => failures.length > 0);
	for (const one of retried) {
		list.push({text: `The router failed ${one.failures.length} times: ${one.failures[0]?.message ?? ''}`, events: one.events});
	}
	for (const pool of pools.filter(({min, first}) => min !== first)) {
		list.push({text: `The ${pool.side} pool fell to ${pool.min} servers`, events: pool.events});
	}
	if (gaps.some(({counts}) => counts))
		list.push({text: 'Data was missing before the rollback: see the gaps in the whole report.'});
	if (resumes.length > 0) list.push({text: 'The controller died in this session: see controller.log.'});
	const near = episodes.filter(({breached, began}) => !breached && began.seq < (recovery?.asked.seq ?? 0));
	if (near.length > 0) {
		const first = near[0]?.began.seq ?? 0;
		list.push({
			text: `${near.length} times a guardrail had left its bound before and came back: was there a sign earlier?`,
			events: refOf(first, near.at(-1)?.began.seq ?? first),
		});
	}
	return list;
}

export const exposureText = ({lastedMs, percentSeconds, meanPercent, requests}: NonNullable<Incident['exposure']>): string => {
	const share = `${percentText(meanPercent)} of the traffic for ${lastedText(lastedMs)} (${Number(percentSeconds.toFixed(1))} percent-seconds)`;
	return requests
		? `${share}; ${requests.count} requests by the rate recorded with ${requests.guardrail} (${requests.query})`
		: `${share}; no guardrail records a request rate, so the number of requests is not known`;
};
