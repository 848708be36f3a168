import {gradualRollback} from './gradual.ts';
import {choice, duration} from './leaf.ts';
import {section} from './section.ts';

export const policies = section(
	'policies',
	{
		autoRollback: choice(['armed', 'advisory'], {
			description: '`armed` rolls back by itself; `advisory` shows what it would do and leaves it to a person.',
		}).default('armed'),
		start: choice(['auto', 'manual'], {
			description: 'The first weight: set as soon as the split and the metrics answer, or when a person says so.',
		}).default('auto'),
		finalPromote: choice(['auto', 'manual'], {
			description: 'The step to 100 %: by the controller when the last stage is over and all is well, or by a person.',
		}).default('manual'),
		bake: duration({
			description:
				'How long the session guards on after 100 % is verified, the baseline on standby and the rollback one key away, before it ends as promoted. Time on hold or in breach does not count. Without it the last stage ends by its own duration.',
			examples: ['48h'],
		}).optional(),
		gradualRollback,
		onControllerStop: choice(['leave', 'rollback'], {
			description: 'What becomes of the split when the controller is told to stop (SIGTERM) while the candidate has traffic.',
		}).default('leave'),
		onResume: choice(['hold', 'rollback'], {
			description:
				'What a controller does that starts again and finds the candidate unguarded for longer than `unguardedMax`. It never promotes because of a restart.',
		}).default('hold'),
		unguardedMax: duration({
			description: 'How long the candidate may have had traffic with nobody guarding before `onResume` applies.',
		}).default('5m'),
		watchAfterEnd: duration({
			description: 'How long the split is watched for drift after the end (a reload of the router can bring old weights back).',
		}).default('2m'),
		splitReadEvery: duration(
			{description: 'How often the split in force is read back between actions.'},
			{min: 250, max: 3_600_000},
		).default('5s'),
		metricsCheckEvery: duration(
			{description: 'How often all guardrails are written as one line of METRICS_CHECKS.log.'},
			{min: 1_000},
		).default('5m'),
	},
	{description: 'Who decides what, and what happens when something is lost.'},
);
