import {RE2JS} from 're2js';
import type {Matcher} from './ast.ts';

/**
 * Regular expressions are RE2's (linear in the text, so a hostile pattern can't hang the process), anchored at both ends, and a
 * dot takes line ends too: as Prometheus compiles them.
 */
const compiled = new Map<string, RE2JS>();
const compiledMax = 1_000;
const patternLengthMax = 10_000;

/** Throws RE2JS' own error for a pattern that is not RE2's. */
export function compileAnchored(pattern: string): RE2JS {
	const known = compiled.get(pattern);
	if (known) return known;
	if (pattern.length > patternLengthMax) throw new Error(`expression is longer than ${patternLengthMax} characters`);
	const regex = RE2JS.compile(`^(?s:${pattern})$`);
	if (compiled.size >= compiledMax) compiled.clear();
	compiled.set(pattern, regex);
	return regex;
}

/** Why this pattern can't be used, or undefined if it can. */
export function regexFault(pattern: string): string | undefined {
	try {
		// Alone first: `a)(b` must not become valid by the group put around it.
		RE2JS.compile(pattern.length > patternLengthMax ? '' : pattern);
		compileAnchored(pattern);
		return undefined;
	} catch (error) {
		return (error as Error).message;
	}
}

const metaCharacters = /[\\.+*?()|[\]{}^$]/;
const literalAlternatives = /^[^\\.+*?()[\]{}^$]*$/;

/** A quick test for one matcher. Plain strings and `a|b|c` need no regex; answers of a regex are remembered per value. */
export function compileMatcher(matcher: Matcher): (value: string) => boolean {
	const {op, value: wanted} = matcher;
	if (op === '=') return value => value === wanted;
	if (op === '!=') return value => value !== wanted;
	const matches = regexTest(wanted);
	return op === '=~' ? matches : value => !matches(value);
}

function regexTest(pattern: string): (value: string) => boolean {
	if (!metaCharacters.test(pattern)) return value => value === pattern;
	if (literalAlternatives.test(pattern)) {
		const alternatives = new Set(pattern.split('|'));
		return value => alternatives.has(value);
	}
	if (pattern === '.*') return () => true;
	if (pattern === '.+') return value => value !== '';
	const regex = compileAnchored(pattern);
	const answers = new Map<string, boolean>();
	return value => {
		const known = answers.get(value);
		if (known !== undefined) return known;
		const answer = regex.testExact(value);
		if (answers.size < 10_000) answers.set(value, answer);
		return answer;
	};
}
