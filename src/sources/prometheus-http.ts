import {brotliDecompressSync, gunzipSync, inflateSync} from 'node:zlib';
import {type Dispatcher, Pool} from 'undici';
import type {Clock} from '../base/clock.ts';
import {fail, ok, type Result} from '../base/result.ts';
import type {HttpAnswer} from './prometheus-answer.ts';
import {type Connector, createConnector} from './prometheus-connector.ts';
import type {Credentials, TlsMaterial} from './prometheus-credentials.ts';
import {type Fault, fault, faultOfError} from './prometheus-fault.ts';

/** One answer may have this many bytes, unpacked: some 40,000 series. Beyond, parsing would hold up a rollback. */
export const answerBytesMax = 8 * 1024 * 1024;
/** All answers of one tick together. */
export const tickBytesMax = 16 * 1024 * 1024;

/** A connection that is never taken must not outlive its tick for long. */
const connectTimeoutMaxMs = 5_000;
/** Longer than the pause between two ticks; servers that close sooner say so in `keep-alive`. */
const keepAliveMs = 60_000;

export type HttpOptions = {
	/** Origin and path prefix, no slash at the end. */
	readonly url: URL;
	readonly method: 'GET' | 'POST';
	readonly connections: number;
	readonly connectTimeoutMs: number;
	readonly tls?: TlsMaterial;
	readonly clock: Clock;
};

/** Bytes that may still come; questions asked together share one. */
export type Budget = {bytesLeft: number};

/** What holds for a question of one tick. */
export type TickLimits = {readonly signal: AbortSignal; readonly credentials: Credentials; readonly budget: Budget};

export type Fetched = HttpAnswer & {
	/** By our clock: before the first byte left, and when the answer's head was here. */
	readonly sentAtMs: number;
	readonly receivedAtMs: number;
	/** Header `date`, in ms. */
	readonly dateMs?: number;
	/** Says itself to be VictoriaMetrics, by its own header. */
	readonly isVictoria: boolean;
};

export type Form = Readonly<Record<string, string>>;

/** Asks one server over kept connections. Never throws; an aborted question gives up its connection at once. */
export class PrometheusHttp {
	readonly #connector: Connector;
	readonly #pool: Pool;
	readonly #clock: Clock;
	readonly #prefix: string;
	readonly #encodings: string;
	#method: 'GET' | 'POST';

	constructor({url, method, connections, connectTimeoutMs, tls, clock}: HttpOptions) {
		this.#connector = createConnector(Math.min(connectTimeoutMs, connectTimeoutMaxMs), tls);
		this.#pool = new Pool(url.origin, {
			connections,
			// One question at a time on a connection: a slow one holds up nobody.
			pipelining: 1,
			keepAliveTimeout: keepAliveMs,
			// The tick's deadline is the only clock; undici's own ones tick in half seconds.
			headersTimeout: 0,
			bodyTimeout: 0,
			connect: this.#connector.connect,
		});
		this.#clock = clock;
		this.#prefix = url.pathname.replace(/\/+$/, '');
		this.#encodings = isLoopback(url.hostname) ? 'identity' : 'gzip, br';
		this.#method = method;
	}

	async ask(path: string, form: Form, limits: TickLimits): Promise<Result<Fetched, Fault>> {
		let answer = await this.#attempt(path, form, limits);
		const isMethodRefused = answer.ok && (answer.value.status === 405 || answer.value.status === 501);
		if (isMethodRefused && this.#method === 'POST') {
			// A proxy that lets only reading through. It will not change its mind during this session.
			this.#method = 'GET';
			answer = await this.#attempt(path, form, limits);
		}
		// A server may close an idle connection in the moment we use it. Questions change nothing, so ask once more.
		if (!answer.ok && answer.error.kind === 'reset') answer = await this.#attempt(path, form, limits);
		return answer;
	}

	close(): Promise<void> {
		return this.#pool.destroy();
	}

	async #attempt(path: string, form: Form, limits: TickLimits): Promise<Result<Fetched, Fault>> {
		const startedAt = performance.now();
		try {
			return await this.#send(path, form, limits);
		} catch (error) {
			if (limits.signal.aborted) return fail(fault('timeout', 'no whole answer in time'));
			const found = faultOfError(error);
			return fail(found.kind === 'reset' ? (this.#connector.tlsFaultSince(startedAt) ?? found) : found);
		}
	}

	async #send(path: string, form: Form, {signal, credentials, budget}: TickLimits): Promise<Result<Fetched, Fault>> {
		const body = new URLSearchParams(form).toString();
		const isPost = this.#method === 'POST';
		const own = {accept: 'application/json', 'accept-encoding': this.#encodings, ...(isPost && formType)};
		const sentAtMs = this.#clock.nowMs();
		const response = await this.#pool.request({
			method: this.#method,
			path: isPost ? this.#prefix + path : `${this.#prefix}${path}?${body}`,
			headers: {...credentials.headers, ...own},
			body: isPost ? body : null,
			signal,
		});
		const receivedAtMs = this.#clock.nowMs();
		const text = await readText(response, budget);
		if (!text.ok) return text;
		const {location, date, 'x-server-hostname': victoria} = response.headers;
		const dateMs = Date.parse(String(date));
		return ok({
			status: response.statusCode,
			text: response.statusCode === 200 ? text.value : withoutSecrets(text.value, credentials.secrets),
			...(typeof location === 'string' && {location}),
			...(Number.isFinite(dateMs) && {dateMs}),
			isVictoria: victoria !== undefined,
			sentAtMs,
			receivedAtMs,
		});
	}
}

