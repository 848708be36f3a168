import {formatDuration} from '../../src/base/duration.ts';
import {percentText} from '../../src/core/reduce-split.ts';
import {comparisonTable} from '../../src/report/comparison-summary.ts';
import {howTo} from '../../src/report/decision-md.ts';
import type {Summary} from '../../src/report/model.ts';
import {refText} from '../../src/report/ref.ts';
import * as tables from '../../src/report/tables.ts';
import * as told from '../../src/report/told-tables.ts';
import {atText, rollbackPlan} from '../../src/report/words.ts';
import {type Charts, Course} from './Course.tsx';
import {Page, Section, Statements, Table} from './parts.tsx';
import {SplitTexts} from './SplitTexts.tsx';
import {style} from './style.ts';

/** The whole report on one page. */
export function ReportPage({summary, charts}: {readonly summary: Summary; readonly charts: Charts}) {
	const {decision, trend, triggers} = summary;
	return (
		<Page title={`${decision.verdict}: ${summary.title}`} style={style}>
			<Heading summary={summary} />
			<Section title="Decision">
				<Statements list={decision.because} kind={decision.verdict === 'PASS' ? 'reasons PASS-list' : 'reasons'} />
				{decision.missing.length > 0 && <h3>Missing for a PASS</h3>}
				<Statements list={decision.missing} kind="missing" />
				{decision.cautions.length > 0 && <h3>To weigh</h3>}
				<Statements list={decision.cautions} kind="cautions" />
			</Section>
			<Section title="Quick stats">
				<Table table={tables.quickTable(summary)} />
			</Section>
			<Section title="Course" isThere={summary.window !== undefined}>
				<Course summary={summary} charts={charts} />
			</Section>
			<Stages summary={summary} />
			<Section title="Guardrails over the whole window" isThere={summary.window !== undefined}>
				<Table table={tables.guardrailTable(summary.guardrails)} />
			</Section>
			<Section title={`Trend, every ${formatDuration(trend.everyMs)} (median / worst)`} isThere={trend.rows.length > 0}>
				<Table table={tables.trendTable(summary)} />
			</Section>
			<Section title="Actions" isThere={summary.actions.length > 0}>
				<Table table={tables.actionTable(summary)} />
			</Section>
			<Section title="Split before and after" isThere={summary.actions.length > 0}>
				<Table table={tables.splitTable(summary)} />
				<SplitTexts summary={summary} />
			</Section>
			<Section title="Pool health" isThere={summary.pools.length > 0}>
				<Table table={told.poolTable(summary)} />
			</Section>
			<Section title={`Triggers (${triggers.mode})`} isThere={triggers.list.length > 0}>
				<p>{told.armedText(summary)}</p>
				<Table table={tables.triggerTable(summary)} />
				<Table table={told.armedTable(summary)} />
			</Section>
			<Section title="Alerts from outside" isThere={summary.alerts.length > 0}>
				<Table table={told.alertTable(summary)} />
			</Section>
			<Section title="Outside a bound" isThere={summary.episodes.length > 0}>
				<Table table={tables.episodeTable(summary)} />
			</Section>
			<Section title="Gaps">
				{summary.gaps.length === 0 ? <p className="note">None.</p> : <Table table={tables.gapTable(summary)} />}
			</Section>
			<Record summary={summary} />
			<footer>{howTo}</footer>
		</Page>
	);
}

function Stages({summary}: {readonly summary: Summary}) {
	return (
		<Section title="Stages" isThere={summary.stages.length > 0}>
			<Table table={tables.stageTable(summary)} />
			{summary.stages.map(stage => (
				<div key={stage.entered.seq}>
					<h3>
						{stage.name}, {percentText(stage.weightPercent)} <span className="events">{refText(stage.events)}</span>
					</h3>
					<Table table={tables.guardrailTable(stage.guardrails)} />
					<Table table={tables.gateTable(stage)} />
					<Table table={tables.slopeTable(stage)} />
					<Table table={comparisonTable(stage)} />
					<Table table={told.firstTable(stage)} />
					<Table table={tables.budgetTable(stage)} />
					<Table table={told.burstTable(stage)} />
					<Table table={told.poolTable(stage)} />
					{stage.bake && <p>{told.bakeText(stage)}</p>}
				</div>
			))}
		</Section>
	);
}

/** What is in the record besides the measurements. */
function Record({summary}: {readonly summary: Summary}) {
	const {errors, files, missingFiles, shortFiles, signOffs, entries, left, notices} = summary;
	return (
		<>
			<Section title="Error log" isThere={errors.events !== undefined}>
				<p>
					{errors.lines} lines, {errors.dropped} dropped{' '}
					{errors.events && <span className="events">{refText(errors.events)}</span>}
				</p>
				<Table table={tables.errorTable(summary)} />
			</Section>
			<Section title="Files" isThere={files.length + missingFiles.length + shortFiles.length > 0}>
				<Table table={tables.fileTable(summary)} />
			</Section>
			<Section title="Dashboards" isThere={summary.dashboards.length > 0}>
				<Table table={told.dashboardTable(summary)} />
			</Section>
			<Section title="Notices" isThere={notices.list.length > 0 || notices.owed + notices.dropped > 0}>
				<Table table={told.noticeTable(summary)} />
				<p className="note">{told.unsaidText(summary)}</p>
			</Section>
			<Section title="Sign-offs" isThere={signOffs.length > 0}>
				<Table table={tables.signOffTable(summary)} />
			</Section>
			<Section title="Rollback plan">
				{rollbackPlan(summary).map(line => (
					<p key={line}>{line}</p>
				))}
			</Section>
			<Section title="Said and done" isThere={entries.length > 0}>
				<Table table={tables.entryTable(summary)} />
				{left > 0 && <p className="note">{left} more entries are in the journal.</p>}
			</Section>
		</>
	);
}

function Heading({summary}: {readonly summary: Summary}) {
	const {title, baseline, candidate, environment, started, ended, operator, session, decision, version} = summary;
	return (
		<header>
			<div>
				<h1>{title}</h1>
				<p>
					{baseline} → {candidate} · {environment} · {session}
				</p>
				<p>
					{atText(started.atMs)} by {operator} <span className="events">[#{started.seq}]</span>
					{ended && ` to ${atText(ended.atMs)} `}
					{ended && <span className="events">[#{ended.seq}]</span>} · canary-console {version}, from the journal alone
				</p>
			</div>
			<div className={`verdict ${decision.verdict}`}>{decision.verdict}</div>
		</header>
	);
}
