/**
 * What AWS does with a signed request, from its documentation ("Create a signed AWS API request", Signature Version 4): the signature
 * is computed anew from what arrived, and compared. No library takes part.
 */
import {createHash, createHmac} from 'node:crypto';
import type {IncomingHttpHeaders} from 'node:http';

export type Signed = {
	readonly method: string;
	readonly url: string;
	readonly headers: IncomingHttpHeaders;
	readonly body: string;
};
export type SigningKey = {readonly id: string; readonly secret: string; readonly token?: string};

const hex = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text, 'utf8').digest();

/** How far a request's clock may be off. */
const skewMsMax = 5 * 60_000;

/** The error code that AWS would answer with, and why; undefined when the request is signed as it should be. */
export function signatureFault(
	request: Signed,
	key: SigningKey,
	scope: {region: string; service: string},
): [string, string] | undefined {
	const {authorization = ''} = request.headers;
	const match =
		/^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/.exec(
			authorization,
		);
	if (!match) return ['IncompleteSignature', `the Authorization header is ${JSON.stringify(authorization)}`];
	const [, id, day = '', region = '', service = '', names = '', signature] = match;
	if (id !== key.id) return ['InvalidClientTokenId', 'The security token included in the request is invalid.'];
	if ((request.headers['x-amz-security-token'] ?? undefined) !== key.token)
		return ['InvalidClientTokenId', 'the session token is another one'];
	if (region !== scope.region || service !== scope.service)
		return ['SignatureDoesNotMatch', `Credential should be scoped to a valid region and service, not ${region}/${service}`];
	const date = String(request.headers['x-amz-date'] ?? '');
	const atMs = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
	if (!(Math.abs(Date.now() - atMs) < skewMsMax) || !date.startsWith(day)) return ['RequestExpired', `signed at ${date}`];
	const signed = names.split(';');
	if (signed.toSorted().join(';') !== names || !signed.includes('host') || !signed.includes('x-amz-date'))
		return ['IncompleteSignature', `signed headers are ${names}`];
	const contentHash = hex(request.body);
	const claimed = request.headers['x-amz-content-sha256'];
	if (claimed !== undefined && claimed !== contentHash)
		return ['SignatureDoesNotMatch', 'the body is not the one that was signed'];
	const {pathname, searchParams} = new URL(request.url, 'http://host');
	const query = [...searchParams].map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).sort();
	const canonical = [
		request.method,
		pathname,
		query.join('&'),
		...signed.map(
			name =>
				`${name}:${String(request.headers[name] ?? '')
					.trim()
					.replaceAll(/ +/g, ' ')}`,
		),
		'',
		names,
		contentHash,
	].join('\n');
	const toSign = ['AWS4-HMAC-SHA256', date, `${day}/${region}/${service}/aws4_request`, hex(canonical)].join('\n');
	const signingKey = ['aws4_request'].reduce(hmac, hmac(hmac(hmac(`AWS4${key.secret}`, day), region), service));
	return hmac(signingKey, toSign).toString('hex') === signature
		? undefined
		: ['SignatureDoesNotMatch', 'The request signature we calculated does not match the signature you provided.'];
}
