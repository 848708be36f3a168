import {z} from 'zod';
import {flowYaml} from './flow-yaml.ts';
import {profileSchema} from './schema.ts';
import type {Path} from './tree.ts';

/** The parts of JSON Schema that zod writes for a profile, and our two words for people (`noun`, `typeName`). */
export type SchemaNode = {
	readonly type?: string;
	readonly description?: string;
	readonly default?: unknown;
	readonly examples?: readonly unknown[];
	readonly enum?: readonly unknown[];
	readonly properties?: Readonly<Record<string, SchemaNode>>;
	readonly required?: readonly string[];
	readonly additionalProperties?: boolean | SchemaNode;
	readonly items?: SchemaNode;
	readonly anyOf?: readonly SchemaNode[];
	/** How a map is called in a sentence: "a guardrail". */
	readonly noun?: string;
	/** What docs/profile.md calls the type: "duration". */
	readonly typeName?: string;
};

let cached: SchemaNode | undefined;

/** The profile's schema as plain data: what messages, the reference and the JSON Schema are made from. */
export function schemaTree(): SchemaNode {
	cached ??= z.toJSONSchema(profileSchema, {io: 'input'}) as SchemaNode;
	return cached;
}

/** The schema of the value at a path, as far as the schema knows it. */
export function schemaAt(path: Path, root: SchemaNode = schemaTree()): SchemaNode | undefined {
	let node: SchemaNode | undefined = root;
	for (const step of path) {
		if (!node) return undefined;
		const rest: SchemaNode['additionalProperties'] = node.additionalProperties;
		node = typeof step === 'number' ? node.items : (node.properties?.[step] ?? (typeof rest === 'object' ? rest : undefined));
	}
	return node;
}

/** `"weight" is missing.`, with what it is for and what it looks like. */
export function missingText(key: string, path: Path): string {
	const schema = schemaAt(path);
	const example = schema?.examples?.[0];
	const shown = example === undefined ? '' : ` For example: ${key}: ${flowYaml(example)}`;
	return `"${key}" is missing. ${schema?.description ?? ''}${shown}`.trim();
}

const ours: ReadonlySet<string> = new Set(['noun', 'typeName']);

/** An editor sees the text before substitution: `${VAR}` may stand for anything. */
const orVariable = (pattern: string): string => String.raw`(?:${pattern})|\$\{`;

/** JSON Schema (draft 2020-12) for editors: our own words taken out, keys that begin with `x-` let through. */
export function editorSchema(): object {
	const clean = (value: unknown): unknown => {
		if (Array.isArray(value)) return value.map(clean);
		if (typeof value !== 'object' || value === null) return value;
		return Object.fromEntries(
			Object.entries(value)
				.filter(([key]) => !ours.has(key))
				.map(([key, inner]) => [key, key === 'pattern' && typeof inner === 'string' ? orVariable(inner) : clean(inner)]),
		);
	};
	const {$schema, ...rest} = clean(schemaTree()) as Record<string, unknown>;
	return {
		$schema,
		title: 'canary profile',
		...rest,
		patternProperties: {'^x-': {description: 'A place for YAML anchors; ignored.'}},
	};
}
