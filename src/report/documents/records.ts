import {formatDuration} from '../../base/duration.ts';
import {percentText} from '../../core/reduce-split.ts';
import {headLines, splitSections, table} from '../decision-md.ts';
import {exposureText, type Incident} from '../incident.ts';
import {involvedTable, timesTable} from '../incident-md.ts';
import {md, mdList, mdSections} from '../markdown.ts';
import type {ActionSummary, Summary} from '../model.ts';
import type {Recorded} from '../recorded.ts';
import {refText} from '../ref.ts';
import {actionTable, gateTable, guardrailTable, signOffTable, stageTable} from '../tables.ts';
import {atText, elapsedText, eventsText, purposeText, rollbackPlan, tookText} from '../words.ts';

/** PROMOTION_RECORD.md: when, by whom and why the candidate got all traffic, and what it had shown until then. */
export function promotionRecord(summary: Summary): string {
	const last = summary.actions.findLast(({toPercent, result}) => toPercent === 100 && result === 'verified');
	const before = summary.stages.findLast(({end}) => end === 'next') ?? summary.stages.at(-1);
	return `${mdSections([
		[`# Promotion record: ${md(summary.title)}`, mdList(headLines(summary))],
		['## The step', ...(last ? [mdList(stepLines(summary, last))] : [])],
		['## Every change of weight', table(actionTable(summary))],
		...splitSections(summary),
		['## Stages', table(stageTable(summary))],
		...(before ? [[`## Gates of ${md(before.name)}`, table(gateTable(before))] as const] : []),
		['## Guardrails over the whole window', table(guardrailTable(summary.guardrails))],
		['## Sign-offs', table(signOffTable(summary))],
		['## The way back', mdList(rollbackPlan(summary))],
	])}\n`;
}

/** ROLLBACK_RECORD.md: who rolled back, why, how long it took, and what the router says now. */
export function rollbackRecord(summary: Summary, incident: Incident): string {
	const {security, exposure} = incident;
	const rollbacks = summary.actions.filter(({purpose}) => purpose === 'rollback' || purpose === 'reassert');
	return `${mdSections([
		[`# ${security ? 'SECURITY rollback record' : 'Rollback record'}: ${md(summary.title)}`, mdList(headLines(summary))],
		[
			'## The way down',
			summary.gradual ? mdList([`${summary.gradual.text} ${eventsText(summary.gradual.events)}`]) : '',
			...rollbacks.map(one => mdList(stepLines(summary, one))),
		],
		['## Outside their bounds', table(involvedTable(incident, summary))],
		['## Times', table(timesTable(incident, summary))],
		['## Exposure', exposure ? md(`${exposureText(exposure)} ${refText(exposure.events)}.`) : ''],
		['## Every change of weight', table(actionTable(summary))],
		...splitSections(summary),
		['## Stages', table(stageTable(summary))],
	])}\n`;
}

function stepLines(
	summary: Summary,
	{purpose, toPercent, by, reason, asked, result, tookMs, attempts, before, after, events}: ActionSummary,
) {
	const share = (seen: ActionSummary['before']): string => (seen ? percentText(seen.split.weightPercent) : 'not read');
	return [
		`${purposeText[purpose]} to ${percentText(toPercent)} at ${atText(asked.atMs)}, ${elapsedText(summary, asked.tMs)} ${refText(events)}`,
		`by ${by}: ${reason || 'no reason given'}`,
		`${result}${tookMs === undefined ? '' : ` in ${tookText(tookMs)}`}, attempt ${attempts}`,
		`the router read ${share(before)} before and ${share(after)} after`,
		...(after || before ? [`router: ${(after ?? before)?.router}`] : []),
	];
}

/** PREFLIGHT.md: each check before the first weight, with what was seen. */
export function preflightRecord(summary: Summary, {state}: Recorded): string {
	const {preflight} = state;
	const rows = (preflight?.done ?? [])
		.toSorted((left, right) => left.index - right.index)
		.map(({index, title, ok, message, tookMs}) => [
			String(index + 1),
			title,
			ok ? '✓ passed' : '✗ failed',
			message,
			formatDuration(Math.round(tookMs)),
		]);
	return `${mdSections([
		[`# Pre-flight ${preflight?.status ?? 'not begun'}: ${md(summary.title)}`, mdList(headLines(summary))],
		['## Checks', table({titles: ['', 'Check', 'Result', 'Seen', 'Took'], rows, numeric: [0, 4]})],
	])}\n`;
}
