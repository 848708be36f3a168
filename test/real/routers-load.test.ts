import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, expect, test} from 'vitest';
import type {Router} from '../../src/routers/router.ts';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {startHaproxy, twoSides} from '../helpers/haproxy.ts';
import {between, type LoadOptions, observedShare, runLoad, startLoad} from '../helpers/load.ts';
import {never} from '../routers/contract.ts';
import {haproxyOptions, nginxOptions, open, type Services, startNginxFor, startServices} from '../routers/rigs.ts';

const changes = 110;

let services: Services;

beforeAll(async () => {
	services = await startServices();
});
afterAll(() => services[Symbol.asyncDispose]());

/** Back and forth over the whole range, so that each side is taken out and brought back many times. */
const shares = [0, 5, 100, 25, 0, 50, 100, 0, 75, 1];

/** Changes the split again and again under load, and tells what the clients met. */
async function changeUnderLoad(router: Router, load: Omit<LoadOptions, 'seconds' | 'requestsPerSecond'>, everyMs: number) {
	const running = startLoad({...load, requestsPerSecond: 500, seconds: 120});
	const refused: string[] = [];
	for (let change = 0; change < changes; change++) {
		const answer = await router.setWeight(shares[change % shares.length] ?? 0, never);
		if (!answer.ok) refused.push(answer.error.message);
		await sleep(everyMs);
	}
	return {refused, report: await running.stop()};
}

describeWithServers(['haproxy'], 'HAProxy under 500 requests a second', () => {
	test(`${changes} changes of the split cost no request`, async () => {
		const servers = twoSides([services.stable.port], [services.canary.port], 0);
		await using haproxy = await startHaproxy({backends: [{servers}]});
		const router = open(haproxyOptions({path: haproxy.socketPath}));
		const {refused, report} = await changeUnderLoad(router, {url: `${haproxy.url}/`}, 40);
		expect(refused).toEqual([]);
		expect(report.failures).toEqual({});
		expect(report.notSent).toBe(0);
		expect(report.ok).toBeGreaterThan(1_500);
		expect(Object.keys(report.byVersion).toSorted()).toEqual(['canary', 'stable']);
	});

	test('clients meet the split that is set, and none of a candidate that was rolled back', async () => {
		const servers = twoSides([services.stable.port], [services.canary.port], 0);
		await using haproxy = await startHaproxy({backends: [{servers}]});
		const router = open(haproxyOptions({path: haproxy.socketPath}));
		await router.setWeight(25, never);
		const load = {url: `${haproxy.url}/`, requestsPerSecond: 500, seconds: 2};
		expect(observedShare(await runLoad(load), 'canary')).toBeCloseTo(0.25, 2);
		const running = startLoad(load);
		await sleep(500);
		await router.setWeight(0, never);
		const rolledBackMs = Date.now();
		const after = between(await running.done, rolledBackMs + 100, rolledBackMs + 60_000);
		expect(after.ok).toBeGreaterThan(300);
		expect(Object.keys(after.byVersion)).toEqual(['stable']);
	});
});

describeWithServers(['nginx'], 'nginx under 500 requests a second on fresh connections', () => {
	test(`${changes} changes of the split cost no request`, async () => {
		await using nginx = await startNginxFor(services);
		const router = open(nginxOptions(nginx, services));
		const {refused, report} = await changeUnderLoad(router, {url: `${nginx.url}/`, connections: 'fresh'}, 0);
		expect(refused).toEqual([]);
		expect(report.failures).toEqual({});
		expect(report.notSent).toBe(0);
		expect(report.ok).toBeGreaterThan(5_000);
		expect(Object.keys(report.byVersion).toSorted()).toEqual(['canary', 'stable']);
		await router.close();
	});

	test('once a change is verified, no fresh connection meets the old split any more', async () => {
		await using nginx = await startNginxFor(services);
		const router = open(nginxOptions(nginx, services));
		for (let round = 0; round < 5; round++) {
			await router.setWeight(50, never);
			const running = startLoad({url: `${nginx.url}/`, requestsPerSecond: 500, seconds: 2, connections: 'fresh'});
			await sleep(300);
			expect(await router.setWeight(0, never)).toMatchObject({ok: true, value: {weightPercent: 0}});
			const rolledBackMs = Date.now();
			const after = between(await running.done, rolledBackMs + 50, rolledBackMs + 60_000);
			expect(after.ok).toBeGreaterThan(200);
			expect(Object.keys(after.byVersion)).toEqual(['stable']);
		}
		await router.close();
	});
});
