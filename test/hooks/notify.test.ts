import {chmodSync, readFileSync, writeFileSync} from 'node:fs';
import {createServer, type IncomingMessage} from 'node:http';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import {text as bodyText} from 'node:stream/consumers';
import {SMTPServer} from 'smtp-server';
import {afterEach, expect, test} from 'vitest';
import {systemClock} from '../../src/controller/clock.ts';
import type {Notice} from '../../src/core/facts/notify.ts';
import type {ReceiverOptions, ReceiverTarget} from '../../src/core/notify-options.ts';
import {deliver} from '../../src/hooks/notify/deliver.ts';
import {messageOf} from '../../src/hooks/notify/render.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';

const closers: (() => void)[] = [];
afterEach(() => {
	for (const close of closers.splice(0)) close();
});

type Seen = {
	readonly method: string;
	readonly path: string;
	readonly headers: IncomingMessage['headers'];
	readonly body: unknown;
};
type Reply = {readonly status: number; readonly body?: unknown; readonly headers?: Record<string, string>};

/** A real server that keeps what it was sent, and answers what it is told to, in turn. A reply of undefined never comes. */
async function server(...replies: readonly ((seen: Seen) => Reply | undefined)[]): Promise<{url: string; seen: Seen[]}> {
	const seen: Seen[] = [];
	const http = createServer(async (request, response) => {
		const raw = await bodyText(request);
		const one = {
			method: request.method ?? '',
			path: request.url ?? '',
			headers: request.headers,
			body: JSON.parse(raw) as unknown,
		};
		const reply = replies[Math.min(seen.push(one), replies.length) - 1]?.(one);
		if (reply)
			response.writeHead(reply.status, reply.headers ?? {}).end(reply.body === undefined ? '' : JSON.stringify(reply.body));
	});
	await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve));
	closers.push(() => http.close().closeAllConnections());
	return {url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, seen};
}

const notice = (changed: Partial<Notice> = {}): Notice => ({
	id: '7:0',
	event: 'rollback',
	key: 'rollback',
	phase: 'trigger',
	subject: 'rollback of v2',
	text: 'rollback of v2: Errors breached: "9 %" <b> & more\nnext line',
	atMs: Date.parse('2026-11-25T12:00:00Z'),
	fields: {profile: 'shop', candidate: 'v2', environment: 'production', reason: 'Errors breached'},
	owed: ['x'],
	...changed,
});

const receiver = (to: ReceiverTarget, changed: Partial<ReceiverOptions> = {}): ReceiverOptions => ({
	name: 'x',
	on: ['rollback'],
	subject: '[{{profile}}] {{subject}}',
	text: '{{text}}',
	deadlineMs: 5_000,
	to,
	...changed,
});

const secrets: Readonly<Record<string, string>> = {KEY: 's3cret-key-0123456789', WORD: 'pass-w0rd'};
const ports = (signal: AbortSignal = new AbortController().signal) => ({
	resolve: async (ref: {env: string} | {file: string}) => {
		const value = 'env' in ref ? (secrets[ref.env] ?? ref.env) : '';
		return {ok: true, value} as const;
	},
	clock: systemClock,
	signal,
});

const send = (one: ReceiverOptions, what: Notice = notice(), ref?: string) =>
	deliver(one, messageOf(what, 'session-1', one), ref, ports());

test('a webhook gets what Slack takes, with its three characters escaped', async () => {
	const {url, seen} = await server(() => ({status: 200}));
	const to: ReceiverTarget = {kind: 'webhook', url: `${url}/services/T/B`, headers: {'x-team': 'sre', 'x-key': {env: 'KEY'}}};
	expect(await send(receiver(to))).toMatchObject({ok: true, attempts: 1});
	expect(seen).toMatchObject([
		{
			method: 'POST',
			path: '/services/T/B',
			headers: {'content-type': 'application/json', 'x-team': 'sre', 'x-key': 's3cret-key-0123456789'},
			body: {text: '*[shop] rollback of v2*\nrollback of v2: Errors breached: "9 %" &lt;b&gt; &amp; more\nnext line'},
		},
	]);
});

test('a template of its own stays JSON whatever is put in', async () => {
	const {url, seen} = await server(() => ({status: 204}));
	const body = '{"msg": "{{text}}", "at": "{{at}}", "tags": ["{{event}}", "{{nothing}}"]}';
	expect(await send(receiver({kind: 'webhook', url, headers: {}, body}))).toMatchObject({ok: true});
	expect(seen[0]?.body).toEqual({msg: notice().text, at: '2026-11-25T12:00:00.000Z', tags: ['rollback', '']});
});

