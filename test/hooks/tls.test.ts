import {readFileSync} from 'node:fs';
import {createServer as createPlainServer} from 'node:http';
import {createServer, type ServerOptions} from 'node:https';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {createRedactor, type Redact} from '../../src/base/redact.ts';
import {ok} from '../../src/base/result.ts';
import type {BurstOptions} from '../../src/core/burst-options.ts';
import type {TlsOptions} from '../../src/core/source-options.ts';
import {runBurst} from '../../src/hooks/burst/run-burst.ts';
import type {HookPorts} from '../../src/hooks/ports.ts';
import {checkHttp, checkMetricsPage} from '../../src/hooks/preflight/check-http.ts';
import {freePort} from '../helpers/ports.ts';

const file = (name: string): string => join(import.meta.dirname, '../sources/tls', name);
const pem = (name: string): string => readFileSync(file(name), 'utf8');
const pair = (name: string): ServerOptions => ({cert: pem(`${name}.pem`), key: pem(`${name}.key.pem`)});
const tls = (extra: Partial<TlsOptions> = {}): {tls: TlsOptions} => ({tls: {insecureSkipVerify: false, ...extra}});
const trusting = tls({caFile: file('ca.pem')});

type Server = AsyncDisposable & {readonly url: string; readonly asked: () => number};

/** Answers everything with a metrics page. */
async function serve(options?: ServerOptions): Promise<Server> {
	let asked = 0;
	const answer = (_: unknown, response: {end(text: string): unknown}): void => {
		asked++;
		response.end('up_total 1\n');
	};
	const server = options ? createServer(options, answer) : createPlainServer(answer);
	await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
	const {port} = server.address() as AddressInfo;
	return {
		url: `https://127.0.0.1:${port}/metrics`,
		asked: () => asked,
		async [Symbol.asyncDispose]() {
			server.closeAllConnections();
			await new Promise(resolve => server.close(resolve));
		},
	};
}

const plain = createRedactor({literals: []});
const ports = {resolve: async () => ok(''), redact: plain} as unknown as HookPorts;
const soon = (): AbortSignal => AbortSignal.timeout(10_000);

type Asked = {readonly ok: boolean; readonly text: string};

async function burst(url: string, extra: {tls?: TlsOptions}, redact: Redact = plain): Promise<Asked> {
	const lines: string[] = [];
	const options: BurstOptions = {
		url,
		hosts: ['127.0.0.1'],
		method: 'GET',
		headers: {},
		users: [{name: 'ana'}],
		requests: 1,
		queries: [],
		pauseMs: 0,
		concurrency: 1,
		timeoutMs: 10_000,
		maxDurationMs: 20_000,
		expect: [200],
		tokenHeader: 'authorization',
		...extra,
	};
	const sent = await runBurst(
		options,
		{
			resolve: async () => ok(''),
			redact,
			nowMs: Date.now,
			monoMs: () => performance.now(),
			write: line => void lines.push(line),
			onDone: () => {},
			mayGo: () => true,
		},
		soon(),
	);
	if (!sent.ok) return {ok: false, text: sent.error};
	const {summary, firstTrouble} = sent.value;
	expect(summary.total).toBe(1);
	// What the command says stands in the transcript too.
	if (firstTrouble !== undefined) expect(lines.join('\n')).toContain(firstTrouble.replace(/^\S+ /, ''));
	return {ok: summary.ok === 1, text: firstTrouble ?? ''};
}

const kinds = {
	async http(url: string, extra: {tls?: TlsOptions}): Promise<Asked> {
		const {
			ok: isOk,
			message,
			remedy,
		} = await checkHttp({url, headers: {}, status: 200, match: 'up_total', ...extra}, ports, soon());
		return {ok: isOk, text: `${message} ${remedy ?? ''}`};
	},
	async metricsPage(url: string, extra: {tls?: TlsOptions}): Promise<Asked> {
		const {ok: isOk, message, remedy} = await checkMetricsPage({url, headers: {}, names: ['up'], ...extra}, ports, soon());
		return {ok: isOk, text: `${message} ${remedy ?? ''}`};
	},
	burst,
};

