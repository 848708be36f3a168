import {z} from 'zod';
import {artifactOutcomes} from '../../core/artifact-options.ts';
import {choice} from './leaf.ts';
import {exactlyOne, section} from './section.ts';

const shape = /^(?:evidence\/)?[A-Za-z0-9_+*-][A-Za-z0-9._+*-]*$/;

const artifactName = z
	.string()
	.max(120)
	.regex(shape, {
		error: issue =>
			`${JSON.stringify(issue.input)} can't be the name of an artifact: letters, digits, "-", "_", "+", "." and "*"; what was gathered begins with evidence/.`,
	})
	.meta({
		description: 'The name of a file; `*` stands for any text.',
		typeName: 'file name',
		examples: ['METRICS_CHECKS.log'],
	} as z.GlobalMeta);

const atLeast = (description: string) =>
	z
		.number()
		.int()
		.min(1)
		.max(100_000)
		.meta({description, typeName: 'number'} as z.GlobalMeta)
		.optional();

const required = section(
	'a required artifact',
	{
		name: artifactName.optional(),
		checkpoints: z
			.array(
				z
					.string()
					.regex(/^T\+\d+[smh](?:-stage\d+)?$/, {
						error: issue => `${JSON.stringify(issue.input)} is no name of a checkpoint: write T+15m, as its file is called.`,
					})
					.meta({description: 'The name of a checkpoint.', typeName: 'T+15m'} as z.GlobalMeta),
			)
			.min(1)
			.max(100)
			.meta({
				description: 'Planned checkpoints that must be there, by name.',
				typeName: 'list of names',
				examples: [['T+15m', 'T+30m', 'T+60m']],
			} as z.GlobalMeta)
			.optional(),
		count: atLeast('At least so many files, where the name has a `*`.'),
		checks: atLeast('At least so many checks in METRICS_CHECKS.log.'),
		when: choice(artifactOutcomes, {description: 'Asked for only of a session that ended so.'}).optional(),
	},
	{description: 'A file with its conditions, or checkpoints.'},
	exactlyOne('name', 'checkpoints'),
);

/** What the evidence bundle of a session must hold. */
export const artifactNames = z
	.array(
		z
			.union([artifactName, required], {
				error: () =>
					'write the name of a file (letters, digits, "-", "_", "+", "." and "*"; below evidence/ or not), or {name: dashboard-*.json, count: 6, when: promoted}, or {checkpoints: [T+15m]}.',
			})
			.meta({description: 'A required artifact.', typeName: 'file name · {name, …} · {checkpoints}'} as z.GlobalMeta),
	)
	.max(100)
	.meta({
		description:
			"Files below the session's `artifacts/` that must exist before a report says PASS, besides the planned checkpoints: what the session writes, what hooks leave there, and documents (docs/report.md) that are made because they stand here.",
		typeName: 'list',
		examples: [['LB_DIFF.txt', {name: 'METRICS_CHECKS.log', checks: 12}, {name: 'PROMOTION_RECORD.md', when: 'promoted'}]],
	} as z.GlobalMeta);
