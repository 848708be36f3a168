const simpleEscapes: Readonly<Record<string, string>> = {
	a: '\x07',
	b: '\b',
	f: '\f',
	n: '\n',
	r: '\r',
	t: '\t',
	v: '\v',
	'\\': '\\',
	"'": "'",
	'"': '"',
};

const escapePattern = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|([\s\S]?))/g;

/**
 * The value of a string literal with its quotes, or undefined for a bad escape. Go's rules: back-ticks take everything as it
 * stands; in the other two only the quote of its own kind may be escaped.
 */
export function unquote(literal: string): string | undefined {
	const quote = literal[0];
	const body = literal.slice(1, -1);
	if (quote === '`' || !body.includes('\\')) return body;
	let bad = false;
	const code = (digits: string, base: number, limit: number): string => {
		const value = Number.parseInt(digits, base);
		const isSurrogate = value >= 0xd800 && value <= 0xdfff;
		if (value <= limit && !isSurrogate) return String.fromCodePoint(value);
		bad = true;
		return '';
	};
	const text = body.replaceAll(
		escapePattern,
		(_all, hex?: string, short?: string, long?: string, octal?: string, simple?: string): string => {
			if (hex !== undefined) return code(hex, 16, 0xff);
			if (short !== undefined) return code(short, 16, 0xffff);
			if (long !== undefined) return code(long, 16, 0x10ffff);
			if (octal !== undefined) return code(octal, 8, 0xff);
			const isOtherQuote = (simple === '"' || simple === "'") && simple !== quote;
			const plain = isOtherQuote ? undefined : simpleEscapes[simple ?? ''];
			if (plain === undefined) bad = true;
			return plain ?? '';
		},
	);
	return bad ? undefined : text;
}

/** A double-quoted literal that `unquote` gives back unchanged; control characters are written as escapes. */
export const quote = (text: string): string =>
	`"${text.replaceAll(/["\\\x00-\x1f\x7f\ud800-\udfff]/gu, char => {
		if (char === '"' || char === '\\') return `\\${char}`;
		if (char === '\n') return '\\n';
		if (char === '\t') return '\\t';
		if (char === '\r') return '\\r';
		return `\\x${char.codePointAt(0)?.toString(16).padStart(2, '0')}`;
	})}"`;