const asksForCertificate: ServerOptions = {...pair('server'), ca: pem('ca.pem'), requestCert: true, rejectUnauthorized: true};
const withClient = (name: string) =>
	tls({caFile: file('ca.pem'), certFile: file(`${name}.pem`), keyFile: file(`${name}.key.pem`)});

describe.each(Object.entries(kinds))('%s over TLS', (_, ask) => {
	test.each([
		['its own authority', pair('server'), trusting],
		['the name told', pair('server'), tls({caFile: file('ca.pem'), serverName: 'metrics.test'})],
		['a client certificate', asksForCertificate, withClient('client')],
		['a client certificate, TLS 1.2', {...asksForCertificate, maxVersion: 'TLSv1.2'} as ServerOptions, withClient('client')],
		['whoever it is, told so', pair('expired'), tls({insecureSkipVerify: true})],
	])('passes with %s', async (__, options, extra) => {
		await using server = await serve(options);
		expect(await ask(server.url, extra)).toMatchObject({ok: true});
		expect(server.asked()).toBe(1);
	});

	test.each([
		['an authority nobody knows', pair('server'), {}, /TLS: .*certificate.* Set "tls\.caFile"/],
		['another authority', pair('server'), tls({caFile: file('other.pem')}), /TLS: .*certificate.* Set "tls\.caFile"/],
		['a certificate that expired', pair('expired'), tls({caFile: file('expired.pem')}), /TLS: certificate has expired.* renewed/],
		[
			'another name',
			pair('other'),
			tls({caFile: file('other.pem')}),
			/TLS: its certificate is for DNS:elsewhere\.test, not for 127.* "tls\.serverName"/,
		],
		[
			'no client certificate',
			asksForCertificate,
			trusting,
			/TLS: .*certificate required.* asks for a client certificate.*tls\.certFile/,
		],
		[
			'no client certificate, TLS 1.2',
			{...asksForCertificate, maxVersion: 'TLSv1.2'} as ServerOptions,
			trusting,
			/TLS: .*handshake failure.* asks for a client certificate.*tls\.certFile/,
		],
		['a client certificate of a stranger', asksForCertificate, withClient('other'), /: .* not accept the client certificate/],
		['no TLS at all', undefined, trusting, /TLS: .* use http:\/\//],
	])('fails with %s, and says why and what to do', async (__, options, extra, says) => {
		await using server = await serve(options);
		const {ok: isOk, text} = await ask(server.url, extra);
		expect(isOk).toBe(false);
		expect(text).toContain(server.url);
		expect(text).toMatch(says);
		expect(server.asked()).toBe(0);
	});

	test.each([
		['a file that is not there', {caFile: '/nowhere/ca.pem'}, /\/nowhere\/ca\.pem can't be read \(ENOENT\)/],
		['a file that is no certificate', {certFile: file('README.md'), keyFile: file('client.key.pem')}, /TLS files do not work/],
		['a key of another', {certFile: file('client.pem'), keyFile: file('other.key.pem')}, /TLS files do not work/],
	])('asks nobody with %s', async (__, extra, says) => {
		await using server = await serve(pair('server'));
		const {ok: isOk, text} = await ask(server.url, tls(extra));
		expect(isOk).toBe(false);
		expect(text).toMatch(says);
		expect(server.asked()).toBe(0);
	});
});

test('the URL of a burst is masked where its first trouble is told', async () => {
	const url = `http://127.0.0.1:${await freePort()}/?key=hunter2-hunter2`;
	const {ok: isOk, text} = await burst(url, {}, createRedactor({literals: ['hunter2-hunter2']}));
	expect(isOk).toBe(false);
	expect(text).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?key=(?!hunter2).*ECONNREFUSED/);
});
