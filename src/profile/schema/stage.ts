import {z} from 'zod';
import {stageCompare} from './compare.ts';
import {budget} from './errors.ts';
import {severe} from './guardrail.ts';
import {bound, choice, duration, flag, number, text} from './leaf.ts';
import {section} from './section.ts';
import {roles} from './sign-off.ts';
import {trends} from './trend.ts';

const checkpointTimes = (description: string) =>
	z
		.array(duration({description: 'Time since the stage began.'}, {min: 1_000}))
		.meta({description, typeName: 'list of durations', examples: [['15m', '30m', '60m']]} as z.GlobalMeta);

const override = section(
	'an override',
	{
		healthy: bound({description: 'The bound in this stage.'}).optional(),
		for: duration({description: 'How long it must be broken in this stage.'}).optional(),
		severe: severe.optional(),
		off: flag({description: 'Only shown in this stage, not judged.'}).optional(),
	},
	{description: 'What is different for one guardrail in this stage.'},
	{minProperties: 1},
);

export const stage = section(
	'a stage',
	{
		name: text({description: 'What the stage is called. Default: its weight.', examples: ['first hour']}, {max: 60}).optional(),
		weight: number(
			{
				description: 'The share of traffic that goes to the candidate, in percent. Each stage has more than the one before.',
				examples: [5],
			},
			{above: 0, max: 100},
		),
		duration: duration({
			description: 'How long the stage must be watched. Time spent on hold does not count. 0s is a mere step.',
			examples: ['60m'],
		}),
		promote: choice(['auto', 'manual'], {
			description:
				'What ends the stage when its time is over and all is well: the controller by itself, or a person. Default: `auto`; for the step to 100 %: `policies.finalPromote`.',
		}).optional(),
		checkpoints: checkpointTimes(
			"When checkpoints are written, since the stage began. Default: as the profile's `checkpoints` say.",
		).optional(),
		overrides: z
			.record(z.string(), override)
			.meta({description: 'Other bounds in this stage, by guardrail id.', typeName: 'map of overrides'} as z.GlobalMeta)
			.optional(),
		burst: z
			.union(
				[
					z.boolean(),
					section(
						'stage.burst',
						{after: duration({description: 'So long after the weight is in force.'})},
						{description: 'When.'},
					),
				],
				{error: () => 'write true, or when: {after: 5m}.'},
			)
			.meta({
				description: 'The load burst of the profile is part of this stage: at its start, or `{after: 5m}`.',
				typeName: 'true · false · {after}',
				examples: [{after: '5m'}],
			} as z.GlobalMeta)
			.optional(),
		gates: z
			.record(z.string(), bound({description: 'What must hold when the stage ends.'}))
			.meta({
				description:
					'Bounds that must hold at the end of the stage, by guardrail id: usually stricter than the guardrails themselves.',
				typeName: 'map of bounds',
				examples: [{'error-rate': '< 0.5'}],
			} as z.GlobalMeta)
			.optional(),
		first: section(
			'the first minutes of a stage',
			{
				for: duration({description: 'How long they last, since the weight was verified.', examples: ['15m']}, {min: 1_000}),
				overrides: z
					.record(z.string(), override)
					.meta({description: 'Other bounds in these minutes, by guardrail id.', typeName: 'map of overrides'} as z.GlobalMeta),
			},
			{
				description:
					'Stop rules for the first minutes: stricter bounds, or no waiting (`for: 0s`). They go before the overrides of the stage.',
			},
		).optional(),
		trends: trends.optional(),
		compare: stageCompare.optional(),
		budget: budget.optional(),
		signOffs: roles(
			'Roles that must sign before the stage can be left, by the controller or by a person: `canary sign --role sre --as NAME`.',
		).optional(),
	},
	{description: 'A weight and how long it is watched.'},
);

export const checkpoints = section(
	'checkpoints',
	{
		at: checkpointTimes('At these times of each stage, as far as it lasts that long.').default([]),
		every: duration({description: 'And at every multiple of this.', examples: ['30m']}, {min: 10_000}).optional(),
		stageEnd: flag({description: 'And when the time of the stage is over.'}).default(true),
	},
	{
		description:
			'When checkpoints are written in stages that have no list of their own. Besides these there is one on every change of stage, breach, action and by key.',
	},
);
