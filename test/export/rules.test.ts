import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, describe, expect, test} from 'vitest';
import {stringify} from 'yaml';
import type {GuardrailPlan} from '../../src/core/plan.ts';
import {thresholdSteps} from '../../src/export/grafana.ts';
import {exportRules, prometheusRule} from '../../src/export/rules.ts';
import {compilePlan} from '../../src/profile/compile.ts';
import {loadProfile} from '../../src/profile/load.ts';
import {parseQuery} from '../../src/promql/parse.ts';
import {printExpr} from '../../src/promql/print.ts';
import {shippedEnv} from '../helpers/shipped-env.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';
import {compiled, load, profileText} from '../profile/given.ts';

const alerts = async (guardrail: string) => {
	const {plan} = await compiled({guardrails: `guardrails:\n  - ${guardrail}`});
	return exportRules(plan).groups.flatMap(({rules}) => rules);
};

test.each([
	['rate(a[1m])', '< 5', 'rate(a[1m]) >= 5'],
	['rate(a[1m])', '<= 5', 'rate(a[1m]) > 5'],
	['a / b', '>= 99.6', 'a / b < 99.6'],
	['a', '> 1e-7', 'a <= 1e-07'],
	['a or b', '< 5', '(a or b) >= 5'],
	['a > bool 1', '< 1', '(a > bool 1) >= 1'],
	['increase(a[5m])', '= 0', 'increase(a[5m]) != 0'],
	// Prometheus holds NaN to be unequal to 0.
	['a / b', '= 0', '(a / b >= -Inf) != 0'],
	['a', '!= 0', 'a == 0'],
	['scalar(a)', '< 5', 'vector(scalar(a)) >= 5'],
])('%s that is healthy %s fires at %s', async (query, healthy, expr) => {
	const [rule] = await alerts(`{id: x, query: '${query}', healthy: '${healthy}'}`);
	expect(rule?.expr).toBe(expr);
	expect(parseQuery(expr).ok).toBe(true);
});

test('a guardrail with everything is an alert for its bound, its severe bound and its silence', async () => {
	const rules = await alerts(
		`{id: error-rate, title: 'Errors {{ of }} all', query: a / b, unit: percent, healthy: < 1, for: 5m, severe: {healthy: < 20, for: 5s}, keepFiringFor: 1m,
     noData: fail, noDataAfter: 2m, security: true, minRequests: {query: 'rate(r[1m])', min: 0.5}, group: Errors}`,
	);
	expect(rules).toMatchObject([
		{
			alert: 'ErrorRate',
			expr: '(a / b and on () (rate(r[1m]) >= 0.5)) >= 1',
			for: '5m',
			keep_firing_for: '1m',
			labels: {
				severity: 'critical',
				canary: 'shop',
				canary_guardrail: 'error-rate',
				canary_level: 'bound',
				canary_action: 'SECURITY_ROLLBACK',
			},
			annotations: {title: 'Errors {{ "{{" }} of }} all'},
		},
		{alert: 'ErrorRateSevere', expr: '(a / b and on () (rate(r[1m]) >= 0.5)) >= 20', for: '5s', keep_firing_for: '1m'},
		{alert: 'ErrorRateNoData', expr: 'absent((a / b and on () (rate(r[1m]) >= 0.5)) >= -Inf)', for: '2m'},
	]);
});

test('what a rule file can not say is said beside it', async () => {
	const {plan} = await compiled({
		guardrails:
			'guardrails:\n  - {id: shown, query: a}\n  - {id: errors, query: a, healthy: < 1}\n  - {id: lines, log: {}, healthy: < 1}',
		stages: 'stages: [{weight: 5, duration: 15m, name: first, overrides: {errors: {healthy: < 3}}}]',
		more: 'logs: [{path: app.log}]',
	});
	expect(exportRules(plan).notes).toEqual([
		"shown is left out: it has no bound, so it can't fire",
		"lines is left out: it stands on the error log, which Prometheus doesn't read",
		'the bounds that the stage "first" has of its own (errors) are left out: a rule file knows no stages',
	]);
});

/** The same query, however it was written. */
const printed = (query: string): string => {
	const parsed = parseQuery(query);
	return parsed.ok ? printExpr(parsed.value) : query;
};

const comparable = (guardrails: readonly GuardrailPlan[]) =>
	guardrails
		.filter(({origin, bound}) => origin === 'query' && bound)
		.map(one => ({
			...one,
			query: printed(one.query),
			...(one.minRequests && {minRequests: {...one.minRequests, query: printed(one.minRequests.query)}}),
		}))
		.sort((a, b) => a.id.localeCompare(b.id));

async function roundTrip(guardrails: readonly GuardrailPlan[], text: string) {
	const again = compilePlan(
		await load(profileText({guardrails: '', more: 'rules: [{file: alerts.yml}]'}), {beside: {'alerts.yml': text}}),
	);
	expect(comparable(again.plan.guardrails)).toEqual(comparable(guardrails));
}

describe('exported rules imported again are the same guardrails', () => {
	const root = join(import.meta.dirname, '../../profiles');
	const folder = createTempFolder('exported');
	afterAll(() => folder.remove());
	const env = shippedEnv(folder.path);

	test.each(readdirSync(root).filter(file => file.endsWith('.yaml')))('of profiles/%s', async file => {
		const loaded = await loadProfile(join(root, file), env);
		if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
		const {plan} = compilePlan(loaded.value);
		expect(comparable(plan.guardrails).length).toBeGreaterThan(1);
		await roundTrip(plan.guardrails, stringify({groups: exportRules(plan).groups}));
		await roundTrip(plan.guardrails, stringify(prometheusRule(plan)));
	});

	test('of one that has everything', async () => {
		const {plan} = await compiled({
			guardrails: `guardrails:
  - {id: Odd_id.9, title: '{{ $x }}', query: a / b, unit: '%', healthy: '= 0', for: 90s, keepFiringFor: 1m, severity: warning, onBreach: hold}
  - {id: z, query: 'a or b', healthy: '>= 5', noData: zero, minRequests: {query: 'a > bool 2', min: 1e-7}, staleAfter: 7s, window: 3m, group: G}
  - {id: m, query: a, healthy: '< 5', warn: '< 4', severe: {healthy: '< 1e9', for: 1s}, for: 2s, noData: fail, noDataAfter: 1s, security: true}`,
		});
		expect(exportRules(plan).groups.flatMap(({rules}) => rules)).toHaveLength(5);
		await roundTrip(plan.guardrails, stringify({groups: exportRules(plan).groups}));
	});
});

const bound = (op: '<' | '>=' | '=', value: number) => ({op, value}) as const;

test.each([
	[{bound: bound('<', 5)}, [null, 'green', 5, 'red']],
	[
		{bound: bound('<', 5), warn: bound('<', 3), severe: {bound: bound('<', 9), forMs: 0}},
		[null, 'green', 3, 'yellow', 5, 'red', 9, 'dark-red'],
	],
	[{bound: bound('>=', 99)}, [null, 'red', 99, 'green']],
	[
		{bound: bound('>=', 99), warn: bound('>=', 99.5), severe: {bound: bound('>=', 50), forMs: 0}},
		[null, 'dark-red', 50, 'red', 99, 'yellow', 99.5, 'green'],
	],
	[{bound: bound('=', 0)}, [null, 'red', 0, 'green', 1e-9, 'red']],
])('thresholds of %j', (guardrail, expected) => {
	expect(thresholdSteps(guardrail).flatMap(({value, color}) => [value, color])).toEqual(expected);
});
