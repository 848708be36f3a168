import {type ClientRequest, createServer, Agent as HttpAgent, type IncomingMessage, type Server, ServerResponse} from 'node:http';
import {Agent as HttpsAgent} from 'node:https';
import type {Duplex} from 'node:stream';
import {createProxyServer, type ProxyServer} from 'httpxy';
import type {Side} from './builtin-choice.ts';
import type {ProxyTargets} from './builtin-config.ts';
import type {Counts, FailureReason} from './builtin-counts.ts';
import {type Chosen, createChooser} from './builtin-side.ts';

/** As nginx's `proxy_read_timeout`, but for the head alone: what streams may be silent for as long as it likes. */
const headMs = 60_000;
/** Shorter than what servers wait before they close an idle connection (uvicorn and Node 5 s, Bun 10 s). */
const idleMs = 4_000;
/** Longer than any client's pool keeps one: who closes first must be the client. */
const clientIdleMs = 75_000;
const wholeRequestMs = 3_600_000;
const connectionsMax = 10_000;

/** What is known of a request while it is under way. */
type Passing = Chosen & {
	readonly startedMs: number;
	readonly wantsClose: boolean;
	upstream?: ClientRequest;
	timer?: NodeJS.Timeout;
	hasHead: boolean;
	isTimedOut: boolean;
	isRetried: boolean;
	isOver: boolean;
};

/** The split as the front reads it, anew for each request. */
export type InForce = {targets: ProxyTargets; weightPercent: number};

export type Front = {readonly server: Server; silent(): readonly string[]};

/**
 * The server that clients see. It picks a side for each request by itself, passes on what streams as it comes, and answers 502 or
 * 504 when the picked server does not: a request is never given to another server, because that would hide a dead canary.
 */
export function createFront(inForce: Readonly<InForce>, counts: Counts): Front {
	const choose = createChooser();
	const agents = agentsFor();
	const silent = new Set<string>();
	const passings = new WeakMap<IncomingMessage, Passing>();
	const proxy = createProxyServer({xfwd: true, upgradeTimeout: headMs});

	const begin = (request: IncomingMessage): Passing => {
		const chosen = choose(request.headers, inForce.targets, inForce.weightPercent);
		const wantsClose = /\bclose\b/i.test(request.headers.connection ?? '');
		const passing = {
			...chosen,
			startedMs: performance.now(),
			wantsClose,
			hasHead: false,
			isTimedOut: false,
			isRetried: false,
			isOver: false,
		};
		passings.set(request, passing);
		counts.chosen(passing.side);
		return passing;
	};
	const end = (passing: Passing): void => {
		clearTimeout(passing.timer);
		if (!passing.isOver) counts.ended(passing.side);
		passing.isOver = true;
	};
	const head = (passing: Passing, code: number): void => {
		clearTimeout(passing.timer);
		passing.hasHead = true;
		silent.delete(passing.target);
		counts.answered(passing.side, code, (performance.now() - passing.startedMs) / 1000);
	};
	const pass = (request: IncomingMessage, response: ServerResponse, passing: Passing): void => {
		const agent = passing.target.startsWith('https:') ? agents.https : agents.http;
		proxy.web(request, response, {target: passing.target, agent}).catch(() => {});
	};
	const failure = (passing: Passing, error: unknown): 502 | 504 => {
		silent.add(passing.target);
		counts.failed(passing.side, reasonOf(passing, error));
		const code = passing.isTimedOut ? 504 : 502;
		counts.answeredInstead(passing.side, code);
		return code;
	};

	const server = createServer(
		{keepAliveTimeout: clientIdleMs, requestTimeout: wholeRequestMs, shouldUpgradeCallback: isWebSocket},
		(request, response) => {
			const passing = begin(request);
			// Of this connection, not of the one to the server; and the client has got its "100 Continue" from us.
			for (const name of ['connection', 'keep-alive', 'upgrade', 'expect']) delete request.headers[name];
			response.once('close', () => {
				if (!passing.hasHead && !response.headersSent) counts.answeredInstead(passing.side, 499);
				end(passing);
			});
			pass(request, response, passing);
		},
	);
	server.maxConnections = connectionsMax;
	server.on('upgrade', (request: IncomingMessage, socket: Duplex, rest: Buffer) => {
		// Before Node 24.9 whatever wants an upgrade comes here, HTTP/2 too, and can't be answered as if it did not.
		if (!isWebSocket(request)) return void socket.end('HTTP/1.1 501 Not Implemented\r\nConnection: close\r\n\r\n');
		const passing = begin(request);
		socket.once('close', () => end(passing));
		proxy.ws(request, socket as never, {target: passing.target}, rest).catch(() => {});
	});

	onEach(proxy, passings, {
		request: (passing, upstream) => {
			passing.upstream = upstream;
			passing.timer = setTimeout(() => {
				passing.isTimedOut = true;
				upstream.destroy(new Error('no answer in time'));
			}, headMs);
		},
		response: (passing, answer) => {
			head(passing, answer.statusCode ?? 0);
			delete answer.headers['keep-alive'];
			answer.headers.connection = passing.wantsClose ? 'close' : 'keep-alive';
			if (passing.setCookie !== undefined) {
				answer.headers['set-cookie'] = [...(answer.headers['set-cookie'] ?? []), passing.setCookie];
			}
			answer.once('close', () => {
				if (!answer.complete && !passing.isOver) counts.failed(passing.side, 'cut');
			});
		},
		upgrade: head,
		error: (passing, error, request, client) => {
			if (passing.hasHead || passing.isOver) return;
			if (client instanceof ServerResponse) {
				if (client.headersSent) return;
				if (isStale(passing, request, error)) {
					passing.isRetried = true;
					return pass(request, client, passing);
				}
				answerInstead(client, failure(passing, error), passing.side);
			} else if (!client.destroyed) {
				const code = failure(passing, error);
				client.write(`HTTP/1.1 ${code} ${code === 504 ? 'Gateway Timeout' : 'Bad Gateway'}\r\nConnection: close\r\n\r\n`);
			}
		},
	});
	return {server, silent: () => [...silent]};
}

