import {basename} from 'node:path';
import {expect, test} from 'vitest';
import {linesOf} from '../../src/core/judge/compare-lines.ts';
import {reduce} from '../../src/core/reduce.ts';
import {initialState} from '../../src/core/state.ts';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {isAlive, waitUntil} from '../helpers/process.ts';
import {errorRate, startWorld, type World} from '../helpers/world.ts';

const latency = (track: string): string =>
	`sum(rate(ttfv_ms_sum{track="${track}"}[2s])) / sum(rate(ttfv_ms_count{track="${track}"}[2s]))`;
const requests = (track: string): string => `sum(rate(http_requests_total{track="${track}"}[2s]))`;

type Compared = {
	readonly comparisons: readonly {
		readonly id: string;
		readonly verdict: string;
		readonly n: number;
		readonly looked?: {readonly ratio?: number};
	}[];
};
const compared = async (world: World, ...args: readonly string[]): Promise<Compared['comparisons']> =>
	(JSON.parse((await world.run('compare', '--json', ...args)).stdout) as Compared).comparisons;
const blockers = async (world: World): Promise<readonly string[]> =>
	(JSON.parse((await world.run('status', '--json')).stdout) as {promoteBlockers: string[]}).promoteBlockers;

describeWithServers(['prometheus', 'haproxy'], 'candidate against baseline in the built program', () => {
	test('what is the same lets its stage pass; 40 % more holds the next, also over a kill -9; the record judges the same', async () => {
		await using world = await startWorld({
			profile: {
				guardrails: [{title: 'Canary errors', query: errorRate('canary'), unit: 'percent', healthy: '< 50', for: '1s'}],
				compare: [
					{id: 'latency', candidate: latency('canary'), baseline: latency('stable'), unit: 'ms', confidence: 0.96},
					{
						id: 'requests',
						candidate: requests('canary'),
						baseline: requests('stable'),
						confidence: 0.96,
						unit: 'per-second',
						direction: 'lower-is-worse',
						group: 'business',
					},
				],
				stages: [
					{weight: 50, duration: '10s', promote: 'auto', compare: ['requests']},
					{weight: 60, duration: '10s', promote: 'manual', compare: ['latency', 'requests']},
					{weight: 100, duration: '0s'},
				],
			},
		});
		await Promise.all([world.stable.fault({latencyMs: 100}), world.canary.fault({latencyMs: 150})]);
		const load = world.startLoad(90);
		const first = world.run('run', '--headless', world.profilePath, '--operator', 'ana');
		await waitUntil('the stage that compares requests has passed', async () => (await world.splitNow()) === 60, {
			timeoutMs: 60_000,
			everyMs: 250,
		});
		const [slower, same] = await compared(world, '--stage', '1');
		expect(same).toMatchObject({id: 'requests', verdict: expect.stringMatching(/^(same|better)$/)});
		expect(slower).toMatchObject({id: 'latency'});

		const held = 'latency is worse than the baseline: 1.';
		await waitUntil('the next one is held', async () => (await blockers(world)).some(one => one.startsWith(held)), {
			timeoutMs: 60_000,
			everyMs: 250,
		});
		expect(await world.run('promote')).toMatchObject({code: 3, stderr: expect.stringContaining(held)});
		const text = await world.run('compare', '--why');
		expect(text).toMatchObject({code: 1, stdout: expect.stringContaining('✗ worse')});
		expect(text.stdout).toContain('rank sum (Mann–Whitney), ');
		const pid = world.controllerPid();
		process.kill(pid, 'SIGKILL');
		await waitUntil('the controller is gone', () => !isAlive(pid));
		await first;
		const second = world.run('run', '--headless', '--resume', basename(world.session()), '--operator', 'ben');
		await waitUntil('somebody guards again', async () => world.controllerPid() !== pid && (await world.run('hold')).code === 0);
		expect((await compared(world)).find(({id}) => id === 'latency')).toMatchObject({verdict: 'worse'});
		expect((await blockers(world)).some(one => one.startsWith(held))).toBe(true);

		await world.run('rollback', '--reason', 'seen enough');
		await second;
		await load.stop();
		expect(await world.splitNow()).toBe(0);
		const state = world.events().reduce(reduce, initialState);
		const stages = state.compare?.stages ?? [];
		expect(stages.map(({stageIndex, isClosed}) => [stageIndex, isClosed])).toEqual([
			[0, true],
			[1, true],
		]);
		const [line] = linesOf(state, stages[1]);
		expect(line).toMatchObject({verdict: 'worse', comparison: {spacingMs: 2_000}});
		expect(line?.followed.looked?.ratio).toBeGreaterThan(1.2);
		expect((await compared(world, '--stage', '2')).find(({id}) => id === 'latency')?.verdict).toBe('worse');
	});
});
