import {once} from 'node:events';
import {createServer as createHttpServer, type IncomingMessage, type RequestListener, type ServerResponse} from 'node:http';
import {createServer as createTcpServer, type Server, type Socket} from 'node:net';
import {text} from 'node:stream/consumers';
import {ok} from '../../src/base/result.ts';
import type {GuardrailPlan} from '../../src/core/plan.ts';
import type {Reading} from '../../src/core/reading.ts';
import type {ResolveSecret} from '../../src/core/secret.ts';
import type {PrometheusOptions} from '../../src/core/source-options.ts';
import {openPrometheus} from '../../src/sources/prometheus.ts';
import type {MetricsSource, Questions, TickAnswers} from '../../src/sources/source.ts';

export const guardrail = (id: string, query: string, extra: Partial<GuardrailPlan> = {}): GuardrailPlan => ({
	id,
	title: id,
	unit: 'none',
	query,
	origin: 'query',
	forMs: 0,
	keepFiringForMs: 0,
	severity: 'critical',
	onBreach: 'rollback',
	security: false,
	noData: 'hold',
	noDataAfterMs: 0,
	staleAfterMs: 10_000,
	windowMs: 0,
	group: '',
	...extra,
});

export const options = (url: string, extra: Partial<PrometheusOptions> = {}): PrometheusOptions => ({
	kind: 'prometheus',
	url,
	headers: {},
	timeoutMs: 5_000,
	method: 'POST',
	...extra,
});

export const noSecrets: ResolveSecret = async () => ok('');

export const systemClock = {nowMs: () => Date.now()};

/** A source on `url` that asks one question, `the_question`, unless told otherwise. */
export async function open(
	url: string,
	extra: Partial<PrometheusOptions> = {},
	questions: Questions = {guardrails: [guardrail('g', 'the_question')]},
	resolve: ResolveSecret = noSecrets,
	clock = systemClock,
): Promise<MetricsSource & AsyncDisposable> {
	const source = await openPrometheus(options(url, extra), questions, resolve, clock);
	if (!source.ok) throw new Error(source.error.message);
	return {...source.value, [Symbol.asyncDispose]: source.value.close};
}

export const never = new AbortController().signal;

export const askFor = (source: MetricsSource, deadlineMs = 1_000): Promise<TickAnswers> => source.ask(deadlineMs, never);

/** The reading of guardrail `g`. */
export async function readingOf(source: MetricsSource, deadlineMs = 1_000): Promise<Reading> {
	const {readings} = await askFor(source, deadlineMs);
	const reading = readings['g'];
	if (!reading) throw new Error('no reading for g');
	return reading;
}

export type Stub = AsyncDisposable & {
	readonly url: string;
	readonly port: number;
	readonly sockets: ReadonlySet<Socket>;
	readonly opened: () => number;
};

async function listen(server: Server, scheme = 'http'): Promise<Stub> {
	const sockets = new Set<Socket>();
	let opened = 0;
	server.on('connection', socket => {
		opened++;
		sockets.add(socket);
		socket.on('error', () => {});
		socket.on('close', () => sockets.delete(socket));
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const {port} = server.address() as {port: number};
	return {
		url: `${scheme}://127.0.0.1:${port}`,
		port,
		sockets,
		opened: () => opened,
		async [Symbol.asyncDispose]() {
			for (const socket of sockets) socket.destroy();
			server.close();
		},
	};
}

export const httpStub = (answer: RequestListener): Promise<Stub> => listen(createHttpServer(answer));

export const serve = (server: Server, scheme?: string): Promise<Stub> => listen(server, scheme);

/** Raw bytes instead of HTTP. `onRequest` runs when the first bytes of a request are in. */
export const tcpStub = (onRequest: (socket: Socket) => void): Promise<Stub> =>
	listen(createTcpServer(socket => socket.once('data', () => onRequest(socket))));

export const vector = (...samples: readonly (readonly [labels: Record<string, string>, value: string])[]): object => ({
	status: 'success',
	data: {resultType: 'vector', result: samples.map(([metric, value]) => ({metric, value: [Date.now() / 1_000, value]}))},
});

/** The form of a question, whether it came in the body or in the address. */
export async function formOf(request: IncomingMessage): Promise<URLSearchParams> {
	const {searchParams} = new URL(request.url ?? '', 'http://stub');
	return request.method === 'POST' ? new URLSearchParams(await text(request)) : searchParams;
}

export type StubAnswer = {
	readonly status?: number;
	readonly headers?: Record<string, string>;
	readonly body: string | Buffer | object;
};

/** Answers `the_question` with what is given, and everything else with an empty vector. */
export const answering = (answer: (form: URLSearchParams, request: IncomingMessage) => StubAnswer | undefined): Promise<Stub> =>
	httpStub(async (request, response) => {
		const form = await formOf(request);
		const {status = 200, headers = {}, body} = answer(form, request) ?? {body: vector()};
		send(response, status, headers, body);
	});

function send(response: ServerResponse, status: number, headers: Record<string, string>, body: StubAnswer['body']): void {
	const bytes = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
	response.writeHead(status, {'content-type': 'application/json', ...headers}).end(bytes);
}

/** As {@link answering}, for one fixed answer to `the_question`. */
export const stubAnswering = (answer: StubAnswer): Promise<Stub> =>
	answering(form => (form.get('query') === 'the_question' ? answer : undefined));
