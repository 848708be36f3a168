import {setTimeout as sleep} from 'node:timers/promises';
import type {Client} from '../console/client.ts';
import {type DemoWorld, startDemoWorld} from '../demo/demo-world.ts';
import {type IncidentName, incidentNames, incidents, isIncident} from '../demo/incidents.ts';
import type {SessionSummary} from '../journal/sessions.ts';
import {connectTo} from './connect.ts';
import {type ExitCode, exitCodes} from './exit-codes.ts';
import {followHeadless} from './headless.ts';
import {loadOrThrow} from './load.ts';
import {CommandError, say, tell} from './output.ts';
import {openConsole, type ScreenOptions} from './screen.ts';
import {startSession} from './start-controller.ts';
import {whoAmI} from './who.ts';

export type DemoOptions = ScreenOptions & {
	/** What goes wrong by itself; nothing when absent. */
	readonly incident?: string;
	/** When, after the first weight, in ms. Default: a third into the second stage. */
	readonly after?: number;
	readonly headless?: boolean;
	/** Only the world, with nobody guarding it. */
	readonly world?: boolean;
};

const stageSeconds = [15, 18, 15] as const;
const incidentMs = (stageSeconds[0] + stageSeconds[1] / 3) * 1_000;
const firstWeightMs = 60_000;
const endMs = 3_000;
const demoName = 'demo';

/**
 * `canary demo`: two versions of a small service on this machine, users, and a canary on them. Everything that runs is real and
 * ends with the command; the session stays on the disk.
 */
export async function demoCommand(options: DemoOptions): Promise<ExitCode> {
	if (options.world) return keepWorld();
	const {headless = false, incident} = options;
	if (incident !== undefined && !isIncident(incident)) {
		throw new CommandError(`there is no incident "${incident}". Incidents: ${incidentNames.join(', ')}.`, exitCodes.usage);
	}
	if (!headless && !process.stdout.isTTY && options.screenReader !== true) {
		throw new CommandError('standard output is no terminal. Use --headless in scripts and CI jobs.', exitCodes.usage);
	}
	tell('canary: starting two versions of a service, a proxy and users on loopback …');
	const world = await startDemoWorld({stageSeconds});
	try {
		const by = whoAmI(options.operator);
		const session = await startSession(await loadOrThrow(world.info.profilePath), {by});
		world.guardedBy(session.folder);
		const director = await direct(world, session, {incident, afterMs: options.after ?? incidentMs});
		try {
			if (headless) return await followInterruptibly(director, session, by);
			const client = await connectTo(session, {role: 'owner', who: by});
			return await openConsole(client, session, {...options, role: 'owner', who: by, endsWithConsole: true});
		} finally {
			await endSession(director, 'the demo was left');
			director.close();
			tell(`canary: the demo is over, all that it started has been ended. The session stays: ${session.name}`);
		}
	} finally {
		await world.end();
	}
}

/** Services, users and proxy for a profile of one's own, as variables of a shell; until a signal, or its proxy's end. */
async function keepWorld(): Promise<ExitCode> {
	const world = await startDemoWorld({stageSeconds});
	const {promise, resolve} = Promise.withResolvers<void>();
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
	const {baselineUrl, candidateUrl, url, controlSocket} = world.info;
	say(`BASELINE=${baselineUrl}\nCANDIDATE=${candidateUrl}\nPROXY=${url.replace('http://', '')}\nSOCKET=${controlSocket}`);
	tell('canary: two versions of a service, their users and a proxy run on loopback; Ctrl-C ends them');
	// Nothing else keeps this process alive.
	const alive = setInterval(() => {}, 60_000);
	await Promise.race([promise, world.over]);
	clearInterval(alive);
	await world.end();
	return exitCodes.good;
}

/** Interrupted without a console there is still everything to be ended, in good order; the console itself ends on signals. */
async function followInterruptibly(director: Client, session: SessionSummary, by: string): Promise<ExitCode> {
	const onSignal = (): void => void endSession(director, 'the demo was interrupted');
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
	return followHeadless(session, by);
}

/** What of the session is still open is closed in its record; a controller that does not answer is ended with the world. */
async function endSession(director: Client, reason: string): Promise<void> {
	if (director.getSnapshot().state.ended) return;
	await director.send({command: 'end', reason});
	await director.until(({ended}) => ended !== undefined, endMs);
}

type Script = {readonly incident: IncidentName | undefined; readonly afterMs: number};

/**
 * Lets things go wrong: the incident of the command line at its time, and whichever one is named in a note (key `n`, or
 * `canary note` from another shell), so that the record holds what happened and when.
 */
async function direct(world: DemoWorld, session: SessionSummary, script: Script): Promise<Client> {
	const client = await connectTo(session, {role: 'script', who: demoName});
	client.onEvents(events => {
		for (const event of events) {
			const name = event.type === 'note-added' ? /^incident:? (\w+)/.exec(event.text)?.[1] : undefined;
			if (name === 'over') world.heal();
			else if (name !== undefined && isIncident(name)) world.inject(name);
		}
	});
	const names = incidentNames.join(', ');
	await client.send({
		command: 'note',
		text: `to let v2 go wrong press n and write “incident ” and one of ${names}; or “incident over”`,
	});
	void play(client, script);
	return client;
}

async function play(client: Client, {incident, afterMs}: Script): Promise<void> {
	if (incident === undefined) return;
	const started = await client.until(({canaryStartedAtMs}) => canaryStartedAtMs !== undefined, firstWeightMs);
	if (!started.ok) return;
	await sleep(afterMs, undefined, {ref: false});
	await client.send({command: 'note', text: `incident ${incident}: ${incidents[incident].title}`});
}
