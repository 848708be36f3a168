import {execFileSync, spawnSync} from 'node:child_process';
import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {parse} from 'yaml';
import type {SessionEvent} from '../../src/core/event.ts';
import {reduce} from '../../src/core/reduce.ts';
import {initialState} from '../../src/core/state.ts';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {waitUntil} from '../helpers/process.ts';
import {requireServer, serverEnvironment} from '../helpers/servers.ts';
import {shippedEnv} from '../helpers/shipped-env.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';
import {program, startWorld, type World} from '../helpers/world.ts';

const folder = createTempFolder('exports');
const profiles = join(import.meta.dirname, '../../profiles');
const env = {...process.env, ...shippedEnv(folder.path)};

/** What the tool says to the file; it throws when the tool ends with another code than 0. */
function judged(tool: 'promtool' | 'amtool', ...args: string[]): string {
	const command = requireServer(tool);
	return execFileSync(command, args, {encoding: 'utf8', stdio: 'pipe', env: {...process.env, ...serverEnvironment(command)}});
}

function exported(what: string, profile: string): string {
	const out = join(folder.path, `${what}-${Math.random()}.yml`);
	execFileSync(process.execPath, [program, 'export', what, profile, '--out', out], {env, stdio: 'pipe'});
	return out;
}

describeWithServers(['promtool', 'amtool'], 'the tools of Prometheus accept what is exported', () => {
	test.each(readdirSync(profiles).filter(file => file.endsWith('.yaml')))('of profiles/%s', file => {
		const rules = exported('rules', join(profiles, file));
		const {groups} = parse(readFileSync(rules, 'utf8')) as {groups: {rules: unknown[]}[]};
		const count = groups.flatMap(group => group.rules).length;
		expect(count).toBeGreaterThan(2);
		expect(judged('promtool', 'check', 'rules', rules)).toContain(`SUCCESS: ${count} rules found`);

		const object = parse(readFileSync(exported('prometheusrule', join(profiles, file)), 'utf8')) as {
			kind: string;
			spec: {groups: unknown};
		};
		expect(object).toMatchObject({kind: 'PrometheusRule', spec: {groups}});

		const route = exported('alertmanager', join(profiles, file));
		expect(judged('amtool', 'check-config', route)).toContain('2 receivers');
		const [, name = ''] = /receiver: (canary-\S+)/.exec(readFileSync(route, 'utf8')) ?? [];
		const canary = name.slice('canary-'.length);
		expect(judged('amtool', 'config', 'routes', 'test', `--config.file=${route}`, `canary=${canary}`).trim()).toBe(name);
		expect(judged('amtool', 'config', 'routes', 'test', `--config.file=${route}`, 'canary=other').trim()).toBe('others');
	});
});

test('a dashboard for each group goes into a folder; a stream holds one, and says how to get it', () => {
	const run = (...args: string[]) =>
		spawnSync(process.execPath, [program, 'export', 'grafana', join(profiles, 'relay-r1.yaml'), ...args], {
			env,
			encoding: 'utf8',
		});
	const dashboards = join(folder.path, 'made', 'dashboards');
	expect(run('--out', dashboards).status).toBe(0);
	// A blank is no letter of a uid: a number of the whole name keeps two groups apart.
	const names = ['ANN-search-', 'Database-health-', 'RLS-enforcement-', 'Reranker', 'Streaming-health-', 'TTFV-protection-'];
	expect(readdirSync(dashboards).toSorted()).toEqual(
		names.map(name => expect.stringMatching(new RegExp(`^canary-relay-r1-${name}(?:\\w{7})?\\.json$`))),
	);
	const panelsOf = (text: string) =>
		(JSON.parse(text) as {panels: {type: string}[]}).panels.filter(({type}) => type !== 'row').length;
	expect(panelsOf(run('--group', 'RLS enforcement').stdout)).toBeLessThan(panelsOf(run('--together').stdout));
	expect(run()).toMatchObject({status: 2, stdout: '', stderr: expect.stringContaining('--out dashboards/')});
	expect(run('--group', 'Nope')).toMatchObject({
		status: 2,
		stderr: expect.stringContaining('TTFV protection, Streaming health, RLS enforcement'),
	});
});

