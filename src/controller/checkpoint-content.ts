import {formatElapsed} from '../base/duration.ts';
import {formatValue} from '../base/number-format.ts';
import {boundText} from '../core/bound.ts';
import {errorRate} from '../core/error-state.ts';
import type {CheckpointTrigger} from '../core/event.ts';
import {type CompareLine, compareLines} from '../core/judge/compare-lines.ts';
import {promoteBlockers} from '../core/next.ts';
import {fromNum} from '../core/num.ts';
import {type GuardrailPlan, guardrailInStage} from '../core/plan.ts';
import {stageOf} from '../core/reduce-tick.ts';
import {type SessionState, type Status, statuses} from '../core/state.ts';

export type CheckpointStamp = {
	readonly name: string;
	readonly trigger: CheckpointTrigger;
	readonly atMs: number;
	readonly tMs: number;
	readonly journal: {readonly seq: number; readonly hash: string};
};

const errorGroupsMax = 50;

/** What a checkpoint's JSON file holds: a public contract. Ages in ms at the time of the checkpoint. */
export function checkpointContent(state: SessionState, stamp: CheckpointStamp): Readonly<Record<string, unknown>> {
	const {plan, split, stage, errors} = state;
	const {tMs} = stamp;
	const age = (thenMs: number | undefined): number | null => (thenMs === undefined ? null : tMs - thenMs);
	return {
		format: 1,
		name: stamp.name,
		trigger: stamp.trigger,
		at: new Date(stamp.atMs).toISOString(),
		tMs,
		profile: plan?.profile ?? '',
		environment: plan?.environment ?? '',
		operator: state.operator,
		verdict: verdictOf(state),
		blockers: promoteBlockers(state, tMs),
		stage: {index: stage.index, of: plan?.stages.length ?? 0, name: stageOf(state)?.name ?? null, elapsedMs: stage.elapsedMs},
		split: {
			askedPercent: split.askedPercent ?? null,
			configuredPercent: split.configured?.weightPercent ?? null,
			configuredAgeMs: age(split.configuredAtMs),
			observedPercent: split.observedPercent ?? null,
			observedAgeMs: age(split.observedAtMs),
			pools: split.configured?.pools ?? null,
			warnings: split.configured?.warnings ?? [],
			drifted: split.driftSinceMs !== undefined,
			error: split.error ?? null,
			before: split.before ?? null,
		},
		guardrails: (plan?.guardrails ?? []).map(guardrail => guardrailContent(guardrail, state, age)),
		...(plan?.compare && {compare: compareLines(state).map(comparisonContent)}),
		errors: {
			lines: errors.lines,
			dropped: errors.dropped,
			perSecond: errorRate(errors, tMs),
			signatures: errors.groups.toSorted((left, right) => right.count - left.count).slice(0, errorGroupsMax),
			signaturesCount: errors.groups.length + errors.forgotten,
		},
		action: state.action ?? null,
		lastAction: state.lastAction ?? null,
		held: state.held ?? null,
		rollback: state.rollback ?? null,
		gradual: state.gradual ?? null,
		alarms: state.alarms,
		tick: state.tick,
		journal: stamp.journal,
	};
}

const comparisonContent = ({comparison, verdict, text, n, candidate, baseline}: CompareLine) => ({
	id: comparison.id,
	title: comparison.title,
	verdict,
	n,
	candidateMedian: candidate ?? null,
	baselineMedian: baseline ?? null,
	text,
});

function guardrailContent(planned: GuardrailPlan, state: SessionState, age: (thenMs?: number) => number | null) {
	const {id, title, group, query, unit, bound, severe, forMs, severity, onBreach} = guardrailInStage(planned, stageOf(state));
	const seen = state.guardrails[id];
	const reading = seen?.reading;
	const isValues = reading?.kind === 'values';
	return {
		id,
		title,
		group,
		query,
		unit,
		bound: bound ?? null,
		severe: severe ?? null,
		forMs,
		severity,
		onBreach,
		status: seen?.status ?? 'no-data',
		because: seen?.because ?? '',
		value: seen?.worst?.value ?? null,
		labels: seen?.worst?.labels ?? {},
		valueAgeMs: age(seen?.worstAtMs),
		readAgeMs: age(seen?.readAtMs),
		series: isValues ? reading.series : [],
		seriesCount: isValues ? reading.seriesCount : 0,
		sampleAgeMs: (isValues ? reading.ageMs : undefined) ?? null,
		targetsUp: (isValues || reading?.kind === 'empty' ? reading.up : undefined) ?? null,
		requestsPerSecond: (isValues ? reading.requests : undefined) ?? null,
		error: reading?.kind === 'error' ? {kind: reading.error, message: reading.message} : null,
		sinceMs: seen?.sinceMs ?? 0,
		breachingSinceMs: seen?.breachingSinceMs ?? null,
		firesAtMs: seen?.firesAtMs ?? null,
		breaches: seen?.breaches ?? 0,
		latched: seen?.latched ?? false,
		acknowledgedBy: seen?.acknowledgedBy ?? null,
	};
}

/** The worst status of all guardrails that are judged; `ok` when there is none. */
export function verdictOf({plan, guardrails}: SessionState): Status {
	const seen = (plan?.guardrails ?? []).filter(({bound}) => bound).map(({id}) => guardrails[id]?.status ?? 'no-data');
	return statuses.findLast(status => seen.includes(status)) ?? 'ok';
}

/** One line of METRICS_CHECKS.log: time, stage, split, and each guardrail with its value, bound and verdict. */
export function metricsCheckLine(state: SessionState, {atMs, tMs}: {readonly atMs: number; readonly tMs: number}): string {
	const {plan, stage, split} = state;
	const percent = (value: unknown): string => (typeof value === 'number' ? `${Number(value.toFixed(2))}%` : '-');
	const rows = (plan?.guardrails ?? []).map(planned => {
		const {title, unit, bound} = guardrailInStage(planned, stageOf(state));
		const seen = state.guardrails[planned.id];
		const value =
			seen?.worst && seen.worstAtMs === seen.readAtMs ? formatValue(fromNum(seen.worst.value), unit, bound?.value) : 'no data';
		const limit = bound ? ` (${boundText(bound, one => formatValue(one, unit, one))})` : '';
		return `${title}: ${value}${limit} ${seen?.status ?? 'no-data'}`;
	});
	const head = [
		new Date(atMs).toISOString(),
		formatElapsed(tMs),
		`stage ${stage.index + 1}/${plan?.stages.length ?? 0}`,
		`asked ${percent(split.askedPercent)} configured ${percent(split.configured?.weightPercent)} seen ${percent(split.observedPercent)}`,
		verdictOf(state).toUpperCase(),
	];
	return [...head, ...rows].join(' | ');
}
