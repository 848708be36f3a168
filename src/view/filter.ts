import {RE2JS} from 're2js';
import {fail, ok, type Result} from '../base/result.ts';

/** One pattern as typed: `timeout`, `5\d\d`, `!health`. */
export type Filter = (text: string) => boolean;

/** A pattern longer than this is a slip of the paste buffer. */
const patternMax = 200;

/**
 * RE2 syntax, so that no pattern can hang the screen; case counts only when the pattern has an upper-case letter. A leading `!`
 * turns it round; `\!` is a plain one. The error is what is wrong with it, in words.
 */
export function compileFilter(pattern: string): Result<Filter, string> {
	const isInverted = pattern.startsWith('!');
	const source = isInverted ? pattern.slice(1) : pattern.replace(/^\\!/, '!');
	if (source === '') return ok(() => true);
	if (source.length > patternMax) return fail(`longer than ${patternMax} characters`);
	try {
		const compiled = RE2JS.compile(source, /\p{Lu}/u.test(source) ? 0 : RE2JS.CASE_INSENSITIVE);
		return ok(text => compiled.matcher(text).find() !== isInverted);
	} catch (error) {
		return fail(String(error instanceof Error ? error.message : error).replace(/^error parsing regexp: /, ''));
	}
}

const cache = new Map<string, Filter>();
const cacheMax = 50;

/** All patterns let it through. A pattern that does not compile lets everything through: the field where it is typed says so. */
export function passes(patterns: readonly string[], text: string): boolean {
	return patterns.every(pattern => compiled(pattern)(text));
}

function compiled(pattern: string): Filter {
	const known = cache.get(pattern);
	if (known) return known;
	if (cache.size >= cacheMax) cache.clear();
	const result = compileFilter(pattern);
	const filter: Filter = result.ok ? result.value : () => true;
	cache.set(pattern, filter);
	return filter;
}

/** `/timeout/ & !health`: the patterns as one line. */
export const filterText = (patterns: readonly string[]): string => patterns.map(pattern => `/${pattern}/`).join(' & ');
