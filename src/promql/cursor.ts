import type {Span} from './ast.ts';
import {ParseFailure} from './parse-error.ts';
import {describeToken, type Token} from './token.ts';

/** Expressions nested deeper than this are refused before the recursion can fill the stack. */
const depthMax = 200;

/** Walks over the tokens, one look-ahead, and raises "unexpected …" in Prometheus' words. */
export class Cursor {
	private readonly tokens: readonly Token[];
	private at = 0;
	private depth = 0;

	constructor(tokens: readonly Token[]) {
		this.tokens = tokens;
	}

	/** The next token. A lexer fault is raised only here, when the parser gets to it. */
	peek(): Token {
		const token = this.tokens[Math.min(this.at, this.tokens.length - 1)] as Token;
		if (token.kind === 'error') throw new ParseFailure(token.word, token);
		return token;
	}

	/** Whether a word is a call of itself: the next token after it is a parenthesis. */
	isCalled(word: string): boolean {
		return this.is(word) && this.tokens[this.at + 1]?.word === '(';
	}

	next(): Token {
		const token = this.peek();
		this.at++;
		return token;
	}

	/** The end of the token read last. */
	lastEnd(): number {
		return this.tokens[this.at - 1]?.end ?? 0;
	}

	is(word: string): boolean {
		const token = this.peek();
		return token.word === word && token.kind !== 'string';
	}

	/** Reads the token if it is this word. */
	accept(word: string): Token | undefined {
		return this.is(word) ? this.next() : undefined;
	}

	expect(word: string, context: string, expected = `"${word}"`): Token {
		return this.accept(word) ?? this.unexpected(context, expected);
	}

	/** Never returns: the token that stands here is not what the grammar allows. */
	unexpected(context: string, expected = ''): never {
		const token = this.peek();
		const where = context ? ` in ${context}` : '';
		const instead = expected ? `, expected ${expected}` : '';
		throw new ParseFailure(`unexpected ${describeToken(token)}${where}${instead}`, token);
	}

	/** Runs one level deeper. */
	nested<Value>(span: Span, body: () => Value): Value {
		if (++this.depth > depthMax) throw new ParseFailure(`query is nested more than ${depthMax} levels deep`, span);
		const value = body();
		this.depth--;
		return value;
	}
}
