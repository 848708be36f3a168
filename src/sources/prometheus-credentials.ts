import {readFile} from 'node:fs/promises';
import {createSecureContext} from 'node:tls';
import {fail, ok, type Result} from '../base/result.ts';
import type {ResolveSecret, TextOrSecret} from '../core/secret.ts';
import type {PrometheusOptions, TlsOptions} from '../core/source-options.ts';

/** Header names and values, by turns, as undici takes them; and the secrets among them, so that no message repeats one. */
export type Credentials = {readonly headers: Readonly<Record<string, string>>; readonly secrets: readonly string[]};

/** A header value ends at a line break; one in a token file would let the file add headers. */
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * The headers of one tick. Secrets are fetched again each time, so that a rotated token is taken up. The error is a sentence that
 * names the reference, never the secret.
 */
export async function resolveHeaders(
	{auth, headers}: Pick<PrometheusOptions, 'auth' | 'headers'>,
	resolve: ResolveSecret,
): Promise<Result<Credentials, string>> {
	const resolved: Record<string, string> = {};
	const secrets: string[] = [];
	const take = async (name: string, source: TextOrSecret, shape: (text: string) => string): Promise<string | undefined> => {
		const text = typeof source === 'string' ? ok(source) : await resolve(source);
		if (!text.ok) return text.error;
		const value = shape(text.value);
		if (!headerValue.test(value)) return `the value for header ${name} holds a character that no header may hold`;
		if (typeof source !== 'string') secrets.push(text.value, value);
		resolved[name] = value;
		return undefined;
	};
	for (const [name, source] of Object.entries(headers)) {
		const problem = await take(name, source, text => text);
		if (problem !== undefined) return fail(problem);
	}
	if (auth) {
		const source = auth.kind === 'basic' ? auth.password : auth.token;
		const problem = await take('authorization', source, text => authorization(auth, text));
		if (problem !== undefined) return fail(problem);
	}
	return ok({headers: resolved, secrets: secrets.filter(secret => secret.length >= 4)});
}

const authorization = (auth: NonNullable<PrometheusOptions['auth']>, secret: string): string =>
	auth.kind === 'basic'
		? `Basic ${Buffer.from(`${auth.username}:${secret}`, 'utf8').toString('base64')}`
		: `Bearer ${secret.trim()}`;

export type TlsMaterial = {ca?: string; cert?: string; key?: string; servername?: string; rejectUnauthorized: boolean};

/** Reads the PEM files. The error names the file. */
export async function readTls(tls: TlsOptions): Promise<Result<TlsMaterial, {message: string; remedy: string}>> {
	const material: TlsMaterial = {rejectUnauthorized: !tls.insecureSkipVerify};
	if (tls.serverName !== undefined) material.servername = tls.serverName;
	const files = [
		['ca', tls.caFile],
		['cert', tls.certFile],
		['key', tls.keyFile],
	] as const;
	for (const [name, file] of files) {
		if (file === undefined) continue;
		try {
			material[name] = await readFile(file, 'utf8');
		} catch (error) {
			const code = (error as {code?: string}).code ?? String(error);
			return fail({
				message: `The TLS file ${file} can't be read (${code}).`,
				remedy: 'Check tls.caFile, tls.certFile and tls.keyFile: absolute paths of PEM files that this user may read.',
			});
		}
	}
	try {
		createSecureContext(material);
	} catch (error) {
		return fail({
			message: `The TLS files do not work: ${error instanceof Error ? error.message : String(error)}.`,
			remedy: 'Check that tls.caFile, tls.certFile and tls.keyFile are PEM, and that the key belongs to the certificate.',
		});
	}
	return ok(material);
}
