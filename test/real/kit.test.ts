import {existsSync, readFileSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {startAlertmanager, startWebhookReceiver} from '../helpers/alertmanager.ts';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {type Haproxy, startHaproxy, twoSides} from '../helpers/haproxy.ts';
import {observedShare, runLoad, startLoad} from '../helpers/load.ts';
import {startNginx} from '../helpers/nginx.ts';
import {isAlive, isPortTaken} from '../helpers/process.ts';
import {startPrometheus} from '../helpers/prometheus.ts';
import {type Service, startService} from '../helpers/service.ts';
import {startVictoriaMetrics} from '../helpers/victoria-metrics.ts';

let stable: Service;
let canary: Service;

beforeAll(async () => {
	[stable, canary] = await Promise.all([startService({version: 'stable'}), startService({version: 'canary'})]);
});

afterAll(async () => {
	await Promise.all([stable.stop(), canary.stop()]);
});

describeWithServers(['haproxy'], 'HAProxy', () => {
	const start = (canaryPercent: number, reloadable = false): Promise<Haproxy> =>
		startHaproxy({backends: [{servers: twoSides([stable.port], [canary.port], canaryPercent)}], reloadable});

	test('splits 95/5 as configured, and loses no request', async () => {
		await using haproxy = await start(5);
		const report = await runLoad({url: haproxy.url, requestsPerSecond: 400, seconds: 3});
		expect(report).toMatchObject({ok: 1200, failed: 0, notSent: 0});
		expect(observedShare(report, 'canary')).toBeCloseTo(0.05, 2);
	});

	test('takes a weight over the Unix socket while fresh connections come in', async () => {
		await using haproxy = await start(5);
		const load = startLoad({url: haproxy.url, requestsPerSecond: 200, seconds: 30, connections: 'fresh'});
		await sleep(500);
		expect(await haproxy.runtime('set server app/stable weight 50; set server app/canary weight 50')).toBe('');
		expect(await haproxy.weights()).toEqual({stable: 50, canary: 50});
		await sleep(500);
		const report = await load.stop();
		expect(report.failed).toBe(0);
		expect(report.buckets.at(-2)?.byVersion['canary']).toBeGreaterThan(5);
	});

	test('has several servers a side and several backends, and a reload brings the old weights back', async () => {
		const ports = [stable.port, stable.port];
		const backends = ['api', 'web'].map(name => ({name, servers: twoSides(ports, [canary.port], 10)}));
		await using haproxy = await startHaproxy({backends, reloadable: true});
		await haproxy.runtime('set server web/canary weight 0');
		expect(await haproxy.weights('web')).toEqual({'stable-1': 90, 'stable-2': 90, canary: 0});
		expect(await haproxy.weights('api')).toEqual({'stable-1': 90, 'stable-2': 90, canary: 10});
		await haproxy.reload();
		expect(await haproxy.weights('web')).toEqual({'stable-1': 90, 'stable-2': 90, canary: 10});
	});

	test('is gone after it was stopped, with its folder and its port', async () => {
		const haproxy = await start(5, true);
		expect(await isPortTaken(haproxy.runtimePort)).toBe(true);
		await haproxy.stop();
		expect(isAlive(haproxy.process.pid)).toBe(false);
		expect(existsSync(haproxy.configPath)).toBe(false);
		expect(await isPortTaken(haproxy.runtimePort)).toBe(false);
	});
});

describeWithServers(['nginx'], 'nginx', () => {
	test('splits 95/5, answers with the revision of its include file, and is gone afterwards', async () => {
		const sides = [stable, canary].map(({port}, index) => ({port, weight: [95, 5][index] ?? 0}));
		const nginx = await startNginx({servers: sides});
		const report = await runLoad({url: nginx.url, requestsPerSecond: 400, seconds: 3});
		expect(report).toMatchObject({ok: 1200, failed: 0, notSent: 0});
		expect(observedShare(report, 'canary')).toBeCloseTo(0.05, 2);
		expect(await (await fetch(nginx.revisionUrl)).text()).toBe('start\n');
		await nginx.stop();
		expect([isAlive(nginx.process.pid), existsSync(nginx.prefix)]).toEqual([false, false]);
	});

	test('writes a side without traffic as down', async () => {
		await using nginx = await startNginx({servers: [stable, canary].map(({port}, index) => ({port, weight: index}))});
		const report = await runLoad({url: nginx.url, requestsPerSecond: 100, seconds: 0.5});
		expect(report.byVersion).toEqual({canary: 50});
	});
});

describeWithServers(['prometheus', 'alertmanager'], 'Prometheus and Alertmanager', () => {
	test('scrape both versions, evaluate a rule, and call the webhook', async () => {
		await using receiver = await startWebhookReceiver();
		await using alertmanager = await startAlertmanager({webhookUrl: receiver.url});
		const rules = `
groups:
  - name: canary
    rules:
      - alert: RlsErrors
        expr: increase(memory_rls_policy_errors_total{version="canary"}[10s]) > 0
        labels: {severity: critical}
`;
		await using prometheus = await startPrometheus({
			jobs: [{targets: [stable, canary].map(({port, version}) => ({address: `127.0.0.1:${port}`, labels: {version}}))}],
			rules,
			alertmanagerAddress: alertmanager.address,
		});
		expect(await prometheus.query('sum(up)')).toEqual([{metric: {}, value: 2}]);
		await prometheus.waitForSample('count_over_time(up{version="canary"}[10s])', ({value}) => value >= 2);
		await canary.fault({rlsViolations: 3});
		await expect.poll(() => receiver.notices[0]?.alerts[0]?.labels, {timeout: 10_000}).toMatchObject({alertname: 'RlsErrors'});
		expect(readFileSync(canary.errorLog, 'utf8')).toContain('"code":"RLS_POLICY"');
	});
});

describeWithServers(['victoria-metrics'], 'VictoriaMetrics', () => {
	test('answers as Prometheus does, and is gone afterwards', async () => {
		const server = await startVictoriaMetrics({jobs: [{targets: [{address: `127.0.0.1:${stable.port}`}]}]});
		const {value} = await server.waitForSample('memory_chunks_row_count', sample => sample.value > 0);
		expect(value).toBe(12_000);
		await server.stop();
		expect([isAlive(server.process.pid), existsSync(server.folder)]).toEqual([false, false]);
	});
});
