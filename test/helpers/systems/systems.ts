import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {albArns, albKey, albRegion, startAlbStub} from '../alb-stub.ts';
import {startHaproxy, twoSides} from '../haproxy.ts';
import {startNginx} from '../nginx.ts';
import {startPostgres} from '../postgres.ts';
import {startPrometheus} from '../prometheus.ts';
import {r2Tokens, relayTokens} from '../shipped-env.ts';
import {ownInstance} from './own-instance.ts';
import type {Hurry} from './quick-profile.ts';
import {type MetricsName, type Side, startSides} from './sides.ts';
import {startWeightedFront} from './weighted-front.ts';

/** What a trigger does to the candidate, and which guardrail must see it. */
export type Trigger = {
	readonly name: string;
	readonly guardrail?: string;
	/** Absent: an operator rolls back by hand, out of the bake. */
	readonly pull?: (candidate: Side) => void;
	readonly isSecurity?: true;
};

/** A system of the runbooks, running on this machine: what a profile needs to know of it. */
export type Running = AsyncDisposable & {
	readonly url: string;
	readonly candidate: Side;
	readonly baseline: Side;
	/** Laid over the shipped profile: addresses of servers, and nothing else. */
	readonly profile: Readonly<Record<string, unknown>>;
	readonly env: Readonly<Record<string, string>>;
	/** The candidate's share by the router itself. */
	splitNow(): Promise<number>;
	/** So many of the two servers of the baseline are healthy from now on. */
	readonly standby?: (healthy: 1 | 2) => void;
};

/** Servers that all canaries share, started before any of them: to make a database stops this process for seconds. */
export type Shared = {readonly databaseUrl: string};

export async function startShared(): Promise<Shared & AsyncDisposable> {
	const postgres = await startPostgres();
	postgres.sql(memoryTable);
	return {databaseUrl: postgres.url(), [Symbol.asyncDispose]: () => postgres.stop()};
}

export type System = {
	readonly name: string;
	readonly hurry: Hurry;
	readonly requestsPerSecond: number;
	readonly triggers: readonly Trigger[];
	/** Commands of the profile that an operator runs on the way up, by title or key. */
	readonly commands?: readonly string[];
	readonly start: (folder: string, shared: Shared) => Promise<Running>;
};

const scrapeMs = 1_000;

/** Two stand-ins behind a real HAProxy, scraped by a real Prometheus. */
async function behindHaproxy(
	stack: AsyncDisposableStack,
	metrics: readonly [baseline: MetricsName, candidate: MetricsName],
	scraped: readonly ('baseline' | 'candidate')[],
) {
	const sides = stack.use(await startSides(...metrics));
	const {baseline, candidate} = sides;
	const prometheus = stack.use(
		await startPrometheus({
			interval: `${scrapeMs / 1_000}s`,
			jobs: [{job: 'service', targets: scraped.map(side => ({address: `127.0.0.1:${sides[side].port}`}))}],
		}),
	);
	const haproxy = stack.use(
		await startHaproxy({backends: [{name: 'be_app', servers: twoSides([baseline.port], [candidate.port], 0)}]}),
	);
	const splitNow = async (): Promise<number> => {
		const {stable = 0, canary = 0} = await haproxy.weights('be_app');
		return (100 * canary) / (stable + canary);
	};
	return {baseline, candidate, prometheus, haproxy, splitNow};
}

/** The table of the memory API, with its four policies for the application's own role. */
const memoryTable = `
create role app_rw;
create table memory_chunks (id bigint, user_hash text);
grant select, insert, update, delete on memory_chunks to app_rw;
alter table memory_chunks enable row level security;
create policy chunks_select on memory_chunks for select to app_rw using (user_hash = current_setting('app.user', true));
create policy chunks_insert on memory_chunks for insert to app_rw with check (user_hash = current_setting('app.user', true));
create policy chunks_update on memory_chunks for update to app_rw using (user_hash = current_setting('app.user', true));
create policy chunks_delete on memory_chunks for delete to app_rw using (user_hash = current_setting('app.user', true));
`;