test('what may pass is tried again, what can not is told once, and no secret stands in a message', async () => {
	const passing = await server(
		() => ({status: 503}),
		() => ({status: 429, headers: {'retry-after': '1'}}),
		() => ({status: 200}),
	);
	expect(await send(receiver({kind: 'webhook', url: passing.url, headers: {}}))).toMatchObject({ok: true, attempts: 3});
	const echo = await server(({path}) => ({status: 404, body: {error: `no such hook ${path}`}}));
	const url = {env: `${echo.url}/services/SECRETPATH`};
	const refused = await send(receiver({kind: 'webhook', url, headers: {'x-key': {env: 'KEY'}}}));
	expect(refused).toMatchObject({ok: false, attempts: 1});
	expect(refused.message).toContain('answered 404');
	expect(JSON.stringify(refused)).not.toContain('s3cret');
});

test('one that never answers and one that is not there give up at the deadline', async () => {
	const dead = receiver({kind: 'webhook', url: 'http://127.0.0.1:1', headers: {}}, {deadlineMs: 1_500});
	expect(await send(dead)).toMatchObject({ok: false, attempts: 2, message: expect.stringContaining("can't be reached")});
	const {url} = await server(() => undefined);
	const hung = receiver({kind: 'webhook', url, headers: {}}, {deadlineMs: 1_000});
	const began = performance.now();
	expect(await send(hung)).toMatchObject({ok: false, attempts: 1, message: expect.stringContaining('no answer in time')});
	expect(performance.now() - began).toBeLessThan(4_000);
});

/** As strict as PagerDuty's Events API v2 about what it is sent. */
function pagerDuty({method, path, body}: Seen): Reply {
	const event = body as Record<string, unknown>;
	const payload = event['payload'] as Record<string, unknown> | undefined;
	const faults = [
		method === 'POST' && path === '/v2/enqueue' ? '' : 'not found',
		event['routing_key'] === secrets['KEY'] ? '' : "'routing_key' is invalid",
		['trigger', 'acknowledge', 'resolve'].includes(String(event['event_action'])) ? '' : "'event_action' is invalid",
		typeof event['dedup_key'] === 'string' && event['dedup_key'].length <= 255 ? '' : "'dedup_key' is invalid",
		event['event_action'] !== 'trigger' || (typeof payload?.['summary'] === 'string' && payload['summary'].length <= 1024)
			? ''
			: "'payload.summary' is invalid",
		event['event_action'] !== 'trigger' || (typeof payload?.['source'] === 'string' && payload['source'] !== '')
			? ''
			: "'payload.source' is missing",
		event['event_action'] !== 'trigger' || ['critical', 'error', 'warning', 'info'].includes(String(payload?.['severity']))
			? ''
			: "'payload.severity' is invalid",
	].filter(fault => fault !== '');
	if (faults.length > 0)
		return {status: 400, body: {status: 'invalid event', message: 'Event object is invalid', errors: faults}};
	return {status: 202, body: {status: 'success', message: 'Event processed', dedup_key: event['dedup_key']}};
}

test('PagerDuty is triggered and resolved under one key', async () => {
	const {url, seen} = await server(pagerDuty);
	const one = receiver({kind: 'pagerduty', url: `${url}/v2/enqueue`, routingKey: {env: 'KEY'}});
	const breach = {event: 'breach', key: 'breach:errors'} as const;
	expect(await send(one, notice({...breach, text: 'x'.repeat(3_000)}))).toMatchObject({ok: true, attempts: 1});
	expect(await send(one, notice({...breach, phase: 'resolve'}))).toMatchObject({ok: true, attempts: 1});
	expect(seen.map(({body}) => body)).toMatchObject([
		{
			event_action: 'trigger',
			dedup_key: 'canary/session-1/breach:errors',
			payload: {source: 'shop', component: 'v2', class: 'breach', severity: 'error'},
		},
		{event_action: 'resolve', dedup_key: 'canary/session-1/breach:errors'},
	]);
	const wrong = await send(receiver({kind: 'pagerduty', url: `${url}/v2/enqueue`, routingKey: {env: 'WORD'}}));
	expect(wrong).toMatchObject({ok: false, attempts: 1, message: expect.stringContaining("'routing_key' is invalid")});
});

