import {fail, ok, type Result} from '../base/result.ts';
import {sanitize} from '../base/text.ts';
import type {ResolveSecret, TextOrSecret} from '../core/secret.ts';

/** Headers or variables with what their references stand for. The error names the reference, never the value. */
export async function resolveAll(
	values: Readonly<Record<string, TextOrSecret>>,
	resolve: ResolveSecret,
): Promise<Result<Readonly<Record<string, string>>, string>> {
	const resolved: [string, string][] = [];
	for (const [key, value] of Object.entries(values)) {
		const found = typeof value === 'string' ? ok(value) : await resolve(value);
		if (!found.ok) return fail(`${key}: ${found.error}`);
		resolved.push([key, found.value]);
	}
	return ok(Object.fromEntries(resolved));
}

/** A piece of outside text for a sentence: one line, safe for a terminal. */
export const quote = (text: string, columns = 160): string => `"${sanitize(text.trim(), columns)}"`;

/** The last lines of a program's output, for a sentence. */
export function lastWords(stdout: string, stderr: string): string {
	const text = (stderr.trim() === '' ? stdout : stderr).trim().split('\n').slice(-3).join(' / ');
	return text === '' ? 'it printed nothing' : `it printed ${quote(text, 300)}`;
}