/** The memory API: HAProxy in front. Its Prometheus scrapes the candidate's own pages. */
export const relay: System = {
	name: 'relay-r1',
	requestsPerSecond: 20,
	hurry: {guardrailsBy: 60, stagesBy: 200, rangeMsMin: 8_000, bakeMs: 4_000},
	triggers: [
		{name: 'TTFV p95 above 1,500 ms', guardrail: 'ttfv-p95', pull: candidate => candidate.fault({latencyMs: 1_800})},
		{name: 'SSE success below 99.6 %', guardrail: 'sse-success', pull: candidate => candidate.fault({brokenStreams: 0.5})},
		{name: 'an RLS policy error', guardrail: 'rls-policy-errors', pull: candidate => candidate.happen('rls-violation')},
		{
			name: 'a cross-tenant attempt',
			guardrail: 'cross-tenant-attempts',
			pull: candidate => candidate.happen('cross-tenant-attempt'),
			isSecurity: true,
		},
	],
	async start(_folder, {databaseUrl}) {
		const stack = new AsyncDisposableStack();
		const world = await behindHaproxy(stack, ['relay', 'relay'], ['candidate']);
		return {
			...world,
			url: world.haproxy.url,
			profile: {
				metrics: {prometheus: {url: world.prometheus.url, staleAfter: '5s'}},
				router: {
					haproxy: {
						socket: world.haproxy.socketPath,
						backends: [{name: 'be_app', baseline: ['stable'], candidate: ['canary']}],
					},
				},
			},
			env: {
				...relayTokens,
				RELAY_FRONT: new URL(world.haproxy.url).host,
				RELAY_URL: world.candidate.url,
				RELAY_DATABASE_URL: databaseUrl,
			},
			[Symbol.asyncDispose]: () => stack.disposeAsync(),
		};
	},
};

/** `hal9-migrate` as far as the profile uses it: it drives the same HAProxy by its socket. */
const migrate = (socketPath: string): string => `#!/bin/sh
ask() { socat -t2 - UNIX-CONNECT:${socketPath}; }
case "$1 $2" in
	'migrate --phase') echo "set server be_app/canary weight $5; set server be_app/stable weight $((100 - $5))" | ask ;;
	'traffic --show-split') echo 'show servers state be_app' | ask | awk '$4=="canary"{c=$8} $4=="stable"{s=$8} END{printf "hierarchical: %d%%\\nflat: %d%%\\n", c, s}' ;;
	'state checkpoint') echo "checkpoint $4 made" ;;
	'state export') echo '{"nodes": 3}' >"$4" ;;
	'errors --analyze') echo 'timeout /search 3' ;;
	'latency --breakdown-by-layer') echo 'layer 1: 3 ms' ;;
	'trace --slow-queries') echo '/search 812 ms' ;;
	'status ') echo 'phase: canary' ;;
	*) echo "unknown: $*" >&2; exit 2 ;;
esac
`;

export const hal9: System = {
	name: 'hal9',
	commands: ['errors by type and endpoint', 'T'],
	requestsPerSecond: 40,
	hurry: {guardrailsBy: 60, stagesBy: 3_600, rangeMsMin: 8_000, bakeMs: 0},
	triggers: [
		{name: 'error rate above 0.1 %', guardrail: 'error-rate', pull: candidate => candidate.fault({errorShare: 0.5})},
		{name: 'p99 above 50 ms', guardrail: 'p99', pull: candidate => candidate.fault({latencyMs: 80, slowShare: 0.3})},
		{name: 'p50 above 15 ms', guardrail: 'p50', pull: candidate => candidate.fault({latencyMs: 20})},
	],
	async start(folder) {
		const stack = new AsyncDisposableStack();
		const world = await behindHaproxy(stack, ['hal9-flat', 'hal9-hierarchical'], ['baseline', 'candidate']);
		writeFileSync(join(folder, 'hal9-migrate'), migrate(world.haproxy.socketPath), {mode: 0o755});
		return {
			...world,
			url: world.haproxy.url,
			profile: {metrics: {prometheus: {url: world.prometheus.url, staleAfter: '5s'}}},
			env: {PATH: `${folder}:${process.env['PATH']}`, HAL9_STATE_FILE: join(folder, 'hal9-state.json')},
			[Symbol.asyncDispose]: () => stack.disposeAsync(),
		};
	},
};

