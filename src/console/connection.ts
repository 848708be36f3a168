import {createConnection, type Socket} from 'node:net';
import {fail, ok, type Result} from '../base/result.ts';
import {createLineSplitter, parseObject} from '../core/ndjson.ts';
import {type ClientMessage, lineBytesMax, type ServerMessage} from '../core/protocol.ts';

/** Why there is no connection. `absent`: no socket there, or nobody listens on it; `denied`: it belongs to somebody else. */
export type ConnectError = {readonly kind: 'absent' | 'denied' | 'refused' | 'timeout' | 'closed'; readonly message: string};

/** One life of the socket: lines in, lines out, and one end. */
export type Connection = {
	send(message: ClientMessage): void;
	/** Ends it without a call to `onEnd`. */
	close(): void;
};

export type ConnectionHandlers = {
	onMessage(message: ServerMessage): void;
	/** Once, however it ended. */
	onEnd(reason: string): void;
};

/** Opens the session's socket; fails within `timeoutMs`. */
export function openConnection(
	path: string,
	timeoutMs: number,
	handlers: ConnectionHandlers,
): Promise<Result<Connection, ConnectError>> {
	const {promise, resolve} = Promise.withResolvers<Result<Connection, ConnectError>>();
	const socket = createConnection({path});
	const timer = setTimeout(() => {
		socket.destroy();
		resolve(fail({kind: 'timeout', message: `${path} did not take the connection within ${timeoutMs} ms.`}));
	}, timeoutMs);
	socket.once('error', (error: NodeJS.ErrnoException) => {
		clearTimeout(timer);
		resolve(fail(connectError(path, error)));
	});
	socket.once('connect', () => {
		clearTimeout(timer);
		resolve(ok(attach(socket, handlers)));
	});
	return promise;
}

function attach(socket: Socket, {onMessage, onEnd}: ConnectionHandlers): Connection {
	let isOver = false;
	const over = (reason: string): void => {
		if (isOver) return;
		isOver = true;
		socket.destroy();
		onEnd(reason);
	};
	const splitter = createLineSplitter(lineBytesMax);
	socket.setEncoding('utf8');
	socket.on('data', (chunk: string) => {
		const lines = splitter.push(chunk);
		if (!lines) over('the controller sent a line that is too long');
		for (const line of lines ?? []) {
			if (isOver) return;
			const message = parseObject(line);
			// Same program, same protocol version: the shape is believed; unknown types are passed by.
			if (message) onMessage(message as ServerMessage);
			else over('the controller sent a line that is no JSON object');
		}
	});
	socket.on('error', error => over(error.message));
	socket.on('close', () => over('the connection to the controller was closed'));
	return {
		send: message => void (isOver || socket.write(`${JSON.stringify(message)}\n`)),
		close() {
			isOver = true;
			socket.destroy();
		},
	};
}

function connectError(path: string, error: NodeJS.ErrnoException): ConnectError {
	switch (error.code) {
		case 'ENOENT':
		case 'ECONNREFUSED':
			return {kind: 'absent', message: `No controller listens on ${path}.`};
		case 'EACCES':
		case 'EPERM':
			return {kind: 'denied', message: `${path} belongs to another user: only the user who started the session may open it.`};
		default:
			return {kind: 'closed', message: `${path}: ${error.message}`};
	}
}
