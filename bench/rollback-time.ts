/**
 * From the breach to the verified rollback: our program beside the classic chain (Prometheus rule, Alertmanager, webhook, script),
 * all of them watching the same real Prometheus for the same fault at the same moment, each with an HAProxy backend of its own in
 * front of the same two services. `node bench/rollback-time.ts [rounds]` prints the figures.
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
import {type Chain, type ChainRule, startChain} from './kit/chain.ts';
import {aim, median, progress, round} from './kit/figures.ts';
import {createGuard, type Guard} from './kit/guard.ts';
import {judgedMs} from './kit/rollback-events.ts';

const canaryPercent = 25;
const requestsPerSecond = 40;
const roundsDefault = 7;
/** In percent: what an error budget of 99.5 % allows; and ten times that, as the fast alert of a multi-burn-rate pair has it. */
const bound = 0.5;
const severeBound = 5;
const query = errorRate('canary');

const chainRules: readonly ChainRule[] = ['0s', '5s'].map(wait => ({
	backend: `chain-${wait}`,
	expr: `${query} >= ${bound}`,
	for: wait,
}));

type Ours = {
	readonly backend: string;
	readonly poll: string;
	readonly pollMs: number;
	readonly wait: '0s' | '5s' | 'severe';
	/** The pages themselves, or the server. */
	readonly source: 'scrape' | 'prometheus';
};

const byScrape: Ours = {backend: 'ours-scrape-250ms', poll: '250ms', pollMs: 250, wait: '0s', source: 'scrape'};

const ours: readonly Ours[] = [
	...(['0s', '5s', 'severe'] as const).flatMap(wait =>
		[250, 1_000].map(
			(pollMs): Ours => ({backend: `ours-${wait}-${pollMs}ms`, poll: `${pollMs}ms`, pollMs, wait, source: 'prometheus'}),
		),
	),
	byScrape,
];

type Measured = {
	/** From the fault to weight 0 read back. */
	readonly verifiedMs: number;
	/** From the answer that proved it (the first breaching one, and its `for`) to the same. Ours only. */
	readonly afterProofMs?: number;
	readonly failedRequests: number;
};

type Bench = {
	readonly canary: Service;
	readonly haproxy: Haproxy;
	readonly prometheus: Prometheus;
	readonly chain: Chain;
	readonly guards: ReadonlyMap<string, Guard>;
	readonly loads: ReadonlyMap<string, Load>;
};

/** About half a minute a round. */
export async function run(rounds = roundsDefault): Promise<object> {
	await using stack = new AsyncDisposableStack();
	const folder = createTempFolder('rollback-time');
	stack.defer(async () => folder.remove());
	const [stable, canary] = await Promise.all([startService({version: 'stable'}), startService({version: 'canary'})]);
	stack.use(stable);
	stack.use(canary);
	const backends = [...chainRules, ...ours].map(({backend}) => ({
		name: backend,
		servers: twoSides([stable.port], [canary.port], 0),
	}));
	const haproxy = stack.use(await startHaproxy({backends}));
	const chain = stack.use(await startChain(chainRules, haproxy));
	const {alertmanagerAddress} = chain;
	const target = ({port, version: track}: Service) => ({address: `127.0.0.1:${port}`, labels: {track}});
	const prometheus = stack.use(await startPrometheus({jobs: [{targets: [stable, canary].map(target)}], alertmanagerAddress}));
	const guards = new Map(
		ours.map(one => [
			one.backend,
			createGuard(one.backend, folder.path, profile(one, {prometheus, haproxy, services: [stable, canary]})),
		]),
	);
	for (const guard of guards.values()) stack.use(guard);
	const loads = new Map(
		backends.map(({name}) => [
			name,
			startLoad({url: `${haproxy.urls[name]}/`, requestsPerSecond, seconds: 900, connectionsMax: 8}),
		]),
	);
	stack.defer(async () => void (await Promise.all([...loads.values()].map(load => load.stop()))));

	const bench: Bench = {canary, haproxy, prometheus, chain, guards, loads};
	await giveBirth(bench);
	const measured = new Map<string, Measured[]>(backends.map(({name}) => [name, []]));
	for (let number = 1; number <= rounds; number++) {
		for (const [name, one] of await oneRound(bench, number)) measured.get(name)?.push(one);
		progress(
			`  round ${number} of ${rounds}: ${[...measured].map(([name, all]) => `${name} ${all.at(-1)?.verifiedMs}`).join(', ')}`,
		);
	}
	return report(measured, rounds);
}

type Servers = {readonly prometheus: Prometheus; readonly haproxy: Haproxy; readonly services: readonly Service[]};

const profile = ({backend, poll, wait, source}: Ours, {prometheus, haproxy, services}: Servers) => ({
	baseline: {name: 'stable'},
	candidate: {name: 'canary'},
	metrics:
		source === 'prometheus'
			? {prometheus: {url: prometheus.url, staleAfter: '5s'}}
			: {
					scrape: {
						interval: poll,
						targets: services.map(({url, version}) => ({url: `${url}/metrics`, labels: {track: version}})),
					},
				},
	poll,
	guardrails: [
		{
			title: 'Errors',
			query,
			unit: 'percent',
			healthy: `< ${bound}`,
			for: wait === 'severe' ? '5s' : wait,
			// A tenth of the wait, as the shipped profiles have it.
			...(wait === 'severe' && {severe: {healthy: `< ${severeBound}`, for: '500ms'}}),
			severity: 'critical',
		},
	],
	stages: [{weight: canaryPercent, duration: '1h', promote: 'manual'}],
	policies: {watchAfterEnd: '0s'},
	router: {haproxy: {socket: haproxy.socketPath, backends: [{name: backend, baseline: ['stable'], candidate: ['canary']}]}},
});

