import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, expect, test} from 'vitest';
import type {Result} from '../../src/base/result.ts';
import type {RouterError, Split} from '../../src/core/split.ts';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {type Haproxy, type HaproxyBackend, startHaproxy, twoSides} from '../helpers/haproxy.ts';
import {runLoad} from '../helpers/load.ts';
import {createTempFolder, freePort, startProcess, waitUntil} from '../helpers/process.ts';
import {requireServer, serverEnvironment} from '../helpers/servers.ts';
import {never} from '../routers/contract.ts';
import {haproxyOptions, haproxyPercent, open, type Services, startServices, startStrangeServer} from '../routers/rigs.ts';

let services: Services;

beforeAll(async () => {
	services = await startServices();
});
afterAll(() => services[Symbol.asyncDispose]());

const ports = () => [services.stable.port, services.canary.port] as const;

async function startWith(backend: Partial<HaproxyBackend> = {}, canaryPercent = 0, reloadable = false): Promise<Haproxy> {
	const [stable, canary] = ports();
	return startHaproxy({backends: [{servers: twoSides([stable], [canary], canaryPercent), ...backend}], reloadable});
}

const tcp = (port: number, timeoutMs = 300) => open(haproxyOptions({host: '127.0.0.1', port}, {timeoutMs}));

async function errorOf(answer: Promise<Result<Split, RouterError>>): Promise<RouterError> {
	const settled = await answer;
	if (settled.ok) throw new Error('It worked.');
	return settled.error;
}

async function warningsOf(answer: Promise<Result<Split, RouterError>>): Promise<string> {
	const settled = await answer;
	return settled.ok ? (settled.value.warnings ?? []).join('\n') : settled.error.message;
}