/** One binary on two ports, nginx in front, no Prometheus: the pages themselves are scraped. */
export const hyperBun: System = {
	name: 'hyper-bun',
	requestsPerSecond: 20,
	hurry: {guardrailsBy: 60, stagesBy: 4_320, rangeMsMin: 6_000, bakeMs: 4_000},
	triggers: [
		{name: 'error rate above 1 %', guardrail: 'error-rate', pull: candidate => candidate.fault({errorShare: 0.5})},
		{name: 'the circuit breaker trips', guardrail: 'breaker', pull: candidate => candidate.happen('breaker-trips')},
	],
	async start(folder) {
		const stack = new AsyncDisposableStack();
		for (const script of ['verify-hardening.sh', 'verify-circuit-breaker.sh'])
			writeFileSync(join(folder, script), '#!/bin/sh\necho verified\n', {mode: 0o755});
		const day = new Date().toISOString().slice(0, 10);
		const log = join(folder, `hyper-bun-${day}.log`);
		writeFileSync(log, Array.from({length: 1_200}, (_, index) => `{"level":"INFO","message":"started ${index}"}\n`).join(''));
		const {baseline} = stack.use(await startSides('hyper-bun', 'hyper-bun'));
		// The controller starts the canary, as the profile has it.
		const {candidate, instance} = stack.use(await ownInstance(folder, 'hyper-bun', log));
		const servers = [
			{port: baseline.port, weight: 100},
			{port: candidate.port, weight: 0},
		];
		const nginx = stack.use(await startNginx({upstream: 'hyper_bun', servers}));
		const [binary = 'nginx', ...flags] = nginx.command;
		const page = (side: Side, name: string) => ({url: `${side.url}/metrics`, job: 'hyper-bun', labels: {side: name}});
		return {
			baseline,
			candidate,
			url: nginx.url,
			profile: {
				instance,
				metrics: {
					scrape: {interval: '500ms', timeout: '400ms', targets: [page(baseline, 'production'), page(candidate, 'canary')]},
				},
				router: {
					nginx: {
						include: nginx.includePath,
						upstream: 'hyper_bun',
						baseline: [`127.0.0.1:${baseline.port}`],
						candidate: [`127.0.0.1:${candidate.port}`],
						revisionUrl: nginx.revisionUrl,
						test: [binary, ...flags, '-t', '-q'],
						reload: [binary, ...flags, '-s', 'reload'],
					},
				},
			},
			env: {
				HYPER_BUN_LOG_DIR: folder,
				HYPER_BUN_SCRIPTS: folder,
				HYPER_BUN_CANARY: candidate.url,
				HYPER_BUN_PRODUCTION: baseline.url,
			},
			async splitNow() {
				const weight = (port: number): number => {
					const line = new RegExp(`server 127\\.0\\.0\\.1:${port}\\b([^;]*);`).exec(readFileSync(nginx.includePath, 'utf8'));
					return line?.[1]?.includes('down') ? 0 : Number(/weight=(\d+)/.exec(line?.[1] ?? '')?.[1] ?? 1);
				};
				const [stable, canary] = [weight(baseline.port), weight(candidate.port)];
				return (100 * canary) / (stable + canary);
			},
			[Symbol.asyncDispose]: () => stack.disposeAsync(),
		};
	},
};

/** A strict stub of Elastic Load Balancing holds the weights; a front of the test sends traffic by them, as the balancer would. */
export const r2: System = {
	name: 'r2-knowledge',
	requestsPerSecond: 20,
	hurry: {guardrailsBy: 60, stagesBy: 1_800, rangeMsMin: 8_000, bakeMs: 24_000},
	triggers: [
		{name: 'error rate above 1 %', guardrail: 'error-rate', pull: candidate => candidate.fault({errorShare: 0.5})},
		{name: 'p95 above 400 ms', guardrail: 'p95', pull: candidate => candidate.fault({latencyMs: 550})},
		{
			name: 'a security violation',
			guardrail: 'security',
			pull: candidate => candidate.happen('security-violation'),
			isSecurity: true,
		},
		{name: 'by hand, out of the bake'},
	],
	async start(folder) {
		const stack = new AsyncDisposableStack();
		const {baseline, candidate} = stack.use(await startSides('r1', 'r2'));
		const targets = [baseline, candidate].map(({port}) => ({address: `127.0.0.1:${port}`}));
		const prometheus = stack.use(await startPrometheus({interval: '1s', jobs: [{job: 'service', targets}]}));
		const alb = stack.use(await startAlbStub());
		const share = (): number => {
			const {[albArns.stable]: stable = 0, [albArns.canary]: canary = 0} = alb.weights();
			return canary / (stable + canary);
		};
		const front = stack.use(await startWeightedFront(baseline.url, candidate.url, share));
		const arns = {rule: albArns.rule, baseline: albArns.stable, candidate: albArns.canary};
		return {
			baseline,
			candidate,
			url: front.url,
			profile: {
				metrics: {prometheus: {url: prometheus.url, staleAfter: '5s'}},
				router: {'aws-alb': {...arns, region: albRegion, endpoint: alb.endpoint}},
			},
			env: {
				...r2Tokens,
				R2_FRONT: new URL(front.url).host,
				R2_LOG_DIR: folder,
				ALB_RULE_ARN: albArns.rule,
				BASELINE_TARGET_GROUP_ARN: albArns.stable,
				CANDIDATE_TARGET_GROUP_ARN: albArns.canary,
				AWS_ACCESS_KEY_ID: albKey.id,
				AWS_SECRET_ACCESS_KEY: albKey.secret,
				AWS_EC2_METADATA_DISABLED: 'true',
				AWS_CONFIG_FILE: join(folder, 'no-config'),
				AWS_SHARED_CREDENTIALS_FILE: join(folder, 'no-credentials'),
			},
			splitNow: async () => 100 * share(),
			standby: healthy => void alb.health.set(albArns.stable, ['healthy', healthy === 2 ? 'healthy' : 'unhealthy']),
			[Symbol.asyncDispose]: () => stack.disposeAsync(),
		};
	},
};