const formType = {'content-type': 'application/x-www-form-urlencoded'};

/** Packing costs more than it saves where nothing leaves the machine. */
const isLoopback = (host: string): boolean => host === 'localhost' || host === '[::1]' || /^127\./.test(host);

const tooLarge = (): Result<never, Fault> =>
	fail(fault('too-large', `the answer has more than ${Math.round(answerBytesMax / 1024 / 1024)} MB; aggregate it in the query`));

const tickTooLarge = (): Result<never, Fault> =>
	fail(fault('too-large', `all answers of this tick together have more than ${Math.round(tickBytesMax / 1024 / 1024)} MB`));

async function readText(response: Dispatcher.ResponseData, budget: Budget): Promise<Result<string, Fault>> {
	const bytes = await readBounded(response, budget);
	return bytes.ok ? unpack(bytes.value, String(response.headers['content-encoding'] ?? ''), budget) : bytes;
}

async function readBounded({body, headers}: Dispatcher.ResponseData, budget: Budget): Promise<Result<Buffer, Fault>> {
	if (Number(headers['content-length']) > answerBytesMax) {
		body.on('error', () => {}).destroy();
		return tooLarge();
	}
	const chunks: Buffer[] = [];
	let bytes = 0;
	for await (const chunk of body as AsyncIterable<Buffer>) {
		bytes += chunk.length;
		budget.bytesLeft -= chunk.length;
		// Leaving the loop destroys the body and with it the connection: nothing more is taken off the wire.
		if (bytes > answerBytesMax) return tooLarge();
		if (budget.bytesLeft < 0) return tickTooLarge();
		chunks.push(chunk);
	}
	return ok(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks));
}

const unpackers: Readonly<Record<string, (packed: Buffer, options: {maxOutputLength: number}) => Buffer>> = {
	gzip: gunzipSync,
	'x-gzip': gunzipSync,
	deflate: inflateSync,
	br: brotliDecompressSync,
};

function unpack(packed: Buffer, encoding: string, budget: Budget): Result<string, Fault> {
	const name = encoding.trim().toLowerCase();
	if (name === '' || name === 'identity' || packed.length === 0) return ok(packed.toString('utf8'));
	const unpacker = Object.hasOwn(unpackers, name) ? unpackers[name] : undefined;
	if (!unpacker) return fail(fault('malformed', `the answer is packed in a way nobody asked for: ${JSON.stringify(name)}`));
	try {
		const bytes = unpacker(packed, {maxOutputLength: answerBytesMax});
		budget.bytesLeft -= bytes.length;
		return budget.bytesLeft < 0 ? tickTooLarge() : ok(bytes.toString('utf8'));
	} catch (error) {
		if ((error as {code?: string}).code === 'ERR_BUFFER_TOO_LARGE') return tooLarge();
		return fail(fault('malformed', `the answer claims to be ${name} and is not`));
	}
}

/** A server may quote the token it refuses. */
const withoutSecrets = (text: string, secrets: readonly string[]): string =>
	secrets.reduce((safe, secret) => safe.replaceAll(secret, '•••'), text);
