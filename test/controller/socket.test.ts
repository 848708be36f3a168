import {existsSync, mkdirSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {createConnection, createServer, type Socket} from 'node:net';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {type Client, connect} from '../../src/console/client.ts';
import {createSessionTime, systemClock} from '../../src/controller/clock.ts';
import {createRuntime, type Runtime} from '../../src/controller/runtime.ts';
import {openSocketServer, type SocketServer} from '../../src/controller/socket-server.ts';
import type {Role, ServerMessage} from '../../src/core/protocol.ts';
import {initialState} from '../../src/core/state.ts';
import type {Journal} from '../../src/journal/journal.ts';
import {connectPath} from '../../src/journal/socket-path.ts';
import {splitRead, started, tick} from '../helpers/given.ts';
import {createTestJournal} from '../helpers/journal.ts';
import {createTempFolder, type TempFolder} from '../helpers/temp-folder.ts';
import {waitUntil} from '../helpers/wait.ts';

let temp: TempFolder;
let runtime: Runtime;
let journal: Journal;
let server: SocketServer;
let clients: Client[];
let sockets: Socket[];

beforeEach(async () => {
	temp = createTempFolder('socket');
	clients = [];
	sockets = [];
	await open();
});
afterEach(async () => {
	vi.useRealTimers();
	for (const client of clients) client.close();
	for (const socket of sockets) socket.destroy();
	await server.close('the test is over');
	await journal.close(1_000);
	temp.remove();
});

async function open() {
	const made = createTestJournal(temp.path);
	const {folder} = made;
	journal = made.journal;
	const time = createSessionTime(systemClock, 0);
	const publish = (event: Parameters<SocketServer['publish']>[0]): void => server?.publish(event);
	runtime = createRuntime({time, journal, state: initialState, publish, perform: () => {}, complain: () => {}});
	runtime.take(started());
	const opened = await openSocketServer({
		folder,
		version: '1.2.3',
		clock: systemClock,
		time,
		state: () => runtime.state,
		take: fact => runtime.take(fact),
		onTrouble: () => {},
	});
	if (!opened.ok) throw new Error(opened.error);
	server = opened.value;
}

async function attach(role: Role = 'owner', who = 'ana@here'): Promise<Client> {
	const connected = await connect(server.path, {role, who});
	if (!connected.ok) throw new Error(connected.error.message);
	clients.push(connected.value);
	return connected.value;
}

/** A connection by hand: what it is sent, line by line. */
function plain(): {socket: Socket; messages: ServerMessage[]; say(text: string): void} {
	const socket = createConnection(server.path);
	sockets.push(socket);
	const messages: ServerMessage[] = [];
	let text = '';
	socket.setEncoding('utf8').on('data', (chunk: string) => {
		text += chunk;
		const lines = text.split('\n');
		text = lines.pop() ?? '';
		messages.push(...lines.map(line => JSON.parse(line) as ServerMessage));
	});
	socket.on('error', () => {});
	return {socket, messages, say: line => void socket.write(`${line}\n`)};
}

const hello = (over: object = {}): string => JSON.stringify({type: 'hello', protocol: 1, role: 'owner', who: 'ana', ...over});

test('the socket is for its own user only', () => {
	expect(statSync(server.path).mode & 0o777).toBe(0o600);
	expect(statSync(join(server.path, '..')).mode & 0o777).toBe(0o700);
});

test('a console is welcomed with the whole state, then hears every event, and folds it to the same state', async () => {
	const client = await attach();
	expect(client.getSnapshot()).toMatchObject({
		status: 'live',
		version: '1.2.3',
		role: 'owner',
		state: {nextSeq: 1, operator: 'ana'},
	});
	for (let second = 0; second < 20; second++) runtime.take(tick(second * 1_000, second));
	await waitUntil('all is heard', () => client.getSnapshot().state.nextSeq === runtime.state.nextSeq);
	expect(client.getSnapshot().state).toEqual(runtime.state);
});

test('the snapshot is the same object until something changes', async () => {
	const client = await attach();
	await waitUntil('a beat came', () => client.getSnapshot().consoles === 1);
	const before = client.getSnapshot();
	await sleep(700);
	expect(client.getSnapshot()).toBe(before);
});

test('session time is carried on by our own clock', async () => {
	const client = await attach();
	await waitUntil('a beat came', () => client.getSnapshot().consoles === 1);
	const first = client.sessionNowMs();
	await waitUntil('it goes on', () => client.sessionNowMs() - first >= 100, {everyMs: 5});
	// A beat that was long on its way is behind; one that was not will come.
	await waitUntil('it is the time of day', () => Math.abs(client.wallNowMs() - Date.now()) < 50);
	// Between two beats it is our own clock that goes on: the same, read twice, without one in between.
	const [before, wall] = [performance.now(), client.wallNowMs()];
	while (performance.now() - before < 5);
	expect(client.wallNowMs() - wall).toBeGreaterThanOrEqual(5);
});

test('a command is answered with the event that records it, and its effect is in the state by then', async () => {
	const client = await attach();
	const answer = await client.send({command: 'note', text: 'hello'});
	expect(answer).toEqual({ok: true, value: {accepted: true, seq: 1, reason: ''}});
	expect(client.getSnapshot().state.nextSeq).toBe(2);
});

test('a refusal is recorded with its reason', async () => {
	const client = await attach('attached');
	const answer = await client.send({command: 'hold', reason: 'x'});
	expect(answer).toMatchObject({ok: true, value: {accepted: false, reason: expect.stringMatching(/arm it first/)}});
	expect(runtime.state.timeline.at(-1)?.text).toMatch(/refused hold of ana@here/);
});

test('an armed console may hold; another attached one still may not', async () => {
	const [ana, bob] = [await attach('attached', 'ana'), await attach('attached', 'bob')];
	await ana.send({command: 'arm', name: 'Ana', reason: 'incident 7'});
	expect(await ana.send({command: 'hold', reason: 'x'})).toMatchObject({value: {accepted: true}});
	expect(runtime.state.held?.by).toBe('Ana');
	expect(await bob.send({command: 'resume', reason: 'x'})).toMatchObject({value: {accepted: false}});
});

test('what a client sends is cleaned before it is recorded', async () => {
	const client = await attach('owner', 'eve\u001b[31m');
	await client.send({command: 'note', text: 'it was token=Zq9xSecret77'});
	expect(runtime.state.timeline.at(-1)?.text).not.toContain('Zq9x');
	await client.send({command: 'note', text: `\u001b]0;title\u0007${'x'.repeat(5_000)}\u202e`});
	const {text} = runtime.state.timeline.at(-1) ?? {text: ''};
	expect(text).not.toMatch(/[\u0000-\u001f\u202e]/);
	expect(text.length).toBeLessThan(600);
});

test('a script that asks once gets the state and no more', async () => {
	const {messages, say, socket} = plain();
	say(hello({role: 'script', once: true}));
	await waitUntil('it is closed', () => socket.readableEnded);
	expect(messages.map(({type}) => type)).toEqual(['welcome']);
});

test.each([
	['another protocol', hello({protocol: 99}), /speaks protocol 1, your program is newer \(99\)/],
	['an older protocol', hello({protocol: 0}), /your program is older/],
	['no hello', '{"type":"command","id":1,"command":"rollback","reason":""}', /first line must be a hello/],
	['rubbish', 'rubbish', /no JSON object/],
	['an array', '[1]', /no JSON object/],
	['an unknown role', hello({role: 'god'}), /incomplete hello/],
	['an unknown type', '{"type":"\\u001b[31mx"}', /unknown type "[^\u001b]*x"/],
])('%s is answered with a reason and closed', async (_, line, reason) => {
	const {messages, say, socket} = plain();
	say(line);
	await waitUntil('it is closed', () => socket.readableEnded);
	expect(messages).toEqual([{type: 'goodbye', reason: expect.stringMatching(reason)}]);
});

test.each([
	['an unknown command', {command: 'explode'}],
	['a command without its reason', {command: 'rollback'}],
	['a command with a reason that is no text', {command: 'rollback', reason: {}}],
])('%s is not guessed at', async (_, command) => {
	const {messages, say, socket} = plain();
	say(hello());
	say(JSON.stringify({type: 'command', id: 1, ...command}));
	await waitUntil('it is closed', () => socket.readableEnded);
	expect(messages.at(-1)).toMatchObject({type: 'goodbye'});
	expect(runtime.state.nextSeq).toBe(1);
});

test('an endless line is cut off', async () => {
	const {messages, socket} = plain();
	socket.write('x'.repeat(200_000));
	await waitUntil('it is closed', () => socket.readableEnded);
	expect(messages.at(-1)).toMatchObject({type: 'goodbye', reason: expect.stringMatching(/65536 bytes/)});
});

test('a client that does not read costs a bounded amount of memory, harms nobody, and is made whole when it reads again', async () => {
	const frozen = plain();
	frozen.say(hello());
	await waitUntil('it is welcomed', () => frozen.messages.length > 0);
	frozen.socket.pause();
	const client = await attach();
	const before = process.memoryUsage.rss();
	const long = 'x'.repeat(50_000);
	for (let count = 0; count < 2_000; count++) {
		runtime.take({type: 'noticed', level: 'info', text: `${count} ${long}`.slice(0, 50_000)});
		if (count % 20 === 0) await new Promise(resolve => setImmediate(resolve));
	}
	await waitUntil('the other one has heard all', () => client.getSnapshot().state.nextSeq === runtime.state.nextSeq);
	expect(process.memoryUsage.rss() - before).toBeLessThan(400 * 1024 * 1024);
	frozen.socket.resume();
	await waitUntil('it is welcomed anew', () => frozen.messages.filter(({type}) => type === 'welcome').length === 2);
	const events = frozen.messages.flatMap(message => (message.type === 'events' ? message.events : []));
	expect(events.length).toBeLessThan(300);
	const welcome = frozen.messages.findLast(message => message.type === 'welcome');
	expect(welcome?.state.nextSeq).toBe(runtime.state.nextSeq);
});

test('more than 64 consoles are turned away, but a shell that rolls back is not', async () => {
	for (let count = 0; count < 64; count++) plain().say(hello());
	await waitUntil('all are in', () => server.consoles === 64);
	const {messages, socket, say} = plain();
	say(hello());
	await waitUntil('it is closed', () => socket.readableEnded);
	expect(messages).toEqual([{type: 'goodbye', reason: expect.stringMatching(/64 consoles/)}]);
	const shell = await attach('script');
	expect(await shell.send({command: 'rollback', reason: 'pager'})).toMatchObject({ok: true, value: {accepted: true}});
});

test('a socket that somebody deletes is there again soon, and those who are connected stay', async () => {
	const early = await attach();
	rmSync(server.path);
	await waitUntil('it is open again', () => existsSync(server.path));
	const late = await attach('script');
	expect(await late.send({command: 'rollback', reason: 'pager'})).toMatchObject({ok: true, value: {accepted: true}});
	await waitUntil('the first heard of it', () => early.getSnapshot().state.rollback !== undefined);
	expect(statSync(server.path).mode & 0o777).toBe(0o600);
	expect(early.getSnapshot().state.alarms).toEqual({});
});

test('a controller that goes away is lost at once, the last state stays, and one that comes back is found', async () => {
	const client = await attach();
	runtime.take(splitRead(5));
	await waitUntil('it is heard', () => client.getSnapshot().state.nextSeq === 2);
	const lost: string[] = [];
	client.subscribe(() => lost.push(client.getSnapshot().status));
	await server.close('stopped');
	await waitUntil('it is lost', () => client.getSnapshot().status === 'lost');
	expect(client.getSnapshot()).toMatchObject({reason: 'stopped', state: {nextSeq: 2}});
	expect(await client.send({command: 'rollback', reason: ''})).toMatchObject({ok: false});
	await waitUntil('it has tried again', () => client.getSnapshot().reason.includes('No controller listens'));
	const stand = createServer(socket => {
		const welcome = {
			type: 'welcome',
			protocol: 1,
			version: '2',
			role: 'owner',
			folder: '/f',
			state: {...initialState, nextSeq: 9},
		};
		socket.write(`${JSON.stringify(welcome)}\n`);
		socket.on('error', () => {});
		sockets.push(socket);
	}).listen(server.path);
	await waitUntil('it is back', () => client.getSnapshot().status === 'live');
	expect(client.getSnapshot()).toMatchObject({version: '2', state: {nextSeq: 9}});
	expect(client.getSnapshot().lostSinceMs).toBeUndefined();
	stand.close();
});

test('a controller that hangs with its socket open is lost within two seconds', async () => {
	const path = join(temp.path, 'hung.sock');
	const hung = createServer(socket => {
		sockets.push(socket);
		socket.write(
			`${JSON.stringify({type: 'welcome', protocol: 1, version: '1', role: 'owner', folder: '/f', state: initialState})}\n`,
		);
	}).listen(path);
	// By the client's own clock and timers, which a machine under load can't hold up.
	vi.useFakeTimers({toFake: ['setInterval', 'clearInterval', 'performance']});
	const connected = await connect(path, {role: 'owner', who: 'ana'});
	if (!connected.ok) throw new Error(connected.error.message);
	clients.push(connected.value);
	let waitedMs = 0;
	for (; connected.value.getSnapshot().status === 'live' && waitedMs < 10_000; waitedMs += 50) vi.advanceTimersByTime(50);
	expect(connected.value.getSnapshot().status).toBe('lost');
	expect(waitedMs).toBeGreaterThan(1_000);
	expect(waitedMs).toBeLessThanOrEqual(2_000);
	expect(connected.value.getSnapshot().reason).toMatch(/does not answer/);
	hung.close();
});

test('no socket, a socket of nobody, and a wrong file are each an error that says which', async () => {
	const at = (name: string) => connect(join(temp.path, name), {role: 'owner', who: 'ana'});
	expect(await at('missing.sock')).toMatchObject({ok: false, error: {kind: 'absent'}});
	writeFileSync(join(temp.path, 'file.sock'), '');
	expect(await at('file.sock')).toMatchObject({ok: false, error: {kind: 'absent'}});
	const silent = createServer(() => {}).listen(join(temp.path, 'silent.sock'));
	expect(await at('silent.sock')).toMatchObject({ok: false, error: {kind: 'timeout'}});
	silent.close();
});

test('where the session folder takes no socket, one in the private runtime folder is found all the same', async () => {
	const folder = join(temp.path, 'taken');
	mkdirSync(join(folder, 'control.sock', 'x'), {recursive: true});
	const time = createSessionTime(systemClock, 0);
	const ports = {version: '1', clock: systemClock, time, state: () => runtime.state, take: runtime.take, onTrouble: () => {}};
	const opened = await openSocketServer({folder, ...ports});
	if (!opened.ok) throw new Error(opened.error);
	expect(connectPath(folder)).toBe(opened.value.path);
	expect(statSync(join(opened.value.path, '..')).mode & 0o777).toBe(0o700);
	const connected = await connect(connectPath(folder), {role: 'owner', who: 'ana'});
	if (!connected.ok) throw new Error(connected.error.message);
	clients.push(connected.value);
	await opened.value.close('over');
});
