import {readFile} from 'node:fs/promises';
import {Agent, request} from 'undici';
import {fail, ok, type Result} from '../base/result.ts';
import type {HttpRequestOptions} from '../core/preflight-options.ts';
import type {ResolveSecret} from '../core/secret.ts';
import type {TlsOptions} from '../core/source-options.ts';
import {resolveAll} from './values.ts';

export type HttpAnswer = {readonly status: number; readonly body: Uint8Array};

/** No check needs more; a body without end must not fill the memory. */
const bodyBytesMax = 16 * 1024 * 1024;

/** Asks once, without following redirects, over a connection of its own. The error is a clause: what happened. */
export async function askHttp(
	{url, headers, tls}: HttpRequestOptions,
	resolve: ResolveSecret,
	signal: AbortSignal,
): Promise<Result<HttpAnswer, string>> {
	const resolved = await resolveAll(headers, resolve);
	if (!resolved.ok) return fail(resolved.error);
	const material = await readTls(tls);
	if (!material.ok) return material;
	const dispatcher = new Agent({connections: 1, connect: material.value, headersTimeout: 0, bodyTimeout: 0});
	try {
		const answer = await request(url, {dispatcher, headers: resolved.value, signal});
		const chunks: Buffer[] = [];
		let bytes = 0;
		for await (const chunk of answer.body as AsyncIterable<Buffer>) {
			bytes += chunk.length;
			if (bytes > bodyBytesMax) return fail(`its answer is larger than ${bodyBytesMax / 1024 / 1024} MB`);
			chunks.push(chunk);
		}
		return ok({status: answer.statusCode, body: new Uint8Array(Buffer.concat(chunks))});
	} catch (error) {
		return fail(signal.aborted ? 'it did not answer in time' : causeOf(error));
	} finally {
		await dispatcher.destroy().catch(() => {});
	}
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

export async function readTls(tls: TlsOptions | undefined): Promise<Result<Record<string, unknown>, string>> {
	if (!tls) return ok({});
	try {
		const {caFile, certFile, keyFile, serverName, insecureSkipVerify} = tls;
		return ok({
			...(caFile !== undefined && {ca: await readFile(caFile)}),
			...(certFile !== undefined && {cert: await readFile(certFile)}),
			...(keyFile !== undefined && {key: await readFile(keyFile)}),
			...(serverName !== undefined && {servername: serverName}),
			...(insecureSkipVerify && {rejectUnauthorized: false}),
		});
	} catch (error) {
		return fail(`a TLS file can't be read: ${(error as Error).message}`);
	}
}
