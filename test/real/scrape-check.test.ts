import {execFile} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {expect, test} from 'vitest';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {startHaproxy, twoSides} from '../helpers/haproxy.ts';
import {runLoad} from '../helpers/load.ts';
import {createTempFolder} from '../helpers/process.ts';
import {startService} from '../helpers/service.ts';
import {program} from '../helpers/world.ts';

type Ended = {readonly code?: number; readonly stdout: string; readonly stderr: string};

const run = (args: readonly string[], home: string): Promise<Ended> =>
	promisify(execFile)(process.execPath, [program, ...args], {
		env: {...process.env, HOME: home, CANARY_HOME: home},
		timeout: 30_000,
	}).catch((ended: unknown) => ended as Ended);

describeWithServers(['haproxy'], 'canary check on pages, without a server', () => {
	test('waits for a second page so that rates have values, says how little is covered, and what can never break', async () => {
		const folder = createTempFolder('scrape-check');
		await using stable = await startService({version: 'stable'});
		await using canary = await startService({version: 'canary'});
		await using haproxy = await startHaproxy({backends: [{name: 'be', servers: twoSides([stable.port], [canary.port], 20)}]});
		await runLoad({url: `${canary.url}/`, requestsPerSecond: 50, seconds: 1});
		const profile = {
			name: 'scraped',
			baseline: {name: 'stable'},
			candidate: {name: 'canary'},
			metrics: {
				scrape: {
					targets: [stable, canary].map(({url, version}) => ({url: `${url}/metrics`, labels: {version}})),
					interval: '500ms',
				},
			},
			guardrails: [
				{id: 'rls', query: 'increase(memory_rls_policy_errors_total{version="canary"}[5m])', healthy: '= 0'},
				{
					id: 'p95',
					query: 'histogram_quantile(0.95, sum by (le) (rate(ttfv_ms_bucket[5m])))',
					unit: 'ms',
					healthy: '< 15000',
					noData: 'zero',
				},
			],
			stages: [{weight: 50, duration: '1m'}],
			router: {haproxy: {socket: haproxy.socketPath, backends: [{name: 'be', baseline: ['stable'], candidate: ['canary']}]}},
		};
		const path = join(folder.path, 'profile.yaml');
		writeFileSync(path, JSON.stringify(profile));
		const {code = 0, stdout, stderr} = await run(['check', path], folder.path);
		folder.remove();
		expect(stderr).toBe('');
		expect(code).toBe(0);
		expect(stdout).toMatch(/rls .*✓ ok/);
		expect(stdout).toMatch(/of the 5m it looks over/);
		expect(stdout).toMatch(/scrape 127\.0\.0\.1:\d+\/metrics, 127\.0\.0\.1:\d+\/metrics every 500ms/);
		expect(stdout).toMatch(
			/p95: the highest finite bucket is 10000, and a quantile never exceeds it: < 15000 can never be broken/,
		);
	});
});
