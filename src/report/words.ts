import {formatClock, formatDuration, formatElapsed} from '../base/duration.ts';
import {formatValue, type Unit} from '../base/number-format.ts';
import {type Bound, boundText} from '../core/bound.ts';
import {fromNum, type Num} from '../core/num.ts';
import {percentText} from '../core/reduce-split.ts';
import type {ShortFiles, Summary, TriggerSummary} from './model.ts';
import type {GuardrailSummary, Stats} from './model-stage.ts';
import {type Ref, refText} from './ref.ts';

/** `2026-11-21 12:33:50 UTC`. */
export const atText = (atMs: number): string => `${new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

export const timeText = (atMs: number): string => new Date(atMs).toISOString().slice(11, 19);

export const valueText = (value: Num | undefined, unit: Unit, bound?: Bound): string =>
	value === undefined ? 'no data' : formatValue(fromNum(value), unit, bound?.value);

export const healthyText = (bound: Bound | undefined, unit: Unit): string =>
	bound ? boundText(bound, limit => formatValue(limit, unit, limit)) : 'shown only';

export const elapsedText = ({window, started}: Summary, tMs: number): string =>
	formatElapsed(tMs - (window?.from.tMs ?? started.tMs));

/** Milliseconds matter in seconds, not in hours. SUMMARY.json has all of them. */
export const lastedText = (ms: number): string => formatDuration(ms < 10_000 ? Math.round(ms) : Math.round(ms / 1_000) * 1_000);

export const tookText = (ms: number | undefined): string => (ms === undefined ? '–' : lastedText(ms));

export const shareText = (percent: number): string => `${Number(percent.toFixed(3))} %`;

export const marginText = ({margin, unit}: GuardrailSummary): string => {
	if (!margin) return '–';
	const value = fromNum(margin.value);
	const percent = margin.percentOfBound === undefined ? '' : ` (${formatValue(Math.abs(margin.percentOfBound), '%')})`;
	if (value < 0) return `${formatValue(-value, unit)} outside${percent}`;
	return value === 0 ? 'at the bound' : `${formatValue(value, unit)} inside${percent}`;
};

export const statCells = (unit: Unit, bound: Bound | undefined, stats: Stats | undefined): readonly string[] =>
	(['min', 'median', 'p95', 'p99', 'max', 'last'] as const).map(name => (stats ? valueText(stats[name], unit, bound) : '–'));

export const eventsText = (events: Ref | undefined): string => (events ? refText(events) : '');

/** `METRICS_CHECKS.log holds 11 of 12 checks`. */
export const shortText = ({name, have, need, of}: ShortFiles): string =>
	of === 'checks' ? `${name} holds ${have} of ${need} checks` : `of the artifacts ${name} there are ${have} of ${need}`;

/** One row of quick stats: what was aimed at, what came of it, and whether that is good. */
export type QuickRow = {
	readonly what: string;
	readonly target: string;
	readonly actual: string;
	readonly status: 'good' | 'bad' | 'open';
	readonly events: string;
};

/** Target, actual, status: the first thing read. */
export function quickRows(summary: Summary): readonly QuickRow[] {
	const {window, ended, actions, guardrails, files, missingFiles, shortFiles, signOffs, recovery, highestPercent} = summary;
	const rollbacks = actions.filter(({purpose}) => purpose === 'rollback');
	const required = files.filter(one => one.required);
	const bad = required.filter(({onDisk}) => onDisk === 'changed' || onDisk === 'missing').length;
	const roles = signOffs.filter(one => one.required);
	const signed = roles.filter(one => one.signed.length > 0).length;
	const rows: QuickRow[] = [
		{
			what: 'Rollout',
			target: '100 %',
			actual: `${percentText(highestPercent)}${ended ? `, ${outcomeText(ended.outcome)}` : ', not over'}`,
			status: ended?.outcome === 'promoted' ? 'good' : ended?.outcome === 'rolled-back' ? 'bad' : 'open',
			events: ended ? `[#${ended.seq}]` : eventsText(window?.events),
		},
	];
	if (window) {
		rows.push(
			{
				what: 'Time watched',
				target: formatClock(window.plannedMs),
				actual: formatClock(window.watchedMs),
				status: window.watchedMs >= window.plannedMs ? 'good' : 'open',
				events: eventsText(window.events),
			},
			{
				what: 'Covered by data',
				target: '100 %',
				actual: shareText(window.coveredPercent),
				status: summary.gaps.some(({counts}) => counts) ? 'open' : 'good',
				events: eventsText(window.events),
			},
		);
	}
	for (const {bake, events} of summary.stages) {
		if (!bake) continue;
		rows.push({
			what: 'Baked at 100 %',
			target: formatClock(bake.plannedMs),
			actual: formatClock(bake.watchedMs),
			status: bake.isWhole ? 'good' : 'open',
			events: eventsText(events),
		});
	}
	for (const one of guardrails) {
		if (!one.bound || one.severity !== 'critical') continue;
		const outside = summary.episodes.filter(episode => episode.guardrail === one.id);
		const isBreached = outside.some(({breached}) => breached);
		rows.push({
			what: one.title,
			target: healthyText(one.bound, one.unit),
			actual: one.stats ? `worst ${valueText(one.stats.worst.value, one.unit, one.bound)}` : 'no data',
			status: isBreached ? 'bad' : one.stats ? 'good' : 'open',
			events: one.stats ? `[#${one.stats.worst.seq}]` : '',
		});
	}
	rows.push({
		what: 'Rollbacks',
		target: '0',
		actual: String(rollbacks.length),
		status: rollbacks.length === 0 ? 'good' : 'bad',
		events: rollbacks[0] ? eventsText(rollbacks[0].events) : '',
	});
	if (recovery) {
		const isKnown = recovery.totalMs !== undefined;
		rows.push({
			what: 'Recovery',
			target: '< 5m',
			actual: isKnown ? tookText(recovery.totalMs) : 'not verified',
			status: isKnown && (recovery.totalMs ?? 0) < 300_000 ? 'good' : 'bad',
			events: eventsText(recovery.events),
		});
	}
	const wanted = required.length + missingFiles.length + shortFiles.length;
	if (wanted > 0) {
		rows.push({
			what: 'Required files',
			target: String(wanted),
			actual: String(required.length - bad),
			status: required.length - bad === wanted ? 'good' : 'open',
			events: '',
		});
	}
	if (roles.length > 0) {
		const status = signed === roles.length ? 'good' : 'open';
		rows.push({what: 'Sign-offs', target: String(roles.length), actual: String(signed), status, events: ''});
	}
	return rows;
}

