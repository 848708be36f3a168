import {setTimeout as sleep} from 'node:timers/promises';
import {brotliCompressSync, deflateSync, gzipSync} from 'node:zlib';
import {expect, test} from 'vitest';
import type {ReadingErrorKind} from '../../src/core/reading.ts';
import {freePort} from '../helpers/process.ts';
import {
	answering,
	askFor,
	guardrail,
	httpStub,
	never,
	open,
	readingOf,
	type Stub,
	type StubAnswer,
	stubAnswering,
	tcpStub,
	vector,
} from './prometheus-kit.ts';

/** Each of these servers is unwell in another way; none may hold the tick past its deadline, throw, or keep a socket. */
type Case = {
	readonly name: string;
	readonly stub: () => Promise<Stub>;
	readonly error: ReadingErrorKind;
	readonly says: RegExp;
	/** It answers nothing at all: the tick ends at its deadline. */
	readonly silent?: boolean;
};

const replies = (answer: StubAnswer) => (): Promise<Stub> => stubAnswering(answer);
const raw =
	(text: string, end = true) =>
	(): Promise<Stub> =>
		tcpStub(socket => {
			socket.write(text);
			if (end) socket.end();
		});
const huge = JSON.stringify(vector(...Array.from({length: 30_000}, (_, n) => [{n: `${n}`}, '1'] as const)));
const overLimit = `{"status":"success","data":"${'x'.repeat(9 * 1024 * 1024)}"}`;

