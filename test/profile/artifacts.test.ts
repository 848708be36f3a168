import {expect, test} from 'vitest';
import {compilePlan} from '../../src/profile/compile.ts';
import {compiled, faultsOf, load, profileText} from './given.ts';

const more = (text: string): string =>
	profileText({stages: 'stages:\n  - {weight: 5, duration: 15m, checkpoints: [5m, 15m]}', more: text});

test('required artifacts: a name, a name with conditions, checkpoints', async () => {
	const text = more(
		'requiredArtifacts: [LB_DIFF.txt, {name: METRICS_CHECKS.log, checks: 12}, {name: "dashboard-*.json", count: 6, when: promoted}, {checkpoints: [T+5m]}]',
	);
	expect(compilePlan(await load(text)).plan.requiredArtifacts).toEqual([
		'LB_DIFF.txt',
		{name: 'METRICS_CHECKS.log', checks: 12},
		{name: 'dashboard-*.json', count: 6, when: 'promoted'},
		{checkpoints: ['T+5m']},
	]);
});

test('what could never be there is told when the profile is read', async () => {
	expect(await faultsOf(more('requiredArtifacts: [{checkpoints: [T+6m]}]'))).toEqual([
		expect.stringMatching(
			/^requiredArtifacts\[0\]\.checkpoints\[0\]: no stage plans a checkpoint T\+6m\. .*Planned: T\+5m, T\+15m\.$/,
		),
	]);
	expect(
		await faultsOf(
			more('requiredArtifacts: [{name: a.txt, checks: 2}, {name: b.txt, count: 2}, {when: promoted}, {name: ../x}]'),
		),
	).toEqual([
		'requiredArtifacts[0].checks: only METRICS_CHECKS.log has checks to be counted.',
		'requiredArtifacts[1].count: there is only one file of this name: put a "*" into it, or take "count" out.',
		'requiredArtifacts[2]: what is required? One of name and checkpoints must stand here.',
		expect.stringMatching(/^requiredArtifacts\[3\]\.name: "\.\.\/x" can't be the name of an artifact/),
	]);
});

const receivers = `notify:
  - {name: team, ifSet: [TEAM_HOOK], webhook: {url: {env: TEAM_HOOK}}}
  - {name: pager, ifSet: [PAGER_KEY, PAGER_ON], pagerduty: {routingKey: {env: PAGER_KEY}}}`;

test('a receiver whose variables are not set is left out, and said so', async () => {
	const {profile, notes} = await load(more(receivers), {env: {TEAM_HOOK: 'http://127.0.0.1:1/x', PAGER_KEY: 'k', PAGER_ON: ''}});
	expect(profile.notify.map(({name, ifSet}) => ({name, ifSet}))).toEqual([{name: 'team', ifSet: undefined}]);
	expect(notes).toEqual(['the receiver pager is left out: PAGER_ON is not set']);
});

test('without the condition a variable that is not set stays a fault', async () => {
	expect(await faultsOf(more('notify: [{webhook: {url: {env: TEAM_HOOK}}}]'))).toHaveLength(1);
	expect((await load(more(receivers))).profile.notify).toEqual([]);
});

test('a side may say what it was built from', async () => {
	const top = 'name: shop\nbaseline: {name: v1, commit: 4f2c9d1}\ncandidate: {name: v2}';
	const {plan} = await compiled({top});
	expect([plan.baseline, plan.candidate]).toEqual([{name: 'v1', commit: '4f2c9d1'}, {name: 'v2'}]);
});
