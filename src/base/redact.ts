/** What stands where a secret stood. */
export const redacted = '•••';

/** A compiled RE2 pattern (`RE2JS.compile(…)` fits); RE2, because a pattern from a profile must not be able to hang a tick. */
export type RedactPattern = {matcher(text: string): {replaceAll(replacement: string): string}};

export type RedactOptions = {
	/** Known secret values, such as a password read from a file. */
	readonly literals?: readonly string[];
	/** Further patterns; whatever one matches is replaced whole. */
	readonly patterns?: readonly RedactPattern[];
};

export type Redact = (text: string) => string;

const secretName =
	'(?:(?<![a-z])pass|password|passwd|passphrase|pwd|secret|token|credentials?|(?:api|access|private|secret|routing)[_-]?key)';

/** A comma or a closing bracket belongs to a bare value unless the value plainly ends there: better too much than half a password. */
const bareValue = String.raw`(?:[^\s&"'<>,;)}\]\\]|[,;)}\]](?!\s|$|["']?[\w.-]{1,64}["']?\s?[:=])){1,4096}`;

/** `token=…`, `"apiKey": "…"`, `X-Api-Key: …`, `?access_token=…&`, and the same inside an escaped JSON string. */
const keyValue = new RegExp(
	String.raw`(${secretName}\\?["']?\s{0,4}(?:=>|[:=])\s{0,4})` +
		String.raw`(\\"(?:(?!\\").){0,4096}(?:\\"|$)|"(?:[^"\\]|\\.){0,4096}(?:"|$)|'(?:[^'\\]|\\.){0,4096}(?:'|$)|${bareValue})`,
	'gi',
);

const headerName = String.raw`(?<![a-z])(?:(?:proxy-)?authorization|(?:set-)?cookie)\\?["']?\s{0,4}[:=]\s{0,4}`;

/**
 * Of these headers the whole value goes, up to the closing quote or the end of the line, since schemes differ (Digest, AWS4-HMAC…)
 * in where the secret stands; only for the common schemes is its end known.
 */
const quotedHeader = new RegExp(String.raw`(${headerName}(\\?["']))(?:(?!\2)[^\r\n]){1,8192}`, 'gi');
const bareHeader = new RegExp(
	String.raw`(${headerName})(?!\\?["'])(?:(?:basic|bearer|token|negotiate|apikey)\s{1,4}[^\s,;"'\\]{1,4096}|[^\r\n]{1,8192})`,
	'gi',
);

