import type {Socket} from 'node:net';
import type {Asker} from '../core/admit.ts';
import {createLineSplitter} from '../core/ndjson.ts';
import {type ClientMessage, commandBytesMax, protocolVersion, type ServerMessage} from '../core/protocol.ts';
import {parseClientLine} from './command-line.ts';

/** What one that does not read may keep in our memory; a whole state is a tenth of it. */
export const outgoingBytesMax = 4 * 1024 * 1024;
/** Frozen for longer than this it is let go; it connects anew when it wakes. */
export const laggingMsMax = 60_000;
/** Silent for so long after connecting, it is no client of ours. */
const helloMsMax = 5_000;

export type ClientHandlers = {
	/** Why one of this role is turned away. */
	refusal(role: Asker['role']): string | undefined;
	/** After its hello, and again when it has caught up: a whole state makes up for all it was not sent. */
	welcome(): string;
	command(message: Extract<ClientMessage, {type: 'command'}>, asker: Asker): ServerMessage;
	gone(): void;
	monoMs(): number;
};

/** One console or script on the socket. Writing to it never waits and never piles up. */
export class SocketClient {
	role: Asker['role'] = 'read-only';
	who = 'unknown';
	armedUntilMs = 0;
	isReady = false;
	#isOnce = false;
	#laggingSinceMs: number | undefined;
	readonly #socket: Socket;
	readonly #handlers: ClientHandlers;
	readonly #helloTimer: NodeJS.Timeout;

	constructor(socket: Socket, handlers: ClientHandlers) {
		this.#socket = socket;
		this.#handlers = handlers;
		this.#helloTimer = setTimeout(() => this.end('no hello came'), helloMsMax);
		const splitter = createLineSplitter(commandBytesMax);
		socket.setEncoding('utf8');
		socket.on('data', (chunk: string) => {
			const lines = splitter.push(chunk);
			if (!lines) this.end(`a line may hold ${commandBytesMax} bytes at most`);
			for (const line of lines ?? []) this.#line(line);
		});
		socket.on('drain', () => this.#caughtUp());
		socket.on('error', () => socket.destroy());
		socket.on('close', () => {
			clearTimeout(this.#helloTimer);
			handlers.gone();
		});
	}

	/** Sends a line that was made once for all; left out while this client lags behind. */
	send(line: string): void {
		if (!this.isReady || this.#isOnce || this.#socket.destroyed) return;
		if (this.#laggingSinceMs === undefined && this.#socket.writableLength > outgoingBytesMax) {
			this.#laggingSinceMs = this.#handlers.monoMs();
		}
		if (this.#laggingSinceMs === undefined) this.#socket.write(line);
		else if (this.#handlers.monoMs() - this.#laggingSinceMs > laggingMsMax) this.#socket.destroy();
	}

	/** Says why, then closes. One that does not read is cut off soon after. */
	end(reason: string): void {
		clearTimeout(this.#helloTimer);
		if (this.#socket.destroyed || this.#socket.writableEnded) return;
		this.isReady = false;
		this.#socket.end(encode({type: 'goodbye', reason}));
		setTimeout(() => this.#socket.destroy(), 500).unref();
	}

	#line(line: string): void {
		if (this.#socket.destroyed || this.#socket.writableEnded) return;
		const message = parseClientLine(line);
		if (message.type === 'bad') this.end(message.reason);
		else if (message.type === 'hello') this.#hello(message);
		else if (this.isReady) this.#command(message);
		else this.end('The first line must be a hello.');
	}

	#hello({protocol, role, who, once}: Extract<ClientMessage, {type: 'hello'}>): void {
		clearTimeout(this.#helloTimer);
		if (protocol !== protocolVersion) {
			const older = protocol < protocolVersion ? 'your program is older' : 'your program is newer';
			this.end(
				`This controller speaks protocol ${protocolVersion}, ${older} (${protocol}). Use the version that started the run.`,
			);
			return;
		}
		const refusal = this.#handlers.refusal(role);
		if (refusal !== undefined) {
			this.end(refusal);
			return;
		}
		this.role = role;
		this.who = who;
		this.#isOnce = once === true;
		// The welcome first: what `send` brings from here on builds on it.
		const welcome = this.#handlers.welcome();
		this.isReady = true;
		this.#socket.write(welcome);
		if (this.#isOnce) this.#socket.end();
	}

	#command(message: Extract<ClientMessage, {type: 'command'}>): void {
		// It asks and asks and never reads an answer.
		if (this.#socket.writableLength > 2 * outgoingBytesMax) {
			this.#socket.destroy();
			return;
		}
		const {role, who, armedUntilMs} = this;
		this.#socket.write(encode(this.#handlers.command(message, {role, who, armedUntilMs})));
	}

	#caughtUp(): void {
		if (this.#laggingSinceMs === undefined || !this.isReady) return;
		const welcome = this.#handlers.welcome();
		this.#laggingSinceMs = undefined;
		this.#socket.write(welcome);
	}
}

export const encode = (message: ServerMessage): string => `${JSON.stringify(message)}\n`;
