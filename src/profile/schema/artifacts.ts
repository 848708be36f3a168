import {z} from 'zod';

/** Names of files below `artifacts/`; never a path. */
export const artifactNames = z
	.array(
		z
			.string()
			.max(120)
			.regex(/^[A-Za-z0-9_+-][A-Za-z0-9._+-]*$/, {
				error: issue =>
					`${JSON.stringify(issue.input)} can't be the name of an artifact: letters, digits, "-", "_", "+" and ".".`,
			})
			.meta({description: 'The name of a file.', typeName: 'file name', examples: ['METRICS_CHECKS.log']} as z.GlobalMeta),
	)
	.max(100)
	.meta({
		description:
			"Files below the session's `artifacts/` that must exist before a report says PASS, besides the planned checkpoints: METRICS_CHECKS.log, or what hooks leave there.",
		typeName: 'list of file names',
		examples: [['METRICS_CHECKS.log']],
	} as z.GlobalMeta);
