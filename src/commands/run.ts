import type {SessionSummary} from '../journal/sessions.ts';
import type {LoadedProfile} from '../profile/load.ts';
import {connectTo} from './connect.ts';
import {type ExitCode, exitCodes} from './exit-codes.ts';
import {followHeadless} from './headless.ts';
import {loadOrThrow} from './load.ts';
import {CommandError, tell} from './output.ts';
import {openConsole, type ScreenOptions} from './screen.ts';
import {allSessions, findSession} from './sessions-on-disk.ts';
import {resumeSession, startSession} from './start-controller.ts';
import {whoAmI} from './who.ts';

export type RunOptions = ScreenOptions & {
	readonly resume?: string;
	readonly start?: boolean;
	readonly headless?: boolean;
	readonly force?: boolean;
	readonly metricsPort?: number;
	readonly overrideCooldown?: string;
};

/** `canary run PROFILE`: a detached controller on the profile, and a console (or lines of text) on it. */
export async function runCommand(path: string | undefined, options: RunOptions): Promise<ExitCode> {
	if (options.headless !== true && !process.stdout.isTTY && options.screenReader !== true) {
		throw new CommandError('standard output is no terminal. Use --headless in scripts and CI jobs.', exitCodes.usage);
	}
	const by = whoAmI(options.operator);
	const session = await sessionFor(path, options, by);
	if (options.headless) return followHeadless(session, by);
	const client = await connectTo(session, {role: 'owner', who: by});
	return openConsole(client, session, {...options, role: 'owner', who: by});
}

async function sessionFor(path: string | undefined, options: RunOptions, by: string): Promise<SessionSummary> {
	const {metricsPort, force, overrideCooldown} = options;
	const start = {
		by,
		...(metricsPort !== undefined && {metricsPort}),
		...(force && {force}),
		...(overrideCooldown !== undefined && {overrideCooldown}),
	};
	if (options.resume !== undefined) {
		const session = findSession(options.resume, 'any');
		if (session.status === 'running') return session;
		if (session.status === 'finished')
			throw new CommandError(`${session.name} is over. A canary starts anew with canary run PROFILE.`, exitCodes.usage);
		tell(`canary: taking up ${session.name}`);
		return resumeSession(session, start);
	}
	if (path === undefined)
		throw new CommandError('which profile? canary run PROFILE, or canary run --resume SESSION.', exitCodes.usage);
	const loaded = await loadOrThrow(path);
	for (const note of loaded.notes) tell(`canary: note: ${note}`);
	const dead = unguarded(loaded.profile.name);
	if (dead) {
		// Its candidate may have traffic: guarding it again comes before anything new.
		tell(`canary: the controller of ${dead.name} died; taking that session up again (its split is read back first)`);
		return resumeSession(dead, start);
	}
	return startSession(startsByItself(loaded, options.start === true || options.headless === true), start);
}

/**
 * The newest session of this profile, when its controller died in it. One without an event moved nothing; most likely somebody else
 * is just starting it.
 */
function unguarded(profile: string): SessionSummary | undefined {
	const newest = allSessions().find(({header, lastAtMs}) => header?.profile === profile && lastAtMs !== undefined);
	return newest?.status === 'dead' ? newest : undefined;
}

function startsByItself(loaded: LoadedProfile, isAsked: boolean): LoadedProfile {
	if (!isAsked) return loaded;
	const policies = {...loaded.profile.policies, start: 'auto' as const};
	return {...loaded, profile: {...loaded.profile, policies}};
}
