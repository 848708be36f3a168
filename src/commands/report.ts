import {resolve} from 'node:path';
import {writeWhole} from '../journal/whole-file.ts';
import {decisionMarkdown} from '../report/decision-md.ts';
import {incidentOf} from '../report/incident.ts';
import {incidentMarkdown} from '../report/incident-md.ts';
import {type ExitCode, exitCodes} from './exit-codes.ts';
import {CommandError, safe, say, tell} from './output.ts';
import {type Told, tellSession} from './report-read.ts';
import {summaryJson, verdictExit, writeDecision} from './report-write.ts';
import {findSession} from './sessions-on-disk.ts';

export const reportFormats = ['md', 'html', 'json', 'csv'] as const;
export type ReportFormat = (typeof reportFormats)[number];

export type ReportOptions = {
	readonly format?: ReportFormat;
	readonly out?: string;
	readonly incident?: boolean;
	/** Writes DECISION.md and SUMMARY.json into the folder, and prints only the verdict. */
	readonly write?: boolean;
	/** Makes the documents that are due, and prints as JSON which are new: what a controller asks of a process beside it. */
	readonly documents?: boolean;
};

/** `canary report`: the decision on a session, with all it stands on, from its journal alone. Ends with the verdict as exit code. */
export async function reportCommand(wanted: string | undefined, options: ReportOptions): Promise<ExitCode> {
	const session = findSession(wanted, 'any');
	if (options.documents) {
		process.stdout.write(`${JSON.stringify(await (await import('./documents.ts')).makeDocuments(session.folder))}\n`);
		return exitCodes.good;
	}
	const format = options.format ?? formatOf(options.out);
	if (format === 'csv' && options.incident !== true) {
		const {writeCsv} = await import('./report-csv.ts');
		await writeCsv(session.folder, options.out);
		return exitCodes.good;
	}
	if (options.write && session.status === 'finished') {
		const {renewDocuments} = await import('./documents.ts');
		for (const text of await renewDocuments(session.folder)) tell(`canary: ${safe(text)}`);
	}
	const told = await tellSession(session.folder);
	const {decision} = told.summary;
	if (options.write) {
		const written = await writeDecision(session.folder, told.summary);
		if (!written.ok) throw new CommandError(written.error, exitCodes.unreachable);
		say(`${decision.verdict}: ${safe(decision.because[0]?.text ?? '')}`);
	} else {
		const text = await textOf(told, format, options.incident === true);
		if (options.out === undefined) process.stdout.write(text);
		else await writeOut(options.out, text);
		if (options.out !== undefined) tell(`${decision.verdict}: ${safe(decision.because[0]?.text ?? '')}`);
	}
	return verdictExit[decision.verdict];
}

/** `--out report.html` says what is meant. */
function formatOf(out: string | undefined): ReportFormat {
	const ending = out?.split('.').at(-1)?.toLowerCase();
	return reportFormats.find(format => format === ending) ?? 'md';
}

async function textOf({recorded, summary}: Told, format: ReportFormat, isIncident: boolean): Promise<string> {
	if (!isIncident) {
		if (format === 'json') return summaryJson(summary);
		if (format === 'md') return decisionMarkdown(summary);
		return (await import('./report-html.ts')).reportHtml(recorded, summary);
	}
	const incident = incidentOf(recorded, summary);
	if (!incident) {
		const remedy = `${summary.session} was not rolled back; without --incident the report is about the whole session.`;
		throw new CommandError(`no incident to report on: ${remedy}`, exitCodes.usage);
	}
	if (format === 'csv') throw new CommandError('an incident is reported as md, html or json.', exitCodes.usage);
	if (format === 'json') return `${JSON.stringify(incident, null, '\t')}\n`;
	if (format === 'md') return incidentMarkdown(incident, summary);
	return (await import('./report-html.ts')).incidentHtml(recorded, summary, incident);
}

export async function writeOut(out: string, text: string): Promise<void> {
	const written = await writeWhole(resolve(out), text);
	if (!written.ok) throw new CommandError(`${written.error} Name another file with --out.`, exitCodes.unreachable);
}