const cases: readonly Case[] = [
	{
		name: 'resets the connection',
		stub: () => tcpStub(socket => void socket.resetAndDestroy()),
		error: 'reset',
		says: /broke off/,
	},
	{name: 'closes without a word', stub: () => tcpStub(socket => void socket.end()), error: 'reset', says: /broke off/},
	{
		name: 'closes in the middle of the answer',
		stub: raw('HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"status":"succ'),
		error: 'reset',
		says: /broke off/,
	},
	{
		name: 'closes in the middle of a chunk',
		stub: raw('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\n{"status"'),
		error: 'reset',
		says: /broke off/,
	},
	{
		name: 'takes the question and stays silent',
		stub: () => tcpStub(() => {}),
		error: 'timeout',
		says: /within 400 ms/,
		silent: true,
	},
	{
		name: 'sends its head and hangs',
		stub: raw('HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"status":', false),
		error: 'timeout',
		says: /within 400 ms/,
		silent: true,
	},
	{
		name: 'sends half a head and hangs',
		stub: raw('HTTP/1.1 200 OK\r\ncontent-le', false),
		error: 'timeout',
		says: /within/,
		silent: true,
	},
	{name: 'drips a byte at a time', stub: drip, error: 'timeout', says: /within 400 ms/, silent: true},
	{name: 'is no HTTP server', stub: raw('SSH-2.0-OpenSSH_9.2\r\n'), error: 'malformed', says: /not an HTTP answer/},
	{name: 'answers with garbage', stub: replies({body: '\u0000\u001b[31m{{{'}), error: 'malformed', says: /no JSON object/},
	{name: 'answers with nothing', stub: replies({body: ''}), error: 'malformed', says: /it is empty/},
	{name: 'answers with a web page', stub: replies({body: '<html>hi</html>'}), error: 'malformed', says: /<html>hi/},
	{
		name: 'answers with other JSON',
		stub: replies({body: {hello: 1}}),
		error: 'malformed',
		says: /no answer of the Prometheus API/,
	},
	{name: 'answers with a JSON list', stub: replies({body: []}), error: 'malformed', says: /no JSON object/},
	{name: 'answers with a bomb of brackets', stub: replies({body: '['.repeat(1_000_000)}), error: 'malformed', says: /no JSON/},
	{
		name: 'answers with a series that is no object',
		stub: replies({body: {status: 'success', data: {resultType: 'vector', result: [7]}}}),
		error: 'malformed',
		says: /no object/,
	},
	{
		name: 'answers with a value that is no number',
		stub: replies({body: vector([{}, 'twelve'])}),
		error: 'malformed',
		says: /broken series/,
	},
	{name: 'pours out bytes for ever', stub: pour, error: 'too-large', says: /8 MB/},
	{name: 'announces a huge answer', stub: replies({body: overLimit}), error: 'too-large', says: /8 MB/},
	{
		name: 'sends a gzip bomb',
		stub: replies({headers: {'content-encoding': 'gzip'}, body: gzipSync(overLimit)}),
		error: 'too-large',
		says: /8 MB/,
	},
	{
		name: 'sends a brotli bomb',
		stub: replies({headers: {'content-encoding': 'br'}, body: brotliCompressSync(overLimit)}),
		error: 'too-large',
		says: /8 MB/,
	},
	{
		name: 'claims gzip and sends text',
		stub: replies({headers: {'content-encoding': 'gzip'}, body: vector()}),
		error: 'malformed',
		says: /claims to be gzip/,
	},
	{
		name: 'packs in a way nobody asked for',
		stub: replies({headers: {'content-encoding': 'zstd'}, body: vector()}),
		error: 'malformed',
		says: /"zstd"/,
	},
	{name: 'has too many series', stub: replies({body: huge}), error: 'too-large', says: /30000 series, more than 10000/},
	{name: 'has an endless head', stub: raw(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(200_000)}\r\n\r\n`), error: 'too-large', says: /./},
	{
		name: 'redirects to itself',
		stub: replies({status: 302, headers: {location: '/api/v1/query'}, body: ''}),
		error: 'http',
		says: /redirects to \/api\/v1\/query; redirects are not followed/,
	},
	{name: 'fails inside', stub: replies({status: 500, body: 'boom'}), error: 'http', says: /HTTP 500: "boom"/},
	{
		name: 'is a proxy without its server',
		stub: replies({status: 502, body: '<h1>Bad Gateway</h1>'}),
		error: 'http',
		says: /HTTP 502/,
	},
	{
		name: 'has no such page',
		stub: replies({status: 404, body: '404 page not found'}),
		error: 'http',
		says: /path prefix missing/,
	},
	{
		name: 'wants a login',
		stub: replies({status: 401, body: 'who are you'}),
		error: 'unauthorized',
		says: /HTTP 401: "who are you"/,
	},
	{name: 'forbids it', stub: replies({status: 403, body: ''}), error: 'unauthorized', says: /HTTP 403/},
	{
		name: 'finds the query wrong, as Prometheus says it',
		stub: replies({status: 400, body: {status: 'error', errorType: 'bad_data', error: '1:5: parse error: unexpected "}"'}}),
		error: 'bad-query',
		says: /^1:5: parse error: unexpected "}"$/,
	},
	{
		name: 'finds the query wrong, as VictoriaMetrics says it',
		stub: replies({status: 422, body: {status: 'error', errorType: '422', error: 'unexpected token'}}),
		error: 'bad-query',
		says: /unexpected token/,
	},
	{
		name: 'says 400 without saying why',
		stub: replies({status: 400, body: 'plain HTTP sent to TLS port'}),
		error: 'http',
		says: /HTTP 400/,
	},
	{
		name: 'gave up on the query',
		stub: replies({status: 503, body: {status: 'error', errorType: 'timeout', error: 'query timed out'}}),
		error: 'timeout',
		says: /the server gave up: query timed out/,
	},
	{
		name: 'says success and error at once',
		stub: replies({body: {status: 'error', errorType: 'execution', error: 'many-to-many'}}),
		error: 'bad-query',
		says: /many-to-many/,
	},
	{
		name: 'answers with a matrix',
		stub: replies({body: {status: 'success', data: {resultType: 'matrix', result: []}}}),
		error: 'unsupported',
		says: /range of samples/,
	},
	{
		name: 'answers with a string',
		stub: replies({body: {status: 'success', data: {resultType: 'string', result: [1, 'x']}}}),
		error: 'unsupported',
		says: /a text/,
	},
	{
		name: 'answers with a native histogram',
		stub: replies({body: {status: 'success', data: {resultType: 'vector', result: [{metric: {}, histogram: [1, {}]}]}}}),
		error: 'unsupported',
		says: /native histogram/,
	},
];

test.each(cases)('a server that $name is one distinct error: $error', async ({stub, error, says, silent}) => {
	await using server = await stub();
	await using source = await open(server.url);
	const startedAt = performance.now();
	const reading = await readingOf(source, silent ? 400 : 3_000);
	const tookMs = performance.now() - startedAt;
	expect(reading).toMatchObject({kind: 'error', error});
	expect(reading.kind === 'error' && reading.message).toMatch(says);
	expect(tookMs).toBeLessThan(silent ? 700 : 2_500);
	if (silent) expect(tookMs).toBeGreaterThan(390);
});

function drip(): Promise<Stub> {
	return tcpStub(socket => {
		socket.write('HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n');
		const timer = setInterval(() => socket.write('x'), 20);
		socket.on('close', () => clearInterval(timer));
	});
}

function pour(): Promise<Stub> {
	return httpStub((_, response) => {
		const chunk = Buffer.alloc(256 * 1024, 'x');
		const more = (): void => {
			while (!response.destroyed && response.write(chunk));
		};
		response.on('drain', more);
		more();
	});
}

test('nobody listening is an error of its own', async () => {
	await using source = await open(`http://127.0.0.1:${await freePort()}`);
	expect(await readingOf(source)).toMatchObject({
		kind: 'error',
		error: 'refused',
		message: expect.stringMatching(/nobody listens/),
	});
});

test('a host that does not exist is told from one that refuses', async () => {
	await using source = await open('http://no-such-host.invalid:9090');
	expect(await readingOf(source, 5_000)).toMatchObject({
		kind: 'error',
		error: 'refused',
		message: expect.stringMatching(/host|looked up/),
	});
});

