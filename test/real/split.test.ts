import {expect, test} from 'vitest';
import {of, startGuarded} from '../helpers/console-kit.ts';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {startLoad} from '../helpers/load.ts';
import {waitUntil} from '../helpers/process.ts';
import {startWorld, type World} from '../helpers/world.ts';

const counting = {
	observedShare: '100 * sum(rate(http_requests_total{track="canary"}[5s])) / sum(rate(http_requests_total[5s]))',
	observedRequests: 'sum(increase(http_requests_total[5s]))',
};

type Shown = {
	readonly askedPercent?: number;
	readonly configured?: {readonly weightPercent: number};
	readonly observed?: {
		readonly requests: number;
		readonly interval: {lowPercent: number; highPercent: number};
		readonly isThin?: boolean;
	};
	readonly hasDrifted: boolean;
	readonly exitCode: number;
};

async function shown(world: World, ...args: readonly string[]): Promise<Shown> {
	const {code, stdout} = await world.run('split', ...args, '--json');
	const answer = JSON.parse(stdout) as Shown;
	expect(answer.exitCode).toBe(code);
	return answer;
}

describeWithServers(['prometheus', 'haproxy', 'tmux'], 'asked, configured and observed', () => {
	test('they agree, cannot be told, part by hand, are told at once and set once more', async () => {
		await using world = await startWorld({profile: {...counting, policies: {watchAfterEnd: '2s', splitReadEvery: '500ms'}}});
		const {haproxy, profilePath} = world;
		const byHand = (weight: number): Promise<string> => haproxy!.runtime(`set server app/canary weight ${weight}`);

		// So few requests fit nearly any split: no drift, but nothing is verified either.
		await byHand(100);
		const few = startLoad({url: world.url, requestsPerSecond: 2, seconds: 60, connections: 'fresh'});
		const thin = await waitUntil('a share is seen', async () => {
			const now = await shown(world, profilePath, '--verify');
			return now.observed?.requests ? now : undefined;
		});
		expect(thin).toMatchObject({exitCode: 3, hasDrifted: false, observed: {isThin: true}, configured: {weightPercent: 50}});
		expect(thin).not.toHaveProperty('askedPercent');
		expect((await shown(world, profilePath)).exitCode).toBe(0);
		await few.stop();
		await byHand(0);

		const load = world.startLoad(60);
		await using screen = await startGuarded(world);
		const agreed = await shown(world, '--verify');
		expect(agreed).toMatchObject({exitCode: 0, askedPercent: 5, configured: {weightPercent: 5}, hasDrifted: false});
		expect(agreed.observed!.requests).toBeGreaterThan(200);
		expect(agreed.observed!.interval.lowPercent).toBeLessThan(5);
		expect(agreed.observed!.interval.highPercent).toBeGreaterThan(5);
		const inWords = await world.run('split');
		expect(inWords).toMatchObject({
			code: 0,
			stdout: expect.stringMatching(/observed {4}[\d.]+ %, 95 % interval [\d.]+–[\d.]+ % of \d+ requests/),
		});

		await byHand(30);
		expect(await screen.waitForText('DRIFTED')).toMatch(/asked 5 · configured 2[34]/);
		const read = of(world.events(), 'split-read');
		const first = read.find(({split}) => split.weightPercent > 20)!;
		// The read before it still had the old weight, and was no more than a poll of the split ago.
		expect(first.tMs - read[read.indexOf(first) - 1]!.tMs).toBeLessThan(5_000);
		expect(await screen.screen()).toContain('the split drifted');
		expect(await shown(world, '--verify')).toMatchObject({exitCode: 1, askedPercent: 5, hasDrifted: true});
		expect((await world.run('split')).stdout).toContain('✗ not what was asked');
		// Told, not silently set right.
		expect(await world.splitNow()).toBeGreaterThan(20);
		expect(of(world.events(), 'action-intended')).toHaveLength(1);

		const back = await world.run('split', '--rebalance', '--reason', 'someone was here', '--operator', 'bo');
		expect(back).toMatchObject({code: 0, stdout: expect.stringContaining('set once more: the router reads 5 %')});
		expect(await world.splitNow()).toBe(5);
		await screen.waitForText('HEALTHY');
		expect(of(world.events(), 'rebalance-asked')).toMatchObject([{by: 'bo', reason: 'someone was here'}]);
		expect(await world.run('split', '--rebalance')).toMatchObject({
			code: 3,
			stderr: expect.stringContaining('the split is as asked: 5 %'),
		});

		// Without its controller no weight is set, and the way out is named.
		process.kill(world.controllerPid(), 'SIGKILL');
		await byHand(30);
		await waitUntil('its death is known', async () => (await world.run('split', '--rebalance')).code === 2);
		const refused = await world.run('split', '--rebalance');
		expect(refused.stderr).toMatch(/has no controller.*canary run --resume .*canary rollback /);
		expect(await world.splitNow()).toBeGreaterThan(20);
		expect(await world.run('split', '--verify')).toMatchObject({code: 2, stderr: expect.stringContaining('name its profile')});
		expect(await shown(world, profilePath, '--verify')).toMatchObject({configured: {weightPercent: expect.any(Number)}});
		expect((await world.run('rollback', '--reason', 'enough')).code).toBe(0);
		expect(await world.splitNow()).toBe(0);
		await load.stop();

		await world.haproxy!.stop();
		const silent = await world.run('split', profilePath);
		expect(silent).toMatchObject({code: 4, stdout: expect.stringMatching(/configured {2}not known {2}✗ .*\w{3}/)});
	});
});
