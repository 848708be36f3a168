import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {request} from 'undici';
import {fail, ok, type Result} from '../base/result.ts';
import type {BuiltinOptions} from '../core/router-options.ts';
import {readProcess} from '../journal/pid-file.ts';
import {decodeProcess, type ProcessId} from '../journal/process-id.ts';
import {endBuiltin, openBuiltin} from '../routers/builtin.ts';
import {pidPath} from '../routers/builtin-config.ts';
import {type Child, endProcess, startChild} from './child.ts';
import {type Faults, type IncidentName, incidents, noFaults} from './incidents.ts';
import {type Load, startLoad} from './load.ts';
import {type ProfileParts, profileText} from './profile-text.ts';

const requestsPerSecond = 80;
const streamsPerSecond = 2;
const routerMs = 5_000;
const faultMs = 2_000;
/** A controller that is told to stop writes its last checkpoint and its report. */
const controllerMs = 8_000;

export type WorldOptions = {
	/** How long each of the three stages lasts; whole seconds. */
	readonly stageSeconds: readonly [number, number, number];
};

/** Plain data: it crosses from the keeper's process to whoever started it. */
export type WorldInfo = {
	/** Holds the profile, the error logs and the proxy's socket; removed at the end. */
	readonly folder: string;
	readonly profilePath: string;
	/** The service as its users see it. */
	readonly url: string;
	readonly candidateUrl: string;
	readonly baselineUrl: string;
	readonly controlSocket: string;
};

export type World = {
	readonly info: WorldInfo;
	readonly load: Load;
	/** Lets the candidate go wrong; what went wrong before is put right. The error is a sentence. */
	inject(name: IncidentName): Promise<Result<void, string>>;
	heal(): Promise<Result<void, string>>;
	/** The session on this world: its controller is ended with the world. */
	guardedBy(sessionFolder: string): void;
	/** Ends everything that was started here, and the controller. Safe twice. */
	stop(): Promise<void>;
};

/** Two versions of a service, their users, and the proxy between, on free ports of loopback. Throws when something can't be started. */
export async function startWorld({stageSeconds}: WorldOptions): Promise<World> {
	const folder = mkdtempSync(join(tmpdir(), 'canary-demo-'));
	const path = (name: string): string => join(folder, name);
	const services: Child[] = [];
	let load: Load | undefined;
	let session: string | undefined;
	let stopping: Promise<void> | undefined;
	const stop = (): Promise<void> => {
		stopping ??= (async () => {
			await endProcess(session === undefined ? undefined : readProcess(session), controllerMs);
			await load?.stop();
			await endProxy(path('proxy.sock'));
			await Promise.all(services.map(service => service.end()));
			rmSync(folder, {recursive: true, force: true, maxRetries: 3});
		})();
		return stopping;
	};
	try {
		mkdirSync(path('logs'), {mode: 0o700});
		const logs = {baseline: path('logs/v1.log'), candidate: path('logs/v2.log')};
		for (const log of Object.values(logs)) writeFileSync(log, '', {mode: 0o600});
		const started = await Promise.allSettled([
			startChild('service', ['v1', logs.baseline]),
			startChild('service', ['v2', logs.candidate]),
		]);
		services.push(...started.flatMap(one => (one.status === 'fulfilled' ? [one.value] : [])));
		const [baseline, candidate] = services;
		const failed = started.find(one => one.status === 'rejected');
		if (failed || !baseline || !candidate) throw failed?.reason ?? new Error('A service of the demo did not start.');
		const urlOf = ({hello}: Child): string => `http://127.0.0.1:${hello['port']}`;
		const [listen, metricsListen] = (await freePorts(2)).map(port => `127.0.0.1:${port}`) as [string, string];
		const parts: ProfileParts = {
			baseline: urlOf(baseline),
			candidate: urlOf(candidate),
			listen,
			metricsListen,
			controlSocket: path('proxy.sock'),
			baselineLog: logs.baseline,
			candidateLog: logs.candidate,
			stageSeconds,
		};
		await startProxy(parts);
		writeFileSync(path('profile.yaml'), profileText(parts), {mode: 0o600});
		load = startLoad({origin: `http://${listen}`, requestsPerSecond, streamsPerSecond});
		return {
			info: {
				folder,
				profilePath: path('profile.yaml'),
				url: `http://${listen}`,
				candidateUrl: parts.candidate,
				baselineUrl: parts.baseline,
				controlSocket: parts.controlSocket,
			},
			load,
			inject: name => setFaults(parts.candidate, incidents[name].faults),
			heal: () => setFaults(parts.candidate, noFaults),
			guardedBy: sessionFolder => {
				session = sessionFolder;
			},
			stop,
		};
	} catch (error) {
		await stop();
		throw error;
	}
}

async function setFaults(candidate: string, faults: Partial<Faults>): Promise<Result<void, string>> {
	try {
		const {statusCode, body} = await request(`${candidate}/fault`, {
			method: 'POST',
			body: JSON.stringify(faults),
			signal: AbortSignal.timeout(faultMs),
		});
		await body.dump();
		return statusCode === 200 ? ok(undefined) : fail(`The candidate answered ${statusCode}.`);
	} catch (error) {
		return fail(`The candidate can't be told: ${error instanceof Error ? error.message : String(error)}.`);
	}
}

/** Before the users come: they must find somebody. The controller adopts it. */
async function startProxy({listen, metricsListen, controlSocket, baseline, candidate}: ProfileParts): Promise<void> {
	const options: BuiltinOptions = {
		kind: 'builtin',
		listen,
		metricsListen,
		controlSocket,
		baseline: [baseline],
		candidate: [candidate],
		endWithSession: false,
		timeoutMs: routerMs,
	};
	const router = openBuiltin(options);
	if (!router.ok) throw new Error(router.error.message);
	const split = await router.value.readSplit(AbortSignal.timeout(routerMs));
	if (!split.ok) throw new Error(split.error.message);
}

/** It is detached on purpose, so it has to be ended by name; one that does not listen is killed by its number. */
export async function endProxy(controlSocket: string): Promise<void> {
	const id = readProxyId(controlSocket);
	const isEnded = await endBuiltin(controlSocket, AbortSignal.timeout(routerMs), routerMs);
	await endProcess(id, isEnded ? routerMs : 0);
}

function readProxyId(controlSocket: string): ProcessId | undefined {
	try {
		return decodeProcess(readFileSync(pidPath(controlSocket), 'utf8'));
	} catch {
		return undefined;
	}
}

/** Loopback ports nobody listens on, held together so that they differ. */
async function freePorts(count: number): Promise<number[]> {
	const servers = Array.from({length: count}, () => createServer());
	const ports = await Promise.all(
		servers.map(
			server =>
				new Promise<number>((resolve, reject) => {
					server.once('error', reject);
					server.listen(0, '127.0.0.1', () => {
						const address = server.address();
						resolve(typeof address === 'object' && address ? address.port : 0);
					});
				}),
		),
	);
	await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))));
	return ports;
}
