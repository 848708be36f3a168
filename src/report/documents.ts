import {nameFits, requiredNames} from '../core/artifact-options.ts';
import type {Plan} from '../core/plan.ts';
import {abReport} from './comparison-summary.ts';
import {headLines} from './decision-md.ts';
import {preflightRecord, promotionRecord, rollbackRecord} from './documents/records.ts';
import {stageReport} from './documents/stage-report.ts';
import {executionSummary, review} from './documents/summaries.ts';
import {incidentOf} from './incident.ts';
import {incidentMarkdown} from './incident-md.ts';
import type {Summary} from './model.ts';
import type {Recorded} from './recorded.ts';

export type Document = {readonly name: string; readonly text: string};
/** A document that may be made by now: its text costs something only when it is wanted. */
export type DueDocument = {readonly name: string; readonly text: () => string};

/** Those that the profile asks for. */
export function wantedDocuments({requiredArtifacts}: Plan, due: readonly DueDocument[]): readonly Document[] {
	const asked = requiredNames(requiredArtifacts);
	return due.filter(({name}) => asked.some(one => nameFits(one.name, name))).map(({name, text}) => ({name, text: text()}));
}

/** Everything that a session has to tell by now, from its journal alone. The same journal gives the same texts. */
export function dueDocuments(recorded: Recorded, summary: Summary): readonly DueDocument[] {
	const {state} = recorded;
	const list: DueDocument[] = [];
	const add = (isDue: boolean, name: string, text: () => string): void => void (isDue && list.push({name, text}));
	const isOver = summary.ended !== undefined;
	add(state.preflight?.status === 'passed' || state.preflight?.status === 'failed', 'PREFLIGHT.md', () =>
		preflightRecord(summary, recorded),
	);
	for (const stage of newestRuns(summary)) {
		const isReported = stage.exited !== undefined && (stage.plannedMs > 0 || stage.end === 'rolled-back');
		add(isReported, `STAGE_REPORT-${stage.index + 1}.md`, () => stageReport(summary, stage));
	}
	add(summary.ended?.outcome === 'promoted', 'PROMOTION_RECORD.md', () => promotionRecord(summary));
	const incident = state.rollback?.verifiedAtMs === undefined ? undefined : incidentOf(recorded, summary);
	if (incident) {
		add(true, 'ROLLBACK_RECORD.md', () => rollbackRecord(summary, incident));
		add(true, 'INCIDENT_REPORT.md', () => incidentMarkdown(incident, summary));
	}
	add(isOver, 'EXECUTION_SUMMARY.md', () => executionSummary(summary, 'Execution summary'));
	add(isOver, 'FINAL_REPORT.md', () => executionSummary(summary, 'Final report'));
	add(isOver && summary.stages.some(({comparisons}) => comparisons.length > 0), 'AB_REPORT.md', () =>
		abReport(summary, headLines(summary)),
	);
	add(isOver, 'REVIEW.md', () => review(summary));
	return list;
}

/** A stage that was entered twice is reported as it went the last time. */
const newestRuns = ({stages}: Summary) =>
	stages.filter((one, at) => !stages.some((later, index) => index > at && later.index === one.index));
