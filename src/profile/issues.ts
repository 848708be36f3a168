import type {z} from 'zod';
import {closest, orList} from './did-you-mean.ts';
import type {Issue} from './fault.ts';
import {found} from './found.ts';
import {missingText, type SchemaNode, schemaAt} from './json-schema.ts';
import {secretWrittenOut} from './schema/secret.ts';
import {type Profile, profileSchema} from './schema.ts';
import {isSensitive} from './sensitive.ts';
import {knownAs} from './synonyms.ts';
import type {Path, Plain} from './tree.ts';

export type Checked = {
	/** The profile with defaults filled in; absent when there are issues. */
	readonly profile?: Profile;
	readonly issues: readonly Issue[];
};

type ZodIssue = z.core.$ZodIssue;

/** How a value stands in the file, where it isn't a text. */
export type WrittenAt = (path: Path) => string | undefined;

/** Checks the shape: every fault at once, in our own words. What spans several keys is checked elsewhere. */
export function checkShape(plain: Plain, writtenAt: WrittenAt = () => undefined): Checked {
	const parsed = profileSchema.safeParse(plain, {
		error: issue => (issue.code === 'custom' ? undefined : generalWords(issue, writtenAt)),
	});
	if (parsed.success) return {profile: parsed.data, issues: []};
	const unknown = parsed.error.issues.flatMap(issue => (issue.code === 'unrecognized_keys' ? unknownKeys(issue) : []));
	const rest = parsed.error.issues
		.filter(issue => issue.code !== 'unrecognized_keys')
		.filter(issue => !unknown.some(({meant}) => meant !== undefined && samePath(meant, issue.path)))
		.map(issue => issueOf(issue, plain));
	return {issues: [...rest, ...unknown.map(({issue}) => issue)]};
}

const samePath = (left: Path, right: readonly PropertyKey[]): boolean =>
	left.length === right.length && left.every((step, index) => step === right[index]);

const pathOf = (issue: {readonly path: readonly PropertyKey[]}): Path =>
	issue.path.map(step => (typeof step === 'number' ? step : String(step)));

function issueOf(issue: ZodIssue, plain: Plain): Issue {
	const path = pathOf(issue);
	const secret = isSensitive(path) || issue.message === secretWrittenOut;
	const within = issue.code === 'custom' ? (issue.params?.['within'] as Issue['within']) : undefined;
	return {
		path,
		message: missing(issue, path, plain) ?? issue.message,
		...(within && {within}),
		...(secret && {secret}),
	};
}

/** A key that is not there, with what it is for. */
function missing(issue: ZodIssue, path: Path, plain: Plain): string | undefined {
	const key = path.at(-1);
	if (key === undefined || typeof key === 'number' || valueAt(plain, path) !== undefined) return undefined;
	if (issue.code !== 'invalid_type' && issue.code !== 'invalid_value' && issue.code !== 'invalid_union') return undefined;
	return missingText(key, path);
}

function valueAt(plain: Plain, path: Path): unknown {
	return path.reduce<unknown>(
		(value, step) =>
			typeof value === 'object' && value !== null ? (value as Record<string | number, unknown>)[step] : undefined,
		plain,
	);
}

type UnknownKey = {readonly issue: Issue; readonly meant?: Path};

function unknownKeys(issue: z.core.$ZodIssueUnrecognizedKeys): UnknownKey[] {
	const parent = pathOf(issue);
	const schema = schemaAt(parent);
	const allowed = Object.keys(schema?.properties ?? {});
	return issue.keys.map(key => {
		const path = [...parent, key];
		const known = knownAs(key, allowed);
		if (known?.remedy) return {issue: {path, atKey: true, message: `${found(key)} ${known.remedy}`, secret: isSensitive(path)}};
		const meant = known?.key ?? closest(key, allowed);
		const hint = meant === undefined ? '' : ` Did you mean "${meant}"?`;
		const message = `${found(key)} ${isNo(schema)}.${hint} Allowed: ${allowed.join(', ')}.`;
		return {issue: {path, atKey: true, message}, ...(meant !== undefined && {meant: [...parent, meant]})};
	});
}

