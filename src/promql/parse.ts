import {fail, ok, type Result} from '../base/result.ts';
import type {Expr} from './ast.ts';
import {checkTypes} from './check-types.ts';
import {lex} from './lex.ts';
import type {DurationContext} from './parse-duration.ts';
import {errorAt, type ParseError, ParseFailure} from './parse-error.ts';
import {Parser} from './parser.ts';

/** Longer texts are refused before they are looked at. */
const queryLengthMax = 100_000;

/**
 * Parses a PromQL query (Prometheus 3.x, experimental functions included) and checks its types. The error is Prometheus' own
 * wording with the place it means. `durations` tells what `step()` and `range()` in a duration stand for.
 */
export function parseQuery(text: string, durations: DurationContext = {}): Result<Expr, ParseError> {
	if (text.length > queryLengthMax) {
		return fail(errorAt('', `query is longer than ${queryLengthMax} characters`, {start: 0, end: 0}));
	}
	try {
		return ok(checkTypes(new Parser(lex(text), durations).parse()));
	} catch (error) {
		if (error instanceof ParseFailure) return fail(errorAt(text, error.message, error.span));
		throw error;
	}
}

export type {ParseError, Position} from './parse-error.ts';
export {describeParseError, renderCaret} from './parse-error.ts';
