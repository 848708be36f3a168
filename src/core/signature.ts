/** What stands where a number, an id or a quoted string stood. */
export const masked = '#';

/** What a line says that makes it the same as others is said early; this bounds the work on a long one. */
const messageUnitsMax = 1_000;
const signatureUnitsMax = 200;

const needsMasking = /[\d"'`@]|[a-f]{8}/;
const quoted = /"(?:[^"\\]|\\.){0,400}"|(?<!\w)'[^']{0,400}'(?!\w)|`[^`]{0,400}`/g;
const email = /[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+/g;
const uuid = /\b[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}\b/gi;
const ipv6 = /(?<![\w:])(?=[:\da-f]*\d)(?:[\da-f]{0,4}:){2,7}[\da-f]{0,4}(?!\w)/gi;
/** Words with a digit in them; and hex ids that happen to have none (no word of English has eight letters up to f). */
const wordWithDigit = /\b(?:[a-f]{8,}\b|[A-Za-z_µ]*\d\w*)/g;
const joined = /#(?:[-.,:_/+%]{0,2}#)+/g;
const list = /#(?:, ?#)+/g;

/**
 * What log lines of one kind have in common: numbers, ids (uuid, hex, ulid, mixed), quoted strings, e-mail and IP addresses, dates
 * and durations become `#`. Lines with the same signature are one group. Linear in the message, of which the first 1,000
 * characters count; at most 200 characters long.
 */
export function signatureOf(message: string): string {
	let text = message.length > messageUnitsMax ? message.slice(0, messageUnitsMax) : message;
	if (needsMasking.test(text)) text = mask(text);
	const flat = text.trim().replace(/\s+/g, ' ');
	return flat.length > signatureUnitsMax ? `${flat.slice(0, signatureUnitsMax - 1)}…` : flat;
}

function mask(text: string): string {
	let rest = text;
	if (/["'`]/.test(rest)) rest = rest.replace(quoted, masked);
	if (rest.includes('@')) rest = rest.replace(email, masked);
	if (rest.includes('-')) rest = rest.replace(uuid, masked);
	if (rest.includes(':')) rest = rest.replace(ipv6, masked);
	return rest.replace(wordWithDigit, maskWord).replace(joined, masked).replace(list, masked);
}

const wholeIds = [
	/^\d+[A-Za-zµ%]{0,3}$/, // 42, 3021ms, 10kb
	/^(?:\d+(?:d|h|m|s|ms|us|µs|ns))+$/, // 1m30s
	/^(?:0x)?[\da-f]{6,}$/i, // hex
	/^\d+T\d+Z?$/, // the middle of 2026-01-02T03:04:05Z
	/^[\da-hjkmnp-tv-z]{26}$/i, // ULID
];

function maskWord(word: string): string {
	if (wholeIds.some(id => id.test(word)) || isMixedId(word)) return masked;
	// What is left is a name that counts: user42, http2, worker_7.
	return word.replace(/\d+/g, masked);
}

/** Letters and digits that take turns three times or more, as in 8f3a2b or aZ09bQ1x, are nobody's name. */
const isMixedId = (word: string): boolean =>
	word.length >= 6 && (word.match(/\d+/g)?.length ?? 0) >= 2 && /[a-z]\d.*[a-z]\d|\d[a-z]+\d[a-z]/i.test(word);

/** `QUERY_TIMEOUT`, `ECONNREFUSED`, `ORA-00600`, `SQLSTATE 57014`-like names at home in messages; empty when there is none. */
export const codeIn = (message: string): string =>
	errorName.exec(message.length > 300 ? message.slice(0, 300) : message)?.[0] ?? '';

const errorName = /(?<![\w/=-])(?:E[A-Z]{5,24}|[A-Z]{2,24}(?:_[A-Z\d]{1,24}){1,5}|[A-Z]{2,6}-\d{3,6})(?![\w/-])/;
