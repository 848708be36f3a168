import {expect, test} from 'vitest';
import {faultsOf, load, profileText} from './given.ts';

const alert = (keys: string): string =>
	`groups:\n  - name: shop\n    rules:\n      - ${keys.trim().replaceAll('\n', '\n        ')}\n`;

const imported = async (text: string, more = 'rules: [{file: alerts.yml}]') =>
	load(profileText({guardrails: '', more}), {beside: {'alerts.yml': text}});

test('an alert is split into the value and the bound that holds while it is silent', async () => {
	const {profile} = await imported(
		alert(`
alert: HighErrorRate
expr: sum(rate(errors_total[5m])) / sum(rate(requests_total[5m])) > 0.05
for: 10m
keep_firing_for: 1h30m
labels: {severity: page}
annotations: {summary: Too many errors}`),
	);
	expect(profile.guardrails).toMatchObject([
		{
			id: 'high-error-rate',
			title: 'Too many errors',
			query: 'sum(rate(errors_total[5m])) / sum(rate(requests_total[5m]))',
			healthy: '<= 0.05',
			for: '10m',
			keepFiringFor: '1h30m',
			severity: 'critical',
			onBreach: 'rollback',
			window: '5m',
			group: 'shop',
		},
	]);
});

test.each([
	['up == 0', 'up', '!= 0'],
	['5 < rate(a[1m])', 'rate(a[1m])', '<= 5'],
	['rate(a[1m]) >= 2 * 60', 'rate(a[1m])', '< 120'],
	['(sum(a) < 1)', 'sum(a)', '>= 1'],
	['a != 3', 'a', '= 3'],
])('%s is the value %s with the bound %s', async (expr, query, healthy) => {
	const {profile} = await imported(alert(`alert: A\nexpr: ${expr}\nlabels: {severity: critical}`));
	expect(profile.guardrails[0]).toMatchObject({query, healthy});
});

test('an alert without a severity, or with one nobody knows, is a warning, and a note says so', async () => {
	const {profile, notes} = await imported(
		`${alert('alert: A\nexpr: a > 1')}      - {alert: B, expr: b > 1, labels: {severity: purple}}\n`,
	);
	expect(profile.guardrails.map(({severity, onBreach}) => [severity, onBreach])).toEqual([
		['warning', 'warn'],
		['warning', 'warn'],
	]);
	expect(notes).toEqual([
		'alerts.yml: the alert A has no label "severity": taken as warning, so it does not roll back',
		'alerts.yml: the alert B has the severity "purple", which is not critical, warning or info: taken as warning, so it does not roll back',
	]);
});

test('recording rules are passed over, with a note', async () => {
	const {profile, notes} = await imported(
		`${alert('record: a:rate\nexpr: rate(a[1m])')}      - {alert: B, expr: b > 1, labels: {severity: info}}\n`,
	);
	expect(profile.guardrails.map(({id}) => id)).toEqual(['b']);
	expect(notes).toEqual(['alerts.yml: passed over 1 recording rule (a:rate)']);
});

test('a title that is a template of Prometheus is not taken', async () => {
	const {profile} = await imported(
		alert(
			'alert: HighTTFVLatency\nexpr: a > 1\nlabels: {severity: info}\nannotations: {summary: "{{ $labels.instance }} is slow"}',
		),
	);
	expect(profile.guardrails[0]?.title).toBe('high ttfv latency');
});

test('the same alert twice, as warning and as critical, makes two guardrails', async () => {
	const {profile} = await imported(
		`${alert('alert: Slow\nexpr: a > 1\nlabels: {severity: warning}')}      - {alert: Slow, expr: a > 2, labels: {severity: critical}}\n`,
	);
	expect(profile.guardrails.map(({id}) => id)).toEqual(['slow-warning', 'slow-critical']);
});

test('a PrometheusRule object of Kubernetes is read', async () => {
	const groups = alert('alert: A\nexpr: a > 1\nlabels: {severity: critical}').replaceAll(/^/gm, '  ');
	const {profile} = await imported(`apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nspec:\n${groups}`);
	expect(profile.guardrails[0]?.id).toBe('a');
});

test('alerts left out need not be ones that can be split', async () => {
	const text = `${alert('alert: A\nexpr: a > 1 and b > 2')}      - {alert: B, expr: b > 1, labels: {severity: info}}\n`;
	const {profile} = await imported(text, 'rules: [{file: alerts.yml, exclude: [A]}]');
	expect(profile.guardrails.map(({id}) => id)).toEqual(['b']);
	expect((await imported(text, 'rules: [{file: alerts.yml, include: [B]}]')).profile.guardrails).toHaveLength(1);
});

test('stages may override and gate what a rule file brings', async () => {
	const {profile} = await load(
		profileText({
			guardrails: '',
			stages: 'stages: [{weight: 5, duration: 15m, gates: {slow-pages: "< 1"}, overrides: {slow-pages: {for: 1m}}}]',
			more: 'rules: [{file: alerts.yml}]',
		}),
		{beside: {'alerts.yml': alert('alert: SlowPages\nexpr: a > 2\nfor: 5m\nlabels: {severity: critical}')}},
	);
	expect(profile.stages[0]?.gates).toEqual({'slow-pages': '< 1'});
});

test('a rule file with the id of a guardrail, and one named twice', async () => {
	const beside = {'alerts.yml': alert('alert: Errors\nexpr: a > 2\nlabels: {severity: critical}')};
	expect(await faultsOf(profileText({more: 'rules: [{file: alerts.yml}]'}), {beside})).toEqual([
		'guardrails[0].id: the id "errors" is taken by a rule file already. Give this one another id, or exclude the alert.',
	]);
	expect(
		await faultsOf(profileText({guardrails: '', more: 'rules: [{file: alerts.yml}, {file: alerts.yml}]'}), {beside}),
	).toEqual(['rules: two rule files have an alert with the id "errors". List it under "exclude" of one of them.']);
});

test('a wait longer than a stage is told for an alert too, at the stage', async () => {
	const beside = {'alerts.yml': alert('alert: Errors\nexpr: a > 2\nfor: 1h\nlabels: {severity: critical}')};
	const [fault] = await faultsOf(profileText({guardrails: '', more: 'rules: [{file: alerts.yml}]'}), {beside});
	expect(fault).toMatch(/^stages\[0\]\.duration: a breach of "errors" must last 1h to count/);
});
