import {existsSync, readFileSync, rmSync} from 'node:fs';
import {spawnController} from '../controller/spawn.ts';
import {sessionsFolder} from '../journal/home.ts';
import {createSession, sessionFiles} from '../journal/session-folder.ts';
import {type SessionSummary, summarise} from '../journal/sessions.ts';
import {profileAsRun} from '../profile/as-run.ts';
import {compilePlan} from '../profile/compile.ts';
import type {LoadedProfile} from '../profile/load.ts';
import {exitCodes} from './exit-codes.ts';
import {CommandError} from './output.ts';
import {closeParts, openParts} from './parts.ts';
import {version} from './version.ts';

export type StartOptions = {
	readonly by: string;
	readonly metricsPort?: number;
	readonly force?: boolean;
	/** Why a cooldown after a rollback is passed over. */
	readonly overrideCooldown?: string;
};

const splitTimeoutMs = 10_000;

/** A new session with its controller, detached and answering. @throws CommandError with what the controller said. */
export async function startSession(loaded: LoadedProfile, options: StartOptions): Promise<SessionSummary> {
	await requireSplit(loaded);
	const created = createSession({
		sessionsFolder: sessionsFolder(),
		profile: loaded.profile.name,
		version,
		startedAtMs: Date.now(),
		profileText: profileAsRun(loaded),
	});
	if (!created.ok) throw new CommandError(created.error, exitCodes.usage);
	const {folder} = created.value;
	try {
		await spawnIn(folder, options);
	} catch (error) {
		dropUnbegun(folder);
		throw error;
	}
	return summarise(folder);
}

/** A canary whose split nobody can read can't be guarded, so it does not begin. (One that runs, or is taken up again, goes on.) */
async function requireSplit(loaded: LoadedProfile): Promise<void> {
	const parts = await openParts(compilePlan(loaded));
	if (!parts.ok) throw new CommandError(parts.error, exitCodes.usage);
	const split = await parts.value.routers[0].readSplit(AbortSignal.timeout(splitTimeoutMs));
	await closeParts(parts.value);
	if (split.ok) return;
	const {message, remedy = ''} = split.error;
	throw new CommandError(`the split can't be read, so nothing was started. ${message} ${remedy}`.trim(), exitCodes.unreachable);
}

/** A session that never began is no record of anything: its folder goes. One with an event in its journal stays. */
function dropUnbegun(folder: string): void {
	const {journal} = sessionFiles(folder);
	if (!existsSync(journal)) return;
	if (readFileSync(journal, 'utf8').trimEnd().split('\n').length === 1) rmSync(folder, {recursive: true, force: true});
}

/** A session whose controller died gets a new one, which reads the split back before anything else. */
export async function resumeSession({folder, name}: SessionSummary, options: StartOptions): Promise<SessionSummary> {
	try {
		await spawnIn(folder, options);
	} catch (error) {
		if (!(error instanceof CommandError) || !error.message.includes('journal')) throw error;
		const remedy = `canary rollback ${name} brings its traffic down all the same. To start anew after that, move ${folder} away.`;
		throw new CommandError(`${error.message}\n${remedy}`, error.exitCode);
	}
	return summarise(folder);
}

async function spawnIn(folder: string, {by, metricsPort, force, overrideCooldown}: StartOptions): Promise<void> {
	const argv = [
		process.argv[1] ?? '',
		'controller',
		folder,
		'--by',
		by,
		...(metricsPort === undefined ? [] : ['--metrics-port', String(metricsPort)]),
		...(force ? ['--force'] : []),
		...(overrideCooldown === undefined ? [] : ['--override-cooldown', overrideCooldown]),
	];
	const spawned = await spawnController({folder, argv});
	if (!spawned.ok) throw new CommandError(`the controller did not start.\n${spawned.error.message}`, exitCodes.unreachable);
}
