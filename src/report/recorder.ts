import type {SessionEvent} from '../core/event.ts';
import {fromNum} from '../core/num.ts';
import type {Split} from '../core/split.ts';
import {firstLeftMs} from '../core/stage-now.ts';
import {type GuardrailState, initialState, type SessionState, statuses} from '../core/state.ts';
import {believed as believedValue} from '../core/trend-state.ts';
import {clean} from './clean.ts';
import {Growing} from './growing.ts';
import {recordAction, settleAction} from './record-actions.ts';
import {recordEntry} from './record-entries.ts';
import {recordEpisodes} from './record-episodes.ts';
import {recordPeriods} from './record-periods.ts';
import {recordSpent, recordTold} from './record-told.ts';
import {type PoolSide, type Recorded, type Series, stampOf} from './recorded.ts';

/** A session that flaps all day must not fill the memory: so many of each kind are listed, the others counted. */
export const listedMax = 5_000;

export const newRecorded = (header: Recorded['header']): Recorded => ({
	header,
	state: initialState,
	ticks: {
		seq: new Growing(),
		dueMs: new Growing(),
		atMs: new Growing(),
		stage: new Growing(),
		observed: new Growing(),
		missed: 0,
	},
	series: new Map(),
	errors: {tMs: new Growing(), lines: new Growing(), total: 0, dropped: 0},
	periods: [],
	actions: [],
	episodes: [],
	silences: [],
	open: {episodes: new Map(), silences: new Map()},
	entries: [],
	resumes: [],
	jumps: [],
	files: new Map(),
	failedFiles: new Map(),
	signOffs: [],
	pools: {},
	alerts: [],
	told: new Map(),
	bursts: [],
	instanceEnds: [],
	spent: [],
	timeline: [],
	ends: [],
	damage: [],
	left: 0,
});

/** Takes one more event with the states before and after it. Everything a report says is gathered here, once, in order. */
export function record(recorded: Recorded, event: SessionEvent, before: SessionState, after: SessionState): void {
	recorded.last = stampOf(event);
	recorded.state = after;
	if (event.type === 'session-started') start(recorded, event);
	if (after.canaryStartedAtMs !== undefined && before.canaryStartedAtMs === undefined) recorded.firstTraffic = stampOf(event);
	recordTimeline(recorded, event, after);
	recordPeriods(recorded, event, before, after);
	recordEntry(recorded, event, before);
	recordTold(recorded, event);
	if (before.budget !== after.budget) recordSpent(recorded, event, before, after);
	recordAction(recorded, event);
	settleAction(recorded, event, before, after);
	if (event.type === 'split-read' || event.type === 'action-read-before' || event.type === 'action-verified') {
		recordSplit(recorded, event.split, event);
	}
	if (event.type === 'controller-resumed' && event.split) recordSplit(recorded, event.split, event);
	if (event.type === 'errors-seen') recordErrors(recorded, event);
	if (event.type === 'tick-taken') recordTick(recorded, event, after);
	if (event.type === 'tick-taken' || event.type === 'log-matched') recordEpisodes(recorded, event, before, after);
}

function start(recorded: Recorded, event: Extract<SessionEvent, {type: 'session-started'}>): void {
	const {by, host, version} = event;
	recorded.plan = event.plan;
	recorded.started = {...stampOf(event), by: clean(by), host: clean(host), version: clean(version)};
	const series = recorded.series as Map<string, Series>;
	for (const {id} of event.plan.guardrails) {
		series.set(id, {values: new Growing(), statuses: new Growing(), requests: new Growing()});
	}
}

function recordTimeline(recorded: Recorded, {seq}: SessionEvent, {timeline}: SessionState): void {
	const fresh = [];
	for (let index = timeline.length - 1; index >= 0 && timeline[index]?.seq === seq; index--) fresh.unshift(timeline[index]!);
	for (const entry of fresh) {
		if (recorded.timeline.length < listedMax) recorded.timeline.push({...entry, text: clean(entry.text)});
		else recorded.left++;
	}
}

function recordErrors({errors, periods}: Recorded, event: Extract<SessionEvent, {type: 'errors-seen'}>): void {
	errors.tMs.push(event.tMs);
	errors.lines.push(event.lines);
	errors.total += event.lines;
	errors.dropped += event.dropped;
	errors.seqs = [errors.seqs?.[0] ?? event.seq, event.seq];
	const period = periods.at(-1);
	if (!period || period.exited) return;
	period.errorLines += event.lines;
	period.errorSeqs = [period.errorSeqs?.[0] ?? event.seq, event.seq];
}

/** The last value of a guardrail, where it is one to judge by; NaN where it is not. */
export const believed = (seen: GuardrailState): number => believedValue(seen) ?? Number.NaN;

function recordTick(recorded: Recorded, event: Extract<SessionEvent, {type: 'tick-taken'}>, after: SessionState): void {
	const {ticks, series, periods} = recorded;
	const period = periods.at(-1);
	ticks.seq.push(event.seq);
	ticks.dueMs.push(event.dueMs);
	ticks.atMs.push(event.atMs);
	ticks.stage.push(period && !period.exited ? period.index : -1);
	if (period && !period.exited && firstLeftMs(after) > 0) period.firstToSeq = event.seq;
	const {observedPercent} = event;
	ticks.observed.push(observedPercent === undefined || observedPercent === null ? Number.NaN : fromNum(observedPercent));
	ticks.missed += event.missed;
	for (const [id, {values, statuses: own, requests}] of series) {
		const seen = after.guardrails[id];
		values.push(seen ? believed(seen) : Number.NaN);
		own.push(statuses.indexOf(seen?.status ?? 'no-data'));
		const reading = Object.hasOwn(event.readings, id) ? event.readings[id] : undefined;
		const rate = reading && reading.kind !== 'error' ? reading.requests : undefined;
		requests.push(rate === undefined || rate === null ? Number.NaN : fromNum(rate));
	}
}

function recordSplit(recorded: Recorded, split: Split, event: SessionEvent): void {
	recorded.firstSplit ??= {...stampOf(event), split};
	if (!split.pools) return;
	const period = recorded.periods.at(-1);
	for (const pools of [recorded.pools, ...(period && !period.exited ? [period.pools] : [])]) {
		for (const side of ['baseline', 'candidate'] as const) pools[side] = withPool(pools[side], split.pools[side], event.seq);
	}
}

function withPool(known: PoolSide | undefined, pool: readonly [number, number], seq: number): PoolSide {
	if (!known) return {first: pool, min: pool, last: pool, firstSeq: seq, minSeq: seq, lastSeq: seq};
	const isLower = pool[0] < known.min[0];
	return {...known, last: pool, lastSeq: seq, ...(isLower && {min: pool, minSeq: seq})};
}