/** When a guardrail became breached: the time of its tick by the wall clock, and how late the tick was. */
function breachedAt(events: readonly SessionEvent[], id: string): {atMs: number; lateMs: number} | undefined {
	let state = initialState;
	for (const event of events) {
		state = reduce(state, event);
		if (event.type === 'tick-taken' && state.guardrails[id]?.status === 'breached')
			return {atMs: event.atMs - (event.tMs - event.dueMs), lateMs: event.lateMs + 1_000 * event.missed};
	}
	return undefined;
}

/** The evaluation at which the alert began to fire, in milliseconds: Prometheus keeps each as a sample of its own. */
async function firedAt({prometheus}: World, alert: string): Promise<number | undefined> {
	const query = encodeURIComponent(`ALERTS{alertname="${alert}",alertstate="firing"}[5m]`);
	const answer = await fetch(`${prometheus.url}/api/v1/query?query=${query}`);
	const {data} = (await answer.json()) as {data: {result: {values: [number, string][]}[]}};
	const first = data.result[0]?.values[0];
	return first && first[0] * 1_000;
}

describeWithServers(['prometheus', 'haproxy'], 'exported rules in a real Prometheus', () => {
	test('fire at the evaluation at which the guardrail breaches, give or take one', async () => {
		// As often as Prometheus evaluates; and nobody rolls back, so that both see the same fault.
		const guardrail = {severity: 'critical', unit: 'percent', healthy: '< 5', for: '3s', severe: {healthy: '< 60', for: '1s'}};
		const query =
			'100 * sum(rate(http_requests_total{track="canary",code=~"5.."}[10s])) / sum(rate(http_requests_total{track="canary"}[10s]))';
		await using world = await startWorld({
			requestsPerSecond: 40,
			profile: {
				poll: '1s',
				policies: {autoRollback: 'advisory'},
				guardrails: [
					{title: 'Canary errors', query: `${query} or vector(0)`, ...guardrail},
					{
						title: 'No errors at all',
						query: 'increase(http_requests_total{track="canary",code="500"}[10s])',
						healthy: '= 0',
						noData: 'ok',
						severity: 'warning',
					},
				],
				stages: [{weight: 50, duration: '1h', promote: 'manual'}],
			},
		});
		const {code, stdout} = await world.run('export', 'rules', world.profilePath);
		expect(code).toBe(0);
		writeFileSync(world.prometheus.rulesPath, stdout);
		await world.prometheus.reload();
		const load = world.startLoad(60);
		const run = world.run('run', '--headless', world.profilePath);
		await waitUntil('50 % is in force', async () => (await world.splitNow()) === 50);
		await world.prometheus.waitForSample('rate(http_requests_total{track="canary"}[5s])', ({value}) => Number(value) > 5);
		expect(await firedAt(world, 'CanaryErrors')).toBeUndefined();
		// Two in five fail: beyond the bound, short of the severe one.
		await world.canary.fault({errorRate: 0.4});

		const alerts = [
			['CanaryErrors', 'canary-errors'],
			['NoErrorsAtAll', 'no-errors-at-all'],
		] as const;
		for (const [alert, id] of alerts) {
			await waitUntil(`${alert} fires`, async () => (await firedAt(world, alert)) !== undefined, {timeoutMs: 40_000});
			await waitUntil(`${id} is breached`, () => breachedAt(world.events(), id) !== undefined, {timeoutMs: 40_000});
			const theirs = (await firedAt(world, alert)) ?? 0;
			const {atMs, lateMs} = breachedAt(world.events(), id) ?? {atMs: 0, lateMs: 0};
			// Both look once a second, on grids that are not aligned: the same evaluation is up to a second apart, the next one up to two.
			expect(Math.abs(atMs - theirs), `${id} ${atMs - theirs} ms after ${alert}`).toBeLessThanOrEqual(2_000 + lateMs);
		}
		expect(await firedAt(world, 'CanaryErrorsSevere')).toBeUndefined();
		await load.stop();
		await world.run('end', '--reason', 'seen enough');
		await run;
	});
});
