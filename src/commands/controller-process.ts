import {runController} from '../controller/run-controller.ts';
import type {SessionState} from '../core/state.ts';
import {pushedDashboards} from '../journal/dashboards.ts';
import {leasesFolder} from '../journal/home.ts';
import {packRecord} from '../journal/packed/pack.ts';
import {sessionFiles} from '../journal/session-folder.ts';
import {summarise} from '../journal/sessions.ts';
import {type CompiledProfile, compilePlan} from '../profile/compile.ts';
import {screenText} from '../view/screen-text.ts';
import {burstOf} from './burst.ts';
import {type ExitCode, exitCodes} from './exit-codes.ts';
import {evidenceOf, instanceOf, preflightOf, runbookOf} from './hook-ports.ts';
import {loadOrThrow} from './load.ts';
import {tell} from './output.ts';
import {ownMask} from './own-mask.ts';
import {openParts} from './parts.ts';
import {makeDocumentsInChild, writeReportInChild} from './report-child.ts';
import {pruneIfWanted} from './sessions-prune.ts';
import {verdictCode} from './verdict.ts';
import {version} from './version.ts';

/** What a checkpoint's screen is drawn at: the size the screen was designed for. */
const checkpointSize = {columns: 120, rows: 40};

/**
 * The detached process itself (hidden: `canary run` starts it). All it knows comes from the session's folder: the profile as run, and
 * the journal where it is resumed.
 */
export async function controllerCommand(
	folder: string,
	options: {by: string; metricsPort?: number; force?: boolean; overrideCooldown?: string},
): Promise<ExitCode> {
	const compiled = compilePlan(await loadOrThrow(sessionFiles(folder).profile));
	const parts = await openParts(compiled, process.env, folder);
	if (!parts.ok) {
		tell(ownMask.redact(parts.error));
		return exitCodes.usage;
	}
	const {metricsPort, by, force, overrideCooldown} = options;
	const burst = burstOf(compiled);
	const instance = instanceOf(compiled, parts.value);
	const preflight = preflightOf(compiled, parts.value, overrideCooldown);
	const result = await runController({
		folder,
		leasesFolder: leasesFolder(),
		plan: compiled.plan,
		by,
		version,
		...parts.value,
		writeReport: writeReportInChild,
		makeDocuments: makeDocumentsInChild,
		screenText: (state, now) =>
			screenText(state, checkpointSize, {...now, offsetMinutes: -new Date(now.atMs).getTimezoneOffset()}),
		dashboards: pushedDashboards(compiled.plan.profile),
		...(preflight && {preflight}),
		...(burst && {burst}),
		...(instance && {instance}),
		evidence: evidenceOf(compiled, parts.value),
		runbook: runbookOf(compiled),
		...(metricsPort !== undefined && {metricsPort}),
		...(force && {force}),
	});
	if (result.ok) {
		if (compiled.metrics.kind === 'prometheus' && compiled.metrics.record) await fetchAtTheEnd(folder, compiled);
		await packIfOver(folder, result.value);
		await pruneIfWanted();
		return verdictCode(result.value);
	}
	tell(ownMask.redact(result.error.message));
	return exitCodes.unreachable;
}

/** After all else: nobody waits for it, and a session that can't be packed is as good a record as one that is. */
async function packIfOver(folder: string, {ended}: SessionState): Promise<void> {
	if (!ended || summarise(folder).status !== 'finished') return;
	const packed = await packRecord(folder);
	if (!packed.ok) tell(packed.error);
}

/** The session is over and its record closed: what is said here stands in the controller's log. */
async function fetchAtTheEnd(folder: string, compiled: CompiledProfile): Promise<void> {
	try {
		const {recordSeries} = await import('./record.ts');
		const {samples, series, why = ''} = await recordSeries(folder, compiled, tell);
		tell(`recorded ${samples} samples of ${series} series. ${why}`.trim());
	} catch (error) {
		tell(
			ownMask.redact(
				`the raw series were not recorded: ${error instanceof Error ? error.message : String(error)} canary record tries again.`,
			),
		);
	}
}
