import {z} from 'zod';
import {gradualLimits} from '../../core/gradual-options.ts';
import {duration} from './leaf.ts';
import {section} from './section.ts';

const {durationMs, steps} = gradualLimits;

export const gradualRollback = section(
	'policies.gradualRollback',
	{
		duration: duration({description: 'From the first step, which is taken at once, to the last.'}, durationMs).default('30m'),
		steps: z
			.number()
			.int()
			.min(steps.min)
			.max(steps.max)
			.meta({
				description:
					'How many steps, evenly down from the weight at which it is asked for, in whole percent. Fewer where there are fewer whole percents.',
				typeName: 'number',
			} as z.GlobalMeta)
			.default(6),
	},
	{
		description:
			'How a gradual rollback (`g` in the dialog of `r`, `canary rollback --gradual`) goes down unless the one who asks says otherwise. See docs/rollback.md.',
	},
).prefault({});
