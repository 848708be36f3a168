import {formatClock} from '../../base/duration.ts';
import {closingSections, courseSections, headLines, table} from '../decision-md.ts';
import {md, mdList, mdSections} from '../markdown.ts';
import type {Summary} from '../model.ts';
import {quickTable, signOffTable, type Table} from '../tables.ts';
import {eventsText, healthyText, lastedText, outcomeText, valueText} from '../words.ts';

/** Files are no part of it: it is one of them. The verdict, which stands on all files, is in DECISION.md. */
const quick = (summary: Summary): Table => {
	const {titles, rows} = quickTable(summary);
	return {titles, rows: rows.filter(([what]) => what !== 'Required files')};
};

/** EXECUTION_SUMMARY.md, FINAL_REPORT.md: all of a session but the verdict and the list of files. */
export function executionSummary(summary: Summary, name: string): string {
	return `${mdSections([
		[`# ${name}: ${md(summary.title)}`, mdList([outcomeLine(summary), ...headLines(summary)])],
		['## Quick stats', table(quick(summary))],
		...courseSections(summary),
		...closingSections(summary),
	])}\n`;
}

/** REVIEW.md: how long, how bad at worst, what came of it, and who answers for it. */
export function review(summary: Summary): string {
	const {window, actions, guardrails, signOffs} = summary;
	const rollbacks = actions.filter(({purpose}) => purpose === 'rollback');
	const notes = signOffs.flatMap(({signed}) => signed).filter(({note}) => note !== '');
	const facts: Table = {
		titles: ['', 'Figure', 'Events'],
		rows: [
			['Decision', outcomeLine(summary), summary.ended ? `[#${summary.ended.seq}]` : ''],
			[
				'Duration',
				window ? `${lastedText(window.lastedMs)} of ${formatClock(window.plannedMs)} planned` : 'no traffic',
				eventsText(window?.events),
			],
			['Rollbacks', String(rollbacks.length), eventsText(rollbacks[0]?.events)],
			['Complaints', notes.length === 0 ? 'nobody who signed noted any' : 'see the notes of those who signed', ''],
		],
	};
	const peaks: Table = {
		titles: ['Peak of', 'Healthy', 'Worst', 'Events'],
		rows: guardrails
			.filter(({bound}) => bound)
			.map(({title, bound, unit, stats}) => [
				title,
				healthyText(bound, unit),
				stats ? valueText(stats.worst.value, unit, bound) : 'no data',
				stats ? `[#${stats.worst.seq}]` : '',
			]),
	};
	return `${mdSections([
		[`# Review: ${md(summary.title)}`, mdList(headLines(summary))],
		['## Outcome', table(facts)],
		['## Peaks', table(peaks)],
		['## Sign-offs', table(signOffTable(summary))],
	])}\n`;
}

const outcomeLine = ({ended}: Summary): string => (ended ? `${outcomeText(ended.outcome)}: ${ended.reason}` : 'not over');
