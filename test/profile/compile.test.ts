import {expect, test} from 'vitest';
import {compiled} from './given.ts';

test('a guardrail says nothing but its query and bound: it rolls back at once, and no data holds', async () => {
	const {plan} = await compiled();
	expect(plan.guardrails).toEqual([
		{
			id: 'errors',
			title: 'errors',
			unit: 'none',
			query: 'sum(rate(errors_total[5m]))',
			origin: 'query',
			bound: {op: '<', value: 5},
			forMs: 0,
			keepFiringForMs: 0,
			severity: 'critical',
			onBreach: 'rollback',
			security: false,
			noData: 'hold',
			noDataAfterMs: 30_000,
			staleAfterMs: 60_000,
			windowMs: 300_000,
			group: '',
		},
	]);
});

test.each([
	['critical', 'rollback'],
	['warning', 'warn'],
	['info', 'warn'],
])('a breach of severity %s leads to %s unless the profile says otherwise', async (severity, onBreach) => {
	const {plan} = await compiled({guardrails: `guardrails: [{id: e, query: up, healthy: "= 1", severity: ${severity}}]`});
	expect(plan.guardrails[0]?.onBreach).toBe(onBreach);
});

test('the id is made from the title', async () => {
	const {plan} = await compiled({guardrails: 'guardrails: [{title: "Café p95 (ms)", query: up, healthy: "= 1"}]'});
	expect(plan.guardrails[0]).toMatchObject({id: 'cafe-p95-ms', title: 'Café p95 (ms)'});
});

test('the window is the largest range in the query, also inside a subquery', async () => {
	const {plan} = await compiled({
		guardrails: 'guardrails: [{id: e, query: "max_over_time(rate(a[1m])[30m:1m]) / rate(b[10m])", healthy: "< 1"}]',
	});
	expect(plan.guardrails[0]?.windowMs).toBe(600_000);
});

test.each([
	['percent', '%'],
	['"%"', '%'],
	['per-second', '/s'],
	['ratio', 'ratio'],
])('the unit %s is %s', async (word, unit) => {
	const {plan} = await compiled({guardrails: `guardrails: [{id: e, query: up, healthy: "< 1", unit: ${word}}]`});
	expect(plan.guardrails[0]?.unit).toBe(unit);
});

test('the step to 100 % is added, and a person takes it', async () => {
	const {plan} = await compiled({stages: 'stages: [{weight: 5, duration: 15m}, {weight: 50, duration: 1h}]'});
	expect(plan.stages.map(({name, weightPercent, durationMs, promote}) => [name, weightPercent, durationMs, promote])).toEqual([
		['5 %', 5, 900_000, 'auto'],
		['50 %', 50, 3_600_000, 'manual'],
		['full', 100, 0, 'manual'],
	]);
});

test('a last stage of 100 % is watched like any other, and nothing is added', async () => {
	const {plan} = await compiled({
		stages: 'stages: [{weight: 5, duration: 15m}, {weight: 50, duration: 1h}, {weight: 100, duration: 12h}]',
		more: 'policies: {finalPromote: auto}',
	});
	expect(plan.stages.map(({weightPercent, promote}) => [weightPercent, promote])).toEqual([
		[5, 'auto'],
		[50, 'auto'],
		[100, 'auto'],
	]);
});

test('a stage that says who promotes is believed', async () => {
	const {plan} = await compiled({stages: 'stages: [{weight: 5, duration: 15m, promote: auto}]'});
	expect(plan.stages[0]?.promote).toBe('auto');
});

test('checkpoints without a list of their own: the given times that fit, every multiple, and the end', async () => {
	const {plan} = await compiled({more: 'checkpoints: {at: [1m, 20m], every: 5m}'});
	expect(plan.stages[0]?.checkpointsMs).toEqual([60_000, 300_000, 600_000, 900_000]);
	expect(plan.stages[1]?.checkpointsMs).toEqual([]);
});

test("a stage's own checkpoints replace the others, in order and once each", async () => {
	const {plan} = await compiled({stages: 'stages: [{weight: 5, duration: 15m, checkpoints: [10m, 5m, 10m]}]'});
	expect(plan.stages[0]?.checkpointsMs).toEqual([300_000, 600_000]);
});

