import type {Range} from './tree.ts';

/** The environment a profile is read in. */
export type Env = Readonly<Record<string, string | undefined>>;

export type Substitution = {
	readonly text: string;
	/** Whether anything but `$$` was replaced. */
	readonly changed: boolean;
	readonly faults: readonly {readonly message: string; readonly within: Range}[];
};

const opening = /\$\$|\$\{([^}\n]*)(\}?)/g;
const reference = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;

/**
 * `${NAME}` becomes the variable's value; `${NAME:-text}` becomes `text` where the variable is unset or empty; `$$` is one
 * dollar sign; every other `$` stays. Places are offsets into the text as written.
 */
export function substitute(text: string, env: Env): Substitution {
	const faults: {message: string; within: Range}[] = [];
	let changed = false;
	const replaced = text.replace(opening, (whole, inside: string | undefined, closing: string | undefined, at: number) => {
		if (inside === undefined) return '$';
		const wrong = (message: string): string => {
			faults.push({message, within: {start: at, end: at + whole.length}});
			return '';
		};
		if (closing === '') return wrong(`"\${" is never closed. Write \${NAME}, or $$ where a dollar sign is meant.`);
		const match = reference.exec(inside);
		if (!match) {
			return wrong(
				`${JSON.stringify(whole)} is no reference to the environment. Write \${NAME} or \${NAME:-default}, or $\${ for the bare text.`,
			);
		}
		const [, name = '', fallback] = match;
		const value = Object.hasOwn(env, name) ? env[name] : undefined;
		changed = true;
		if (fallback !== undefined) return value || fallback;
		return value ?? wrong(`the environment variable ${name} is not set. Set it, or give a default: \${${name}:-…}.`);
	});
	return {text: replaced, changed, faults};
}

/** Those of these variables that are not set, or empty. */
export const unsetFor = (names: readonly string[] = [], env: Env): readonly string[] =>
	names.filter(name => !Object.hasOwn(env, name) || env[name] === undefined || env[name] === '');

/** The way back: a text that substitution leaves as it is. */
export const escapeDollars = (text: string): string => text.replaceAll('$', () => '$$');

/** An unquoted `${PORT}` is read like any other unquoted value: as a number, true or false where it looks like one. */
export function asPlainScalar(text: string): string | number | boolean {
	if (text === 'true' || text === 'false') return text === 'true';
	return /^[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?$/i.test(text) ? Number(text) : text;
}
