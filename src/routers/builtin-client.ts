import {lstatSync} from 'node:fs';
import {request as httpRequest} from 'node:http';
import {fail, ok, type Result} from '../base/result.ts';
import {parseObject} from '../core/ndjson.ts';
import type {RouterError} from '../core/split.ts';
import {builtinProtocol, type ProxyState} from './builtin-config.ts';
import {pause, startDeadline} from './deadline.ts';
import {abortedError, quoted, routerError} from './router-error.ts';

const answerBytesMax = 1024 * 1024;
const againMs = 25;
const againMax = 10;

export type Asked = {
	readonly method: 'GET' | 'PUT' | 'POST';
	readonly path: '/split' | '/targets' | '/end';
	readonly fields?: Readonly<Record<string, unknown>>;
};

/** `none`: no process answers. `left` tells a crash, which leaves the socket behind, from an end in good order. */
export type NoProxy = {readonly kind: 'none'; readonly left: 'socket' | 'nothing'};

/** One question to the proxy's control socket, on a connection of its own. Never rejects. */
export async function askProxy(
	controlSocket: string,
	asked: Asked,
	caller: AbortSignal,
	timeoutMs: number,
): Promise<Result<ProxyState, RouterError | NoProxy>> {
	const subject = `The builtin router at ${controlSocket}`;
	if (caller.aborted) return fail(abortedError(subject));
	const stranger = strangerAt(controlSocket);
	if (stranger !== undefined) return stranger;
	using deadline = startDeadline(caller, timeoutMs);
	let answer = await exchange(controlSocket, asked, deadline.signal);
	for (let again = 0; again < againMax && asked.method === 'GET' && isDying(answer) && !deadline.signal.aborted; again++) {
		await pause(againMs, deadline.signal);
		answer = await exchange(controlSocket, asked, deadline.signal);
	}
	if (answer.ok) return understand(subject, answer.value);
	const reason = deadline.reason();
	if (reason === 'aborted') return fail(abortedError(subject));
	if (reason === 'timeout') {
		const remedy = 'The proxy may be stopped or overloaded; its process number stands in the .pid file beside its socket.';
		return fail(routerError('timeout', `${subject} did not answer within ${timeoutMs} ms.`, remedy));
	}
	const {code = ''} = answer.error as NodeJS.ErrnoException;
	if (code === 'ECONNREFUSED') return fail({kind: 'none', left: 'socket'});
	if (code === 'ENOENT') return fail({kind: 'none', left: 'nothing'});
	return fail(routerError('unreachable', `${subject} can't be asked: ${quoted(answer.error.message)}.`));
}

/** In a folder open to others, what stands there may be somebody else's; undefined when it is ours, or root's. */
function strangerAt(path: string): Result<never, RouterError | NoProxy> | undefined {
	try {
		const stat = lstatSync(path);
		const uid = process.getuid?.();
		if (!stat.isSocket())
			return fail(routerError('unreachable', `${path} is no socket.`, 'Move it away, or name another control socket.'));
		if (uid === undefined || stat.uid === uid || stat.uid === 0) return undefined;
		return fail(routerError('refused', `${path} belongs to another user (${stat.uid}); it is not spoken to.`));
	} catch (error) {
		const {code = '', message} = error as NodeJS.ErrnoException;
		if (code === 'ENOENT' || code === 'ENOTDIR') return fail({kind: 'none', left: 'nothing'});
		return fail(routerError('unreachable', `${path} can't be looked at: ${quoted(message)}.`));
	}
}

/** A process that was killed takes connections for some milliseconds more, until its last thread is gone. */
const isDying = (answer: Result<Heard, Error>): boolean =>
	!answer.ok && ['ECONNRESET', 'EPIPE'].includes((answer.error as NodeJS.ErrnoException).code ?? '');

type Heard = {readonly status: number; readonly text: string};

function exchange(socketPath: string, {method, path, fields}: Asked, signal: AbortSignal): Promise<Result<Heard, Error>> {
	return new Promise(resolve => {
		const body = fields === undefined ? undefined : JSON.stringify(fields);
		const headers = body === undefined ? {} : {'content-type': 'application/json', 'content-length': Buffer.byteLength(body)};
		const request = httpRequest({socketPath, method, path, headers, agent: false, signal}, response => {
			const chunks: Buffer[] = [];
			let bytes = 0;
			response.on('data', (chunk: Buffer) => {
				bytes += chunk.length;
				if (bytes > answerBytesMax) response.destroy(new Error('the answer is too long'));
				else chunks.push(chunk);
			});
			response.once('end', () => resolve(ok({status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8')})));
			response.once('error', error => resolve(fail(error)));
		});
		request.once('error', error => resolve(fail(error)));
		request.end(body);
	});
}

function understand(subject: string, {status, text}: Heard): Result<ProxyState, RouterError> {
	const fields = parseObject(text);
	if (status >= 200 && status < 300 && fields?.['protocol'] === builtinProtocol) return ok(fields as unknown as ProxyState);
	if (fields?.['protocol'] !== undefined) {
		const message = `${subject} is of another version of this program (protocol ${quoted(String(fields['protocol']))}).`;
		return fail(routerError('refused', message, 'End it with: curl --unix-socket SOCKET -X POST http://proxy/end'));
	}
	const said = fields?.['error'] === undefined ? text : String(fields['error']);
	return fail(routerError(status === 409 ? 'not-applied' : 'refused', `${subject} answered ${status}: ${quoted(said)}.`));
}
