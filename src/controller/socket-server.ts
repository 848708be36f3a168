import {chmodSync, existsSync} from 'node:fs';
import {createServer, type Server, type Socket} from 'node:net';
import {basename, dirname} from 'node:path';
import {fail, ok, type Result} from '../base/result.ts';
import {type Admission, type Asker, admit} from '../core/admit.ts';
import type {Fact, SessionEvent} from '../core/event.ts';
import {armedForMs, heartbeatMs, protocolVersion, type ServerMessage} from '../core/protocol.ts';
import type {SessionState} from '../core/state.ts';
import {prepareSocket, removeSocket, socketPathsFor} from '../journal/socket-path.ts';
import type {ControllerClock, SessionTime} from './clock.ts';
import {encode, SocketClient} from './socket-client.ts';

export type SocketServerPorts = {
	readonly folder: string;
	readonly version: string;
	readonly clock: ControllerClock;
	readonly time: SessionTime;
	readonly state: () => SessionState;
	readonly take: (fact: Fact) => SessionEvent;
	/** The socket broke after it was opened. */
	readonly onTrouble: (message: string) => void;
};

export type SocketServer = {
	readonly path: string;
	readonly consoles: number;
	/** To all that listen; encoded once. */
	publish(event: SessionEvent): void;
	/** Says goodbye to all, and takes the socket away. */
	close(reason: string): Promise<void>;
};

/** Far more than people at one canary; a script gone wild must not use up the file descriptors. */
const consolesMax = 64;
/** Beyond that a shell still gets in: `canary rollback` must not be kept out by consoles that somebody forgot. */
const clientsMax = 128;
/** How soon a socket that was deleted is there again. */
const watchEveryMs = 1_000;

const tooMany = `${consolesMax} consoles are connected already`;

/** Opens the session's socket, for its own user only. The error is a sentence. */
export async function openSocketServer(ports: SocketServerPorts): Promise<Result<SocketServer, string>> {
	const {folder, version, clock, time, state, take} = ports;
	const clients = new Set<SocketClient>();
	/** Events of one turn of the loop go out as one line. */
	let unsent: SessionEvent[] = [];

	const welcome = (role: Asker['role']): string =>
		encode({type: 'welcome', protocol: protocolVersion, version, role, folder, state: state()});

	const command = (
		message: {readonly id: number} & Parameters<typeof admit>[1],
		client: SocketClient,
		asker: Asker,
	): ServerMessage => {
		const {accepted, fact, reason}: Admission = admit(state(), message, {...asker, session: basename(folder)}, time.tMs());
		// The asker's state may be older than what is about to be said: its events go first.
		const {seq} = take(fact);
		flush();
		if (accepted && message.command === 'arm') {
			client.armedUntilMs = time.tMs() + armedForMs;
			client.who = message.name;
		}
		return {type: 'answer', id: message.id, accepted, seq, reason};
	};

	const onConnection = (socket: Socket): void => {
		if (clients.size >= clientsMax) {
			socket.on('error', () => socket.destroy());
			socket.end(encode({type: 'goodbye', reason: tooMany}));
			return;
		}
		const client: SocketClient = new SocketClient(socket, {
			refusal: role => (role !== 'script' && clients.size > consolesMax ? tooMany : undefined),
			welcome() {
				flush();
				return welcome(client.role);
			},
			command: (message, asker) => command(message, client, asker),
			gone: () => void clients.delete(client),
			monoMs: () => clock.monoMs(),
		});
		clients.add(client);
	};

	function flush(): void {
		if (unsent.length === 0) return;
		if (clients.size === 0) {
			unsent = [];
			return;
		}
		const line = encode({type: 'events', events: unsent});
		unsent = [];
		for (const client of clients) client.send(line);
	}

	let server = createServer(onConnection);
	const opened = await listen(server, folder);
	if (!opened.ok) return opened;
	let path = opened.value;
	const onError = (error: Error): void => ports.onTrouble(`the control socket: ${error.message}`);
	server.on('error', onError);

	/** Somebody cleaned up around us: without its file nobody could connect, and so nobody could ask for a rollback. */
	async function listenAnew(): Promise<void> {
		// First, because closing unlinks the path. Those who are connected stay so.
		server.close();
		server = createServer(onConnection);
		const again = await listen(server, folder);
		if (!again.ok) {
			if (!isShut) ports.onTrouble(again.error);
			isShut = true;
			return;
		}
		isShut = false;
		path = again.value;
		server.on('error', onError);
		take({
			type: 'noticed',
			level: 'info',
			topic: 'socket',
			text: `the control socket had been taken away; it is open again at ${path}`,
		});
	}

	let isShut = false;
	let reopening: Promise<void> | undefined;
	const watch = setInterval(() => {
		if (existsSync(path)) return;
		// A folder that was moved took its socket along, and there it still works.
		if (!existsSync(dirname(path))) {
			if (!isShut) ports.onTrouble(`${dirname(path)} is gone: moved or deleted. The guard goes on; its record may be lost.`);
			isShut = true;
			return;
		}
		reopening ??= listenAnew().finally(() => {
			reopening = undefined;
		});
	}, watchEveryMs);
	const beat = setInterval(() => {
		const line = encode({type: 'beat', ...time.stamp(), consoles: clients.size});
		for (const client of clients) client.send(line);
	}, heartbeatMs);

	return ok({
		get path() {
			return path;
		},
		get consoles() {
			return clients.size;
		},
		publish(event) {
			if (unsent.length === 0) setImmediate(flush);
			unsent.push(event);
		},
		async close(reason) {
			clearInterval(beat);
			clearInterval(watch);
			await reopening;
			flush();
			for (const client of clients) client.end(reason);
			const {promise, resolve} = Promise.withResolvers<void>();
			server.close(() => resolve());
			await Promise.race([promise, clock.sleep(1_000)]);
			removeSocket(folder, path);
		},
	});
}

/** The first place that works. */
async function listen(server: Server, folder: string): Promise<Result<string, string>> {
	const faults: string[] = [];
	for (const path of socketPathsFor(folder)) {
		try {
			prepareSocket(folder, path);
			await listenAt(server, path);
			// The folder is 0700 already: nobody else can come in between listen and chmod.
			chmodSync(path, 0o600);
			return ok(path);
		} catch (error) {
			faults.push(error instanceof Error ? error.message : String(error));
		}
	}
	return fail(`The control socket of ${folder} can't be opened: ${faults.join('; ')}.`);
}

async function listenAt(server: Server, path: string): Promise<void> {
	const {promise, resolve, reject} = Promise.withResolvers<void>();
	server.once('error', reject);
	server.listen(path, resolve);
	await promise;
	server.removeListener('error', reject);
}