/** What an unknown key is not. Under `router` and `metrics` the keys are kinds. */
function isNo(schema: SchemaNode | undefined): string {
	const kinds: Readonly<Record<string, string>> = {
		router: 'is no router we know',
		'router.fallback': 'is no router we know',
		metrics: 'is no metrics source we know',
	};
	return kinds[schema?.noun ?? ''] ?? `is no key of ${schema?.noun ?? 'this map'}`;
}

/** Our words for what zod finds where a schema has no words of its own. */
function generalWords(issue: z.core.$ZodRawIssue, writtenAt: WrittenAt): string | undefined {
	const path = (issue.path ?? []).map(step => (typeof step === 'number' ? step : String(step)));
	const schema = schemaAt(path);
	const seen = isSensitive(path) && typeof issue.input === 'string' ? 'a text' : found(issue.input);
	switch (issue.code) {
		case 'invalid_type':
			return wrongType(issue.input, writtenAt(path) ?? seen, issue.expected, schema);
		case 'invalid_value':
			return `${seen} is not one of ${orList(issue.values.map(String))}.`;
		case 'too_small':
			return tooSmall(issue, seen);
		case 'too_big':
			return tooBig(issue, seen);
		default:
			return undefined;
	}
}

const expectedWords: Readonly<Record<string, string>> = {
	string: 'a text',
	number: 'a number',
	int: 'a whole number',
	boolean: 'true or false',
	array: 'a list',
	object: 'a map of keys',
	record: 'a map of keys',
};

function wrongType(input: unknown, seen: string, expected: string, schema: SchemaNode | undefined): string {
	const wanted = expectedWords[expected] ?? expected;
	if (input === null) return `this has no value. Give it ${wanted}, or take the key out.`;
	if (expected === 'string' && (typeof input === 'number' || typeof input === 'boolean')) {
		return `found the ${typeof input === 'number' ? 'number' : 'value'} ${seen}, expected a text. Put it in quotes: "${seen}".`;
	}
	if (expected === 'array') return `found ${seen}, expected a list: put "- " in front of each item, or [a, b] on one line.`;
	if (expected === 'boolean' && typeof input === 'string') {
		const meant = /^(?:yes|on|y|true)$/i.test(input) ? 'true' : /^(?:no|off|n|false)$/i.test(input) ? 'false' : undefined;
		return `found ${seen}, expected true or false.${meant ? ` Did you mean ${meant}, without quotes?` : ''}`;
	}
	if (/^(?:number|int)$/.test(expected) && typeof input === 'string') {
		const meant = /^\s*([\d.]+)\s*%?\s*$/.exec(input)?.[1];
		return `found the text ${seen}, expected ${wanted}.${meant ? ` Write the bare number: ${meant}.` : ''}`;
	}
	const keys = Object.keys(schema?.properties ?? {});
	const remedy = /^(?:object|record)$/.test(expected) && keys.length > 0 ? ` Its keys: ${keys.join(', ')}.` : '';
	return `found ${seen}, expected ${wanted}.${remedy}`;
}

function tooSmall({origin, minimum, inclusive}: z.core.$ZodRawIssue<z.core.$ZodIssueTooSmall>, seen: string): string {
	if (origin === 'array') return 'the list is empty. Give it at least one item.';
	if (origin === 'string') return 'this is empty. Write a text, or take the key out.';
	return `${seen} is too small: it must be ${inclusive ? 'at least' : 'more than'} ${minimum}.`;
}

function tooBig({origin, maximum}: z.core.$ZodRawIssue<z.core.$ZodIssueTooBig>, seen: string): string {
	if (origin === 'array') return `the list has more than ${maximum} items.`;
	if (origin === 'string') return `the text is longer than ${maximum} characters.`;
	return `${seen} is too large: it must be at most ${maximum}.`;
}
