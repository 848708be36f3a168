import {createHash} from 'node:crypto';
import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {LbDiff, lbDiffName} from '../controller/lb-diff.ts';
import {nameFits, requiredNames} from '../core/artifact-options.ts';
import type {Plan} from '../core/plan.ts';
import {appendFinished} from '../journal/append-finished.ts';
import {readRecord} from '../journal/record.ts';
import {sessionFiles} from '../journal/session-folder.ts';
import {sha256, writeWhole} from '../journal/whole-file.ts';
import {type Document, type DueDocument, dueDocuments, wantedDocuments} from '../report/documents.ts';
import type {Recorded} from '../report/recorded.ts';
import {tellSession} from './report-read.ts';
import {rulesText} from './rules-text.ts';

export type MadeDocument = {readonly name: string; readonly sha256: string; readonly bytes: number};
export type MadeDocuments = {readonly made: readonly MadeDocument[]; readonly failed: readonly string[]};

/**
 * Makes the documents that the profile asks for and that are due by now, each whole or not at all, below `artifacts/`. Gives those of
 * which the journal does not know yet as they are; what is the same as before is left alone. `failed` are sentences.
 * @throws CommandError when the session can't be read.
 */
export async function makeDocuments(
	folder: string,
	besides: (recorded: Recorded) => Promise<readonly Document[]> = async () => [],
): Promise<MadeDocuments> {
	const {recorded, summary} = await tellSession(folder);
	const {plan, files} = recorded;
	if (!plan) return {made: [], failed: []};
	const {artifacts} = sessionFiles(folder);
	const due = [...(await exportedDocuments(plan)), ...dueDocuments(recorded, summary)];
	const made: MadeDocument[] = [];
	const failed: string[] = [];
	for (const {name, text} of [...wantedDocuments(plan, due), ...(await besides(recorded))]) {
		const path = join(artifacts, name);
		const bytes = Buffer.from(text);
		const document = {name, sha256: sha256(bytes), bytes: bytes.byteLength};
		if ((await sumOnDisk(path)) !== document.sha256) {
			const written = await writeWhole(path, bytes);
			if (!written.ok) {
				failed.push(written.error);
				continue;
			}
		}
		if (files.get(`artifact ${name}`)?.sha256 !== document.sha256) made.push(document);
	}
	return {made, failed};
}

/** The documents of a session that is over, with their new sums in its journal: after a signature, or where a crash came before them. Gives what went wrong, as sentences. */
export async function renewDocuments(folder: string): Promise<readonly string[]> {
	const {made, failed} = await makeDocuments(folder, async recorded => (isDiffStale(recorded) ? [await lbDiffOf(folder)] : []));
	const facts = made.map(file => ({type: 'artifact-written', ...file}) as const);
	const added = facts.length === 0 ? undefined : await appendFinished(folder, facts);
	return [...failed, ...(added && !added.ok ? [added.error] : [])];
}

/** A crash came between a change of weight and the file that tells of it. */
const isDiffStale = ({files, actions}: Recorded): boolean =>
	(files.get(`artifact ${lbDiffName}`)?.seq ?? -1) < Math.max(-1, ...actions.map(({done}) => done?.seq ?? -1));

async function lbDiffOf(folder: string): Promise<Document> {
	const diff = new LbDiff();
	for await (const entry of readRecord(folder)) {
		if (!entry.ok) break;
		if (entry.value.kind === 'event') diff.add(entry.value.event);
	}
	return {name: lbDiffName, text: diff.text};
}

/** What other tools would be told of this plan. The library for dashboards is large: it is loaded where one is asked for. */
async function exportedDocuments(plan: Plan): Promise<readonly DueDocument[]> {
	const rules = {name: 'alert-rules.yaml', text: () => rulesText(plan)};
	const wantsDashboards = requiredNames(plan.requiredArtifacts).some(
		({name}) => nameFits('dashboard-*.json', name) || nameFits(name, 'dashboard-x.json'),
	);
	if (!wantsDashboards) return [rules];
	const {dashboardGroups, grafanaDashboards} = await import('../export/grafana.ts');
	const dashboards = grafanaDashboards(plan);
	const names = dashboardGroups(plan).map(fileWord);
	return [
		rules,
		...dashboards.map((dashboard, index) => ({
			// Two groups may come to the same word.
			name: `dashboard-${names.indexOf(names[index] ?? '') === index ? names[index] : `${names[index]}-${index + 1}`}.json`,
			text: () => `${JSON.stringify(dashboard, null, '\t')}\n`,
		})),
	];
}

const fileWord = (group: string): string =>
	group
		.toLowerCase()
		.replaceAll(/[^a-z0-9]+/g, '-')
		.replaceAll(/^-+|-+$/g, '')
		.slice(0, 60) || 'group';

async function sumOnDisk(path: string): Promise<string | undefined> {
	try {
		return createHash('sha256')
			.update(await readFile(path))
			.digest('hex');
	} catch {
		return undefined;
	}
}
