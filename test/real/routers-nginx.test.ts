import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, dirname, join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, afterEach, beforeAll, beforeEach, expect, test} from 'vitest';
import type {Result} from '../../src/base/result.ts';
import type {NginxOptions} from '../../src/core/router-options.ts';
import type {RouterError, Split} from '../../src/core/split.ts';
import type {Router} from '../../src/routers/router.ts';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import type {Nginx} from '../helpers/nginx.ts';
import {freePort} from '../helpers/process.ts';
import {never} from '../routers/contract.ts';
import {
	nginxOptions,
	nginxPercent,
	open,
	type Services,
	startNginxFor,
	startServices,
	startStrangeServer,
} from '../routers/rigs.ts';

let services: Services;
let nginx: Nginx;
let router: Router;

beforeAll(async () => {
	services = await startServices();
});
afterAll(() => services[Symbol.asyncDispose]());

beforeEach(async () => {
	nginx = await startNginxFor(services);
	router = open(nginxOptions(nginx, services));
});
afterEach(async () => {
	await router.close();
	await nginx.stop();
});

const routerWith = (more: Partial<NginxOptions>): Router => open(nginxOptions(nginx, services, more));

async function errorOf(answer: Promise<Result<Split, RouterError>>): Promise<RouterError> {
	const settled = await answer;
	if (settled.ok) throw new Error('It worked.');
	return settled.error;
}

const onDisk = (): string => readFileSync(nginx.includePath, 'utf8');

const leftovers = (): string[] => [
	...readdirSync(dirname(nginx.includePath)).filter(name => name.startsWith(`${basename(nginx.includePath)}.`)),
	...readdirSync(tmpdir()).filter(name => name.startsWith('canary-nginx-')),
];

