import {exposureText, type Incident} from './incident.ts';
import {md, mdList, mdSections, mdTable} from './markdown.ts';
import type {Summary} from './model.ts';
import {refText} from './ref.ts';
import type {Table} from './tables.ts';
import {atText, elapsedText, eventsText, timeText, tookText} from './words.ts';

/** The incident report: what happened, since when, how bad, what to look at. */
export function incidentMarkdown(incident: Incident, summary: Summary): string {
	const {security, title, checks, cause, exposure} = incident;
	const table = ({titles, rows}: Table): string => (rows.length === 0 ? '' : mdTable(titles, rows));
	return `${mdSections([
		[`# ${security ? 'SECURITY incident' : 'Incident'}: ${md(title)}`, mdList(incidentHead(incident, summary))],
		[
			'## First cause',
			cause ? table(causeTable(incident)) : 'No guardrail was outside its bound when the rollback was asked for.',
		],
		['## Times', table(timesTable(incident, summary))],
		['## Exposure', exposure ? md(`${exposureText(exposure)} ${refText(exposure.events)}.`) : ''],
		['## Outside their bounds then', table(involvedTable(incident, summary))],
		['## New in the error log', table(signatureTable(incident))],
		['## Timeline', table(timelineTable(incident, summary))],
		['## Suggested checks', mdList(checks.map(({text, events}) => `${text} ${eventsText(events)}`.trim()))],
	])}\n`;
}

export const incidentHead = ({session, reason, by, events}: Incident, summary: Summary): readonly string[] => [
	`Session ${session}, ${summary.baseline} → ${summary.candidate}, ${summary.environment}`,
	`Rolled back by ${by}: ${reason || 'no reason given'} ${refText(events)}`,
	...(summary.gradual ? [`${upper(summary.gradual.text)} ${eventsText(summary.gradual.events)}`] : []),
	...(summary.recovery?.verified
		? [`The router read 0 % at ${atText(summary.recovery.verified.atMs)} [#${summary.recovery.verified.seq}]`]
		: []),
];

const upper = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

export function causeTable({cause}: Incident): Table {
	const rows = (['before', 'first', 'worst', 'after'] as const).flatMap(name => {
		const seen = cause?.[name];
		return seen ? [[causeWords[name], seen.text, refText(seen.events)]] : [];
	});
	return {
		titles: [cause?.title ?? '', `healthy ${cause?.healthy ?? ''}`, 'Events'],
		rows: [...rows, ['Query', cause?.query ?? '', '']],
	};
}

const causeWords = {
	before: 'Before: median of the last minute',
	first: 'First value outside',
	worst: 'Worst',
	after: 'Last value after the rollback',
} as const;

export const timesTable = ({times}: Incident, {recovery}: Summary): Table => ({
	titles: ['Step', 'Took', 'Events'],
	rows: [
		[
			'Detection: first value outside → breached',
			tookText(times.detectionMs),
			pair(recovery?.outOfBound?.seq, recovery?.breached?.seq),
		],
		['Decision: breached → rollback intended', tookText(times.decisionMs), pair(recovery?.breached?.seq, recovery?.asked.seq)],
		['Action: intended → split read back', tookText(times.actionMs), pair(recovery?.asked.seq, recovery?.verified?.seq)],
		['All of it', tookText(times.totalMs), recovery ? refText(recovery.events) : ''],
	],
	numeric: [1],
});

const pair = (from: number | undefined, to: number | undefined): string =>
	from === undefined || to === undefined ? '' : refText({fromSeq: from, toSeq: to});

export const involvedTable = ({involved}: Incident, summary: Summary): Table => ({
	titles: ['Guardrail', 'Outside since', 'Breached at', 'Events'],
	rows: involved.map(({title, outOfBound, breached}) => [
		title,
		elapsedText(summary, outOfBound.tMs),
		breached ? elapsedText(summary, breached.tMs) : 'not yet',
		refText({fromSeq: outOfBound.seq, toSeq: breached?.seq ?? outOfBound.seq}),
	]),
});

export const signatureTable = ({signatures}: Incident): Table => ({
	titles: ['Lines', 'Code', 'Side', 'Signature', 'One of them'],
	rows: signatures.map(({count, code, side, signature, sample}) => [String(count), code, side, signature, sample]),
	numeric: [0],
});

export const timelineTable = ({timeline}: Incident, summary: Summary): Table => ({
	titles: ['When', 'UTC', 'What', 'Events'],
	rows: timeline.map(({at, text}) => [elapsedText(summary, at.tMs), timeText(at.atMs), text, `[#${at.seq}]`]),
});
