import {formatDuration} from '../base/duration.ts';
import {percentText} from '../core/reduce-split.ts';
import {comparisonTable} from './comparison-summary.ts';
import {md, mdBlock, mdList, mdSections, mdTable} from './markdown.ts';
import type {Statement, Summary} from './model.ts';
import type {StageSummary} from './model-stage.ts';
import {
	actionTable,
	budgetTable,
	entryTable,
	episodeTable,
	errorTable,
	fileTable,
	gapTable,
	gateTable,
	guardrailTable,
	quickTable,
	signOffTable,
	slopeTable,
	splitTable,
	stageTable,
	type Table,
	trendTable,
	triggerTable,
} from './tables.ts';
import {
	alertTable,
	armedTable,
	armedText,
	bakeText,
	burstTable,
	dashboardTable,
	firstTable,
	noticeTable,
	poolTable,
	unsaidText,
} from './told-tables.ts';
import {atText, eventsText, lastedText, purposeText, rollbackPlan} from './words.ts';

export const table = ({titles, rows}: Table): string => (rows.length === 0 ? '' : mdTable(titles, rows));
const statements = (list: readonly Statement[]): string =>
	mdList(list.map(({text, events}) => (events ? `${text} ${eventsText(events)}` : text)));

/** DECISION.md: the decision first, then everything it stands on. The same journal gives the same text. */
export function decisionMarkdown(summary: Summary): string {
	const {decision} = summary;
	return `${mdSections([
		[`# ${decision.verdict}: ${md(summary.title)}`, mdList(headLines(summary))],
		['## Decision', statements(decision.because)],
		['### Missing', statements(decision.missing)],
		['### To weigh', statements(decision.cautions)],
		['## Quick stats', table(quickTable(summary))],
		...courseSections(summary),
		['## Files', table(fileTable(summary))],
		...closingSections(summary),
	])}\n`;
}

export type Section = readonly [title: string, ...parts: readonly string[]];

/** What happened: the stages with their guardrails, the whole window, every change of weight. */
export function courseSections(summary: Summary): readonly Section[] {
	const {stages, errors, trend, triggers} = summary;
	return [
		['## Stages', table(stageTable(summary))],
		...stages.map((stage): Section => [`### ${md(stage.name)}, ${percentText(stage.weightPercent)}`, ...stageParts(stage)]),
		['## Guardrails over the whole window', table(guardrailTable(summary.guardrails))],
		[`## Trend, every ${formatDuration(trend.everyMs)} (median / worst)`, table(trendTable(summary))],
		['## Actions', table(actionTable(summary))],
		...splitSections(summary),
		[
			`## Triggers (${triggers.mode})`,
			triggers.list.length > 0 ? md(armedText(summary)) : '',
			table(triggerTable(summary)),
			table(armedTable(summary)),
		],
		['## Alerts from outside', table(alertTable(summary))],
		['## Outside a bound', table(episodeTable(summary))],
		['## Gaps', table(gapTable(summary)) || (summary.window ? 'None.' : '')],
		[
			'## Error log',
			errors.events ? md(`${errors.lines} lines, ${errors.dropped} dropped ${eventsText(errors.events)}.`) : '',
			table(errorTable(summary)),
		],
	];
}

/** The judged values of one stage. */
export const stageParts = (stage: StageSummary): readonly string[] => [
	table(guardrailTable(stage.guardrails)),
	table(gateTable(stage)),
	table(slopeTable(stage)),
	table(comparisonTable(stage)),
	table(firstTable(stage)),
	table(budgetTable(stage)),
	table(burstTable(stage)),
	table(poolTable(stage)),
	stage.bake ? md(bakeText(stage)) : '',
	stage.requests
		? md(
				`Requests are the rate of ${stage.requests.guardrail} (${stage.requests.query}) times time ${eventsText(stage.requests.events)}.`,
			)
		: '',
];

/** The router before and after each change, in its own words, and the health of both pools. */
export const splitSections = (summary: Summary): readonly Section[] => [
	['## Split before and after', table(splitTable(summary)), ...splitTexts(summary)],
	['## Pool health', table(poolTable(summary))],
];

/** Who signed, the way back, all that was said, and how to read the figures. */
export const closingSections = (summary: Summary): readonly Section[] => [
	['## Dashboards', table(dashboardTable(summary))],
	['## Notices', table(noticeTable(summary)), md(unsaidText(summary))],
	['## Sign-offs', table(signOffTable(summary))],
	['## Rollback plan', mdList(rollbackPlan(summary))],
	['## Said and done', table(entryTable(summary)), summary.left > 0 ? `${summary.left} more entries are in the journal.` : ''],
	['## How to read the figures', md(howTo)],
];

export const howTo =
	'[#17–#912] are numbers of events in journal.ndjson ("seq"). Quantiles are nearest rank: each is a value that was recorded. A margin is how far the worst value stayed from its bound. T+ counts from the first traffic of the candidate.';

/** Which session, of what, since when and by whom. */
export function headLines(summary: Summary): readonly string[] {
	const {session, profile, environment, baseline, candidate, started, ended, operator, window, version} = summary;
	return [
		`Session ${session} of profile ${profile}, ${environment}`,
		`${baseline} → ${candidate}`,
		`Started ${atText(started.atMs)} by ${operator} [#${started.seq}]`,
		...(ended ? [`Ended ${atText(ended.atMs)}: ${ended.outcome}, ${ended.reason} [#${ended.seq}]`] : []),
		...(window
			? [
					`Window ${atText(window.from.atMs)} to ${atText(window.to.atMs)}, ${lastedText(window.lastedMs)} ${eventsText(window.events)}`,
				]
			: []),
		`Written by canary-console ${version} from the journal alone`,
	];
}

function splitTexts({actions, before}: Summary): readonly string[] {
	const parts: string[] = [];
	const add = (title: string, text: string | undefined): void => {
		if (text !== undefined && text !== '') parts.push(md(title), mdBlock(text));
	};
	if (before) add(`First read ${eventsText(before.events)}:`, before.split.text);
	for (const action of actions) {
		const name = `${purposeText[action.purpose]} → ${percentText(action.toPercent)}`;
		if (action.before) add(`Before ${name} [#${action.before.seq}]:`, action.before.split.text);
		if (action.after) add(`After ${name} [#${action.after.seq}]:`, action.after.split.text);
	}
	return parts;
}
