/** Byte classes and numbers of the exposition formats. */
export const byte = {
	tab: 9,
	newline: 10,
	space: 32,
	quote: 34,
	hash: 35,
	plus: 43,
	comma: 44,
	minus: 45,
	dot: 46,
	equal: 61,
	backslash: 92,
	braceOpen: 123,
	braceClose: 125,
} as const;

const classes = new Uint8Array(256);
const letter = 1;
const digit = 2;
const colon = 4;
for (const char of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_') classes[char.charCodeAt(0)] = letter;
for (const char of '0123456789') classes[char.charCodeAt(0)] = digit;
classes[':'.charCodeAt(0)] = colon;

/** The end of a metric name (`[a-zA-Z_:][a-zA-Z0-9_:]*`) that starts here; the start itself if none does. */
export function metricNameEnd(bytes: Uint8Array, start: number): number {
	if (((classes[bytes[start] as number] as number) & (letter | colon)) === 0) return start;
	let at = start + 1;
	while (at < bytes.length && classes[bytes[at] as number] !== 0) at++;
	return at;
}

/** The end of a label name (`[a-zA-Z_][a-zA-Z0-9_]*`) that starts here; the start itself if none does. */
export function labelNameEnd(bytes: Uint8Array, start: number): number {
	if (classes[bytes[start] as number] !== letter) return start;
	let at = start + 1;
	while (at < bytes.length && ((classes[bytes[at] as number] as number) & (letter | digit)) !== 0) at++;
	return at;
}

/** The end of a quoted text (after the closing quote) that starts here; the start itself if there is none. */
export function quotedEnd(bytes: Uint8Array, start: number, mayHoldNewline: boolean): number {
	if (bytes[start] !== byte.quote) return start;
	for (let at = start + 1; at < bytes.length; at++) {
		const char = bytes[at];
		if (char === byte.quote) return at + 1;
		if (char === byte.newline && !mayHoldNewline) return start;
		if (char !== byte.backslash) continue;
		at++;
		// Even an escape takes no line end: `\\.` of the lexers leaves it out.
		if (bytes[at] === byte.newline) return start;
	}
	return start;
}

export const isBlank = (char: number | undefined): boolean => char === byte.space || char === byte.tab;

const powersOfTen = Array.from({length: 23}, (_, i) => 10 ** i);
const floatPattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const infinitePattern = /^([+-]?)inf(?:inity)?$/i;

/**
 * The float between two offsets, as Go's ParseFloat has it without hex and underscores; undefined if it is none or if it is too
 * large. Up to 15 digits are computed here, which is exact; the rest goes through JavaScript's own parser.
 */
export function parseFloatBytes(bytes: Uint8Array, start: number, end: number): number | undefined {
	let at = start;
	const isNegative = bytes[at] === byte.minus;
	if (isNegative) at++;
	let mantissa = 0;
	let digits = 0;
	let pointAt = -1;
	for (; at < end; at++) {
		const value = (bytes[at] as number) - 48;
		if (value >= 0 && value <= 9) {
			mantissa = mantissa * 10 + value;
			digits++;
		} else if (value === -2 && pointAt === -1) {
			pointAt = at;
		} else {
			break;
		}
	}
	if (at !== end || digits === 0 || digits > 15) return parseFloatText(bytes, start, end);
	const fraction = pointAt === -1 ? 0 : end - pointAt - 1;
	const value = fraction === 0 ? mantissa : mantissa / (powersOfTen[fraction] as number);
	return isNegative ? -value : value;
}

function parseFloatText(bytes: Uint8Array, start: number, end: number): number | undefined {
	// No float needs as many characters, and a hostile page must not cost more.
	if (end - start > 2_000 || end <= start) return undefined;
	let text = '';
	for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at] as number);
	if (floatPattern.test(text)) {
		const value = Number(text);
		return Number.isFinite(value) ? value : undefined;
	}
	const infinite = infinitePattern.exec(text);
	if (infinite) return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
	return /^nan$/i.test(text) ? Number.NaN : undefined;
}
