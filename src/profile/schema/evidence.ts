import {z} from 'zod';
import {evidenceKinds, evidenceTimes} from '../../core/evidence-options.ts';
import {tls} from './http.ts';
import {choice, duration, file} from './leaf.ts';
import {command, headers, url} from './preflight.ts';
import {exactlyOne, section} from './section.ts';

const collector = section(
	'a collector',
	{
		name: z
			.string()
			.max(80)
			.regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, {
				error: issue => `${JSON.stringify(issue.input)} can't be a file's name: use letters, digits, "-", "_" and ".".`,
			})
			.meta({
				description: "What it is called: also its file's name below artifacts/evidence.",
				typeName: 'file name',
				examples: ['canary-metrics.prom'],
			} as z.GlobalMeta),
		after: choice(evidenceTimes, {
			description: 'Behind what it is gathered: the first weight, the promoted end, or a rollback.',
		}).default('rollback'),
		timeout: duration({description: 'How long it may take.'}, {min: 100, max: 600_000}).default('10s'),
		log: section(
			'evidence.log',
			{
				path: file({
					description: 'The log. `*` may stand in its last part: the newest that fits.',
					examples: ['logs/hyper-bun-*.log'],
				}),
				lines: z
					.number()
					.int()
					.min(1)
					.max(100_000)
					.default(1_000)
					.meta({description: 'How many of its last lines.', typeName: 'number'} as z.GlobalMeta),
			},
			{description: 'The last lines of a log.'},
		).optional(),
		page: section(
			'evidence.page',
			{url: url('The page.'), headers, tls: tls.optional()},
			{description: 'A page, as it is then: `/metrics` of either side.'},
		).optional(),
		errors: section('evidence.errors', {}, {description: 'Every error code of the logs, counted and sorted.'}).optional(),
		command: command.optional(),
	},
	{description: 'One piece of evidence: exactly one of log, page, errors, command.'},
	exactlyOne(...evidenceKinds),
);

export const evidence = z
	.array(collector)
	.max(50)
	.default([])
	.meta({
		description:
			'What is gathered after a rollback (or at another time, by `after`), below artifacts/evidence. See docs/hooks.md.',
		typeName: 'list',
		examples: [[{name: 'canary.log', log: {path: 'logs/canary.log', lines: 1000}}]],
	} as z.GlobalMeta);
