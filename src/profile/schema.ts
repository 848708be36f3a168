import {z} from 'zod';
import {alertmanager} from './schema/alertmanager.ts';
import {artifactNames} from './schema/artifacts.ts';
import {burst} from './schema/burst.ts';
import {commands} from './schema/commands.ts';
import {compare} from './schema/compare.ts';
import {errorClass} from './schema/errors.ts';
import {evidence} from './schema/evidence.ts';
import {guardrail, ruleFile} from './schema/guardrail.ts';
import {instance} from './schema/instance.ts';
import {duration, promql, regex, text} from './schema/leaf.ts';
import {log} from './schema/log.ts';
import {metrics} from './schema/metrics.ts';
import {receiver} from './schema/notify.ts';
import {policies} from './schema/policies.ts';
import {preflight} from './schema/preflight.ts';
import {router} from './schema/router.ts';
import {section, sides, sidesRequired} from './schema/section.ts';
import {roles} from './schema/sign-off.ts';
import {checkpoints, stage} from './schema/stage.ts';

const side = (description: string, example: string) =>
	section(
		'a side',
		{
			name: text({description: 'Its name: a version, a branch.', examples: [example]}, {max: 60}),
			commit: text({description: 'What it was built from; stands in the records.', examples: ['4f2c9d1']}, {max: 80}).optional(),
		},
		{description, examples: [{name: example}]},
	);

/**
 * What stands in a profile, after substitution. Leaves are texts that were checked but not converted, so that the profile as run
 * can be written out in the same words; compile.ts converts. What spans several keys is checked in checks/.
 */
export const profileSchema = section(
	'a profile',
	{
		name: z
			.string()
			.max(60)
			.regex(/^[a-z0-9][a-z0-9._-]*$/, {
				error: issue =>
					`${JSON.stringify(issue.input)} can't be a name: use small letters, digits, "-", "_" and "."; it becomes part of the session folder's name.`,
			})
			.meta({
				description: "The short name; part of the session folder's name, and typed to confirm the step to 100 %.",
				typeName: 'name',
				examples: ['relay-r1'],
			} as z.GlobalMeta),
		title: text({description: 'What people read. Default: the name.'}, {max: 120}).optional(),
		environment: text({description: 'Where it runs; `production` is drawn in the frame.', examples: ['production']}, {max: 40})
			.default('production')
			.meta({
				description: 'Where it runs; `production` is drawn in the frame.',
				typeName: 'text',
				examples: ['staging'],
			} as z.GlobalMeta),
		...sides(side('What is in service.', 'R0.5'), side('What is tried.', 'R1 TASK-A')),
		metrics,
		poll: duration(
			{
				description:
					'How often every guardrail is asked. A breach is seen at most this late, behind whatever the metrics source itself takes: faster than its scrape interval shows nothing new.',
			},
			{min: 100, max: 300_000},
		).default('1s'),
		observedShare: promql({
			description:
				"The candidate's share of the traffic as the metrics see it, 0–100: shown beside the split asked for and the split configured.",
			examples: ['100 * sum(rate(http_requests_total{version="candidate"}[1m])) / sum(rate(http_requests_total[1m]))'],
		}).optional(),
		observedRequests: promql({
			description:
				'How many requests that share was counted over, of all sides: says how exact it can be. Shown as a row of its own; `canary split` gives the interval.',
			examples: ['sum(increase(http_requests_total[1m]))'],
		}).optional(),
		requests: promql({
			description:
				'How many requests the candidate has had, as a counter that only grows: budgets may be a share of them. Shown as a row of its own.',
			examples: ['sum(http_requests_total{version="candidate"})'],
		}).optional(),
		guardrails: z
			.array(guardrail)
			.max(200)
			.default([])
			.meta({description: 'What must stay healthy.', typeName: 'list'} as z.GlobalMeta),
		rules: z
			.array(ruleFile)
			.max(50)
			.default([])
			.meta({description: 'Rule files of Prometheus whose alerts become guardrails.', typeName: 'list'} as z.GlobalMeta),
		compare,
		stages: z
			.array(stage)
			.min(1)
			.max(100)
			.meta({
				examples: [[{weight: 5, duration: '15m'}]],
				description:
					'The steps, in order of weight. Where the last is below 100 %, the step to 100 % is added: the stage `full`, which lasts no time.',
				typeName: 'list',
			} as z.GlobalMeta),
		checkpoints: checkpoints.prefault({}),
		router,
		logs: z
			.array(log)
			.max(50)
			.default([])
			.meta({description: 'The error logs to follow.', typeName: 'list'} as z.GlobalMeta),
		errors: z
			.array(errorClass)
			.max(50)
			.default([])
			.meta({
				description: 'The kinds of error lines, in the order in which they are tried.',
				typeName: 'list',
				examples: [[{name: 'rate-limited', code: '429', expected: true}]],
			} as z.GlobalMeta),
		instance: instance.optional(),
		preflight,
		alertmanager: alertmanager.optional(),
		notify: z
			.array(receiver)
			.max(50)
			.default([])
			.meta({description: 'Who is told what happens.', typeName: 'list'} as z.GlobalMeta),
		burst: burst.optional(),
		evidence,
		commands,
		policies: policies.prefault({}),
		requiredArtifacts: artifactNames.default([]),
		signOffs: roles(
			'Roles that must sign the decision, during the run or after it: `canary sign SESSION --role sre --as NAME`.',
		).default([]),
		redact: z
			.array(regex({description: 'RE2: what it matches is shown as •••.'}))
			.max(100)
			.default([])
			.meta({
				description:
					'What else is never shown or stored, besides bearer tokens, passwords, cookies and well-known shapes of keys: RE2 patterns.',
				typeName: 'list of RE2 patterns',
			} as z.GlobalMeta),
	},
	{description: 'What a canary is: its two sides, what must stay healthy, the steps, and what moves the traffic.'},
	sidesRequired,
);

export type Profile = z.output<typeof profileSchema>;
export type GuardrailProfile = Profile['guardrails'][number];
export type ErrorClassProfile = Profile['errors'][number];
export type StageProfile = Profile['stages'][number];
export type RouterProfile = Profile['router'];
export type LogProfile = Profile['logs'][number];