describeWithServers(['haproxy'], 'HAProxy that does not answer as it should', () => {
	test('a socket that is not there is named, with what to look at', async () => {
		const error = await errorOf(open(haproxyOptions({path: '/nowhere/haproxy.sock'})).readSplit(never));
		expect(error.kind).toBe('unreachable');
		expect(error.message).toBe("HAProxy can't be reached: there is no socket at unix:/nowhere/haproxy.sock.");
		expect(error.remedy).toContain('stats socket');
	});

	test('a port that nobody listens on is named', async () => {
		const port = await freePort();
		const error = await errorOf(tcp(port).setWeight(5, never));
		expect(error).toMatchObject({kind: 'unreachable', message: `HAProxy can't be reached: nobody listens at 127.0.0.1:${port}.`});
	});

	test('a plain file is not taken for a socket', async () => {
		using folder = createTempFolder('file');
		const path = join(folder.path, 'haproxy.sock');
		writeFileSync(path, '');
		const error = await errorOf(open(haproxyOptions({path})).readSplit(never));
		expect(error.kind).toBe('unreachable');
		expect(error.message).toContain(path);
	});

	test('one that takes the connection and never answers times out, and an abort ends the wait at once', async () => {
		await using server = await startStrangeServer(() => {});
		const router = tcp(server.port);
		const error = await errorOf(router.readSplit(never));
		expect(error).toMatchObject({kind: 'timeout'});
		expect(error.message).toContain('took the connection, but did not answer within 300 ms');
		const aborting = new AbortController();
		const underWay = router.readSplit(aborting.signal);
		await sleep(50);
		const startedMs = performance.now();
		aborting.abort();
		expect((await errorOf(underWay)).kind).toBe('aborted');
		expect(performance.now() - startedMs).toBeLessThan(50);
		await router.close();
	});

	test('something else than HAProxy is quoted, without its escape sequences', async () => {
		await using server = await startStrangeServer(socket => {
			socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n\u001b[31mred'));
		});
		const error = await errorOf(tcp(server.port).readSplit(never));
		expect(error.kind).toBe('refused');
		expect(error.message).toContain("gave an answer that is not the runtime API's: “HTTP/1.1 400 Bad Request red”");
	});

	test('one that closes without a word is unreachable', async () => {
		await using server = await startStrangeServer(socket => {
			socket.once('data', () => socket.end());
		});
		const error = await errorOf(tcp(server.port).readSplit(never));
		expect(error.kind).toBe('unreachable');
		expect(error.message).toContain('closed the connection without an answer');
	});

	test('an answer without an end is cut off', async () => {
		const flood = Buffer.alloc(256 * 1024, 'x');
		await using server = await startStrangeServer(socket => {
			const pour = (): void => {
				while (!socket.destroyed && socket.write(flood));
			};
			socket.on('drain', pour).once('data', pour);
		});
		const error = await errorOf(tcp(server.port, 10_000).readSplit(never));
		expect(error.kind).toBe('refused');
		expect(error.message).toContain('answers without an end (more than 8 MiB)');
	});

	test('an answer that breaks off in the middle of a table is not half believed', async () => {
		await using haproxy = await startWith();
		const whole = await haproxy.runtime('show servers state app; show stat app 6 -1');
		for (const part of [0.3, 0.6, 0.9]) {
			await using server = await startStrangeServer(socket => {
				socket.once('data', () => socket.end(whole.slice(0, whole.length * part)));
			});
			const error = await errorOf(tcp(server.port).readSplit(never));
			expect(error).toMatchObject({kind: 'unreachable'});
			expect(error.message).toContain('in the middle of its answer');
		}
	});

	test('HAProxy killed in the midst of changes: each call ends, and the last says that nobody is there', async () => {
		await using haproxy = await startWith();
		const router = open(haproxyOptions({path: haproxy.socketPath}));
		const answers: (RouterError | 'ok')[] = [];
		setTimeout(() => haproxy.process.signal('SIGKILL'), 150);
		const change = async (percent: number): Promise<void> => {
			const answer = await router.setWeight(percent, never);
			answers.push(answer.ok ? 'ok' : answer.error);
		};
		for (let round = 0; haproxy.process.isRunning() || round < 30; round++) await change(round % 2 === 0 ? 5 : 25);
		// The one that was under way when it died may still have been answered.
		await change(0);
		expect(answers[0]).toBe('ok');
		expect(answers.at(-1)).toMatchObject({kind: 'unreachable'});
		expect(answers.filter(answer => answer !== 'ok' && answer.kind !== 'unreachable')).toEqual([]);
	});

	test('a change given up while HAProxy hung never lands after the one that followed', async () => {
		await using haproxy = await startWith();
		const router = open(haproxyOptions({path: haproxy.socketPath}, {timeoutMs: 1_000}));
		for (let round = 0; round < 12; round++) {
			expect(await router.setWeight(25, never)).toMatchObject({ok: true});
			const promoting = new AbortController();
			// The read is answered, then HAProxy hangs, then the change itself is sent into the dark.
			const promote = router.setWeight(50, promoting.signal);
			if (round % 3 === 0) await sleep(0.3);
			haproxy.process.signal('SIGSTOP');
			await sleep(20);
			promoting.abort();
			await promote;
			const rollback = router.setWeight(0, never);
			await sleep(20);
			haproxy.process.signal('SIGCONT');
			expect(await rollback).toMatchObject({ok: true, value: {weightPercent: 0}});
			await sleep(40);
			expect(await haproxyPercent(haproxy)).toBe(0);
		}
		await router.close();
	});

	test('a change that was held up on its way and lands after the next one is undone before that one counts', async () => {
		await using haproxy = await startWith();
		// A tunnel that holds every change to 50 % back for a while, and delivers it although nobody waits for it any more.
		await using tunnel = await startStrangeServer(socket => {
			socket.once('data', async line => {
				if (`${line}`.includes('weight 50')) await sleep(120);
				socket.end(`${await haproxy.runtime(`${line}`.trim())}\n\n`);
			});
		});
		const router = tcp(tunnel.port, 1_000);
		await router.setWeight(25, never);
		const promoting = new AbortController();
		const promote = router.setWeight(50, promoting.signal);
		await sleep(40);
		promoting.abort();
		expect((await errorOf(promote)).kind).toBe('aborted');
		expect(await router.setWeight(0, never)).toMatchObject({ok: true, value: {weightPercent: 0}});
		await sleep(200);
		expect(await haproxyPercent(haproxy)).toBe(0);
		await router.close();
	});

	test('a stopped HAProxy is a timeout, and a running one works again without a new router', async () => {
		await using haproxy = await startWith();
		const router = open(haproxyOptions({path: haproxy.socketPath}, {timeoutMs: 200}));
		haproxy.process.signal('SIGSTOP');
		expect((await errorOf(router.setWeight(5, never))).kind).toBe('timeout');
		haproxy.process.signal('SIGCONT');
		expect(await router.setWeight(25, never)).toMatchObject({ok: true, value: {weightPercent: 25}});
		await router.close();
	});

	test('nothing stays open once the router is closed', async () => {
		const openThings = (): number => process.getActiveResourcesInfo().filter(name => /Pipe|TCP|Timeout/.test(name)).length;
		await using haproxy = await startWith();
		const router = open(haproxyOptions({path: haproxy.socketPath}, {timeoutMs: 150}));
		await sleep(50);
		const before = openThings();
		await router.setWeight(25, never);
		haproxy.process.signal('SIGSTOP');
		await router.setWeight(50, never);
		await router.readSplit(AbortSignal.timeout(30));
		await router.close();
		haproxy.process.signal('SIGCONT');
		await waitUntil('nothing is left', () => openThings() <= before);
	});
});

describeWithServers(['haproxy'], 'HAProxy that disagrees', () => {
	test('an unknown backend is named', async () => {
		await using haproxy = await startWith();
		const backends = [{name: 'shop', baseline: ['stable'], candidate: ['canary']}];
		const error = await errorOf(open(haproxyOptions({path: haproxy.socketPath}, {backends})).readSplit(never));
		expect(error).toMatchObject({kind: 'refused'});
		expect(error.message).toContain('has no backend named shop');
	});

	test('an unknown server is named beside the known ones', async () => {
		await using haproxy = await startWith();
		const backends = [{name: 'app', baseline: ['stable'], candidate: ['canry']}];
		const error = await errorOf(open(haproxyOptions({path: haproxy.socketPath}, {backends})).setWeight(5, never));
		expect(error).toMatchObject({kind: 'refused'});
		expect(error.message).toContain('backend app has no server named canry; it has stable and canary');
	});

	test('a static algorithm is refused with its remedy, and lint warned of it before', async () => {
		await using haproxy = await startWith({balance: 'static-rr'}, 50);
		const router = open(haproxyOptions({path: haproxy.socketPath}));
		expect(await router.lint(never)).toContainEqual(expect.stringContaining('balance static-rr takes no weight but 0'));
		const error = await errorOf(router.setWeight(5, never));
		expect(error.kind).toBe('refused');
		expect(error.message).toContain('static LB algorithm');
		expect(error.message).toContain('Weights now: app/stable 50 and app/canary 50');
		expect(error.remedy).toContain('roundrobin');
	});

	test('a socket without level admin reads, and says what it needs to write', async () => {
		using folder = createTempFolder('operator');
		const [program, socket, config] = [requireServer('haproxy'), join(folder.path, 'op.sock'), join(folder.path, 'h.cfg')];
		const [stable, canary] = ports();
		const backend = `backend app\n server stable 127.0.0.1:${stable} weight 100\n server canary 127.0.0.1:${canary} weight 20 cookie c`;
		const timeouts = ' timeout connect 1s\n timeout client 1s\n timeout server 1s';
		writeFileSync(config, `global\n stats socket ${socket} level operator\ndefaults\n mode http\n${timeouts}\n${backend}\n`);
		const router = open(haproxyOptions({path: socket}));
		await using _haproxy = await startProcess({
			...{name: 'haproxy', command: program, args: ['-db', '-f', config], env: serverEnvironment(program)},
			ready: async () => (await router.readSplit(never)).ok,
		});
		const error = await errorOf(router.setWeight(5, never));
		expect(error).toMatchObject({kind: 'refused', remedy: 'Its "stats socket" line needs "level admin" for changes.'});
		const sentences = (await router.lint(never)).join('\n');
		expect(sentences).toContain('no health check on stable and canary');
		expect(sentences).toContain('clients that once met the candidate stay with it');
		expect(sentences).toContain('brings the configured weights back, and the candidate to 16.67 %');
	});
});

describeWithServers(['haproxy'], 'HAProxy and the health of its servers', () => {
	test('a server in drain counts as no weight, and a side that is out is not promoted to', async () => {
		await using haproxy = await startWith();
		const router = open(haproxyOptions({path: haproxy.socketPath}));
		await router.setWeight(25, never);
		await haproxy.runtime('set server app/canary state drain');
		const split = await router.readSplit(never);
		expect(split).toMatchObject({ok: true, value: {weightPercent: 0, pools: {baseline: [1, 1], candidate: [0, 1]}}});
		expect(split).toMatchObject({value: {warnings: ['app/canary is in drain and takes no new traffic']}});
		const error = await errorOf(router.setWeight(50, never));
		expect(error.kind).toBe('refused');
		expect(error.message).toContain('a whole side takes no traffic: canary (drain). Nothing was changed.');
		expect(await haproxy.weights()).toEqual({stable: 75, canary: 25});
	});

	test('a rollback works with the baseline in maintenance, and says that nobody is served', async () => {
		await using haproxy = await startWith();
		const router = open(haproxyOptions({path: haproxy.socketPath}));
		await router.setWeight(25, never);
		await haproxy.runtime('set server app/stable state maint');
		expect(await router.readSplit(never)).toMatchObject({ok: true, value: {weightPercent: 100, pools: {baseline: [0, 1]}}});
		const answer = await router.setWeight(0, never);
		expect(answer).toMatchObject({ok: true, value: {weightPercent: 0}});
		expect(answer).toMatchObject({
			value: {warnings: [expect.stringContaining('no server of app with a weight can take traffic'), expect.any(String)]},
		});
	});

	test('a dead candidate keeps its weight: the split stays, the pool and a warning tell, and redispatches are counted', async () => {
		await using doomed = await startServices();
		const servers = twoSides([doomed.stable.port], [doomed.canary.port], 0);
		await using haproxy = await startHaproxy({
			backends: [{servers, extraLines: ['option redispatch 1', 'retry-on all-retryable-errors']}],
		});
		const router = open(haproxyOptions({path: haproxy.socketPath}));
		await router.setWeight(50, never);
		await doomed.canary.process.stop();
		const load = await runLoad({url: haproxy.url, requestsPerSecond: 100, seconds: 0.3, connections: 'fresh'});
		expect(load.failed).toBe(0);
		const warnings = await warningsOf(router.readSplit(never));
		expect(warnings).toMatch(/\d+ requests meant for app\/canary were sent elsewhere/);
		await waitUntil('HAProxy finds it down', async () => (await haproxy.runtime('show stat app 4 -1')).includes(',DOWN,'));
		expect(await router.readSplit(never)).toMatchObject({
			ok: true,
			value: {weightPercent: 50, pools: {baseline: [1, 1], candidate: [0, 1]}},
		});
		const told = await warningsOf(router.readSplit(never));
		expect(told).toMatch(/app\/canary is DOWN \(.+\) and keeps its weight of 50/);
		expect(told).toContain("the candidate gets 0 % of app's traffic now, although the weights say 50 %");
	});
});

describeWithServers(['haproxy'], 'HAProxy with more than one backend or server', () => {
	test('several servers share their side, and one in maintenance does not shift the split', async () => {
		const [stable, canary] = ports();
		await using haproxy = await startHaproxy({backends: [{servers: twoSides([stable, stable, stable], [canary, canary], 0)}]});
		const backends = [{name: 'app', baseline: ['stable-1', 'stable-2', 'stable-3'], candidate: ['canary-1', 'canary-2']}];
		const router = open(haproxyOptions({path: haproxy.socketPath}, {backends}));
		const five = await router.setWeight(5, never);
		if (!five.ok) throw new Error(five.error.message);
		expect(five.value.weightPercent).toBeCloseTo(5, 2);
		expect(five.value.pools).toEqual({baseline: [3, 3], candidate: [2, 2]});
		const weights = await haproxy.weights();
		expect(weights['stable-1']).toBe(weights['stable-3']);
		expect(weights['canary-1']).toBe(weights['canary-2']);
		await haproxy.runtime('set server app/stable-2 state maint');
		const again = await router.setWeight(5, never);
		if (!again.ok) throw new Error(again.error.message);
		expect(again.value.weightPercent).toBeCloseTo(5, 2);
		expect(again.value.pools).toEqual({baseline: [2, 3], candidate: [2, 2]});
	});

	test('all backends are set; where one drifts the larger share is told, and both', async () => {
		const servers = twoSides([services.stable.port], [services.canary.port], 0);
		await using haproxy = await startHaproxy({backends: [{servers}, {name: 'api', servers}]});
		const side = {baseline: ['stable'], candidate: ['canary']};
		const backends = [
			{name: 'app', ...side},
			{name: 'api', ...side},
		];
		const router = open(haproxyOptions({path: haproxy.socketPath}, {backends}));
		expect(await router.setWeight(5, never)).toMatchObject({ok: true, value: {weightPercent: 5, pools: {candidate: [2, 2]}}});
		expect(await haproxy.weights('api')).toEqual({stable: 95, canary: 5});
		await haproxy.runtime('set server api/canary weight 0');
		expect(await router.readSplit(never)).toMatchObject({
			value: {weightPercent: 5, warnings: ["the backends disagree on the candidate's share: app 5 % and api 0 %"]},
		});
		expect(await router.setWeight(0, never)).toMatchObject({ok: true, value: {weightPercent: 0}});
	});

	test('a server on neither side is told, and all is not all while it serves', async () => {
		const [stable, canary] = ports();
		const servers = [...twoSides([stable], [canary], 0), {name: 'old', port: stable, weight: 100}];
		await using haproxy = await startHaproxy({backends: [{servers}]});
		const router = open(haproxyOptions({path: haproxy.socketPath}));
		const error = await errorOf(router.setWeight(100, never));
		expect(error.kind).toBe('not-applied');
		expect(error.message).toContain('took 100 % for backend app, but reads back 50 %. app also sends traffic to old');
		expect(await router.lint(never)).toContainEqual('app: old is on neither side of the split, but takes traffic by its weight.');
	});

	test('a share that whole weights cannot spell is refused before anything changes', async () => {
		const [stable, canary] = ports();
		const canaries = Array.from({length: 10}, () => canary);
		await using haproxy = await startHaproxy({backends: [{servers: twoSides([stable], canaries, 0)}]});
		const backends = [{name: 'app', baseline: ['stable'], candidate: canaries.map((_, index) => `canary-${index + 1}`)}];
		const error = await errorOf(open(haproxyOptions({path: haproxy.socketPath}, {backends})).setWeight(0.5, never));
		expect(error.kind).toBe('refused');
		expect(error.message).toContain(
			'the closest that weights of 1 to 256 spell with its servers is 3.76 %. Nothing was changed.',
		);
	});

	test('a hundred servers are set in lines that HAProxy can take', async () => {
		const [stable, canary] = ports();
		const many = (port: number): number[] => Array.from({length: 100}, () => port);
		await using haproxy = await startHaproxy({backends: [{servers: twoSides(many(stable), many(canary), 0)}]});
		const names = (side: string): string[] => many(0).map((_, index) => `${side}-${index + 1}`);
		const backends = [{name: 'app', baseline: names('stable'), candidate: names('canary')}];
		const router = open(haproxyOptions({path: haproxy.socketPath}, {backends}));
		expect(await router.setWeight(25, never)).toMatchObject({
			ok: true,
			value: {weightPercent: 25, pools: {candidate: [100, 100]}},
		});
		expect(new Set(Object.values(await haproxy.weights()))).toEqual(new Set([25, 75]));
	});
});

describeWithServers(['haproxy'], 'HAProxy and its reloads', () => {
	test('a reload brings the configured weights back, and that is seen', async () => {
		await using haproxy = await startWith({}, 20, true);
		const router = open(haproxyOptions({path: haproxy.socketPath}));
		expect(await router.lint(never)).toContainEqual(
			expect.stringContaining('a reload of HAProxy brings the configured weights back'),
		);
		await router.setWeight(0, never);
		await haproxy.reload();
		expect(await router.readSplit(never)).toMatchObject({ok: true, value: {weightPercent: 20}});
	});

	test('with a state file a finished rollback outlives the reload', async () => {
		using folder = createTempFolder('state');
		const stateFile = join(folder.path, 'servers.state');
		const extraLines = ['load-server-state-from-file local', `server-state-file-name ${stateFile}`];
		await using haproxy = await startWith({extraLines}, 20, true);
		const router = open(haproxyOptions({path: haproxy.socketPath}, {stateFile}));
		const answer = await router.setWeight(0, never);
		expect(answer).toMatchObject({ok: true, value: {weightPercent: 0}});
		expect(readFileSync(stateFile, 'utf8')).toContain(' canary ');
		await haproxy.reload();
		expect(await router.readSplit(never)).toMatchObject({ok: true, value: {weightPercent: 0}});
	});

	test('a state file that cannot be written is a warning: the traffic has moved', async () => {
		await using haproxy = await startWith();
		const router = open(haproxyOptions({path: haproxy.socketPath}, {stateFile: '/nowhere/servers.state'}));
		const answer = await router.setWeight(5, never);
		expect(answer).toMatchObject({
			ok: true,
			value: {
				weightPercent: 5,
				warnings: [
					"/nowhere/servers.state can't be written: its folder does not exist: a reload of HAProxy would bring older weights back",
				],
			},
		});
	});
});