test('Statuspage gets one incident: created, updated under its id, resolved by the decision', async () => {
	const incidents = new Map<string, unknown[]>();
	const {url, seen} = await server(({method, path, headers, body}) => {
		if (headers.authorization !== `OAuth ${secrets['KEY']}`) return {status: 401, body: {error: 'Could not authenticate'}};
		const {incident} = body as {incident: {name?: string; status: string; component_ids?: string[]}};
		if (!['investigating', 'identified', 'monitoring', 'resolved'].includes(incident.status))
			return {status: 422, body: {error: ['Status is invalid']}};
		if (method === 'POST' && path === '/v1/pages/p1/incidents') {
			if (!incident.name) return {status: 422, body: {error: ["Name can't be blank"]}};
			incidents.set('inc1', [incident.status]);
			return {status: 201, body: {id: 'inc1', ...incident}};
		}
		if (method === 'PATCH' && path === '/v1/pages/p1/incidents/inc1' && incidents.has('inc1')) {
			incidents.get('inc1')?.push(incident.status);
			return {status: 200, body: {id: 'inc1'}};
		}
		return {status: 404, body: {error: 'Not found'}};
	});
	const one = receiver({kind: 'statuspage', url: `${url}/v1`, page: 'p1', token: {env: 'KEY'}, components: ['c1']});
	const decision = notice({event: 'decision', key: 'decision', phase: 'update'});
	expect(await send(one, decision)).toMatchObject({ok: true, message: expect.stringContaining('no incident is open')});
	expect(seen).toEqual([]);
	const {ref} = await send(one);
	expect(ref).toBe('inc1');
	await send(one, notice({phase: 'update'}), ref);
	await send(one, decision, ref);
	expect(incidents.get('inc1')).toEqual(['identified', 'monitoring', 'resolved']);
});

test('a mail arrives with its texts, by a real SMTP server that asks for a password', async () => {
	const mails: {from: unknown; to: unknown; text: string}[] = [];
	const smtp = new SMTPServer({
		disabledCommands: ['STARTTLS'],
		authMethods: ['PLAIN'],
		allowInsecureAuth: true,
		onAuth: ({username, password}, _, done) =>
			username === 'canary' && password === secrets['WORD'] ? done(null, {user: 'canary'}) : done(new Error('Invalid login')),
		onData: async (stream, {envelope}, done) => {
			mails.push({
				from: (envelope.mailFrom || undefined)?.address,
				to: envelope.rcptTo.map(({address}) => address),
				text: await bodyText(stream),
			});
			done();
		},
	});
	smtp.on('error', () => {});
	await new Promise<void>(resolve => smtp.listen(0, '127.0.0.1', resolve));
	closers.push(() => smtp.close());
	const {port} = smtp.server.address() as AddressInfo;
	const to = {
		kind: 'mail',
		host: '127.0.0.1',
		port,
		security: 'none',
		username: 'canary',
		from: 'canary@example.org',
		to: ['ops@example.org', 'sre@example.org'],
	} as const;
	expect(await send(receiver({...to, password: {env: 'WORD'}}))).toMatchObject({ok: true, attempts: 1});
	const [mail] = mails;
	expect(mail).toMatchObject({from: 'canary@example.org', to: ['ops@example.org', 'sre@example.org']});
	expect(mail?.text).toContain('Subject: [shop] rollback of v2');
	expect(mail?.text).toContain('Message-ID: <session-1.7-0@canary-console>');
	expect(mail?.text).toContain('next line');
	const wrong = await send(receiver({...to, password: {env: 'KEY'}}, {deadlineMs: 800}));
	expect(wrong).toMatchObject({ok: false, message: expect.stringContaining('Invalid login')});
	expect(JSON.stringify(wrong)).not.toContain('s3cret');
	const upgrade = await send(receiver({...to, security: 'starttls', password: {env: 'WORD'}}, {deadlineMs: 800}));
	expect(upgrade.ok).toBe(false);
});

test('a command gets each value as one argument, the notice on its input, and is killed with its children', async () => {
	const folder = createTempFolder('notify').path;
	const tool = join(folder, 'tool');
	writeFileSync(tool, `#!/bin/sh\nprintf '%s\\n' "$#" "$1" "$KEY" > ${folder}/out\ncat > ${folder}/in\necho labelled\n`);
	chmodSync(tool, 0o755);
	const evil = notice({text: '$(touch /tmp/no) ; "two words"'});
	expect(await send(receiver({kind: 'command', argv: [tool, '{{text}}'], env: {KEY: {env: 'KEY'}}}), evil)).toEqual({
		ok: true,
		attempts: 1,
		message: 'labelled',
	});
	expect(readFileSync(join(folder, 'out'), 'utf8')).toBe(`1\n$(touch /tmp/no) ; "two words"\n${secrets['KEY']}\n`);
	expect(JSON.parse(readFileSync(join(folder, 'in'), 'utf8'))).toMatchObject({
		event: 'rollback',
		phase: 'trigger',
		session: 'session-1',
	});
	const failing = await send(
		receiver({kind: 'command', argv: ['sh', '-c', 'echo no $KEY; exit 3'], env: {KEY: {env: 'KEY'}}}, {deadlineMs: 500}),
	);
	expect(failing).toEqual({ok: false, attempts: 1, message: 'sh ended with 3: no •••'});
	const slow = await send(receiver({kind: 'command', argv: ['sh', '-c', 'sleep 60 & sleep 60'], env: {}}, {deadlineMs: 500}));
	expect(slow).toMatchObject({ok: false, message: 'sh did not end in time'});
	expect(await send(receiver({kind: 'command', argv: ['no-such-program'], env: {}}))).toMatchObject({ok: false, attempts: 1});
});
