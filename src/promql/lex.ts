import type {Span} from './ast.ts';
import {reservedWords, type Token, type TokenKind} from './token.ts';

const space = /[ \t\n\r]+/y;
const comment = /#[^\n\r]*/y;
const word = /[A-Za-z_:][A-Za-z0-9_:]*/y;
const labelWord = /[A-Za-z_][A-Za-z0-9_]*/y;
const duration = /\d+(?:ms|[smhdwy])(?:\d+(?:ms|[smhdw]))*(?![A-Za-z0-9_])/y;
const hexNumeral = /0[xX](?:_?[0-9a-fA-F])+(?![A-Za-z0-9_])/y;
const numeral = /(?:\d(?:_?\d)*(?:\.(?:\d(?:_?\d)*)?)?|\.\d(?:_?\d)*)(?:[eE][+-]?\d(?:_?\d)*)?(?![A-Za-z0-9_.])/y;
const badNumeral = /[.\w]+/y;
const operator = /==|!=|>=|<=|=~|!~|[-+*/%^<>=@]/y;
const quoted = /"(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*'|`[^`]*`/y;

/**
 * Cuts a query into tokens, white space and comments left out. A fault ends the list with one `error` token whose `word` is
 * the message; a good list ends with `eof`.
 */
export function lex(text: string): Token[] {
	const lexer = new Lexer(text);
	lexer.run();
	return lexer.tokens;
}

class Lexer {
	readonly tokens: Token[] = [];
	private readonly text: string;
	private at = 0;
	private parens = 0;
	private inBraces = false;
	private inBrackets = false;
	private gotColon = false;
	private failed = false;

	constructor(text: string) {
		this.text = text;
	}

	run(): undefined {
		while (!this.failed) {
			this.take(space);
			if (this.take(comment) !== undefined) continue;
			if (this.at >= this.text.length) {
				this.end();
				return;
			}
			if (this.inBraces) this.insideBraces();
			else this.statement();
		}
	}

	private take(pattern: RegExp): string | undefined {
		pattern.lastIndex = this.at;
		const found = pattern.exec(this.text)?.[0];
		if (found !== undefined) this.at += found.length;
		return found;
	}

	private emit(kind: TokenKind, text: string, canonical = text): undefined {
		this.tokens.push({kind, word: canonical, text, start: this.at - text.length, end: this.at});
	}

	private fail(message: string, span: Span = {start: this.at, end: this.at + 1}): undefined {
		this.failed = true;
		this.tokens.push({kind: 'error', word: message, text: this.text.slice(span.start, span.end), ...span});
	}

	private end(): undefined {
		if (this.inBraces) return this.fail('unexpected end of input inside braces');
		if (this.parens > 0) return this.fail('unclosed left parenthesis');
		if (this.inBrackets) return this.fail('unclosed left bracket');
		this.emit('eof', '');
	}

	private statement(): undefined {
		const char = this.text[this.at] ?? '';
		if (char >= '0' && char <= '9') return this.number();
		if (char === '.' && /\d/.test(this.text[this.at + 1] ?? '')) return this.number();
		if (char === '"' || char === "'" || char === '`') return this.string(char);
		if (char === ':' && this.inBrackets) return this.colon();
		if ('(){}[],'.includes(char)) return this.punctuation(char);
		const name = this.take(word);
		if (name !== undefined) return this.name(name);
		const op = this.take(operator);
		if (op === '=~' || op === '!~') return this.fail(`unexpected character after '${op[0]}': '~'`);
		if (op !== undefined) return this.emit('operator', op);
		const next = this.text[this.at + 1];
		if (char === '!') return this.fail(next ? `unexpected character after '!': '${next}'` : "unexpected end of input after '!'");
		this.fail(`unexpected character: '${String.fromCodePoint(this.text.codePointAt(this.at) ?? 0)}'`);
	}

	private insideBraces(): undefined {
		const char = this.text[this.at] ?? '';
		if (char === '"' || char === "'" || char === '`') return this.string(char);
		if (char === '{') return this.fail("unexpected left brace '{'");
		if (char === '}' || char === ',') return this.punctuation(char);
		const label = this.take(labelWord);
		if (label !== undefined) return this.emit('identifier', label);
		const op = this.take(operator);
		if (op === '=' || op === '!=' || op === '=~' || op === '!~') return this.emit('operator', op);
		if (op !== undefined) this.at -= op.length;
		this.fail(`unexpected character inside braces: '${String.fromCodePoint(this.text.codePointAt(this.at) ?? 0)}'`);
	}

	private number(): undefined {
		const length = this.take(duration);
		if (length !== undefined) return this.emit('duration', length);
		const value = this.take(hexNumeral) ?? this.take(numeral);
		if (value !== undefined) return this.emit('number', value);
		const start = this.at;
		const bad = this.take(badNumeral) ?? '';
		this.fail(`bad number or duration syntax: ${JSON.stringify(bad)}`, {start, end: this.at});
	}

	private string(mark: string): undefined {
		const literal = this.take(quoted);
		if (literal !== undefined) return this.emit('string', literal);
		this.fail(mark === '`' ? 'unterminated raw string' : 'unterminated quoted string');
	}

	private name(name: string): undefined {
		const lower = name.toLowerCase();
		const kind = reservedWords.get(lower);
		if (kind !== undefined) return this.emit(kind, name, lower);
		this.emit(name.includes(':') ? 'metric' : 'identifier', name);
	}

	private colon(): undefined {
		if (this.gotColon) return this.fail("unexpected colon ':'");
		this.gotColon = true;
		this.at++;
		this.emit('punctuation', ':');
	}

	private punctuation(char: string): undefined {
		if (char === '(') this.parens++;
		if (char === ')' && --this.parens < 0) return this.fail("unexpected right parenthesis ')'");
		if (char === '{') this.inBraces = true;
		if (char === '}' && !this.inBraces) return this.fail("unexpected right brace '}'");
		if (char === '}') this.inBraces = false;
		if (char === ']' && !this.inBrackets) return this.fail("unexpected right bracket ']'");
		if (char === '[' && this.inBrackets) return this.fail("unexpected left bracket '['");
		if (char === '[') this.gotColon = false;
		if (char === '[' || char === ']') this.inBrackets = char === '[';
		this.at++;
		this.emit('punctuation', char);
	}
}
