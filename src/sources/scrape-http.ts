import {promisify} from 'node:util';
import {brotliDecompress, gunzip, inflate} from 'node:zlib';
import {type Dispatcher, Pool} from 'undici';
import {fail, ok, type Result} from '../base/result.ts';
import {type Connector, createConnector} from './prometheus-connector.ts';
import type {Credentials, TlsMaterial} from './prometheus-credentials.ts';
import {type Fault, fault, faultOfError, quoted} from './prometheus-fault.ts';

export type PageHttpOptions = {
	readonly url: URL;
	/** For everything: connecting, waiting, the last byte, and unpacking. */
	readonly timeoutMs: number;
	readonly bytesMax: number;
	readonly tls?: TlsMaterial;
};

export type FetchedPage = {
	readonly bytes: Uint8Array;
	/** Header `content-type`, as it came. */
	readonly contentType: string;
};

/** As Prometheus asks: OpenMetrics where there is a choice. */
const accept =
	'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';

/** Longer than the pause between two scrapes. */
const keepAliveMs = 60_000;

/** Reads one page again and again over one kept connection. Never throws; a page that takes too long loses its connection at once. */
export class PageHttp {
	readonly #options: PageHttpOptions;
	readonly #connector: Connector;
	readonly #pool: Pool;

	constructor(options: PageHttpOptions) {
		this.#options = options;
		this.#connector = createConnector(options.timeoutMs, options.tls);
		this.#pool = new Pool(options.url.origin, {
			connections: 1,
			pipelining: 1,
			keepAliveTimeout: keepAliveMs,
			// The scrape's own timeout is the only clock.
			headersTimeout: 0,
			bodyTimeout: 0,
			connect: this.#connector.connect,
		});
	}

	async fetch(credentials: Credentials, signal: AbortSignal): Promise<Result<FetchedPage, Fault>> {
		const {timeoutMs} = this.#options;
		const stop = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
		const late = (): Result<never, Fault> => fail(fault('timeout', `no whole page within ${Math.round(timeoutMs)} ms`));
		const first = await this.#attempt(credentials, stop);
		if (stop.aborted) return late();
		// A service may close an idle connection in the moment we use it. A page is only read, so ask once more.
		const isWorthAgain = !first.ok && first.error.kind === 'reset' && !first.error.hadHead;
		const answer = isWorthAgain ? await this.#attempt(credentials, stop) : first;
		return stop.aborted && !answer.ok ? late() : answer;
	}

	close(): Promise<void> {
		return this.#pool.destroy();
	}

	async #attempt(credentials: Credentials, signal: AbortSignal): Promise<Result<FetchedPage, Fault & {hadHead?: boolean}>> {
		const startedAt = performance.now();
		let hadHead = false;
		try {
			const {pathname, search} = this.#options.url;
			const response = await this.#pool.request({
				method: 'GET',
				path: pathname + search,
				headers: {...credentials.headers, ...this.#ownHeaders()},
				signal,
			});
			hadHead = true;
			return await this.#read(response, credentials.secrets);
		} catch (error) {
			const found = faultOfError(error);
			const why = found.kind === 'reset' ? (this.#connector.tlsFaultSince(startedAt) ?? found) : found;
			return fail({...why, hadHead});
		}
	}

	#ownHeaders(): Record<string, string> {
		return {
			accept,
			'accept-encoding': 'gzip',
			'x-prometheus-scrape-timeout-seconds': String(this.#options.timeoutMs / 1_000),
		};
	}

	async #read(response: Dispatcher.ResponseData, secrets: readonly string[]): Promise<Result<FetchedPage, Fault>> {
		const {statusCode, headers, body} = response;
		const {bytesMax} = this.#options;
		if (statusCode !== 200) {
			const refused = await readBounded(body, refusalBytesMax);
			return fail(refusal(statusCode, headers.location, withoutSecrets(refused?.toString('utf8') ?? '', secrets)));
		}
		if (Number(headers['content-length']) > bytesMax) {
			body.on('error', () => {}).destroy();
			return tooLarge(bytesMax);
		}
		const packed = await readBounded(body, bytesMax);
		if (!packed) return tooLarge(bytesMax);
		const bytes = await unpack(packed, String(headers['content-encoding'] ?? ''), bytesMax);
		return bytes.ok ? ok({bytes: bytes.value, contentType: String(headers['content-type'] ?? '')}) : bytes;
	}
}

/** Only the beginning of a refusal is quoted. */
const refusalBytesMax = 64 * 1024;

const tooLarge = (bytesMax: number): Result<never, Fault> =>
	fail(fault('too-large', `the page has more than ${Math.round(bytesMax / 1024 / 1024)} MB`));

function refusal(status: number, location: unknown, text: string): Fault {
	if (status === 401 || status === 403) return fault('unauthorized', `HTTP ${status}: ${quoted(text, 80)}`);
	if (status >= 300 && status < 400)
		return fault(
			'http',
			`HTTP ${status}: redirects to ${quoted(String(location ?? 'nowhere'), 200)}; give that address as the url`,
		);
	return fault('http', text.trim() === '' ? `HTTP ${status}` : `HTTP ${status}: ${quoted(text, 80)}`);
}

/** Undefined: there is more. Leaving the loop destroys the body and with it the connection: nothing more is taken off the wire. */
async function readBounded(body: Dispatcher.ResponseData['body'], bytesMax: number): Promise<Buffer | undefined> {
	const chunks: Buffer[] = [];
	let bytes = 0;
	for await (const chunk of body as AsyncIterable<Buffer>) {
		bytes += chunk.length;
		if (bytes > bytesMax) return undefined;
		chunks.push(chunk);
	}
	return Buffer.concat(chunks);
}

/** On threads of their own: unpacking 16 MB takes longer than a tick may be late. */
const unpackers = {
	gzip: promisify(gunzip),
	'x-gzip': promisify(gunzip),
	deflate: promisify(inflate),
	br: promisify(brotliDecompress),
} as const;

async function unpack(packed: Buffer, encoding: string, bytesMax: number): Promise<Result<Uint8Array, Fault>> {
	const name = encoding.trim().toLowerCase();
	if (name === '' || name === 'identity' || packed.length === 0) return ok(packed);
	if (!Object.hasOwn(unpackers, name))
		return fail(fault('malformed', `the page is packed in a way nobody asked for: ${JSON.stringify(quoted(name, 40))}`));
	try {
		return ok(await unpackers[name as keyof typeof unpackers](packed, {maxOutputLength: bytesMax}));
	} catch (error) {
		if ((error as {code?: string}).code === 'ERR_BUFFER_TOO_LARGE') return tooLarge(bytesMax);
		return fail(fault('malformed', `the page claims to be ${name} and is not`));
	}
}

/** A service may quote the token it refuses. */
const withoutSecrets = (text: string, secrets: readonly string[]): string =>
	secrets.reduce((safe, secret) => safe.replaceAll(secret, '•••'), text);
