import {redact} from '../base/redact.ts';
import {sanitize} from '../base/text.ts';
import type {ReadingErrorKind} from '../core/reading.ts';

/** Why a question got no answer. `message` is one line, safe to draw, without secrets. */
export type Fault = {readonly kind: ReadingErrorKind; readonly message: string};

/** Columns of foreign text that a message quotes. */
const quotedColumnsMax = 300;

/** Text from the server or the network, as part of a message. */
export const quoted = (text: string, columns = quotedColumnsMax): string =>
	sanitize(redact(text.slice(0, 4_096)), columns).trim();

export const fault = (kind: ReadingErrorKind, message: string): Fault => ({kind, message});

const kindByCode: Readonly<Record<string, ReadingErrorKind>> = {
	ECONNREFUSED: 'refused',
	ENOTFOUND: 'refused',
	EAI_AGAIN: 'refused',
	EHOSTUNREACH: 'refused',
	ENETUNREACH: 'refused',
	EADDRNOTAVAIL: 'refused',
	ECONNRESET: 'reset',
	ECONNABORTED: 'reset',
	EPIPE: 'reset',
	UND_ERR_SOCKET: 'reset',
	UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'reset',
	ETIMEDOUT: 'timeout',
	UND_ERR_CONNECT_TIMEOUT: 'timeout',
	UND_ERR_HEADERS_TIMEOUT: 'timeout',
	UND_ERR_BODY_TIMEOUT: 'timeout',
	UND_ERR_HEADERS_OVERFLOW: 'too-large',
	HPE_HEADER_OVERFLOW: 'too-large',
	UND_ERR_RES_EXCEEDED_MAX_SIZE: 'too-large',
	EPROTO: 'tls',
	SELF_SIGNED_CERT_IN_CHAIN: 'tls',
	DEPTH_ZERO_SELF_SIGNED_CERT: 'tls',
	UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'tls',
	UNABLE_TO_GET_ISSUER_CERT: 'tls',
	UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'tls',
	HOSTNAME_MISMATCH: 'tls',
	INVALID_CA: 'tls',
};

const remedies: Readonly<Record<string, string>> = {
	ENOTFOUND: 'no such host',
	EAI_AGAIN: 'the name could not be looked up',
	EHOSTUNREACH: 'no way to the host',
	ENETUNREACH: 'no way to the network',
	ECONNREFUSED: 'nobody listens there',
};

type CodedError = {
	readonly name?: unknown;
	readonly code?: unknown;
	readonly message?: unknown;
	readonly cause?: unknown;
	readonly errors?: unknown;
};

/** The error with a code: itself, what caused it, or the first of several (a name with two addresses fails twice). */
function codedOf(error: unknown, depth = 0): {code: string; message: string} | undefined {
	if (typeof error !== 'object' || error === null || depth > 4) return undefined;
	const {name, code, message, cause, errors} = error as CodedError;
	const inner = codedOf(cause, depth + 1) ?? (Array.isArray(errors) ? codedOf(errors[0], depth + 1) : undefined);
	if (inner) return inner;
	if (typeof code === 'string') return {code, message: String(message)};
	// Bytes that are no HTTP at all come without a code.
	return name === 'HTTPParserError' ? {code: 'HPE_INVALID', message: String(message)} : undefined;
}

function kindOf(code: string, message: string): ReadingErrorKind {
	const known = kindByCode[code];
	// A TLS alert of the other side comes as a broken socket whose message names it.
	if (known === 'reset' && /\b(?:TLS|SSL)\b|certificate/i.test(message)) return 'tls';
	if (known) return known;
	if (/^(?:ERR_TLS|ERR_SSL|CERT_|CRL_|ERR_OSSL)/.test(code)) return 'tls';
	return code.startsWith('HPE_') ? 'malformed' : 'reset';
}

/** What the HTTP client threw, as a fault. An error without a code is our own mistake. */
export function faultOfError(error: unknown): Fault {
	const coded = codedOf(error);
	if (!coded) return fault('internal', `asking failed: ${quoted(String(error))}`);
	const {code, message} = coded;
	const kind = kindOf(code, message);
	const said = remedies[code] ?? quoted(message || code);
	switch (kind) {
		case 'refused':
			return fault(kind, `no connection: ${said} (${code})`);
		case 'reset':
			return fault(kind, `the connection broke off: ${said}`);
		case 'tls':
			return fault(kind, `TLS: ${/:SSL routines:[^:]*:([^:]+)/.exec(message)?.[1] ?? said}`);
		case 'malformed':
			return fault(kind, `not an HTTP answer: ${said}`);
		case 'timeout':
			return fault(kind, `no connection in time: ${said}`);
		default:
			return fault(kind, said);
	}
}
