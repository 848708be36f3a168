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

const byteEscape = /\\(?:x([0-9a-fA-F]{2})|([0-7]{3}))/g;
const anyEscape = /((?:\\(?:x[0-9a-fA-F]{2}|[0-7]{3}))+)|\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([\s\S]?))/g;
const decoder = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});

/** Bytes that are no text stand as lone surrogates (U+DC80 + byte - 0x80), so that they can be told from text and printed again. */
const surrogateOf = (byte: number): string => String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte);

function decodeBytes(bytes: readonly number[]): string {
	try {
		return decoder.decode(Uint8Array.from(bytes));
	} catch {
		return bytes.map(surrogateOf).join('');
	}
}

/**
 * The value of a string literal with its quotes, or undefined for a bad escape. Go's rules: back-ticks take everything as it
 * stands; in the other two only the quote of its own kind may be escaped.
 */
export function unquote(literal: string): string | undefined {
	const quoteMark = literal[0];
	const body = literal.slice(1, -1);
	if (quoteMark === '`' || !body.includes('\\')) return body;
	let bad = false;
	const refuse = (): string => {
		bad = true;
		return '';
	};
	const character = (digits: string): string => {
		const value = Number.parseInt(digits, 16);
		return value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff) ? refuse() : String.fromCodePoint(value);
	};
	const text = body.replaceAll(anyEscape, (_all, run?: string, short?: string, long?: string, simple?: string): string => {
		if (run !== undefined) {
			const bytes = [...run.matchAll(byteEscape)].map(([, hex, octal]) =>
				hex ? Number.parseInt(hex, 16) : Number.parseInt(octal ?? '', 8),
			);
			return bytes.some(byte => byte > 255) ? refuse() : decodeBytes(bytes);
		}
		if (short !== undefined || long !== undefined) return character(short ?? long ?? '');
		const isOtherQuote = (simple === '"' || simple === "'") && simple !== quoteMark;
		return (isOtherQuote ? undefined : simpleEscapes[simple ?? '']) ?? refuse();
	});
	return bad ? undefined : text;
}

const named: Readonly<Record<string, string>> = {'"': '\\"', '\\': '\\\\', '\n': '\\n', '\t': '\\t', '\r': '\\r'};

/** A double-quoted literal that `unquote` gives back unchanged; control characters and stray bytes are written as escapes. */
export const quote = (text: string): string =>
	`"${text.replaceAll(/["\\\x00-\x1f\x7f\ud800-\udfff]/gu, char => {
		const code = char.charCodeAt(0);
		return named[char] ?? `\\x${(code >= 0xdc80 ? code - 0xdc00 : code & 0xff).toString(16).padStart(2, '0')}`;
	})}"`;
