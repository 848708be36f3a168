import {fail, ok, type Result} from '../base/result.ts';
import type {SessionEvent, Who} from '../core/event.ts';
import {type Command, heartbeatMs, protocolVersion, type Role, type ServerMessage} from '../core/protocol.ts';
import {initialState, type SessionState} from '../core/state.ts';
import {foldEvent} from '../journal/fold.ts';
import type {Answer, Client, ClientSnapshot} from './client-port.ts';
import {type ConnectError, type Connection, openConnection} from './connection.ts';

export type {Answer, Client, ClientSnapshot} from './client-port.ts';
export type {ConnectError} from './connection.ts';

/** Three beats missing: said well within two seconds. */
export const lostAfterMs = 3 * heartbeatMs;
const connectTimeoutMs = 3_000;
const answerTimeoutMs = 5_000;
const watchEveryMs = 250;
const reconnectMsMax = 1_000;

export type ConnectOptions = {
	readonly role: Role;
	readonly who: Who;
	/** Take the state and nothing more: no events follow. */
	readonly once?: boolean;
	/** A monotonic clock in ms. */
	readonly monoMs?: () => number;
};

/** Opens a session's socket, says hello and waits for the state. */
export async function connect(path: string, options: ConnectOptions): Promise<Result<Client, ConnectError>> {
	const client = new SocketClient(path, options);
	const opened = await client.open();
	return opened.ok ? ok(client) : opened;
}

type Welcome = Extract<ServerMessage, {type: 'welcome'}>;

class SocketClient implements Client {
	readonly #path: string;
	readonly #options: ConnectOptions;
	readonly #monoMs: () => number;
	readonly #listeners = new Set<() => void>();
	readonly #eventListeners = new Set<(events: readonly SessionEvent[]) => void>();
	readonly #waiting = new Map<number, (answer: Result<Answer, string>) => void>();
	#snapshot: ClientSnapshot;
	#connection: Connection | undefined;
	#onWelcome: ((welcome: Result<Welcome, ConnectError>) => void) | undefined;
	#beat: {tMs: number; atMs: number; heardMs: number};
	#heardMs: number;
	#watchedMs: number;
	#goodbye = '';
	#nextId = 1;
	#isClosed = false;
	#retryTimer: NodeJS.Timeout | undefined;
	#watchTimer: NodeJS.Timeout | undefined;

	constructor(path: string, options: ConnectOptions) {
		this.#path = path;
		this.#options = options;
		this.#monoMs = options.monoMs ?? (() => performance.now());
		this.#heardMs = this.#monoMs();
		this.#watchedMs = this.#heardMs;
		this.#beat = {tMs: 0, atMs: 0, heardMs: this.#heardMs};
		const nothing = {state: initialState, folder: '', version: '', consoles: 0};
		this.#snapshot = {status: 'lost', reason: 'not connected yet', role: options.role, ...nothing};
	}

