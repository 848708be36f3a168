import {writeFileSync} from 'node:fs';
import {createServer, type Server} from 'node:http';
import {join} from 'node:path';
import {spawnController} from '../../src/controller/spawn.ts';
import type {Plan} from '../../src/core/plan.ts';
import {readProcess} from '../../src/journal/pid-file.ts';
import {newFolder, quickPlan} from './controlled-session.ts';
import type {ControllerJob} from './controller-main.ts';
import {freePort} from './ports.ts';
import {guardGroup, isAlive, knownPid} from './process.ts';
import {type RigRouterKind, startRigRouter} from './rig-router.ts';
import {createTempFolder} from './temp-folder.ts';
import {waitUntil} from './wait.ts';

export type ControllerRig = AsyncDisposable & {
	readonly home: string;
	/** The candidate's weight as the balancer says it. */
	canaryPercent(): Promise<number>;
	/** Puts both servers to these weights, past any controller. */
	setSplit(canaryPercent: number): Promise<void>;
	/** What every guardrail reads from now on. */
	setValue(value: number): void;
	newSession(): string;
	/** Starts a detached controller on the session, as the program does. Resolves when it answers or has failed. */
	start(folder: string, over?: Partial<ControllerJob>): ReturnType<typeof spawnController>;
	pidOf(folder: string): number;
	/** Resolves when the controller of the session is dead. */
	dead(folder: string): Promise<void>;
};

const main = new URL('controller-main.ts', import.meta.url).pathname;

/** A real balancer before two small servers, and controllers in processes of their own. */
export async function createControllerRig(thePlan: Plan = quickPlan(), kind: RigRouterKind = 'haproxy'): Promise<ControllerRig> {
	const temp = createTempFolder('rig');
	const servers: Server[] = [];
	const ports: number[] = [];
	for (let count = 0; count < 2; count++) {
		const port = await freePort();
		ports.push(port);
		servers.push(createServer((_, response) => response.end('ok')).listen(port, '127.0.0.1'));
	}
	const router = await startRigRouter(kind, ports[0] ?? 0, ports[1] ?? 0);
	const valueFile = join(temp.path, 'value');
	const setValue = (value: number): void => writeFileSync(valueFile, String(value));
	setValue(1);
	let jobs = 0;
	const pids = new Map<string, number>();
	return {
		home: temp.path,
		canaryPercent: () => router.percent(),
		setSplit: percent => router.set(percent),
		setValue,
		newSession: () => newFolder(temp.path),
		async start(folder, over = {}) {
			const jobFile = join(temp.path, `job-${jobs++}.json`);
			const job: ControllerJob = {
				folder,
				leasesFolder: join(temp.path, 'leases'),
				plan: thePlan,
				router: router.options,
				valueFile,
				...over,
			};
			writeFileSync(jobFile, JSON.stringify(job));
			const started = await spawnController({folder, argv: [main, jobFile]});
			const pid = started.ok ? started.value.pid : readProcess(folder)?.pid;
			if (pid !== undefined) {
				pids.set(folder, pid);
				if (isAlive(pid)) guardGroup(pid);
			}
			return started;
		},
		pidOf: folder => knownPid(pids.get(folder)),
		async dead(folder) {
			const pid = knownPid(pids.get(folder) ?? readProcess(folder)?.pid);
			await waitUntil('the controller is dead', () => !isAlive(pid));
		},
		async [Symbol.asyncDispose]() {
			for (const pid of pids.values()) {
				if (isAlive(pid)) process.kill(pid, 'SIGKILL');
			}
			await router.stop();
			for (const server of servers) server.close().closeAllConnections();
			temp.remove();
		},
	};
}