const agentsFor = () => {
	const options = {keepAlive: true, timeout: idleMs, maxFreeSockets: 256};
	return {http: new HttpAgent(options), https: new HttpsAgent(options)};
};

const isWebSocket = (request: IncomingMessage): boolean => request.headers.upgrade?.toLowerCase() === 'websocket';

type Hooks = {
	request(passing: Passing, upstream: ClientRequest): void;
	response(passing: Passing, answer: IncomingMessage): void;
	upgrade(passing: Passing, code: number): void;
	error(passing: Passing, error: unknown, request: IncomingMessage, client: ServerResponse | Duplex): void;
};

/** The library's events, with what we know of the request they are about. */
function onEach(proxy: ProxyServer, passings: WeakMap<IncomingMessage, Passing>, hooks: Hooks): void {
	const about = <Args extends unknown[]>(hook: (passing: Passing, ...args: Args) => void) => {
		return (request: IncomingMessage, ...args: Args): void => {
			const passing = passings.get(request);
			if (passing) hook(passing, ...args);
		};
	};
	const onRequest = about(hooks.request);
	const onResponse = about(hooks.response);
	const onUpgrade = about(hooks.upgrade);
	const onError = about(hooks.error);
	proxy.on('proxyReq', (upstream, request) => onRequest(request as IncomingMessage, upstream));
	proxy.on('proxyRes', (answer, request) => onResponse(request as IncomingMessage, answer));
	proxy.on('proxyReqWs', (upstream, request) => {
		upstream.once('upgrade', () => onUpgrade(request as IncomingMessage, 101));
		upstream.once('response', answer => onUpgrade(request as IncomingMessage, answer.statusCode ?? 0));
	});
	proxy.on('error', (error, request, client) => {
		if (request && client)
			onError(request as IncomingMessage, error, request as IncomingMessage, client as ServerResponse | Duplex);
	});
}

const connectCodes = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EADDRNOTAVAIL'];

function reasonOf({isTimedOut}: Passing, error: unknown): FailureReason {
	if (isTimedOut) return 'timeout';
	const {code = ''} = error as NodeJS.ErrnoException;
	return connectCodes.includes(code) ? 'connect' : 'reset';
}

/**
 * The server closed an idle connection in the moment we used it again, so it never saw the request: asking the same server once
 * more hides nothing (RFC 9110, section 9.2.2). Not for what has a body, which is gone, or changes something.
 */
function isStale({upstream, isRetried, isTimedOut}: Passing, request: IncomingMessage, error: unknown): boolean {
	if (isRetried || isTimedOut || upstream?.reusedSocket !== true) return false;
	const hasBody = request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
	const {code = ''} = error as NodeJS.ErrnoException;
	return !hasBody && ['GET', 'HEAD', 'OPTIONS'].includes(request.method ?? '') && ['ECONNRESET', 'EPIPE'].includes(code);
}

/** Nothing about the server: clients need not know addresses. */
function answerInstead(response: ServerResponse, code: 502 | 504, side: Side): void {
	const text = code === 504 ? 'did not answer in time' : 'did not answer';
	response.writeHead(code, {'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store'});
	response.end(`The server (${side}) ${text}.\n`);
}