export const outcomeText = (outcome: string): string => (outcome === 'rolled-back' ? 'rolled back' : outcome);

export const statusMark = {good: '✓', bad: '✗', open: '?'} as const;

export const purposeText = {
	start: 'first weight',
	promote: 'promote',
	rollback: 'rollback',
	reassert: 'set down again',
	rebalance: 'set once more',
	lower: 'step down',
	handback: 'back to the restarted baseline',
} as const;

export const endText = {
	next: 'promoted',
	lowered: 'lowered gradually',
	promoted: 'promoted, done',
	'rolled-back': 'rolled back',
	ended: 'ended',
	open: 'still open',
} as const;

export function triggerText({bound, forMs, severe, unit}: TriggerSummary): string {
	const wait = (ms: number): string => (ms === 0 ? 'at once' : `for ${formatDuration(ms)}`);
	const plain = `not ${healthyText(bound, unit)}, ${wait(forMs)}`;
	return severe ? `${plain}; not ${healthyText(severe.bound, unit)}, ${wait(severe.forMs)}` : plain;
}

/** What would be done, and how long that took when it was done or when weights were last set. */
export function rollbackPlan(summary: Summary): readonly string[] {
	const {router, recovery, changesOfWeight, baseline} = summary;
	const lines = [`All traffic to ${baseline} by ${router}; the split is read back until it says 0 %.`];
	if (recovery?.totalMs !== undefined) {
		lines.push(`Measured: ${tookText(recovery.totalMs)} from the first sign to the split read back ${refText(recovery.events)}.`);
	} else if (changesOfWeight.count > 0) {
		const {count, medianMs, maxMs, events} = changesOfWeight;
		lines.push(
			`No rollback was verified in this session. Its ${count} changes of weight took ${tookText(medianMs)} in the median, ${tookText(maxMs)} at most, each read back ${eventsText(events)}.`,
		);
	} else lines.push('No change of weight was measured in this session.');
	return lines;
}
