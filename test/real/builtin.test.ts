import {readFileSync, statSync} from 'node:fs';
import {createServer, request as httpRequest} from 'node:http';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {request} from 'undici';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {BuiltinOptions} from '../../src/core/router-options.ts';
import {endBuiltin, openBuiltin, readBuiltin} from '../../src/routers/builtin.ts';
import {pidPath} from '../../src/routers/builtin-config.ts';
import type {Router} from '../../src/routers/router.ts';
import {observedShare, runLoad, startLoad} from '../helpers/load.ts';
import {
	createTempFolder,
	freePort,
	isAlive,
	isPortTaken,
	knownPid,
	startProcess,
	type TempFolder,
	waitUntil,
} from '../helpers/process.ts';
import {never, routerContract} from '../routers/contract.ts';
import {type Services, startServices} from '../routers/rigs.ts';

const opened = (options: BuiltinOptions): Router => {
	const router = openBuiltin(options);
	if (!router.ok) throw new Error(router.error.message);
	return router.value;
};

async function optionsFor(folder: TempFolder, services: Services, more: Partial<BuiltinOptions> = {}): Promise<BuiltinOptions> {
	return {
		kind: 'builtin',
		listen: `127.0.0.1:${await freePort()}`,
		baseline: [services.stable.url],
		candidate: [services.canary.url],
		controlSocket: join(folder.path, 'proxy.sock'),
		endWithSession: false,
		timeoutMs: 5_000,
		...more,
	};
}

/** The proxy is a process of its own and outlives the router: a test has to end it by name. */
const end = ({controlSocket}: BuiltinOptions) => endBuiltin(controlSocket, AbortSignal.timeout(15_000), 2_000);
const state = ({controlSocket}: BuiltinOptions) => readBuiltin(controlSocket, never, 2_000);

routerContract('builtin', async () => {
	const folder = createTempFolder('builtin');
	const services = await startServices();
	const options = await optionsFor(folder, services);
	const router = opened(options);
	return {
		router,
		// Counted at the servers' own answers, so that what is told is what is done.
		actualPercent: async () => {
			const load = await runLoad({url: `http://${options.listen}/`, requestsPerSecond: 1_000, seconds: 0.1});
			return observedShare(load, 'canary') * 100;
		},
		async [Symbol.asyncDispose]() {
			await router.close();
			await end(options);
			await services[Symbol.asyncDispose]();
			folder.remove();
		},
	};
});

