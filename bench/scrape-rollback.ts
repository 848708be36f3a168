/**
 * From the breach to the verified rollback without a `for`: our program scraping the pages itself, beside the classic chain on a real
 * Prometheus (scrape 1 s, rule 1 s, Alertmanager, webhook), the same fault at the same moment, each with an HAProxy backend of its own
 * in front of the same two services. `node bench/scrape-rollback.ts [rounds]` prints the figures.
 */
import {writeFileSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {type Haproxy, startHaproxy, twoSides} from '../test/helpers/haproxy.ts';
import {type Load, startLoad} from '../test/helpers/load.ts';
import {createTempFolder, waitUntil} from '../test/helpers/process.ts';
import {type Prometheus, startPrometheus} from '../test/helpers/prometheus.ts';
import {type Service, startService} from '../test/helpers/service.ts';
import {errorRate} from '../test/helpers/world.ts';
import {type Chain, startChain} from './kit/chain.ts';
import {aim, median, progress, round} from './kit/figures.ts';
import {createGuard, type Guard} from './kit/guard.ts';
import {judgedMs} from './kit/rollback-events.ts';

const canaryPercent = 25;
const requestsPerSecond = 40;
const bound = 0.5;
const query = errorRate('canary');
const chainBackend = 'chain';
const ours = [250, 1_000].map(pollMs => ({backend: `scrape-${pollMs}ms`, pollMs}));

type Measured = {readonly verifiedMs: number; readonly afterProofMs?: number; readonly failedRequests: number};

type Bench = {
	readonly services: readonly Service[];
	readonly haproxy: Haproxy;
	readonly prometheus: Prometheus;
	readonly chain: Chain;
	readonly guards: ReadonlyMap<string, Guard>;
	readonly loads: ReadonlyMap<string, Load>;
};

/** About ten seconds a round. */
export async function run(rounds = 9): Promise<object> {
	await using stack = new AsyncDisposableStack();
	const folder = createTempFolder('scrape-rollback');
	stack.defer(async () => folder.remove());
	const services = await Promise.all(['stable', 'canary'].map(version => startService({version})));
	for (const service of services) stack.use(service);
	const [stable, canary] = services as [Service, Service];
	const names = [chainBackend, ...ours.map(({backend}) => backend)];
	const haproxy = stack.use(
		await startHaproxy({backends: names.map(name => ({name, servers: twoSides([stable.port], [canary.port], 0)}))}),
	);
	const chain = stack.use(await startChain([{backend: chainBackend, expr: `${query} >= ${bound}`, for: '0s'}], haproxy));
	const targets = services.map(({port, version: track}) => ({address: `127.0.0.1:${port}`, labels: {track}}));
	const prometheus = stack.use(await startPrometheus({jobs: [{targets}], alertmanagerAddress: chain.alertmanagerAddress}));
	const guards = new Map(ours.map(one => [one.backend, createGuard(one.backend, folder.path, profile(one, services, haproxy))]));
	for (const guard of guards.values()) stack.use(guard);
	const loads = new Map(
		names.map(name => [name, startLoad({url: `${haproxy.urls[name]}/`, requestsPerSecond, seconds: 900, connectionsMax: 8})]),
	);
	stack.defer(async () => void (await Promise.all([...loads.values()].map(load => load.stop()))));

	const bench: Bench = {services, haproxy, prometheus, chain, guards, loads};
	await giveBirth(bench);
	const measured = new Map<string, Measured[]>(names.map(name => [name, []]));
	for (let number = 1; number <= rounds; number++) {
		for (const [name, one] of await oneRound(bench, number)) measured.get(name)?.push(one);
		progress(
			`  round ${number} of ${rounds}: ${[...measured].map(([name, all]) => `${name} ${all.at(-1)?.verifiedMs}`).join(', ')}`,
		);
	}
	return report(measured, rounds);
}

const profile = ({backend, pollMs}: (typeof ours)[number], services: readonly Service[], haproxy: Haproxy) => ({
	baseline: {name: 'stable'},
	candidate: {name: 'canary'},
	metrics: {
		scrape: {
			targets: services.map(({url, version: track}) => ({url: `${url}/metrics`, labels: {track}})),
			interval: `${pollMs}ms`,
		},
	},
	poll: `${pollMs}ms`,
	guardrails: [{title: 'Errors', query, unit: 'percent', healthy: `< ${bound}`, for: '0s', severity: 'critical'}],
	stages: [{weight: canaryPercent, duration: '1h', promote: 'manual'}],
	policies: {watchAfterEnd: '0s'},
	router: {haproxy: {socket: haproxy.socketPath, backends: [{name: backend, baseline: ['stable'], candidate: ['canary']}]}},
});

const canaryOf = ({services}: Bench): Service => services[1] as Service;

/** A counter's first sample has nothing to be compared with: the series of failed requests must be there before the first round. */
async function giveBirth(bench: Bench): Promise<void> {
	await bench.chain.restart(canaryPercent);
	await canaryOf(bench).fault({errorRate: 1});
	await bench.prometheus.waitForSample('http_requests_total{track="canary",code="500"}', ({value}) => value > 0);
	await canaryOf(bench).fault({errorRate: 0});
}

/** Everything healthy and guarded, then the fault at a moment of chance, then until the last of them is back at 0. */
async function oneRound(bench: Bench, number: number): Promise<ReadonlyMap<string, Measured>> {
	const {haproxy, chain, guards, loads} = bench;
	await prepare(bench, number);
	await sleep(Math.random() * 1_000);
	const failedBefore = new Map([...loads].map(([name, {report}]) => [name, report.failed]));
	const faultAtMs = Date.now();
	await canaryOf(bench).fault({errorRate: 1});
	const everyoneIsBack = async (): Promise<boolean> => {
		const weights = await Promise.all([...loads.keys()].map(name => haproxy.weights(name)));
		return weights.every(({canary: weight}) => weight === 0);
	};
	await waitUntil('every backend is back at 0 %', everyoneIsBack, {timeoutMs: 30_000, everyMs: 50});
	await Promise.all([...guards.values()].map(guard => guard.over()));
	await canaryOf(bench).fault({errorRate: 0});

	const failed = (name: string): number => (loads.get(name)?.report.failed ?? 0) - (failedBefore.get(name) ?? 0);
	const theirs: Measured = {
		verifiedMs: (chain.verifiedAtMs(chainBackend) ?? Number.NaN) - faultAtMs,
		failedRequests: failed(chainBackend),
	};
	const own = ours.map(({backend}): [string, Measured] => {
		const {verifiedAtMs, provenAtMs} = judgedMs(guards.get(backend)?.events() ?? [], {bound, forMs: 0, faultAtMs});
		return [
			backend,
			{verifiedMs: verifiedAtMs - faultAtMs, afterProofMs: verifiedAtMs - provenAtMs, failedRequests: failed(backend)},
		];
	});
	return new Map([[chainBackend, theirs], ...own]);
}

async function prepare({chain, prometheus, guards}: Bench, number: number): Promise<void> {
	await chain.restart(canaryPercent);
	await prometheus.waitForSample(query, ({value}) => value === 0, 30_000);
	writeFileSync(prometheus.rulesPath, chain.rules(number));
	await prometheus.reload();
	await Promise.all([...guards.values()].map(guard => guard.start()));
	await sleep(2_000);
	const [sample] = await prometheus.query(query);
	if (sample?.value !== 0) throw new Error(`The round would not begin healthy: ${sample?.value} % of the answers are errors.`);
}

function report(measured: ReadonlyMap<string, readonly Measured[]>, rounds: number): object {
	const all = (name: string): readonly Measured[] => measured.get(name) ?? [];
	const verified = (name: string): number[] => all(name).map(({verifiedMs}) => verifiedMs);
	const of = (name: string) => ({
		verifiedMsMedian: median(verified(name)),
		verifiedMs: verified(name),
		failedRequestsMedian: median(all(name).map(({failedRequests}) => failedRequests)),
	});
	const ratio = (backend: string): number => round(median(verified(backend)) / median(verified(chainBackend)));
	return {
		name: 'scrape-rollback',
		setting: {
			rounds,
			canaryPercent,
			faultPercent: 100,
			rateWindowS: 10,
			prometheusScrapeS: 1,
			ruleEvaluationS: 1,
			requestsPerSecond,
			for: '0s',
		},
		chain: of(chainBackend),
		ours: ours.map(({backend, pollMs}) => ({
			scrapeAndPollMs: pollMs,
			...of(backend),
			afterProofMs: all(backend).map(({afterProofMs}) => afterProofMs),
			ratioToChain: pollMs === 250 ? aim(ratio(backend), 0.4, 'of the chain') : {figure: ratio(backend)},
		})),
	};
}

if (process.argv[1] === fileURLToPath(import.meta.url))
	console.log(JSON.stringify(await run(Number(process.argv[2] ?? 9)), undefined, '\t'));