describeWithServers(['nginx'], 'nginx and what stands on disk', () => {
	test('the file is whole, says both sides, and nothing else is left beside it', async () => {
		await router.setWeight(5, never);
		expect(onDisk()).toContain(`	server 127.0.0.1:${services.stable.port} weight=95;`);
		expect(onDisk()).toContain(`	server 127.0.0.1:${services.canary.port} weight=5;`);
		await router.setWeight(0, never);
		expect(onDisk()).toContain(`	server 127.0.0.1:${services.canary.port} down;`);
		expect(leftovers()).toEqual([]);
	});

	test('what is read is what runs, not what somebody wrote on disk since', async () => {
		await router.setWeight(5, never);
		writeFileSync(
			nginx.includePath,
			onDisk()
				.replace('weight=95', 'weight=50')
				.replace('weight=5;', 'weight=50;')
				.replace(/id=\w+/, 'id=other'),
		);
		const answer = await router.readSplit(never);
		expect(answer).toMatchObject({ok: true, value: {weightPercent: 5}});
		const warning = 'the include file on disk says 50 % and is not the one that nginx runs: a reload would put it in force';
		expect(answer).toMatchObject({value: {warnings: [warning]}});
		expect(await router.setWeight(5, never)).toMatchObject({ok: true, value: {weightPercent: 5}});
		expect(onDisk()).toContain('weight=95');
	});

	test('a server that nginx cannot take is refused on a trial copy: disk and traffic stay', async () => {
		await router.setWeight(25, never);
		const before = onDisk();
		const wrong = routerWith({candidate: ['no-such-host.invalid:80']});
		const error = await errorOf(wrong.setWeight(5, never));
		expect(error.kind).toBe('refused');
		expect(error.message).toContain('host not found in upstream');
		expect(error.message).toContain(`in ${nginx.includePath}:5`);
		expect(onDisk()).toBe(before);
		expect(await nginxPercent(nginx)).toBe(25);
		expect(leftovers()).toEqual([]);
		await wrong.close();
	});

	test('a main configuration that somebody else broke is named; the include file is put back, and it works again once mended', async () => {
		await router.setWeight(25, never);
		const [include, main] = [onDisk(), readFileSync(nginx.configPath, 'utf8')];
		writeFileSync(nginx.configPath, main.replace('http {', 'http {\n\tsurprise on;'));
		const error = await errorOf(router.setWeight(0, never));
		expect(error.kind).toBe('refused');
		expect(error.message).toContain('unknown directive "surprise"');
		expect(error.message).toContain('The include file is as it was, and so is the split.');
		expect(onDisk()).toBe(include);
		expect(await nginxPercent(nginx)).toBe(25);
		writeFileSync(nginx.configPath, main);
		expect(await router.setWeight(0, never)).toMatchObject({ok: true, value: {weightPercent: 0}});
	});

	test('a reload that fails puts the file back', async () => {
		await router.setWeight(25, never);
		const before = onDisk();
		const error = await errorOf(
			routerWith({reload: ['/bin/sh', '-c', 'echo no right to do so >&2; exit 3']}).setWeight(50, never),
		);
		expect(error.kind).toBe('refused');
		expect(error.message).toContain('exit code 3: “no right to do so”');
		expect(onDisk()).toBe(before);
	});

	test('a reload that nginx never hears of is found out, and the file put back', async () => {
		await router.setWeight(25, never);
		const before = onDisk();
		const deaf = routerWith({reload: ['/bin/true'], timeoutMs: 700});
		const error = await errorOf(deaf.setWeight(50, never));
		expect(error.kind).toBe('not-applied');
		expect(error.message).toContain(
			'took the reload for 50 %, but after 700 ms its workers still serve the old split. It goes on with 25 %',
		);
		expect(onDisk()).toBe(before);
		await deaf.close();
	});

	test('a folder that is not there is said before anything changes', async () => {
		const error = await errorOf(routerWith({include: '/nowhere/split.conf'}).setWeight(5, never));
		expect(error).toMatchObject({kind: 'refused'});
		expect(error.message).toBe("/nowhere/split.conf can't be written: its folder does not exist. The split was not changed.");
	});

	test('changes that are called off leave no files behind, and a promote that is called off does not wait on disk', async () => {
		await router.setWeight(5, never);
		for (const afterMs of [0, 2, 5, 10, 15, 20, 30]) {
			const aborting = new AbortController();
			const underWay = router.setWeight(75, aborting.signal);
			await sleep(afterMs);
			aborting.abort();
			await underWay;
			await sleep(250);
			const now = await router.readSplit(never);
			if (!now.ok) throw new Error(now.error.message);
			// Before nginx was told, everything is as it was; after that, running and disk are the new one together.
			expect([5, 75]).toContain(now.value.weightPercent);
			expect(now.value.warnings).toBeUndefined();
			await router.setWeight(5, never);
		}
		expect(leftovers()).toEqual([]);
	});

	test('by a pid file the master gets its SIGHUP straight away', async () => {
		const {reload: _, ...rest} = nginxOptions(nginx, services, {pidFile: join(nginx.prefix, 'nginx.pid')});
		const direct = open(rest);
		expect(await direct.setWeight(33, never)).toMatchObject({ok: true, value: {weightPercent: 33}});
		const gone = open({...rest, pidFile: join(nginx.prefix, 'no.pid')});
		const error = await errorOf(gone.setWeight(5, never));
		expect(error).toMatchObject({kind: 'unreachable'});
		expect(error.message).toContain("nginx can't be told to reload by");
		await Promise.all([direct.close(), gone.close()]);
	});

	test('test and reload need not be named when binary, prefix and config are', async () => {
		const {test: _, reload: __, ...rest} = nginxOptions(nginx, services);
		const plain = open(rest);
		expect(await plain.setWeight(12.5, never)).toMatchObject({ok: true, value: {weightPercent: 12.5}});
		await plain.close();
	});

	test('several servers share their side, and further directives stay', async () => {
		const {stable, canary} = services;
		const pool = routerWith({
			baseline: [`127.0.0.1:${stable.port} max_fails=3`, `localhost:${stable.port}`],
			candidate: [`127.0.0.1:${canary.port}`],
			directives: ['keepalive 16'],
		});
		const answer = await pool.setWeight(5, never);
		if (!answer.ok) throw new Error(answer.error.message);
		expect(answer.value.weightPercent).toBeCloseTo(5, 3);
		expect(onDisk()).toContain('	keepalive 16;');
		expect(onDisk()).toMatch(/max_fails=3 weight=\d+;/);
		expect(await router.lint(never)).toContainEqual(
			expect.stringContaining('has keepalive 16 in upstream app, which the first change drops'),
		);
		await pool.close();
	});
});

