import {readFileSync} from 'node:fs';
import {createServer, type ServerOptions} from 'node:https';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import type {TlsOptions} from '../../src/core/source-options.ts';
import {never, readingOf, type Stub, serve} from './prometheus-kit.ts';
import {openOn, scrapeOptions, target} from './scrape-kit.ts';

const file = (name: string): string => join(import.meta.dirname, 'tls', name);
const pem = (name: string): string => readFileSync(file(name), 'utf8');

const httpsPage = (extra: ServerOptions = {}): Promise<Stub> =>
	serve(
		createServer({cert: pem('server.pem'), key: pem('server.key.pem'), ...extra}, (_, response) => response.end('x 1\n')),
		'https',
	);

const open = (url: string, tls?: Partial<TlsOptions>) =>
	openOn(scrapeOptions([target(url)], tls ? {tls: {insecureSkipVerify: false, ...tls}} : {}));

test('a page of a trusted authority is read; one of an authority nobody knows is down, and says why', async () => {
	await using server = await httpsPage();
	await using trusted = await open(server.url, {caFile: file('ca.pem')});
	expect(await readingOf(trusted)).toMatchObject({kind: 'values', up: [1, 1]});
	await using unknown = await open(server.url);
	expect(await readingOf(unknown)).toMatchObject({
		kind: 'empty',
		warnings: [expect.stringMatching(/is down: TLS: .*certificate/)],
	});
});

test('a page that wants a certificate of ours gets it, and refuses who has none', async () => {
	await using server = await httpsPage({ca: pem('ca.pem'), requestCert: true, rejectUnauthorized: true});
	const ours = {caFile: file('ca.pem'), certFile: file('client.pem'), keyFile: file('client.key.pem')};
	await using known = await open(server.url, ours);
	expect(await readingOf(known)).toMatchObject({kind: 'values'});
	await using stranger = await open(server.url, {caFile: file('ca.pem')});
	expect(await readingOf(stranger)).toMatchObject({kind: 'empty', warnings: [expect.stringMatching(/is down: TLS: /)]});
});

test('any certificate is taken when told so, and lint warns about it', async () => {
	await using server = await httpsPage();
	await using source = await open(server.url, {insecureSkipVerify: true});
	expect(await readingOf(source)).toMatchObject({kind: 'values'});
	expect(await source.lint(never)).toContainEqual(expect.stringMatching(/may show any certificate/));
});
