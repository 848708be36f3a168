import {exposureText, type Incident} from '../../src/report/incident.ts';
import * as tables from '../../src/report/incident-md.ts';
import type {Summary} from '../../src/report/model.ts';
import {refText} from '../../src/report/ref.ts';
import {type Charts, Course} from './Course.tsx';
import {Page, Section, Statements, Table} from './parts.tsx';
import {style} from './style.ts';

export type IncidentPageProps = {readonly incident: Incident; readonly summary: Summary; readonly charts: Charts};

/** The rollback on one page: first cause first. */
export function IncidentPage({incident, summary, charts}: IncidentPageProps) {
	const {title, security, cause, exposure, involved, signatures, checks} = incident;
	return (
		<Page title={`Incident: ${title}`} style={style}>
			<header>
				<div>
					<h1>{title}</h1>
					{tables.incidentHead(incident, summary).map(line => (
						<p key={line}>{line}</p>
					))}
				</div>
				<div className="verdict FAIL">{security ? 'SECURITY INCIDENT' : 'INCIDENT'}</div>
			</header>
			<Section title="First cause">
				{cause ? (
					<Table table={tables.causeTable(incident)} />
				) : (
					<p>No guardrail was outside its bound when the rollback was asked for.</p>
				)}
			</Section>
			<Section title="Times">
				<Table table={tables.timesTable(incident, summary)} />
			</Section>
			<Section title="Exposure" isThere={exposure !== undefined}>
				<p>
					{exposure && exposureText(exposure)} {exposure && <span className="events">{refText(exposure.events)}</span>}
				</p>
			</Section>
			<Section title="Course">
				<Course summary={summary} charts={charts} />
			</Section>
			<Section title="Outside their bounds then" isThere={involved.length > 0}>
				<Table table={tables.involvedTable(incident, summary)} />
			</Section>
			<Section title="New in the error log" isThere={signatures.length > 0}>
				<Table table={tables.signatureTable(incident)} />
			</Section>
			<Section title="Timeline">
				<Table table={tables.timelineTable(incident, summary)} />
			</Section>
			<Section title="Suggested checks">
				<Statements list={checks} kind="checks" />
			</Section>
		</Page>
	);
}
