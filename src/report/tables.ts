import {formatClock} from '../base/duration.ts';
import {percentText} from '../core/reduce-split.ts';
import type {Summary} from './model.ts';
import type {GuardrailSummary, StageSummary} from './model-stage.ts';
import {refText} from './ref.ts';
import {
	atText,
	elapsedText,
	endText,
	eventsText,
	healthyText,
	lastedText,
	marginText,
	purposeText,
	quickRows,
	statCells,
	statusMark,
	timeText,
	tookText,
	triggerText,
	valueText,
} from './words.ts';

/** A table as plain text, for Markdown and HTML alike. `numeric`: columns that are set to the right. */
export type Table = {
	readonly titles: readonly string[];
	readonly rows: readonly (readonly string[])[];
	readonly numeric?: readonly number[];
};

export const quickTable = (summary: Summary): Table => ({
	titles: ['', 'Target', 'Actual', 'Status', 'Events'],
	rows: quickRows(summary).map(({what, target, actual, status, events}) => [what, target, actual, statusMark[status], events]),
});

export const guardrailTable = (guardrails: readonly GuardrailSummary[]): Table => ({
	titles: [
		'Guardrail',
		'Healthy',
		'Min',
		'Median',
		'p95',
		'p99',
		'Max',
		'Last',
		'Margin of the worst',
		'Values',
		'No data',
		'Events',
	],
	rows: guardrails.map(one => [
		one.title,
		healthyText(one.bound, one.unit),
		...statCells(one.unit, one.bound, one.stats),
		marginText(one),
		`${one.stats?.count ?? 0} of ${one.ticks}`,
		String(one.noDataTicks),
		eventsText(one.stats?.events),
	]),
	numeric: [2, 3, 4, 5, 6, 7, 9, 10],
});

export const stageTable = ({stages}: Summary): Table => ({
	titles: [
		'Stage',
		'Split',
		'Planned',
		'Watched',
		'Lasted',
		'Polls',
		'Error lines',
		'Requests',
		'Came to',
		'Decided by',
		'Events',
	],
	rows: stages.map(stage => [
		stage.name,
		percentText(stage.weightPercent),
		formatClock(stage.plannedMs),
		formatClock(stage.watchedMs),
		formatClock(stage.lastedMs),
		String(stage.ticks),
		String(stage.errorLines.count),
		stage.requests ? String(stage.requests.count) : 'not recorded',
		endText[stage.end],
		stage.decidedBy ?? '–',
		refText(stage.events),
	]),
	numeric: [1, 2, 3, 4, 5, 6, 7],
});

export const gateTable = ({gates}: StageSummary): Table => ({
	titles: ['Gate', 'Must be', 'Was', 'Holds', 'Events'],
	rows: gates.map(({title, bound, unit, value, holds, events}) => [
		title,
		healthyText(bound, unit),
		valueText(value, unit, bound),
		holds ? '✓' : '✗',
		refText(events),
	]),
});

export const slopeTable = ({slopes}: StageSummary): Table => ({
	titles: ['Trend gate', 'Was', 'Holds', 'Events'],
	rows: slopes.map(({title, was, holds, events}) => [title, was, holds ? '✓' : '✗', refText(events)]),
});

export const budgetTable = ({budgets}: StageSummary): Table => ({
	titles: ['Error budget', 'Allowed', 'Used', 'Status', 'When spent', 'Events'],
	rows: budgets.map(({name, expected, allowed, used, spent, does, events}) => [
		expected ? `${name} (expected)` : name,
		String(allowed),
		String(used),
		spent ? '✗ overspent' : '✓',
		does,
		eventsText(events),
	]),
	numeric: [1, 2],
});

export const trendTable = (summary: Summary): Table => {
	const shown = summary.guardrails;
	const planned = new Map(shown.map(one => [one.id, one]));
	return {
		titles: ['From', 'UTC', 'Split', 'Polls', 'Error lines', ...shown.map(({title}) => title), 'Events'],
		rows: summary.trend.rows.map(row => [
			elapsedText(summary, row.fromMs),
			timeText(row.atMs),
			percentText(row.weightPercent),
			String(row.ticks),
			String(row.errorLines),
			...shown.map(({id}) => {
				const cell = row.values[id];
				const one = planned.get(id);
				return cell && one ? `${valueText(cell.median, one.unit)} / ${valueText(cell.worst, one.unit, one.bound)}` : 'no data';
			}),
			row.ticks === 0 ? '' : refText(row.events),
		]),
		numeric: [2, 3, 4, ...shown.map((_, index) => 5 + index)],
	};
};

