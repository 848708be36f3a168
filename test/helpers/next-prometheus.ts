import {afterAll} from 'vitest';
import {freePorts} from './ports.ts';
import {type Prometheus, startPrometheus} from './prometheus.ts';

/** A Prometheus for two services that are still to be started on these ports. */
export type Beforehand = {readonly prometheus: Prometheus; readonly stablePort: number; readonly canaryPort: number};

let spare: Promise<Beforehand> | undefined;
let isKept = false;

async function begin(): Promise<Beforehand> {
	const [stablePort = 0, canaryPort = 0] = await freePorts(2);
	const target = (port: number, track: string) => ({address: `127.0.0.1:${port}`, labels: {track}});
	const targets = [target(stablePort, 'stable'), target(canaryPort, 'canary')];
	return {prometheus: await startPrometheus({jobs: [{job: 'app', targets}], waitForTargets: false}), stablePort, canaryPort};
}

/**
 * For files that start one world after another: whatever is asked of it, a Prometheus scrapes for the first time five seconds after its
 * start. So that of the next world is started beside the present one. The last one ends with the file.
 */
export function keepSpare(): void {
	isKept = true;
	afterAll(async () => {
		isKept = false;
		const last = await spare?.catch(() => undefined);
		spare = undefined;
		await last?.prometheus.stop();
	});
}

/** The one that was started beforehand, or a new one. */
export async function nextPrometheus(): Promise<Beforehand> {
	const taken = spare;
	spare = undefined;
	return (await taken?.catch(() => undefined)) ?? (await begin());
}

/** The present world is up: now is the time for the next one's. */
export function thenTheNext(): void {
	if (!isKept || spare !== undefined) return;
	spare = begin();
	// Whoever takes it hears of it.
	spare.catch(() => {});
}
