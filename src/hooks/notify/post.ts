import {request} from 'undici';
import {createRedactor} from '../../base/redact.ts';
import {fail, ok, type Result} from '../../base/result.ts';
import {sanitize} from '../../base/text.ts';
import type {SendError} from './sender.ts';

export type Answer = {readonly status: number; readonly body: string};

export type Call = {
	readonly url: string;
	readonly method?: 'POST' | 'PATCH';
	readonly headers?: Readonly<Record<string, string>>;
	readonly body: string;
	/** Never to be seen in a message. */
	readonly secrets: readonly string[];
	/** How the receiver is called in messages: its address may be a secret. */
	readonly name: string;
};

const answerBytesMax = 64 * 1024;

/** One request with JSON. An answer of 2xx is ok; what may pass (429, 5xx, no answer) says so. */
export async function post(call: Call, signal: AbortSignal): Promise<Result<Answer, SendError>> {
	const {url, method = 'POST', headers = {}, body, name} = call;
	const hide = createRedactor({literals: call.secrets.filter(secret => secret.length > 3)});
	const told = (text: string): string => sanitize(hide(text), 200);
	try {
		const answer = await request(url, {
			method,
			headers: {'content-type': 'application/json', ...headers},
			body,
			signal,
		});
		let text = '';
		for await (const chunk of answer.body) {
			text += String(chunk);
			if (text.length > answerBytesMax) break;
		}
		const {statusCode: status} = answer;
		if (status >= 200 && status < 300) return ok({status, body: text});
		const afterSeconds = Number(answer.headers['retry-after']);
		return fail({
			message: `${name} answered ${status}${text.trim() === '' ? '' : `: ${told(text)}`}`,
			retry: status === 408 || status === 429 || status >= 500,
			...(Number.isFinite(afterSeconds) && afterSeconds > 0 && {afterMs: afterSeconds * 1_000}),
		});
	} catch (error) {
		const {code, message, name: kind} = error as Error & {code?: string};
		const why = signal.aborted || kind === 'AbortError' ? 'no answer in time' : told(message || code || String(error));
		return fail({message: `${name} can't be reached: ${why}`, retry: true});
	}
}