test('no socket outlives its tick when the server hangs, however many ticks there are', async () => {
	await using server = await tcpStub(() => {});
	const many = {guardrails: Array.from({length: 12}, (_, n) => guardrail(`g${n}`, `q${n}`))};
	await using source = await open(server.url, {}, many);
	for (let tick = 0; tick < 5; tick++) {
		const {readings} = await askFor(source, 100);
		expect(Object.values(readings).every(reading => reading.kind === 'error' && reading.error === 'timeout')).toBe(true);
		await sleep(30);
		expect(server.sockets.size).toBe(0);
	}
	expect(server.opened()).toBeGreaterThan(5);
});

test('what is asked beside the values is given up at the deadline too', async () => {
	await using server = await httpStub(async (request, response) => {
		let body = '';
		for await (const chunk of request) body += chunk;
		if (body.startsWith('query=the_question')) response.end(JSON.stringify(vector([{}, '1'])));
	});
	await using source = await open(server.url);
	const startedAt = performance.now();
	const reading = await readingOf(source, 500);
	expect(reading).toMatchObject({kind: 'values', series: [{value: 1}]});
	// The value does not wait for its age.
	expect(performance.now() - startedAt).toBeLessThan(400);
	await sleep(500);
	expect(server.sockets.size).toBeLessThanOrEqual(1);
});

test('healthy questions are answered although one of them hangs', async () => {
	await using server = await httpStub(async (request, response) => {
		let body = '';
		for await (const chunk of request) body += chunk;
		if (!body.startsWith('query=hangs')) response.end(JSON.stringify(vector([{}, '7'])));
	});
	await using source = await open(server.url, {}, {guardrails: [guardrail('a', 'hangs'), guardrail('b', 'answers')]});
	const {readings} = await askFor(source, 400);
	expect(readings['a']).toMatchObject({kind: 'error', error: 'timeout'});
	expect(readings['b']).toMatchObject({kind: 'values', series: [{labels: {}, value: 7}]});
});

test('an aborted tick ends at once and says that it was cut short', async () => {
	await using server = await tcpStub(() => {});
	await using source = await open(server.url);
	const stop = new AbortController();
	setTimeout(() => stop.abort(), 50);
	const startedAt = performance.now();
	const {readings} = await source.ask(5_000, stop.signal);
	expect(performance.now() - startedAt).toBeLessThan(500);
	expect(readings['g']).toMatchObject({kind: 'error', error: 'timeout', message: expect.stringMatching(/cut short/)});
	const again = await source.ask(5_000, AbortSignal.abort());
	expect(again.readings['g']).toMatchObject({kind: 'error', error: 'timeout'});
});

test('the answers of one tick share a budget of bytes', async () => {
	const pad = 'x'.repeat(5 * 1024 * 1024);
	await using server = await answering(form =>
		form.get('query')?.startsWith('q') ? {body: {...vector([{}, '1']), pad}} : undefined,
	);
	await using source = await open(server.url, {}, {guardrails: Array.from({length: 6}, (_, n) => guardrail(`g${n}`, `q${n}`))});
	const {readings} = await askFor(source, 5_000);
	const kinds = Object.values(readings).map(reading => (reading.kind === 'error' ? reading.error : reading.kind));
	expect(kinds.filter(kind => kind === 'values').length).toBeGreaterThanOrEqual(1);
	expect(kinds.filter(kind => kind === 'too-large').length).toBeGreaterThanOrEqual(3);
});

test.each([
	['gzip', gzipSync],
	['br', brotliCompressSync],
	['deflate', deflateSync],
])('an answer packed with %s is read', async (encoding, pack) => {
	await using server = await stubAnswering({
		headers: {'content-encoding': encoding},
		body: pack(JSON.stringify(vector([{a: 'b'}, '1.5']))),
	});
	await using source = await open(server.url);
	expect(await readingOf(source)).toMatchObject({kind: 'values', series: [{labels: {a: 'b'}, value: 1.5}]});
});

test('a closed source answers, with an error', async () => {
	await using server = await stubAnswering({body: vector([{}, '1'])});
	const source = await open(server.url);
	expect(await source.ask(1_000, never)).toMatchObject({readings: {g: {kind: 'values'}}});
	await source.close();
	expect(await source.ask(1_000, never)).toMatchObject({readings: {g: {kind: 'error'}}});
});

test('a comparison that hangs holds no guardrail up; one that answers is answered', async () => {
	await using server = await httpStub(async (request, response) => {
		let body = '';
		for await (const chunk of request) body += chunk;
		if (!body.startsWith('query=hangs')) response.end(JSON.stringify(vector([{}, '7'])));
	});
	const guardrails = [
		guardrail('a', 'answers'),
		guardrail('compare/x/candidate', 'hangs'),
		guardrail('compare/x/baseline', 'quick'),
	];
	await using source = await open(server.url, {}, {guardrails});
	const startedAt = performance.now();
	const {readings} = await source.ask(8_000, new AbortController().signal);
	expect(performance.now() - startedAt).toBeLessThan(4_000);
	expect([readings['a']?.kind, readings['compare/x/baseline']?.kind]).toEqual(['values', 'values']);
	expect(readings['compare/x/candidate']).toMatchObject({
		kind: 'error',
		error: 'timeout',
		message: expect.stringContaining('hold up'),
	});
});
