import {Agent, request} from 'undici';
import {fail, ok, type Result} from '../base/result.ts';
import type {RouterError} from '../core/split.ts';
import {startDeadline} from './deadline.ts';
import {abortedError, quoted, routerError} from './router-error.ts';

const bytesMax = 16 * 1024;

/** One question to the page that tells the revision; a fresh connection each, because an old worker keeps its connections. */
export type RevisionPage = {
	/** Never rejects. */
	ask(caller: AbortSignal, timeoutMs: number): Promise<Result<string, RouterError>>;
	close(): Promise<void>;
};

export function createRevisionPage(url: string): RevisionPage {
	// Without pipelining undici closes the connection after each answer.
	const agent = new Agent({pipelining: 0, connections: 8});
	return {
		async ask(caller, timeoutMs) {
			using deadline = startDeadline(caller, timeoutMs);
			try {
				const {statusCode, body} = await request(url, {dispatcher: agent, signal: deadline.signal});
				const text = await readBounded(body);
				if (statusCode !== 200) return fail(notOk(url, statusCode));
				if (text === undefined) return fail(tooLong(url));
				return ok(text.trim());
			} catch (error) {
				const reason = deadline.reason();
				if (reason === 'aborted') return fail(abortedError(url));
				return fail(reason === 'timeout' ? hung(url, timeoutMs) : unreachable(url, error as NodeJS.ErrnoException));
			}
		},
		close: () => agent.destroy(),
	};
}

async function readBounded(body: AsyncIterable<Buffer>): Promise<string | undefined> {
	const chunks: Buffer[] = [];
	let bytes = 0;
	for await (const chunk of body) {
		bytes += chunk.length;
		// Leaving the loop ends the connection.
		if (bytes > bytesMax) return undefined;
		chunks.push(chunk);
	}
	return Buffer.concat(chunks).toString('utf8');
}

const locationLine = 'location = /canary-revision { allow 127.0.0.1; deny all; return 200 "$canary_revision\\n"; }';

const notOk = (url: string, status: number): RouterError =>
	routerError(
		'refused',
		`nginx answers ${status} at ${url}, where it should tell the split it runs.`,
		`It needs ${locationLine}`,
	);

const tooLong = (url: string): RouterError =>
	routerError('refused', `${url} answers with a long page, not with the split that nginx runs.`, `nginx needs ${locationLine}`);

const hung = (url: string, timeoutMs: number): RouterError =>
	routerError('timeout', `nginx gave no answer at ${url} within ${timeoutMs} ms.`, 'Is it stopped, or without CPU?');

function unreachable(url: string, {code = '', name, message}: NodeJS.ErrnoException): RouterError {
	const known: Readonly<Record<string, string>> = {
		ECONNREFUSED: 'nobody listens there',
		ECONNRESET: 'the connection was reset',
		UND_ERR_SOCKET: 'it closed the connection without a whole answer',
		ENOTFOUND: 'the host has no address',
	};
	const isHttp = name !== 'HTTPParserError';
	const what = isHttp ? (known[code] ?? quoted(message || code)) : 'what answers does not speak HTTP';
	return routerError(
		isHttp ? 'unreachable' : 'refused',
		`The split that nginx runs can't be read at ${url}: ${what}.`,
		'Is nginx running, and is the URL right?',
	);
}