test('overrides and gates of a stage', async () => {
	const {plan} = await compiled({
		stages: `stages:
  - weight: 5
    duration: 15m
    overrides: {errors: {healthy: "< 3", for: 10s, severe: {healthy: "< 50"}}}
    gates: {errors: "< 1"}`,
	});
	expect(plan.stages[0]).toMatchObject({
		overrides: {errors: {bound: {op: '<', value: 3}, forMs: 10_000, severe: {bound: {op: '<', value: 50}, forMs: 0}}},
		gates: {errors: {op: '<', value: 1}},
	});
});

test('a guardrail on the logs is a question to the tails, and its query is words for people', async () => {
	const {plan, logQuestions, logs} = await compiled({
		guardrails:
			'guardrails: [{id: timeouts, healthy: "< 3", log: {code: QUERY_TIMEOUT, level: ERROR, measure: rate, window: 30s, logs: [app]}}]',
		more: 'logs: [{name: app, path: "app-*.log", side: canary}]',
	});
	expect(plan.guardrails[0]).toMatchObject({
		origin: 'log',
		unit: '/s',
		windowMs: 30_000,
		query: 'rate of lines of level ERROR with code QUERY_TIMEOUT over 30s in app',
	});
	expect(logQuestions).toEqual([
		{guardrailId: 'timeouts', logs: ['app'], code: 'QUERY_TIMEOUT', level: 'error', measure: 'rate', windowMs: 30_000},
	]);
	expect(logs).toMatchObject([{name: 'app', side: 'candidate', format: {kind: 'json'}}]);
	expect(logs[0]?.paths[0]).toMatch(/^\/.*\/app-\*\.log$/);
});

test('metrics: secrets are references, paths are absolute, a query may take as long as a poll', async () => {
	const {metrics} = await compiled(
		{
			metrics: `poll: 2s
metrics:
  prometheus:
    url: http://127.0.0.1:9090/prefix/
    auth: {basic: {username: ana, passwordFile: password.txt}}
    headers: {X-Scope-OrgID: shop, X-Key: {env: SHOP_KEY}}`,
		},
		{env: {SHOP_KEY: 'sesame-open-now'}, beside: {'password.txt': 'sesame-open-now\n'}},
	);
	expect(metrics).toMatchObject({
		kind: 'prometheus',
		url: 'http://127.0.0.1:9090/prefix',
		auth: {kind: 'basic', username: 'ana', password: {file: expect.stringMatching(/^\/.*password\.txt$/)}},
		headers: {'X-Scope-OrgID': 'shop', 'X-Key': {env: 'SHOP_KEY'}},
		timeoutMs: 2_000,
		method: 'POST',
	});
	expect(JSON.stringify(metrics)).not.toContain('sesame');
});

test.each([
	['/run/h.sock', {path: '/run/h.sock'}],
	['unix:/run/h.sock', {path: '/run/h.sock'}],
	['unix:h.sock', {path: expect.stringMatching(/^\/.*\/h\.sock$/)}],
	['127.0.0.1:9999', {host: '127.0.0.1', port: 9999}],
	['tcp:haproxy.local:9999', {host: 'haproxy.local', port: 9999}],
	['"[::1]:9999"', {host: '::1', port: 9999}],
])('HAProxy listens on %s', async (socket, expected) => {
	const {router} = await compiled({
		router: `router: {haproxy: {socket: ${socket}, backends: [{name: be, stable: [v1], canary: [v2]}]}}`,
	});
	expect(router).toMatchObject({
		socket: expected,
		backends: [{name: 'be', baseline: ['v1'], candidate: ['v2']}],
		totalWeight: 100,
	});
});

test('a command: the other names of the sides are understood, the folder of the profile is where it runs', async () => {
	const {router, fallbackRouter, plan} = await compiled({
		router: `router:
  command:
    read: {argv: [tool, show], parse: {jsonPath: split.canary}, side: canary}
    write: {argv: [tool, set, "v2={canary},v1={stable}"]}
  fallback:
    haproxy: {socket: /run/h.sock, backends: [{name: be, baseline: [v1], candidate: [v2]}]}`,
	});
	expect(router).toMatchObject({
		kind: 'command',
		read: {side: 'candidate', parse: {jsonPath: 'split.canary'}},
		write: {argv: ['tool', 'set', 'v2={candidate},v1={baseline}']},
		cwd: expect.stringMatching(/^\//),
		timeoutMs: 30_000,
	});
	expect(fallbackRouter?.kind).toBe('haproxy');
	expect(plan.router).toBe('command tool set v2={candidate},v1={baseline}');
});