export const actionTable = (summary: Summary): Table => ({
	titles: ['When', 'UTC', 'What', 'Who', 'Why', 'Result', 'Took', 'Attempts', 'Events'],
	rows: summary.actions.map(one => [
		elapsedText(summary, one.asked.tMs),
		timeText(one.asked.atMs),
		`${purposeText[one.purpose]} → ${percentText(one.toPercent)}`,
		one.by,
		one.reason,
		one.result,
		tookText(one.tookMs),
		String(one.attempts),
		refText(one.events),
	]),
	numeric: [6, 7],
});

export const splitTable = (summary: Summary): Table => ({
	titles: ['Change', 'Before', 'After', 'Router', 'Events'],
	rows: summary.actions.map(({purpose, toPercent, before, after, events}) => [
		`${purposeText[purpose]} → ${percentText(toPercent)}`,
		before ? percentText(before.split.weightPercent) : 'not read',
		after ? percentText(after.split.weightPercent) : 'not read',
		after?.router ?? before?.router ?? '–',
		refText(events),
	]),
});

export const triggerTable = ({triggers}: Summary): Table => ({
	titles: ['Trigger', 'When', 'Does', 'Fired', 'Events'],
	rows: triggers.list.map(one => [
		one.security ? `${one.title} (security)` : one.title,
		triggerText(one),
		one.does,
		one.fired.length === 0 ? 'never' : `${one.fired.length}×`,
		one.fired
			.slice(0, 5)
			.map(seq => `[#${seq}]`)
			.join(' '),
	]),
});

export const episodeTable = (summary: Summary): Table => ({
	titles: ['From', 'UTC', 'Guardrail', 'Lasted', 'Worst', 'Breached', 'Events'],
	rows: summary.episodes.slice(0, 200).map(one => {
		const planned = summary.guardrails.find(({id}) => id === one.guardrail);
		const worst = one.worst ? valueText(one.worst.value, planned?.unit ?? 'none', planned?.bound) : 'no data';
		const breached = one.breached ? `${elapsedText(summary, one.breached.tMs)} (${one.breached.by})` : 'no: back before its time';
		const to = one.over?.seq ?? summary.last.seq;
		return [
			elapsedText(summary, one.began.tMs),
			timeText(one.began.atMs),
			one.title,
			`${tookText(one.lastedMs)}${one.over ? '' : ', not over'}`,
			one.worst?.labels ? `${worst} {${one.worst.labels}}` : worst,
			breached,
			refText({fromSeq: one.began.seq, toSeq: to}),
		];
	}),
});

export const gapTable = (summary: Summary): Table => ({
	titles: ['From', 'Lasted', 'What', 'Counts', 'Events'],
	rows: summary.gaps.map(({fromMs, lastedMs, why, counts, events}) => [
		elapsedText(summary, fromMs),
		lastedText(lastedMs),
		why,
		counts ? 'yes: no PASS with it' : 'no: short',
		refText(events),
	]),
});

const diskText = {same: '✓ same', changed: '✗ changed', missing: '✗ missing'} as const;

export const fileTable = (summary: Summary): Table => ({
	titles: ['File', 'Required', 'Written', 'Bytes', 'sha256', 'On disk', 'Events'],
	rows: [
		...summary.files.map(({kind, name, required, at, bytes, sha256, onDisk}) => [
			`${kind} ${name}`,
			required ? 'yes' : 'no',
			atText(at.atMs),
			String(bytes),
			sha256,
			onDisk ? diskText[onDisk] : 'not looked at',
			`[#${at.seq}]`,
		]),
		...summary.missingFiles.map(name => [name, 'yes', '–', '–', '–', '✗ never written', '']),
		...summary.shortFiles.map(one => [one.name, 'yes', '–', '–', '–', `✗ ${one.have} of ${one.need} ${one.of}`, '']),
	],
	numeric: [3],
});

export const signOffTable = ({signOffs}: Summary): Table => ({
	titles: ['Role', 'Required', 'Signed by', 'When', 'Note', 'Events'],
	rows: signOffs.flatMap(({role, required, signed}) =>
		signed.length === 0
			? [[role, required ? 'yes' : 'by its stage', '–', '–', '', '']]
			: signed.map(({by, note, at}) => [role, required ? 'yes' : 'no', by, atText(at.atMs), note, `[#${at.seq}]`]),
	),
});

export const errorTable = ({errors}: Summary): Table => ({
	titles: ['Lines', 'Code', 'Side', 'New', 'Signature'],
	rows: errors.signatures.map(({count, code, side, isNew, signature}) => [
		String(count),
		code,
		side,
		isNew ? 'new' : '',
		signature,
	]),
	numeric: [0],
});

export const entryTable = (summary: Summary): Table => ({
	titles: ['When', 'UTC', 'Who', 'What', 'Text', 'Events'],
	rows: summary.entries
		.slice(-200)
		.map(({tMs, atMs, by, what, text, seq}) => [elapsedText(summary, tMs), timeText(atMs), by, what, text, `[#${seq}]`]),
});
