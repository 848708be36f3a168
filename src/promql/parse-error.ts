import type {Span} from './ast.ts';

/** `offset` counts UTF-16 units from 0; line and column count from 1. */
export type Position = {readonly offset: number; readonly line: number; readonly column: number};

export type ParseError = {readonly message: string; readonly position: Position; readonly span: Span};

/** Thrown inside the parser only; `parseQuery` turns it into a Result. */
export class ParseFailure extends Error {
	readonly span: Span;

	constructor(message: string, span: Span) {
		super(message);
		this.span = span;
	}
}

export function positionOf(text: string, offset: number): Position {
	const before = text.slice(0, offset);
	const lineStart = before.lastIndexOf('\n') + 1;
	return {offset, line: before.split('\n').length, column: offset - lineStart + 1};
}

export const errorAt = (text: string, message: string, span: Span): ParseError => ({
	message,
	span,
	position: positionOf(text, span.start),
});

/** The faulty line with carets under what is meant; tabs are kept so that the carets stand where they should. */
export function renderCaret(text: string, error: ParseError): string {
	const lineStart = error.position.offset - error.position.column + 1;
	const lineEnd = text.indexOf('\n', lineStart);
	const line = text.slice(lineStart, lineEnd === -1 ? undefined : lineEnd);
	const indent = line.slice(0, error.position.column - 1).replaceAll(/[^\t]/g, ' ');
	const length = Math.max(1, Math.min(error.span.end - error.span.start, line.length - error.position.column + 1));
	return `${line}\n${indent}${'^'.repeat(length)}`;
}

/** `1:5: message`, as Prometheus writes it. */
export const describeParseError = (error: ParseError): string =>
	`${error.position.line}:${error.position.column}: parse error: ${error.message}`;