const bearer = /\b(bearer\s{1,4})[\w~+/.=-]{4,4096}/gi;
const urlPassword = /(:\/\/[^\s/@:"'<>]{0,256}:)[^\s/"'<>]{1,256}@/g;

/** Tokens that are recognised by their own shape: JWT, GitHub, Slack, AWS key ids, `sk-…` keys, PEM private keys. */
const shaped = new RegExp(
	[
		String.raw`\beyJ[\w-]{8,2048}\.[\w-]{8,4096}\.[\w-]{8,1024}`,
		String.raw`\bgh[pousr]_[A-Za-z0-9]{20,255}`,
		String.raw`\bxox[abeoprs]-[A-Za-z0-9-]{10,255}`,
		String.raw`\bAKIA[0-9A-Z]{16}\b`,
		String.raw`\bsk[-_](?:live_|test_|proj-|ant-)?[A-Za-z0-9_-]{20,255}`,
		'-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----[^]{0,8192}?(?:-----END [A-Z ]{0,32}PRIVATE KEY-----|$)',
	].join('|'),
	'g',
);

/** A cheap look that spares most lines the patterns above. Every one of them needs one of these. */
const worthALook = /pass|pwd|secret|token|key|credential|authorization|cookie|bearer|:\/\/|eyJ|gh[pousr]_|xox|AKIA|sk[-_]/i;

/** Builds the function once; every use of it is linear in the text. Texts are expected to be cut to a sane length before. */
export function createRedactor({literals = [], patterns = []}: RedactOptions = {}): Redact {
	const known = literalPattern(literals);
	return text => {
		let safe = known ? text.replace(known, redacted) : text;
		if (worthALook.test(safe)) safe = redactShapes(safe);
		for (const pattern of patterns) safe = pattern.matcher(safe).replaceAll(redacted);
		return safe;
	};
}

/** A redactor that learns secrets as they are fetched. */
export type Mask = {
	readonly redact: Redact;
	/** Only the known secrets, for text that must keep its shape, such as a query. */
	readonly redactKnown: Redact;
	learn(secret: string): void;
	addPatterns(patterns: readonly RedactPattern[]): void;
	/** Goes up when it has learned something: what was redacted before may have to be looked at again. */
	readonly version: number;
};

/** Secrets change while a session runs (a token file is read anew); old ones may turn up late, but not for ever. */
const learnedMax = 256;

export function createMask(): Mask {
	const secrets = new Set<string>();
	const patterns: RedactPattern[] = [];
	let [redactAll, redactKnown]: readonly [Redact, Redact] = [redact, text => text];
	let version = 0;
	const renew = (): void => {
		const literals = [...secrets];
		const known = literalPattern(literals);
		redactAll = createRedactor({literals, patterns});
		redactKnown = known ? text => text.replace(known, redacted) : text => text;
		version++;
	};
	return {
		// Others cut long texts before they come here: what stands before the cut may be the beginning of a secret.
		redact: text => redactAll(text.includes('…') ? withoutBeginnings(text, secrets) : text),
		redactKnown: text => redactKnown(text),
		learn(secret) {
			if (secret.trim() === '' || secrets.has(secret)) return;
			secrets.add(secret);
			const [oldest] = secrets;
			if (secrets.size > learnedMax && oldest !== undefined) secrets.delete(oldest);
			renew();
		},
		addPatterns(more) {
			patterns.push(...more);
			renew();
		},
		get version() {
			return version;
		},
	};
}

/** Fewer letters of a secret say little about it, and would shred texts. */
const beginningMin = 6;

/** Beginnings of secrets that stand right before a `…`. */
function withoutBeginnings(text: string, secrets: Iterable<string>): string {
	const parts = text.split('…');
	const last = parts.pop() ?? '';
	const cleaned = parts.map(part => {
		for (const secret of secrets) {
			for (let length = secret.length - 1; length >= beginningMin; length--)
				if (part.endsWith(secret.slice(0, length))) return `${part.slice(0, -length)}${redacted}`;
		}
		return part;
	});
	return [...cleaned, last].join('…');
}

/** Bearer tokens, passwords in URLs, Authorization headers, cookies, `key=value` secrets and well-known token shapes become `•••`. */
export const redact: Redact = createRedactor();

const redactShapes = (text: string): string =>
	text
		.replace(urlPassword, `$1${redacted}@`)
		.replace(quotedHeader, `$1${redacted}`)
		.replace(bareHeader, `$1${redacted}`)
		.replace(bearer, `$1${redacted}`)
		.replace(shaped, redacted)
		.replace(keyValue, (_whole, name: string, value: string) => name + quotedLike(value));

/** Keeps the quotes, so that a redacted JSON line is still JSON. */
const quotedLike = (value: string): string => {
	const quote = /^(?:\\"|"|')/.exec(value)?.[0] ?? '';
	return quote + redacted + (quote !== '' && value.length > quote.length && value.endsWith(quote) ? quote : '');
};

const escapeRegExp = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/** A very short secret is replaced only as a whole word: "a" must not shred every line. */
const literalMin = 4;

function literalPattern(literals: readonly string[]): RegExp | undefined {
	// A secret shows up as it is, percent-encoded in a URL, or escaped in JSON.
	const forms = literals
		.map(literal => literal.trim())
		.flatMap(secret => [secret, safeEncode(secret), JSON.stringify(secret).slice(1, -1)]);
	const distinct = [...new Set(forms)].filter(form => form !== '').sort((a, b) => b.length - a.length);
	if (distinct.length === 0) return undefined;
	const asPattern = (form: string): string =>
		form.length < literalMin ? `(?<!\\w)${escapeRegExp(form)}(?!\\w)` : escapeRegExp(form);
	return new RegExp(distinct.map(asPattern).join('|'), 'g');
}

/** encodeURIComponent throws on a lone surrogate. */
const safeEncode = (text: string): string => encodeURIComponent(text.toWellFormed());
