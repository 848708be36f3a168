import {formatClock} from '../../base/duration.ts';
import {percentText} from '../../core/reduce-split.ts';
import {breachStatement} from '../assess.ts';
import {headLines, stageParts, table} from '../decision-md.ts';
import {md, mdList, mdSections} from '../markdown.ts';
import type {Summary} from '../model.ts';
import type {ComparisonSummary, StageSummary} from '../model-stage.ts';
import {refText} from '../ref.ts';
import {gateTable} from '../tables.ts';
import {endText, eventsText, healthyText, statusMark, valueText} from '../words.ts';

type Row = readonly [what: string, result: string, mark: string, events: string];

/** STAGE_REPORT-n.md: what a stage came to, with the list that is gone through before the next one. */
export function stageReport(summary: Summary, stage: StageSummary): string {
	const checks = {titles: ['Check', 'Result', '', 'Events'], rows: checkRows(summary, stage)};
	return `${mdSections([
		[`# Stage report ${stage.index + 1}: ${md(summary.title)}, ${md(stage.name)}`, mdList(headLines(summary))],
		['## Check-list', table(checks)],
		['## Values', ...stageParts({...stage, gates: []})],
		['## Gates', table(gateTable(stage))],
		['## Signed in this stage', table({titles: ['Role', 'Signed by', 'Note', 'Events'], rows: signedRows(summary, stage)})],
	])}\n`;
}

function checkRows(summary: Summary, stage: StageSummary): readonly Row[] {
	const {good, bad, open} = statusMark;
	const breaches = breachesIn(summary, stage);
	const isWatched = stage.watchedMs >= stage.plannedMs;
	const signed = signedRows(summary, stage);
	return [
		[
			`${percentText(stage.weightPercent)} watched for ${formatClock(stage.plannedMs)}`,
			formatClock(stage.watchedMs),
			isWatched ? good : bad,
			refText(stage.events),
		],
		...stage.gates.map(({title, bound, unit, value, holds, events}): Row => {
			return [`${title} ${healthyText(bound, unit)}`, valueText(value, unit, bound), holds ? good : bad, refText(events)];
		}),
		...stage.slopes.map(({title, was, holds, events}): Row => [title, was, holds ? good : bad, refText(events)]),
		...stage.comparisons.map(
			({title, texts, verdict, gate, holds, events}): Row => [
				`${title} against the baseline`,
				`${verdict}, ${texts.ratio}`,
				comparedMark(verdict, gate, holds),
				refText(events),
			],
		),
		breaches.length === 0
			? ['No alerts: no guardrail breached', 'none', good, refText(stage.events)]
			: ['No alerts: no guardrail breached', breaches.map(({text}) => text).join('; '), bad, eventsText(breaches[0]?.events)],
		[
			'Nobody complains, and the team agrees',
			signed.length === 0
				? 'nobody signed in this stage'
				: signed.map(([role, by, note]) => `${by} for ${role}${note === '' ? '' : `: ${note}`}`).join('; '),
			signed.length === 0 ? open : good,
			signed.map(row => row[3]).join(' '),
		],
		[
			'Came to',
			`${endText[stage.end]}${stage.decidedBy === undefined ? '' : `, by ${stage.decidedBy}: ${stage.decidedBecause ?? ''}`}`,
			stage.end === 'rolled-back' ? bad : stage.end === 'open' ? open : good,
			stage.exited ? `[#${stage.exited.seq}]` : '',
		],
	];
}

/** Statements about the breaches that counted while the stage's weight was in force. */
const breachesIn = ({episodes, guardrails}: Summary, {events}: StageSummary) =>
	episodes
		.filter(({breached}) => breached && breached.seq >= events.fromSeq && breached.seq <= events.toSeq)
		.map(one => breachStatement(one, guardrails));

const signedRows = ({signOffs}: Summary, {events}: StageSummary): readonly (readonly [string, string, string, string])[] =>
	signOffs.flatMap(({role, signed}) =>
		signed
			.filter(({at}) => at.seq >= events.fromSeq && at.seq <= events.toSeq)
			.map(({by, note, at}) => [role, by, note, `[#${at.seq}]`] as const),
	);

/** What couldn't be told is bad only where it was asked for. */
function comparedMark(verdict: ComparisonSummary['verdict'], gate: boolean, holds: boolean): string {
	if (verdict === 'worse' || (gate && !holds)) return statusMark.bad;
	return verdict === 'same' || verdict === 'better' ? statusMark.good : statusMark.open;
}
