import {request} from 'undici';
import {fail, ok, type Result} from '../base/result.ts';
import type {HttpRequestOptions} from '../core/preflight-options.ts';
import type {ResolveSecret} from '../core/secret.ts';
import {type HttpFault, openDoor} from './tls.ts';
import {resolveAll} from './values.ts';

export type HttpAnswer = {readonly status: number; readonly body: Uint8Array};

/** No check needs more; a body without end must not fill the memory. */
const bodyBytesMax = 16 * 1024 * 1024;

/** Asks once, without following redirects, over a connection of its own. */
export async function askHttp(
	{url, headers, tls}: HttpRequestOptions,
	resolve: ResolveSecret,
	signal: AbortSignal,
): Promise<Result<HttpAnswer, HttpFault>> {
	const resolved = await resolveAll(headers, resolve);
	if (!resolved.ok) return fail({why: resolved.error, remedy: 'Look at "headers" of the check.'});
	const door = await openDoor(tls, {connections: 1, headersTimeout: 0, bodyTimeout: 0});
	if (!door.ok) return fail({why: door.error, remedy: 'Look at "tls" of the check.'});
	const {agent: dispatcher, faultOf} = door.value;
	try {
		const answer = await request(url, {dispatcher, headers: resolved.value, signal});
		const chunks: Buffer[] = [];
		let bytes = 0;
		for await (const chunk of answer.body as AsyncIterable<Buffer>) {
			bytes += chunk.length;
			if (bytes > bodyBytesMax)
				return fail({
					why: `its answer is larger than ${bodyBytesMax / 1024 / 1024} MB`,
					remedy: 'Ask for a page that is smaller.',
				});
			chunks.push(chunk);
		}
		return ok({status: answer.statusCode, body: new Uint8Array(Buffer.concat(chunks))});
	} catch (error) {
		if (!signal.aborted) return fail(faultOf(error));
		return fail({
			why: 'it did not answer in time',
			remedy: 'Is the service well? If it is only slow, "timeout" gives it longer.',
		});
	} finally {
		await dispatcher.destroy().catch(() => {});
	}
}
