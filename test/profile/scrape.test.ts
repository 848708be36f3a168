import {expect, test} from 'vitest';
import {profileAsRun} from '../../src/profile/as-run.ts';
import {compilePlan} from '../../src/profile/compile.ts';
import {compiled, faultsOf, load, profileText} from './given.ts';

const metrics = (scrape: string): string => profileText({metrics: `metrics:\n  scrape: ${scrape}`});

test('a page is all that must be said; the rest has defaults', async () => {
	const {metrics: options, plan} = await compiled({
		metrics: 'metrics: {scrape: {targets: [{url: "http://127.0.0.1:3001/metrics?a=b"}]}}',
	});
	expect(options).toEqual({
		kind: 'scrape',
		targets: [{urls: ['http://127.0.0.1:3001/metrics?a=b'], job: expect.any(String), labels: {}}],
		intervalMs: 1_000,
		timeoutMs: 1_000,
		pageBytesMax: 16 * 1024 * 1024,
		headers: {},
		dialect: '3.x',
		ruleFiles: [],
		record: {bytesMax: 256 * 1024 * 1024},
	});
	expect(plan.guardrails[0]?.staleAfterMs).toBe(5_000);
});

test('everything that can be said reaches the source, files as absolute paths', async () => {
	const scrape = `{
    targets: [{urls: ["http://h:1/a", "http://h:1/b"], job: relay, labels: {version: canary}}, {url: "https://h:2/m", instance: two}],
    interval: 2s, timeout: 500ms, pageMegabytes: 0.5, promql: 2.x, staleAfter: 9s, record: nothing,
    auth: {bearerTokenFile: token}, headers: {X-Scope: a}, tls: {caFile: ca.pem}, ruleFiles: [rules.yml]}`;
	const beside = {token: 't', 'ca.pem': 'c', 'rules.yml': 'groups: []'};
	const {metrics: options, plan} = await compiled({metrics: `metrics:\n  scrape: ${scrape}`}, {beside});
	expect(options).toEqual({
		kind: 'scrape',
		targets: [
			{urls: ['http://h:1/a', 'http://h:1/b'], job: 'relay', labels: {version: 'canary'}},
			{urls: ['https://h:2/m'], job: expect.any(String), instance: 'two', labels: {}},
		],
		intervalMs: 2_000,
		timeoutMs: 500,
		pageBytesMax: 512 * 1024,
		auth: {kind: 'bearer', token: {file: expect.stringMatching(/^\/.*\/token$/)}},
		tls: {caFile: expect.stringMatching(/^\/.*\/ca\.pem$/), insecureSkipVerify: false},
		headers: {'X-Scope': 'a'},
		dialect: '2.x',
		ruleFiles: [expect.stringMatching(/^\/.*\/rules\.yml$/)],
	});
	expect(plan.guardrails[0]?.staleAfterMs).toBe(9_000);
});

test('the rule files of the profile are evaluated too, for nobody else does it here', async () => {
	const beside = {
		'alerts.yml': 'groups: [{name: g, rules: [{alert: High, expr: "x:rate > 5"}, {record: "x:rate", expr: "rate(x[1m])"}]}]',
	};
	const parts = {metrics: 'metrics: {scrape: {targets: [{url: "http://h:1/m"}]}}', more: 'rules: [{file: alerts.yml}]'};
	const {metrics: options, plan} = await compiled(parts, {beside});
	expect(options.kind === 'scrape' && options.ruleFiles).toEqual([expect.stringMatching(/^\/.*\/alerts\.yml$/)]);
	expect(plan.guardrails.map(({query}) => query)).toContain('x:rate');
});

test('the profile as run means the same', async () => {
	const loaded = await load(metrics('{targets: [{url: "http://h:1/m", labels: {version: canary}}], interval: 250ms}'));
	const again = await load(profileAsRun(loaded));
	expect(compilePlan(again).metrics).toEqual(compilePlan(loaded).metrics);
	expect(profileAsRun(loaded)).toMatch(/staleAfter: 5s/);
});

test.each([
	['{targets: []}', /metrics\.scrape\.targets: /],
	['{targets: [{job: a}]}', /metrics\.scrape\.targets\[0\]: one of url or urls must stand here/],
	['{targets: [{url: "http://h/m", urls: ["http://h/n"]}]}', /"url" and "urls" both stand here/],
	[
		'{targets: [{url: "127.0.0.1:3001/metrics"}]}',
		/targets\[0\]\.url: this is no http or https URL.*Did you mean "http:\/\/127\.0\.0\.1:3001\/metrics"/,
	],
	['{targets: [{url: "http://ana:pw@h/m"}]}', /targets\[0\]\.url: the URL holds a user or a password/],
	['{targets: [{urls: ["http://ana:pw@h/m"]}]}', /targets\[0\]\.urls\[0\]: the URL holds a user or a password/],
	['{targets: [{url: "http://h/m", labels: {a-b: c}}]}', /labels.*"a-b" can't be the name of a label/],
	['{targets: [{url: "http://h/m", labels: {job: c}}]}', /"job" is a key of its own/],
	['{targets: [{url: "http://h/m"}], interval: 100ms}', /scrape\.interval: 100ms is too short: at least 250ms/],
	['{targets: [{url: "http://h/m"}], promql: 4.x}', /is not one of 3\.x or 2\.x/],
	['{targets: [{url: "http://h/m"}], pageMegabytes: 0}', /scrape\.pageMegabytes/],
	['{targets: [{url: "http://h/m"}], ruleFiles: [nowhere.yml]}', /ruleFiles\[0\]: the file can't be used: there is no such file/],
	['{targets: [{url: "http://h/m"}], auth: {basic: {username: a}}}', /scrape\.auth\.basic: one of passwordFile or passwordEnv/],
	['{targets: [{url: "http://h/m"}], tls: {certFile: /dev/null}}', /scrape\.tls\.certFile: "certFile" needs "keyFile" beside it/],
	[
		'{targets: [{url: "http://h/m"}], headers: {authorization: "Bearer abcdef0123456789"}}',
		/scrape\.headers\.authorization: this header looks like a secret/,
	],
])('%s is refused with its place and a remedy', async (scrape, message) => {
	const faults = await faultsOf(metrics(scrape));
	expect(faults.join('\n')).toMatch(message);
	expect(faults.join('\n')).not.toMatch(/:pw@|abcdef0123/);
});

test('a server and pages do not stand in one profile', async () => {
	const both = profileText({metrics: 'metrics: {prometheus: {url: "http://h:1"}, scrape: {targets: [{url: "http://h/m"}]}}'});
	expect((await faultsOf(both)).join('\n')).toMatch(
		/"prometheus" and "scrape" both stand here; only one of prometheus or scrape may/,
	);
});
