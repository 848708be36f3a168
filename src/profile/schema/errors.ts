import {z} from 'zod';
import {breachActions} from '../../core/plan.ts';
import {found} from '../found.ts';
import {choice, flag, promql, regex, text} from './leaf.ts';
import {section} from './section.ts';

/** A class of error lines. That one of the conditions must stand is checked in checks/errors.ts. */
export const errorClass = section(
	'an error class',
	{
		name: text(
			{description: 'What the class is called; budgets name it. `critical` and `other` are there without being listed.'},
			{max: 40},
		),
		code: text({description: 'Lines with this code.', examples: ['429']}, {max: 64}).optional(),
		codes: z
			.array(text({description: 'A code.'}, {max: 64}))
			.min(1)
			.max(100)
			.meta({description: 'Or with any of these.', typeName: 'list of texts'} as z.GlobalMeta)
			.optional(),
		signature: text(
			{
				description:
					'Lines whose signature, as the Errors pane shows it, holds this text (numbers, ids and quoted texts are `#` there).',
				examples: ['rate limit for user #'],
			},
			{max: 200},
		).optional(),
		match: regex({description: 'RE2, looked for in the signature.', examples: ['^(deadlock|serialization)']}).optional(),
		query: promql({
			description:
				'Instead of lines of the logs: a counter of such errors of the candidate, that only grows. Shown as a row of its own. Where it falls to less than a tenth, a process began anew and it is counted from there; after a smaller fall only what goes beyond the old mark counts.',
			examples: ['sum(http_requests_total{version="candidate",code="429"})'],
		}).optional(),
		expected: flag({description: 'Part of normal life: counted apart and drawn apart.'}).default(false),
		onSpent: choice(breachActions, {
			description:
				'What happens when a stage has more of them than its budget allows. Default: `rollback` for `critical`, else `hold`.',
		}).optional(),
	},
	{
		description:
			'A kind of error lines. Each line belongs to the first class whose conditions all hold; the rest to `critical` (levels fatal, critical, panic, emergency) or to `other`.',
	},
);

const share = /^\s*(\d+(?:\.\d+)?)\s*%\s*$/;

/** The number in `0.5 %`; undefined when it is none. */
export const shareOf = (written: string): number | undefined => {
	const percent = Number(share.exec(written)?.[1] ?? Number.NaN);
	return percent <= 100 ? percent : undefined;
};

const remedy = (value: unknown): string =>
	`${found(value)} is no budget. Write how many errors are allowed, 0 or a whole number, or a share of the requests: "0.5 %".`;

/** By class: a count, or a share of the requests. */
export const budget = z
	.record(
		z.string(),
		z
			.union([z.number(), z.string()], {error: issue => remedy(issue.input)})
			.check(context => {
				const {value} = context;
				const isFine = typeof value === 'number' ? Number.isInteger(value) && value >= 0 : shareOf(value) !== undefined;
				if (!isFine) context.issues.push({code: 'custom', input: value, message: remedy(value)});
			})
			.meta({
				description: 'How many are allowed: a count, or a share of the requests (rounded up, at least 1).',
				typeName: 'number or share',
			} as z.GlobalMeta),
	)
	.meta({
		description:
			'How many errors of each class the candidate may log in this stage. What happens beyond is told by the class (`onSpent`).',
		typeName: 'map of budgets',
		examples: [{critical: 0, other: 1, 'rate-limited': 5}],
	} as z.GlobalMeta);