describeWithServers(['nginx'], 'nginx that does not answer as it should', () => {
	test('one that is not running is unreachable, and its command tells so too', async () => {
		await router.setWeight(5, never);
		await nginx.process.stop();
		const read = await errorOf(router.readSplit(never));
		expect(read.kind).toBe('unreachable');
		expect(read.message).toBe(`The split that nginx runs can't be read at ${nginx.revisionUrl}: nobody listens there.`);
	});

	test('workers that outlived their master go on with the old split, and the reload says why', async () => {
		await router.setWeight(5, never);
		nginx.process.signal('SIGKILL');
		await nginx.process.exit;
		const error = await errorOf(router.setWeight(0, never));
		expect(error.kind).toBe('unreachable');
		expect(error.message).toContain('because nginx is not running');
		expect(error.message).toContain('The include file is as it was');
		expect(await nginxPercent(nginx)).toBe(5);
	});

	test('a hung page is a timeout, and an abort ends the wait at once', async () => {
		await using hung = await startStrangeServer(() => {});
		const waiting = routerWith({revisionUrl: `http://127.0.0.1:${hung.port}/canary-revision`, timeoutMs: 1_000});
		const error = await errorOf(waiting.readSplit(never));
		expect(error).toMatchObject({kind: 'timeout'});
		expect(error.message).toContain('gave no answer');
		const aborting = new AbortController();
		const underWay = waiting.readSplit(aborting.signal);
		await sleep(50);
		const startedMs = performance.now();
		aborting.abort();
		expect((await errorOf(underWay)).kind).toBe('aborted');
		expect(performance.now() - startedMs).toBeLessThan(50);
		await waiting.close();
	});

	test('a rollback is carried out although the page hangs; it only is not called verified', async () => {
		await router.setWeight(25, never);
		await using hung = await startStrangeServer(() => {});
		const blind = routerWith({revisionUrl: `http://127.0.0.1:${hung.port}/canary-revision`, timeoutMs: 1_200});
		expect((await errorOf(blind.setWeight(0, never))).kind).toBe('timeout');
		expect(await router.readSplit(never)).toMatchObject({ok: true, value: {weightPercent: 0}});
		await blind.close();
	});

	test.each([
		['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n', 'refused', 'does not speak HTTP'],
		['another status', 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n', 'refused', 'answers 404'],
		['other words', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', 'refused', 'says “hello”, which tells no split'],
		['a cut answer', 'HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello', 'unreachable', 'without a whole answer'],
		['an endless one', `HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(20_000)}`, 'refused', 'a long page'],
	])('%s on the page is told apart', async (_, words, kind, message) => {
		await using strange = await startStrangeServer(socket => {
			socket.once('data', () => socket.end(words));
		});
		const misled = routerWith({revisionUrl: `http://127.0.0.1:${strange.port}/`});
		const error = await errorOf(misled.readSplit(never));
		expect(error).toMatchObject({kind});
		expect(error.message).toContain(message);
		expect(error.remedy).toBeTruthy();
		await misled.close();
	});

	test('workers that do not come to agree are told, and the new file stays', async () => {
		let questions = 0;
		await using undecided = await startStrangeServer(socket => {
			const words = (): string => (questions++ % 2 === 0 ? 'old' : (/default "(.*)"/.exec(onDisk())?.[1] ?? 'start'));
			socket.once('data', () => {
				const body = words();
				socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
			});
		});
		const waiting = routerWith({revisionUrl: `http://127.0.0.1:${undecided.port}/`, timeoutMs: 800});
		const error = await errorOf(waiting.setWeight(50, never));
		expect(error.kind).toBe('not-applied');
		expect(error.message).toBe('nginx took the reload for 50 %, but old workers still answer beside the new ones after 800 ms.');
		expect(onDisk()).toContain('weight=50');
		await waiting.close();
	});

	test('a port that nobody listens on is named', async () => {
		const revisionUrl = `http://127.0.0.1:${await freePort()}/`;
		const error = await errorOf(routerWith({revisionUrl}).readSplit(never));
		expect(error).toMatchObject({kind: 'unreachable'});
		expect(error.message).toContain(revisionUrl);
	});

	test('a program that is not there is named', async () => {
		const error = await errorOf(routerWith({test: ['/nowhere/nginx', '-t']}).setWeight(5, never));
		expect(error.kind).toBe('unreachable');
		expect(error.message).toContain('there is no program “/nowhere/nginx”');
		expect(error.message).toContain('The include file is as it was');
	});

	test('lint looks at the main configuration as well', async () => {
		const sentences = (await router.lint(never)).join('\n');
		expect(sentences).toContain('Without worker_shutdown_timeout');
		expect(sentences).toContain('proxy_next_upstream');
	});
});
