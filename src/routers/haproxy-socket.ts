import {createConnection, type Socket} from 'node:net';
import {fail, ok, type Result} from '../base/result.ts';
import type {HaproxyOptions} from '../core/router-options.ts';
import type {RouterError} from '../core/split.ts';
import {pause, startDeadline} from './deadline.ts';
import {abortedError, quoted, routerError} from './router-error.ts';

export type RuntimeAddress = HaproxyOptions['socket'];

/** Ten thousand servers are about 2 MB. */
const answerBytesMax = 8 * 1024 * 1024;

/** How long a write that was given up is watched. A HAProxy that hung for longer has been restarted by somebody. */
const lingerMs = 60_000;
const lingeringMax = 16;

/** `unix:/run/haproxy.sock`, `127.0.0.1:9999`. */
export const addressText = (address: RuntimeAddress): string =>
	'path' in address
		? `unix:${address.path}`
		: `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;

export type AskOptions = {
	readonly timeoutMs: number;
	/** The line changes something: given up half way, its connection is watched until it is known to be over. */
	readonly changes?: boolean;
};

/**
 * HAProxy's runtime API, one connection for each line: without `prompt` HAProxy answers, closes, and so marks the answer's end.
 * Source: HAProxy 2.6 management.txt, section 9.3.
 */
export type RuntimeSocket = {
	/** Never rejects. Answers are taken as they are: HAProxy's own errors are text in them. */
	ask(line: string, caller: AbortSignal, options: AskOptions): Promise<Result<string, RouterError>>;
	/**
	 * Whether all lines that change something and were given up after they had left are over by now. A HAProxy that hung runs them
	 * when it wakes up, each connection on a thread of its own, in no certain order.
	 */
	settled(caller: AbortSignal, withinMs: number): Promise<boolean>;
	/** Lets go of all connections. */
	close(): void;
};

export function createRuntimeSocket(address: RuntimeAddress): RuntimeSocket {
	const open = new Set<Socket>();
	const lingering = new Set<Socket>();

	const connect = (): Socket => {
		const socket = createConnection('path' in address ? {path: address.path} : {host: address.host, port: address.port});
		open.add(socket);
		socket.once('close', () => {
			open.delete(socket);
			lingering.delete(socket);
		});
		return socket;
	};

	const linger = (socket: Socket): void => {
		lingering.add(socket);
		socket
			.unref()
			.resume()
			.setTimeout(lingerMs, () => socket.destroy());
		const [oldest] = lingering;
		if (lingering.size > lingeringMax) oldest?.destroy();
	};

	return {
		async ask(line, caller, {timeoutMs, changes = false}) {
			if (caller.aborted) return fail(abortedError(addressText(address)));
			using deadline = startDeadline(caller, timeoutMs);
			const socket = connect();
			const answer = await converse(socket, line, deadline.signal);
			if (answer.end === 'given-up' && changes && answer.sent) linger(socket);
			else socket.destroy();
			switch (answer.end) {
				case 'closed':
					return answer.text === '' ? fail(noAnswer(address)) : ok(answer.text);
				case 'error':
					return fail(connectionError(address, answer.error, answer.sent));
				case 'too-long':
					return fail(tooLong(address, answer.text));
				case 'given-up':
					return fail(deadline.reason() === 'aborted' ? abortedError(addressText(address)) : hung(address, answer, timeoutMs));
			}
		},
		async settled(caller, withinMs) {
			using deadline = startDeadline(caller, withinMs);
			while (lingering.size > 0 && !deadline.signal.aborted) await pause(2, deadline.signal);
			return lingering.size === 0;
		},
		close() {
			for (const socket of open) socket.destroy();
		},
	};
}

type Conversation = {
	/** The line has left: the other side may act on it from now on. */
	readonly sent: boolean;
	readonly connected: boolean;
	readonly text: string;
} & ({readonly end: 'closed' | 'too-long' | 'given-up'} | {readonly end: 'error'; readonly error: NodeJS.ErrnoException});

/** Says one line and listens until the other side closes. */
function converse(socket: Socket, line: string, signal: AbortSignal): Promise<Conversation> {
	return new Promise(resolve => {
		const chunks: Buffer[] = [];
		let [bytes, sent, connected] = [0, false, false];
		const seen = () => ({sent, connected, text: Buffer.concat(chunks).toString('utf8')});
		const onAbort = (): void => resolve({...seen(), end: 'given-up'});
		signal.addEventListener('abort', onAbort, {once: true});
		socket.on('data', chunk => {
			bytes += chunk.length;
			if (bytes > answerBytesMax) resolve({...seen(), end: 'too-long'});
			else chunks.push(chunk);
		});
		// Stays for the life of the socket: an error after the answer is nobody's business, but must not be thrown either.
		socket.on('error', error => resolve({...seen(), end: 'error', error}));
		socket.once('close', () => {
			signal.removeEventListener('abort', onAbort);
			resolve({...seen(), end: 'closed'});
		});
		socket.once('connect', () => {
			connected = true;
			sent = true;
			socket.write(`${line}\n`);
		});
	});
}

const stats = 'the line "stats socket … level admin" in its global section';

const noAnswer = (address: RuntimeAddress): RouterError =>
	routerError(
		'unreachable',
		`HAProxy at ${addressText(address)} closed the connection without an answer.`,
		`It may be ending or reloading. If it goes on, check that this is HAProxy's runtime API: ${stats}.`,
	);

const tooLong = (address: RuntimeAddress, text: string): RouterError =>
	routerError(
		'refused',
		`${addressText(address)} answers without an end (more than ${answerBytesMax / 1024 / 1024} MiB), beginning with ${quoted(text.slice(0, 120))}.`,
		`Check that this is HAProxy's runtime API: ${stats}.`,
	);

function hung(address: RuntimeAddress, {connected}: Conversation, timeoutMs: number): RouterError {
	const what = connected ? 'took the connection, but did not answer' : 'did not take the connection';
	return routerError(
		'timeout',
		`HAProxy at ${addressText(address)} ${what} within ${timeoutMs} ms.`,
		'Is it stopped, or without CPU? Is something else than HAProxy listening there?',
	);
}

function connectionError(address: RuntimeAddress, {code = '', message}: NodeJS.ErrnoException, sent: boolean): RouterError {
	const where = addressText(address);
	const known: Readonly<Record<string, readonly [string, string]>> = {
		ENOENT: [`there is no socket at ${where}`, `Is HAProxy running, and is the path that of ${stats}?`],
		ECONNREFUSED: [`nobody listens at ${where}`, `Is HAProxy running? It opens its runtime API by ${stats}.`],
		EACCES: [
			`this user may not open ${where}`,
			'Add the user to the socket\'s group, or give the "stats socket" line a fitting "user", "group" and "mode".',
		],
		EPERM: [`this user may not open ${where}`, 'Run as a user who may.'],
		ENOTSOCK: [`${where} is a file, not a socket`, `Name the path of ${stats}.`],
		ENOTFOUND: [`the host of ${where} has no address`, 'Check the host name.'],
		EHOSTUNREACH: [`there is no way to ${where}`, 'Check the address and the network.'],
	};
	const [what, remedy] = known[code] ?? [
		sent ? `the connection to ${where} broke before the answer was whole (${message})` : `no connection to ${where} (${message})`,
		'Is HAProxy running, or was it just ended?',
	];
	return routerError('unreachable', `HAProxy can't be reached: ${what}.`, remedy);
}