	/** One connection up to its welcome. A goodbye in its place is a refusal: another version, too many consoles. */
	async open(): Promise<Result<Welcome, ConnectError>> {
		const opened = await openConnection(this.#path, connectTimeoutMs, {
			onMessage: message => this.#take(message),
			onEnd: reason => this.#lose(reason),
		});
		if (!opened.ok) return opened;
		const connection = opened.value;
		if (this.#isClosed) {
			connection.close();
			return fail({kind: 'closed', message: 'closed'});
		}
		this.#connection = connection;
		const {promise, resolve} = Promise.withResolvers<Result<Welcome, ConnectError>>();
		this.#onWelcome = resolve;
		const timer = setTimeout(() => {
			connection.close();
			const message = `${this.#path} took the connection but sent no state within ${connectTimeoutMs} ms.`;
			resolve(fail({kind: 'timeout', message}));
		}, connectTimeoutMs);
		const {role, who, once} = this.#options;
		connection.send({type: 'hello', protocol: protocolVersion, role, who, ...(once && {once})});
		const welcome = await promise;
		clearTimeout(timer);
		this.#onWelcome = undefined;
		if (welcome.ok) this.#watchTimer ??= setInterval(() => this.#watch(), watchEveryMs);
		return welcome;
	}

	getSnapshot = (): ClientSnapshot => this.#snapshot;

	subscribe = (listener: () => void): (() => void) => {
		this.#listeners.add(listener);
		return () => void this.#listeners.delete(listener);
	};

	onEvents(listener: (events: readonly SessionEvent[]) => void): () => void {
		this.#eventListeners.add(listener);
		return () => void this.#eventListeners.delete(listener);
	}

	send(command: Command): Promise<Result<Answer, string>> {
		if (!this.#connection) return Promise.resolve(fail(this.#snapshot.reason || 'not connected'));
		const id = this.#nextId++;
		const {promise, resolve} = Promise.withResolvers<Result<Answer, string>>();
		const silence = `the controller did not answer within ${answerTimeoutMs / 1_000} s: look at the state before you ask again`;
		const timer = setTimeout(() => resolve(fail(silence)), answerTimeoutMs);
		this.#waiting.set(id, resolve);
		this.#connection.send({type: 'command', id, ...command});
		return promise.finally(() => {
			clearTimeout(timer);
			this.#waiting.delete(id);
		});
	}

	until(fits: (state: SessionState) => boolean, timeoutMs: number): Promise<Result<SessionState, string>> {
		const {promise, resolve} = Promise.withResolvers<Result<SessionState, string>>();
		const look = (): void => {
			const {state, status, reason} = this.#snapshot;
			if (fits(state)) resolve(ok(state));
			else if (status === 'ended') resolve(fail(`the session has ended: ${reason}`));
		};
		const timer = setTimeout(() => resolve(fail(`not within ${timeoutMs / 1_000} s`)), timeoutMs);
		const leave = this.subscribe(look);
		look();
		return promise.finally(() => {
			clearTimeout(timer);
			leave();
		});
	}

	sessionNowMs(): number {
		return this.#beat.tMs + (this.#monoMs() - this.#beat.heardMs);
	}

	wallNowMs(): number {
		return this.#beat.atMs + (this.#monoMs() - this.#beat.heardMs);
	}

	close(): void {
		this.#isClosed = true;
		clearTimeout(this.#retryTimer);
		clearInterval(this.#watchTimer);
		this.#connection?.close();
		this.#lose('closed');
	}

	#take(message: ServerMessage): void {
		this.#heardMs = this.#monoMs();
		switch (message.type) {
			case 'welcome':
				this.#welcomed(message);
				break;
			case 'events':
				this.#apply(message.events);
				break;
			case 'beat':
				this.#beat = {tMs: message.tMs, atMs: message.atMs, heardMs: this.#heardMs};
				this.#revive(message.consoles);
				break;
			case 'answer':
				this.#waiting.get(message.id)?.(ok({accepted: message.accepted, seq: message.seq, reason: message.reason}));
				break;
			case 'goodbye':
				this.#goodbye = message.reason;
				this.#onWelcome?.(fail({kind: 'refused', message: message.reason}));
		}
	}

	#welcomed(message: Welcome): void {
		const {state, folder, version, role} = message;
		this.#beat = {tMs: state.lastTMs, atMs: state.lastAtMs, heardMs: this.#heardMs};
		this.#goodbye = '';
		this.#change({status: 'live', reason: '', state, folder, version, role});
		this.#onWelcome?.(ok(message));
	}

	#apply(events: readonly SessionEvent[]): void {
		let {state} = this.#snapshot;
		const fresh = events.filter(event => event.seq >= state.nextSeq);
		for (const event of fresh) {
			// A gap would make every later number wrong: take a whole state instead.
			if (event.seq !== state.nextSeq) {
				this.#connection?.close();
				this.#lose('events were lost on the way');
				return;
			}
			state = foldEvent(state, event);
		}
		this.#change({state});
		for (const listener of [...this.#eventListeners]) listener(fresh);
	}

	#revive(consoles: number): void {
		if (this.#snapshot.status === 'live' && this.#snapshot.consoles === consoles) return;
		this.#change({status: 'live', reason: '', consoles});
	}

	#watch(): void {
		const nowMs = this.#monoMs();
		const wasStopped = nowMs - this.#watchedMs > 4 * watchEveryMs;
		this.#watchedMs = nowMs;
		// We ourselves stood still (Ctrl-Z, a sleeping laptop): what was sent meanwhile is about to be read.
		if (wasStopped) this.#heardMs = Math.max(this.#heardMs, nowMs - lostAfterMs + watchEveryMs);
		if (this.#snapshot.status === 'live' && nowMs - this.#heardMs > lostAfterMs) {
			this.#change({status: 'lost', reason: 'the controller does not answer', lostSinceMs: this.#heardMs});
		}
	}

	/** The connection is gone: for good when the session is over, otherwise until the next try. */
	#lose(reason: string): void {
		this.#connection = undefined;
		for (const settle of this.#waiting.values()) settle(fail(reason));
		const {status, state} = this.#snapshot;
		const why = this.#goodbye || reason;
		if (this.#onWelcome) {
			this.#onWelcome(fail({kind: 'closed', message: why}));
		} else if (this.#isClosed || status === 'ended') {
			// Nobody waits for it.
		} else if (state.ended || this.#options.once) {
			clearInterval(this.#watchTimer);
			this.#change({status: 'ended', reason: why});
		} else {
			if (status === 'live') this.#change({status: 'lost', reason: why, lostSinceMs: this.#monoMs()});
			this.#retry(100);
		}
	}

	#retry(waitMs: number): void {
		this.#retryTimer = setTimeout(async () => {
			const opened = await this.open();
			if (this.#isClosed || opened.ok) return;
			this.#change({reason: opened.error.message});
			this.#retry(Math.min(reconnectMsMax, waitMs * 2));
		}, waitMs);
	}

	#change(part: Partial<ClientSnapshot>): void {
		const {lostSinceMs, ...rest} = this.#snapshot;
		const isLost = (part.status ?? rest.status) !== 'live';
		this.#snapshot = {...rest, ...(isLost && lostSinceMs !== undefined && {lostSinceMs}), ...part};
		for (const listener of [...this.#listeners]) listener();
	}
}
