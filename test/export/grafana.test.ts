import {afterEach, expect, test} from 'vitest';
import {pushDashboard} from '../../src/commands/push-dashboard.ts';
import {dashboardUid, grafanaDashboard, grafanaDashboards} from '../../src/export/grafana.ts';
import {type GrafanaStub, startGrafanaStub} from '../helpers/grafana-stub.ts';
import {compiled} from '../profile/given.ts';

const plan = async () =>
	(
		await compiled({
			guardrails: `guardrails:
  - {id: p95, title: p95, query: 'histogram_quantile(0.95, a)', unit: ms, healthy: < 1500, warn: < 1000, severe: {healthy: < 3000}, for: 1m, group: Latency}
  - {id: errors, title: Errors, query: a / b, unit: percent, healthy: < 1, group: Errors}
  - {id: p50, title: p50, query: c, unit: ms, group: Latency}
  - {id: lines, log: {}, healthy: < 1}`,
			more: 'logs: [{path: app.log}]\nobservedShare: 100 * a / b',
		})
	).plan;

test('a dashboard has a row for each group and a panel for each guardrail with a query', async () => {
	const {panels = [], uid} = grafanaDashboard(await plan());
	const [, , latency, p95] = panels;
	expect(uid).toBe('canary-shop');
	expect(panels.map(({type, title}) => `${type} ${title}`)).toEqual([
		'row Traffic',
		'timeseries Share of the candidate, seen',
		'row Latency',
		'timeseries p95',
		'timeseries p50',
		'row Errors',
		'timeseries Errors',
	]);
	expect(new Set(panels.map(({id}) => id)).size).toBe(7);
	expect(latency?.type).toBe('row');
	expect(p95).toMatchObject({
		targets: [{expr: 'histogram_quantile(0.95, a)', refId: 'A'}],
		fieldConfig: {
			defaults: {
				unit: 'ms',
				thresholds: {
					mode: 'absolute',
					steps: [
						{value: null, color: 'green'},
						{value: 1000, color: 'yellow'},
						{value: 1500, color: 'red'},
						{value: 3000, color: 'dark-red'},
					],
				},
			},
		},
	});
});

test('each group has a dashboard of its own, with the share on top and links to the others', async () => {
	const dashboards = grafanaDashboards(await plan());
	expect(dashboards.map(({uid, title}) => `${uid} ${title}`)).toEqual([
		'canary-shop-Latency Canary shop: Latency',
		'canary-shop-Errors Canary shop: Errors',
	]);
	expect(dashboards.map(({panels = []}) => panels.map(({title}) => title))).toEqual([
		['Traffic', 'Share of the candidate, seen', 'Latency', 'p95', 'p50'],
		['Traffic', 'Share of the candidate, seen', 'Errors', 'Errors'],
	]);
	expect(dashboards[0]?.links).toMatchObject([{type: 'dashboards', tags: ['canary', 'shop'], includeVars: true, keepTime: true}]);
});

test('groups that differ in what Grafana does not take, or behind its 40 characters, have uids of their own', () => {
	const uids = ['a b', 'a/b', 'a-b', `${'x'.repeat(40)}1`, `${'x'.repeat(40)}2`].map(group => dashboardUid('shop', group));
	expect(new Set(uids).size).toBe(5);
	for (const uid of uids) expect(uid).toMatch(/^canary-shop-[A-Za-z0-9_-]{1,28}$/);
});

test('a uid has at most 40 characters that Grafana takes', () => {
	expect(dashboardUid(`${'x'.repeat(50)}`)).toHaveLength(40);
	expect(dashboardUid('a.b_c-d')).toBe('canary-a-b_c-d');
});

const grafanas: GrafanaStub[] = [];
const grafana = async (): Promise<GrafanaStub> => {
	const stub = await startGrafanaStub();
	grafanas.push(stub);
	return stub;
};
afterEach(() => {
	for (const one of grafanas.splice(0)) one.close();
	delete process.env['GRAFANA_TEST_TOKEN'];
});

test('a dashboard is pushed with the token, again over the one before, and its uid comes back', async () => {
	const {url, kept} = await grafana();
	process.env['GRAFANA_TEST_TOKEN'] = 's3cret-token';
	const dashboard = grafanaDashboard(await plan());
	const options = {push: `${url}/grafana/`, tokenEnv: 'GRAFANA_TEST_TOKEN'};
	await pushDashboard(dashboard, options);
	expect(await pushDashboard(dashboard, options)).toEqual({uid: 'canary-shop', url: `${url}/grafana/d/canary-shop/canary-shop`});
	expect([...kept.keys()]).toEqual(['canary-shop']);
});

test('what Grafana refuses, a token that is not there, and a URL with a password are told with the remedy', async () => {
	const {url} = await grafana();
	const push = (options: object) =>
		pushDashboard({uid: 'a', title: 'b'}, {push: `${url}/grafana`, tokenEnv: 'GRAFANA_TEST_TOKEN', ...options});
	await expect(push({})).rejects.toThrow('the environment variable GRAFANA_TEST_TOKEN is not set');
	process.env['GRAFANA_TEST_TOKEN'] = 'wrong';
	await expect(push({})).rejects.toThrow('answered 401: Invalid API key. Its token needs the right to write dashboards.');
	await expect(push({push: 'http://ana:pw@grafana'})).rejects.toThrow('without user and password');
	await expect(push({push: 'http://127.0.0.1:1'})).rejects.toThrow("can't be reached");
});

test('an address that would be another host’s is not handed on', async () => {
	const stub = await grafana();
	process.env['GRAFANA_TEST_TOKEN'] = 's3cret-token';
	stub.answerUrl = '@evil.example/d/x';
	const {url} = await pushDashboard({uid: 'a', title: 'b'}, {push: `${stub.url}/grafana`, tokenEnv: 'GRAFANA_TEST_TOKEN'});
	expect(url).toBe(`${stub.url}/grafana/d/a`);
});
