import {readFileSync} from 'node:fs';
import {createServer, type ServerOptions} from 'node:https';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import type {TlsOptions} from '../../src/core/source-options.ts';
import {openPrometheus} from '../../src/sources/prometheus.ts';
import {noSecrets, open, options, readingOf, type Stub, serve, stubAnswering, systemClock, vector} from './prometheus-kit.ts';

const file = (name: string): string => join(import.meta.dirname, 'tls', name);
const pem = (name: string): string => readFileSync(file(name), 'utf8');

const httpsStub = (extra: ServerOptions = {}): Promise<Stub> =>
	serve(
		createServer({cert: pem('server.pem'), key: pem('server.key.pem'), ...extra}, (_, response) =>
			response.end(JSON.stringify(vector([{}, '1']))),
		),
		'https',
	);

const tls = (extra: Partial<TlsOptions> = {}): {tls: TlsOptions} => ({tls: {insecureSkipVerify: false, ...extra}});
const trusting = tls({caFile: file('ca.pem')});

test('a certificate of the given authority is trusted', async () => {
	await using server = await httpsStub();
	await using source = await open(server.url, trusting);
	expect(await readingOf(source)).toMatchObject({kind: 'values'});
});

test('a certificate of an authority nobody knows is a TLS error', async () => {
	await using server = await httpsStub();
	await using source = await open(server.url);
	expect(await readingOf(source)).toMatchObject({
		kind: 'error',
		error: 'tls',
		message: expect.stringMatching(/^TLS: .*certificate/),
	});
});

test('a certificate for another name is a TLS error that says for which', async () => {
	await using server = await httpsStub({cert: pem('other.pem'), key: pem('other.key.pem')});
	await using source = await open(server.url, tls({caFile: file('other.pem')}));
	expect(await readingOf(source)).toMatchObject({
		kind: 'error',
		error: 'tls',
		message: expect.stringMatching(/elsewhere\.test|altnames/),
	});
});

test('the name to verify can be told', async () => {
	await using server = await httpsStub();
	await using source = await open(server.url, tls({caFile: file('ca.pem'), serverName: 'metrics.test'}));
	expect(await readingOf(source)).toMatchObject({kind: 'values'});
	await using wrong = await open(server.url, tls({caFile: file('ca.pem'), serverName: 'nowhere.test'}));
	expect(await readingOf(wrong)).toMatchObject({kind: 'error', error: 'tls'});
});

test('any certificate is taken when told so, and lint warns about it', async () => {
	await using server = await httpsStub();
	await using source = await open(server.url, tls({insecureSkipVerify: true}));
	expect(await readingOf(source)).toMatchObject({kind: 'values'});
	expect(await source.lint(AbortSignal.timeout(5_000))).toContainEqual(expect.stringMatching(/insecureSkipVerify/));
});

test('a client certificate opens a server that asks for one, and without it the door stays shut', async () => {
	await using server = await httpsStub({ca: pem('ca.pem'), requestCert: true, rejectUnauthorized: true});
	const files = {caFile: file('ca.pem'), certFile: file('client.pem'), keyFile: file('client.key.pem')};
	await using source = await open(server.url, tls(files));
	expect(await readingOf(source)).toMatchObject({kind: 'values'});
	await using stranger = await open(server.url, trusting);
	expect(await readingOf(stranger)).toMatchObject({kind: 'error', error: 'tls', message: expect.stringMatching(/alert/)});
});

test('https to a server that speaks plain http is a TLS error', async () => {
	await using server = await stubAnswering({body: vector([{}, '1'])});
	await using source = await open(server.url.replace('http:', 'https:'), trusting);
	expect(await readingOf(source)).toMatchObject({kind: 'error', error: 'tls'});
});

test.each([
	['a file that is not there', {caFile: '/nowhere/ca.pem'}, /\/nowhere\/ca\.pem can't be read \(ENOENT\)/],
	['a file that is no certificate', {certFile: file('README.md'), keyFile: file('client.key.pem')}, /TLS/],
])('%s keeps the source from opening, with a remedy', async (_, extra, says) => {
	const opened = await openPrometheus(options('https://127.0.0.1:1', tls(extra)), {guardrails: []}, noSecrets, systemClock);
	expect(opened).toMatchObject({
		ok: false,
		error: {message: expect.stringMatching(says), remedy: expect.stringMatching(/Check/)},
	});
});