describe('the builtin proxy', () => {
	let folder: TempFolder;
	let services: Services;
	let options: BuiltinOptions;
	const url = (path = '/') => `http://${options.listen}${path}`;
	const versionOf = async (headers: Record<string, string> = {}) => {
		const answer = await request(url(), {headers});
		await answer.body.dump();
		return {version: answer.headers['x-version'], cookie: answer.headers['set-cookie'], status: answer.statusCode};
	};

	beforeEach(async () => {
		folder = createTempFolder('builtin');
		services = await startServices();
		options = await optionsFor(folder, services);
	});
	afterEach(async () => {
		await end(options);
		await services[Symbol.asyncDispose]();
		folder.remove();
	});

	test('500 requests a second lose none over 60 changes of weight, and every share is exact', async () => {
		const router = opened(options);
		await router.setWeight(0, never);
		const load = startLoad({url: url(), requestsPerSecond: 500, seconds: 7});
		for (let turn = 0; turn < 60; turn++) {
			await sleep(100);
			await router.setWeight([5, 25, 50, 75, 100, 0][turn % 6] ?? 0, never);
		}
		const report = await load.done;
		expect(report).toMatchObject({failed: 0, notSent: 0});
		expect(report.ok).toBeGreaterThan(3_000);
		await router.setWeight(5, never);
		const steady = await runLoad({url: url(), requestsPerSecond: 500, seconds: 2});
		expect(steady).toMatchObject({failed: 0, byVersion: {canary: 50, stable: 950}});
	});

	test('event streams go on over changes of weight, event by event as they come', async () => {
		const router = opened(options);
		await router.setWeight(50, never);
		const streams = Array.from({length: 10}, async () => {
			const {body} = await request(url('/events?count=30&interval-ms=50'));
			let text = '';
			const arrivedMs: number[] = [];
			for await (const chunk of body) {
				text += String(chunk);
				arrivedMs.push(performance.now());
			}
			return {events: text.match(/^data: \{"version"/gm)?.length, isWhole: text.endsWith('event: done\ndata: {}\n\n'), arrivedMs};
		});
		for (const percent of [0, 100, 25, 0]) {
			await sleep(250);
			await router.setWeight(percent, never);
		}
		for (const {events, isWhole, arrivedMs} of await Promise.all(streams)) {
			expect({events, isWhole}).toEqual({events: 30, isWhole: true});
			expect(arrivedMs.length).toBeGreaterThan(20);
		}
		expect((await state(options))?.counts.candidate).toMatchObject({inFlight: 0, failures: 0});
	});

	test('a websocket is passed on and stays open when its side has no weight any more', async () => {
		const upstream = createServer();
		upstream.on('upgrade', (incoming, socket) => {
			const accept = incoming.headers['sec-websocket-key'] ?? '';
			socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Key: ${accept}\r\n\r\n`);
			socket.on('data', (data: Buffer) => socket.write(`echo ${data}`));
			socket.on('error', () => {});
			socket.on('end', () => socket.end());
		});
		const port = await freePort();
		await new Promise<void>(resolve => upstream.listen(port, '127.0.0.1', resolve));
		options = {...options, candidate: [`http://127.0.0.1:${port}`]};
		const router = opened(options);
		await router.setWeight(100, never);
		const headers = {connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-key': 'k', 'sec-websocket-version': '13'};
		const [host, listenPort] = options.listen.split(':');
		const upgrading = httpRequest({host, port: listenPort, path: '/ws', headers});
		upgrading.end();
		const [answer, socket] = await new Promise<[{headers: NodeJS.Dict<string | string[]>}, import('node:stream').Duplex]>(
			(resolve, reject) => {
				upgrading.once('upgrade', (incoming, duplex) => resolve([incoming, duplex]));
				upgrading.once('error', reject);
			},
		);
		expect(answer.headers['x-key']).toBe('k');
		await router.setWeight(0, never);
		socket.write('hello');
		const [echoed] = await new Promise<Buffer[]>(resolve => socket.once('data', (data: Buffer) => resolve([data])));
		expect(String(echoed)).toBe('echo hello');
		expect((await state(options))?.counts.candidate.inFlight).toBe(1);
		socket.destroy();
		await waitUntil('the socket is counted out', async () => (await state(options))?.counts.candidate.inFlight === 0);
		upstream.closeAllConnections();
		upstream.close();
	});

	test('it outlives the kill -9 of its starter, and the next router adopts it with the weight it has', async () => {
		const program = `
			import {openBuiltin} from ${JSON.stringify(new URL('../../src/routers/builtin.ts', import.meta.url).href)};
			const router = openBuiltin(${JSON.stringify(options)}).value;
			console.log(JSON.stringify(await router.setWeight(25, new AbortController().signal)));
			setInterval(() => {}, 1000);
		`;
		const starter = await startProcess({
			name: 'starter',
			command: process.execPath,
			args: ['--input-type=module-typescript', '-e', program],
		});
		await waitUntil('the weight is set', () => starter.output().includes('"weightPercent":25'), {seen: () => starter.output()});
		const before = await state(options);
		const load = startLoad({url: url(), requestsPerSecond: 200, seconds: 1.5});
		await sleep(300);
		// The whole group, as a terminal that closes would.
		process.kill(-starter.pid, 'SIGKILL');
		expect(await load.done).toMatchObject({failed: 0, notSent: 0});
		const router = opened(options);
		expect(await router.readSplit(never)).toMatchObject({ok: true, value: {weightPercent: 25}});
		expect((await state(options))?.pid).toBe(before?.pid);
		await router.close();
		expect((await versionOf()).status).toBe(200);
	});

	test('one that was killed is started again with the weight it had, and says so', async () => {
		const router = opened(options);
		await router.setWeight(40, never);
		const pid = knownPid((await state(options))?.pid);
		process.kill(pid, 'SIGKILL');
		await waitUntil('it is gone', () => !isAlive(pid));
		const split = await router.readSplit(never);
		expect(split, JSON.stringify(split)).toMatchObject({ok: true, value: {weightPercent: 40}});
		if (split.ok) expect(split.value.warnings?.join()).toContain(`(process ${pid}) died and was started again`);
		expect((await versionOf()).status).toBe(200);
	});

	test('one that was ended on purpose is not started again behind the back of whoever ended it', async () => {
		const router = opened(options);
		await router.setWeight(40, never);
		expect(await end(options)).toBe(true);
		expect(await router.readSplit(never)).toMatchObject({ok: false, error: {kind: 'unreachable'}});
		expect(await router.setWeight(0, never)).toMatchObject({ok: false, error: {kind: 'unreachable'}});
	});

	test('looking alone leaves nothing running, and lint starts nothing', async () => {
		const router = opened(options);
		const sentences = await router.lint(never);
		expect(sentences[0]).toContain('meant for demos, tests and single-host set-ups');
		expect(sentences.join(' ')).toContain('No proxy runs');
		expect(await state(options)).toBeUndefined();
		expect(await router.readSplit(never)).toMatchObject({ok: true, value: {weightPercent: 0}});
		const pid = knownPid((await state(options))?.pid);
		await router.close();
		expect(await state(options)).toBeUndefined();
		await waitUntil('its process is gone', () => !isAlive(pid));
	});

	test('routers that begin at once share one proxy, and none of theirs comes up late', async () => {
		const splits = await Promise.all(Array.from({length: 4}, () => opened(options).readSplit(never)));
		for (const split of splits) expect(split).toMatchObject({ok: true, value: {weightPercent: 0}});
		expect(statSync(options.controlSocket).mode & 0o777).toBe(0o600);
		expect(readFileSync(pidPath(options.controlSocket), 'utf8')).toMatch(
			new RegExp(`^${(await state(options))?.pid} \\d+ \\S+\\n$`),
		);
		await end(options);
		await sleep(500);
		expect(await state(options)).toBeUndefined();
		expect(await isPortTaken(Number(options.listen.split(':')[1]))).toBe(false);
	});

	test('a start that is called off leaves nothing that would come up late', async () => {
		expect(await opened(options).readSplit(AbortSignal.timeout(10))).toMatchObject({ok: false, error: {kind: 'aborted'}});
		await sleep(500);
		expect(await isPortTaken(Number(options.listen.split(':')[1]))).toBe(false);
	});

	test('a port that is taken is named', async () => {
		const {port} = services.stable;
		const answer = await opened({...options, listen: `127.0.0.1:${port}`}).readSplit(never);
		expect(answer).toMatchObject({ok: false, error: {kind: 'unreachable'}});
		if (!answer.ok) {
			expect(answer.error.message).toContain('EADDRINUSE');
			expect(answer.error.remedy).toContain('Another program listens');
		}
	});

	test('a stopped one times out, can be given up at once, and what was given up never undoes what came later', async () => {
		// Started with all the time it needs; only then is it asked in a hurry.
		await opened(options).setWeight(5, never);
		const router = opened({...options, timeoutMs: 400});
		const pid = knownPid((await state(options))?.pid);
		process.kill(pid, 'SIGSTOP');
		const aborting = new AbortController();
		const givenUp = router.setWeight(50, aborting.signal);
		await sleep(30);
		aborting.abort();
		expect(await givenUp).toMatchObject({ok: false, error: {kind: 'aborted'}});
		const rollback = router.setWeight(0, never);
		expect(await rollback).toMatchObject({ok: false, error: {kind: 'timeout'}});
		process.kill(pid, 'SIGCONT');
		expect(await router.setWeight(0, never)).toMatchObject({ok: true, value: {weightPercent: 0}});
		await sleep(100);
		expect((await state(options))?.weightPercent).toBe(0);
	});

	test('a change that is older than the last one is refused', async () => {
		await opened(options).setWeight(5, never);
		const late = httpRequest({socketPath: options.controlSocket, method: 'PUT', path: '/split'});
		late.end(JSON.stringify({weightPercent: 50, ticket: '1'}));
		const status = await new Promise<number | undefined>(resolve =>
			late.once('response', answer => {
				answer.resume();
				resolve(answer.statusCode);
			}),
		);
		expect(status).toBe(409);
		expect((await state(options))?.weightPercent).toBe(5);
	});

	test('a dead canary is not hidden: its clients get 502, the split warns, the counts tell', async () => {
		const router = opened(options);
		await router.setWeight(25, never);
		await services.canary.stop();
		const load = await runLoad({url: url(), requestsPerSecond: 200, seconds: 1});
		expect(load).toMatchObject({ok: 150, failed: 50, failures: {502: 50}});
		const split = await router.readSplit(never);
		expect(split).toMatchObject({ok: true, value: {weightPercent: 25, pools: {baseline: [1, 1], candidate: [0, 1]}}});
		if (split.ok) expect(split.value.warnings?.join()).toContain('its clients get 502');
		expect((await state(options))?.counts).toMatchObject({candidate: {requests: 50, failures: 50}, baseline: {failures: 0}});
		expect((await router.lint(never)).join(' ')).toContain('takes no connection (“ECONNREFUSED”)');
	});

	test('an answer that was cut reaches the client as cut, not as whole', async () => {
		await services.canary.fault({sseBreakRate: 1});
		const router = opened(options);
		await router.setWeight(100, never);
		const {body} = await request(url('/events?count=4&interval-ms=5'));
		await expect(body.text()).rejects.toThrow();
		await waitUntil('it is counted', async () => (await state(options))?.counts.candidate.failures === 1);
	});

	test('a client that leaves is no failure of the server', async () => {
		const router = opened(options);
		await router.setWeight(100, never);
		const leaving = new AbortController();
		const answer = request(url('/events?count=1000&interval-ms=20'), {signal: leaving.signal});
		await (await answer).body
			.once('data', () => leaving.abort())
			.toArray()
			.catch(() => {});
		await waitUntil('it is over', async () => (await state(options))?.counts.candidate.inFlight === 0);
		expect((await state(options))?.counts.candidate.failures).toBe(0);
	});

	test('sticky by header: who is on a side stays there, and a growing weight only moves users to the candidate', async () => {
		options = {...options, sticky: {header: 'X-User'}};
		const router = opened(options);
		const users = Array.from({length: 60}, (_, index) => `user-${index}`);
		const sidesAt = async (percent: number) => {
			await router.setWeight(percent, never);
			return await Promise.all(users.map(async user => (await versionOf({'x-user': user})).version));
		};
		const at30 = await sidesAt(30);
		expect(await sidesAt(30)).toEqual(at30);
		const at70 = await sidesAt(70);
		at30.forEach((version, index) => void (version === 'canary' && expect(at70[index]).toBe('canary')));
		expect(at70.filter(version => version === 'canary').length).toBeGreaterThan(
			at30.filter(version => version === 'canary').length,
		);
		expect(new Set(await sidesAt(0))).toEqual(new Set(['stable']));
	});

	test('sticky by cookie: new clients are spread exactly and stay where they are', async () => {
		options = {...options, sticky: {cookie: 'side'}};
		const router = opened(options);
		await router.setWeight(25, never);
		const clients = await Promise.all(Array.from({length: 100}, () => versionOf()));
		const onCanary = clients.filter(({version}) => version === 'canary').length;
		expect(onCanary).toBeGreaterThanOrEqual(24);
		expect(onCanary).toBeLessThanOrEqual(26);
		for (const {version, cookie} of clients.slice(0, 20)) {
			const again = await versionOf({cookie: String(cookie).split(';')[0] ?? ''});
			expect(again).toMatchObject({version});
			expect(again.cookie).toBeUndefined();
		}
	});

	test('its own metrics page counts a side and its answers', async () => {
		options = {...options, metricsListen: `127.0.0.1:${await freePort()}`};
		const router = opened(options);
		await router.setWeight(25, never);
		await runLoad({url: url(), requestsPerSecond: 100, seconds: 1});
		const page = await (await request(`http://${options.metricsListen}/metrics`)).body.text();
		expect(page).toContain('canary_builtin_requests_total{side="candidate"} 25');
		expect(page).toContain('canary_builtin_responses_total{side="baseline",code="200"} 75');
		expect(page).toContain('canary_builtin_failures_total{side="candidate",reason="connect"} 0');
		expect(page).toContain('canary_builtin_weight_percent 25');
	});

	test('after a promotion the next release takes it over without moving a request; with both sides in use it does not', async () => {
		await opened(options).setWeight(100, never);
		const port = await freePort();
		const next = {...options, baseline: options.candidate, candidate: [`http://127.0.0.1:${port}`]};
		expect(await opened(next).readSplit(never)).toMatchObject({ok: true, value: {weightPercent: 0}});
		expect((await versionOf()).version).toBe('canary');
		await opened(next).setWeight(10, never);
		expect(await opened(options).readSplit(never)).toMatchObject({ok: false, error: {kind: 'refused'}});
		expect((await state(options))?.weightPercent).toBe(10);
	});

	test('a client that would rather speak HTTP/2 gets its answer in HTTP/1.1', async () => {
		await opened(options).setWeight(0, never);
		const [host, port] = options.listen.split(':');
		const asking = httpRequest({
			host,
			port,
			headers: {connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABk'},
		});
		asking.end();
		const status = await new Promise<number | undefined>((resolve, reject) => {
			asking.once('error', reject);
			asking.once('response', answer => {
				answer.resume();
				resolve(answer.statusCode);
			});
		});
		expect(status).toBe(200);
	});

	test('headers of one connection stay on it: a client that closes does not close the one behind', async () => {
		const seen: string[] = [];
		const sockets = new Set<unknown>();
		const upstream = createServer((incoming, outgoing) => {
			seen.push(`${incoming.headers.connection} ${incoming.headers['x-forwarded-for']} ${incoming.headers.host}`);
			sockets.add(incoming.socket);
			outgoing.setHeader('connection', 'keep-alive').end('ok');
		});
		const port = await freePort();
		await new Promise<void>(resolve => upstream.listen(port, '127.0.0.1', resolve));
		options = {...options, candidate: [`http://127.0.0.1:${port}`]};
		await opened(options).setWeight(100, never);
		for (let turn = 0; turn < 3; turn++) {
			const answer = await request(url(), {headers: {connection: 'close'}});
			await answer.body.dump();
			expect(answer.headers.connection).toBe('close');
		}
		expect(new Set(seen)).toEqual(new Set([`keep-alive 127.0.0.1 ${options.listen}`]));
		expect(sockets.size).toBe(1);
		upstream.closeAllConnections();
		upstream.close();
	});
});
