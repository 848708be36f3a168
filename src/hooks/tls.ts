import {readFile} from 'node:fs/promises';
import {createSecureContext} from 'node:tls';
import {Agent, buildConnector} from 'undici';
import {fail, ok, type Result} from '../base/result.ts';
import {sanitize} from '../base/text.ts';
import type {TlsOptions} from '../core/source-options.ts';

/** What happened, as a clause, and what can be done about it. */
export type HttpFault = {readonly why: string; readonly remedy: string};

export type HttpDoor = {
	readonly agent: Agent;
	/** Why a request through it got no answer. */
	faultOf(error: unknown): HttpFault;
};

/**
 * Opens the way to a server: its TLS files read and tried. It remembers why TLS ended a connection: with TLS 1.3 a server refuses a
 * client's certificate after the handshake, by an alert, of which undici says only "other side closed".
 */
export async function openDoor(
	tls: TlsOptions | undefined,
	options: ConstructorParameters<typeof Agent>[0],
): Promise<Result<HttpDoor, string>> {
	const material = await readTls(tls);
	if (!material.ok) return material;
	const connect = buildConnector({allowH2: false, ...material.value});
	let refused: unknown;
	const watched: buildConnector.connector = (asked, callback) =>
		connect(asked, (...outcome) => {
			const [, socket] = outcome;
			socket?.on('error', error => {
				if (tlsRemedy(error) !== undefined) refused = error;
			});
			callback(...outcome);
		});
	const agent = new Agent({...options, connect: watched});
	const faultOf = (error: unknown): HttpFault => {
		if (!isClosed(error)) return httpFault(error);
		if (refused !== undefined) return httpFault(refused);
		return tls?.certFile === undefined ? httpFault(error) : {why: causeOf(error), remedy: notAccepted};
	};
	return ok({agent, faultOf});
}

/** Somebody was there, and hung up without a word. */
const isClosed = (error: unknown): boolean =>
	/^(?:UND_ERR_SOCKET|ECONNRESET|EPIPE)$/.test(String((error as {code?: unknown} | null)?.code));

function httpFault(error: unknown): HttpFault {
	const remedy = tlsRemedy(error);
	if (remedy === undefined) return {why: causeOf(error), remedy: 'Is the service started, and can this machine reach it?'};
	return {why: `TLS: ${sanitize(tlsText(error as TlsError), 300)}`, remedy};
}

type TlsError = {readonly host?: string; readonly cert?: {readonly subjectaltname?: string}};

function tlsText(error: TlsError): string {
	const {host, cert} = error;
	// Node lists only names of the kind that was asked for.
	if (host !== undefined && cert?.subjectaltname !== undefined)
		return `its certificate is for ${cert.subjectaltname}, not for ${host}`;
	const message = causeOf(error);
	// `…:error:0A00045C:SSL routines:ssl3_read_bytes:tlsv13 alert certificate required:…`
	return /:SSL routines:[^:]*:([^:]+)/.exec(message)?.[1] ?? message;
}

const clientCertificate = 'set "tls.certFile" and "tls.keyFile" to a pair that it accepts';
const notAccepted = `Look at its log. It may not accept the client certificate: ${clientCertificate}.`;

const remedies: readonly (readonly [RegExp, string])[] = [
	[/CERT_HAS_EXPIRED/, 'Its certificate is too old: have it renewed. If it is not, look at the clock of this machine.'],
	[/CERT_NOT_YET_VALID/, 'Its certificate is not valid yet: look at the clocks of both machines.'],
	[
		/ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH/,
		'Use the name that its certificate has in "url", or give that name as "tls.serverName".',
	],
	[
		/SELF_SIGNED_CERT|UNABLE_TO_VERIFY_LEAF|UNABLE_TO_GET_ISSUER|CERT_SIGNATURE_FAILURE|INVALID_CA|CERT_UNTRUSTED/,
		'Set "tls.caFile" to the certificate of the authority that signed the server\'s.',
	],
	[/ALERT_CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE/, `It asks for a client certificate: ${clientCertificate}.`],
	[/ALERT_(?:BAD|UNKNOWN|UNSUPPORTED)?_?(?:CERTIFICATE|CA)/, `It does not accept the client certificate: ${clientCertificate}.`],
	[
		/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/,
		'It does not speak TLS there: use http:// in "url", or the port that does.',
	],
	[/^(?:ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|CRL_|EPROTO)/, 'Look at the certificates of both sides, and at "tls".'],
];

function tlsRemedy(error: unknown): string | undefined {
	const {code} = (error ?? {}) as {code?: unknown};
	return typeof code === 'string' ? remedies.find(([pattern]) => pattern.test(code))?.[1] : undefined;
}

/** `connect ECONNREFUSED 127.0.0.1:3001`, `self-signed certificate`. */
export function causeOf(error: unknown): string {
	const {
		message = '',
		code = '',
		cause,
		errors,
	} = error as {
		message?: string;
		code?: string;
		cause?: unknown;
		errors?: unknown[];
	};
	if (message !== '') return message;
	const inner = errors?.[0] ?? cause;
	return inner === undefined ? code || String(error) : causeOf(inner);
}

async function readTls(tls: TlsOptions | undefined): Promise<Result<Record<string, unknown>, string>> {
	if (!tls) return ok({});
	const {caFile, certFile, keyFile, serverName, insecureSkipVerify} = tls;
	const material: {ca?: Buffer; cert?: Buffer; key?: Buffer} = {};
	for (const [name, file] of Object.entries({ca: caFile, cert: certFile, key: keyFile})) {
		if (file === undefined) continue;
		try {
			material[name as keyof typeof material] = await readFile(file);
		} catch (error) {
			return fail(`the TLS file ${file} can't be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
		}
	}
	try {
		createSecureContext(material);
	} catch (error) {
		return fail(`the TLS files do not work: ${causeOf(error)}: they must be PEM, and the key must belong to the certificate`);
	}
	return ok({
		...material,
		...(serverName !== undefined && {servername: serverName}),
		...(insecureSkipVerify && {rejectUnauthorized: false}),
	});
}
