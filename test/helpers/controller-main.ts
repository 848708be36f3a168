/**
 * A controller's process for tests of crashes: real journal, socket, lease and router; the metrics are a number in a file. It
 * kills itself, as `kill -9` would, at the point it is told. Its only argument is the path of a JSON file, see {@link ControllerJob}.
 */
import {readFileSync} from 'node:fs';
import {runController} from '../../src/controller/run-controller.ts';
import type {Plan} from '../../src/core/plan.ts';
import type {RouterOptions} from '../../src/core/router-options.ts';
import {openRouter} from '../../src/routers/registry.ts';
import type {Router} from '../../src/routers/router.ts';
import type {MetricsSource} from '../../src/sources/source.ts';
import {values} from './given.ts';

export type ControllerJob = {
	readonly folder: string;
	readonly leasesFolder: string;
	readonly plan: Plan;
	readonly router: RouterOptions;
	/** Holds the value of every guardrail; read at each tick. */
	readonly valueFile: string;
	/** Dies when event `seq` has been taken, or before or after the nth call of a kind to the router. */
	readonly crash?:
		| {readonly seq: number}
		| {readonly call: 'read' | 'set'; readonly when: 'before' | 'after'; readonly nth: number};
	readonly metricsPort?: number;
};

const job = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as ControllerJob;

const die = (): never => {
	process.kill(process.pid, 'SIGKILL');
	for (;;);
};

const counts = {read: 0, set: 0};

async function crashing<Value>(call: 'read' | 'set', act: () => Promise<Value>): Promise<Value> {
	const nth = ++counts[call];
	const {crash} = job;
	const isHere = crash && 'call' in crash && crash.call === call && crash.nth === nth;
	if (isHere && crash.when === 'before') die();
	const answer = await act();
	if (isHere) die();
	return answer;
}

const opened = openRouter(job.router, {resolveSecret: async () => ({ok: false, error: 'there are no secrets here'})});
if (!opened.ok) throw new Error(opened.error.message);
const real = opened.value;
const router: Router = {
	target: real.target,
	readSplit: signal => crashing('read', () => real.readSplit(signal)),
	setWeight: (percent, signal) => crashing('set', () => real.setWeight(percent, signal)),
	lint: signal => real.lint(signal),
	close: () => real.close(),
};

const source: MetricsSource = {
	target: 'a number in a file',
	async ask() {
		const reading = values(Number(readFileSync(job.valueFile, 'utf8')));
		return {readings: Object.fromEntries(job.plan.guardrails.map(({id}) => [id, reading]))};
	},
	lint: async () => [],
	close: async () => {},
};

const ended = await runController({
	folder: job.folder,
	leasesFolder: job.leasesFolder,
	plan: job.plan,
	by: 'ana',
	version: '0',
	source,
	routers: [router],
	...(job.metricsPort !== undefined && {metricsPort: job.metricsPort}),
	onEvent({seq}) {
		if (job.crash && 'seq' in job.crash && job.crash.seq === seq) die();
	},
});
if (!ended.ok) process.stderr.write(`${ended.error.message}\n`);
process.exit(ended.ok ? 0 : 4);