/** A counter's first sample has nothing to be compared with: the series of failed requests must be there before the first round. */
async function giveBirth({canary, chain, prometheus}: Bench): Promise<void> {
	await chain.restart(canaryPercent);
	await canary.fault({errorRate: 1});
	await prometheus.waitForSample('http_requests_total{track="canary",code="500"}', ({value}) => value > 0);
	await canary.fault({errorRate: 0});
}

/** Everything healthy and guarded, then the fault at a moment of chance, then until the last of them is back at 0. */
async function oneRound(bench: Bench, number: number): Promise<ReadonlyMap<string, Measured>> {
	const {canary, haproxy, chain, guards, loads} = bench;
	await prepare(bench, number);
	await sleep(Math.random() * 1_000);
	const failedBefore = new Map([...loads].map(([name, {report}]) => [name, report.failed]));
	const faultAtMs = Date.now();
	await canary.fault({errorRate: 1});

	const everyoneIsBack = async (): Promise<boolean> => {
		const weights = await Promise.all([...loads.keys()].map(name => haproxy.weights(name)));
		return weights.every(({canary: weight}) => weight === 0);
	};
	await waitUntil('every backend is back at 0 %', everyoneIsBack, {timeoutMs: 30_000, everyMs: 100});
	await Promise.all([...guards.values()].map(guard => guard.over()));
	await canary.fault({errorRate: 0});

	const failed = (name: string): number => (loads.get(name)?.report.failed ?? 0) - (failedBefore.get(name) ?? 0);
	const theirs = chainRules.map(({backend}): [string, Measured] => [
		backend,
		{verifiedMs: (chain.verifiedAtMs(backend) ?? Number.NaN) - faultAtMs, failedRequests: failed(backend)},
	]);
	const own = ours.map(({backend, wait}): [string, Measured] => {
		const {verifiedAtMs, provenAtMs} = judgedMs(guards.get(backend)?.events() ?? [], {
			bound: wait === 'severe' ? severeBound : bound,
			forMs: {'0s': 0, '5s': 5_000, severe: 500}[wait],
			faultAtMs,
		});
		const failedRequests = failed(backend);
		return [backend, {verifiedMs: verifiedAtMs - faultAtMs, afterProofMs: verifiedAtMs - provenAtMs, failedRequests}];
	});
	return new Map([...theirs, ...own]);
}

async function prepare({chain, prometheus, guards}: Bench, number: number): Promise<void> {
	await chain.restart(canaryPercent);
	await prometheus.waitForSample(query, ({value}) => value === 0, 30_000);
	writeFileSync(prometheus.rulesPath, chain.rules(number));
	await prometheus.reload();
	// Two at a time: on a small machine six starts at once only wait for each other.
	const waiting = [...guards.values()];
	while (waiting.length > 0) await Promise.all(waiting.splice(0, 2).map(guard => guard.start()));
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
		failedRequests: all(name).map(({failedRequests}) => failedRequests),
	});
	const against = (chain: string, ratioAtMost: number) => (one: Ours) => {
		const ratio = round(median(verified(one.backend)) / median(verified(chain)));
		const afterProofMs = all(one.backend).map(measure => measure.afterProofMs ?? Number.NaN);
		return {
			pollMs: one.pollMs,
			...of(one.backend),
			// Both look once a second then, each at a moment of chance: what is left is their luck, which no aim can be set for.
			ratioToChain: one.pollMs === 1_000 && ratioAtMost === 1 ? {figure: ratio} : aim(ratio, ratioAtMost, 'of the chain'),
			aheadOfChainMs: all(one.backend).map(({verifiedMs}, index) => (verified(chain)[index] ?? Number.NaN) - verifiedMs),
			afterProof: {afterProofMs, ...aim(Math.max(...afterProofMs), one.pollMs + 200, 'ms')},
		};
	};
	const part = (wait: Ours['wait'], chain: string, ratioAtMost: number) => ({
		chain: of(chain),
		ours: ours.filter(one => one.wait === wait && one.source === 'prometheus').map(against(chain, ratioAtMost)),
	});
	const seconds = {rateWindowS: 10, scrapeS: 1, ruleEvaluationS: 1};
	return {
		name: 'rollback-time',
		setting: {
			rounds,
			canaryPercent,
			faultPercent: 100,
			...seconds,
			requestsPerSecond,
			boundPercent: bound,
			severeBoundPercent: severeBound,
		},
		equalFor0s: part('0s', 'chain-0s', 1),
		byScrapeFor0s: {chain: of('chain-0s'), ours: [against('chain-0s', 0.4)(byScrape)]},
		equalFor5s: part('5s', 'chain-5s', 1),
		severeFor500msAgainstFor5s: part('severe', 'chain-5s', 0.4),
	};
}

if (process.argv[1] === fileURLToPath(import.meta.url))
	console.log(JSON.stringify(await run(Number(process.argv[2] ?? roundsDefault)), undefined, '\t'));
