import {z} from 'zod';
import {file, type Meta, text} from './leaf.ts';
import {section} from './section.ts';

/** The name of an environment variable, of the controller's own environment. */
export const envName = (meta: Meta) =>
	z
		.string()
		.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
			error: issue =>
				`${JSON.stringify(issue.input)} is no name of an environment variable: write the bare name, such as API_TOKEN.`,
		})
		.meta({...meta, typeName: 'variable name'} as z.GlobalMeta);

export const fromEnv = section(
	'a reference to the environment',
	{env: envName({description: 'The environment variable that holds the value.'})},
	{description: 'The value of an environment variable.'},
);

export const fromFile = section(
	'a reference to a file',
	{file: file({description: 'The file that holds the value; one line break at its end is dropped.'})},
	{description: 'The content of a file.'},
);

/** A text, or, where it is a secret, a reference. */
export const textOrSecret = (meta: Meta) =>
	z
		.union([text({description: 'The value, where it is no secret.'}, {max: 2_000}), fromEnv, fromFile], {
			error: () => 'write a text, or, for a secret, a reference: {env: NAME} or {file: /path}.',
		})
		.meta({...meta, typeName: 'text · {env} · {file}'} as z.GlobalMeta);

export const textsOrSecrets = (meta: Meta) =>
	z.record(z.string().min(1), textOrSecret({description: 'A text, or a reference where it is a secret.'})).meta({
		...meta,
		typeName: 'map of text · {env} · {file}',
	} as z.GlobalMeta);

/** What stands where a reference should: it is never shown. */
export const secretWrittenOut = 'a secret is never written out here: give a reference, {env: NAME} or {file: /path}.';

/** A secret: never written out. */
export const secretRef = (meta: Meta) =>
	z
		.union([fromEnv, fromFile], {
			error: () => secretWrittenOut,
		})
		.meta({...meta, typeName: '{env} · {file}'} as z.GlobalMeta);
