import {createHash} from 'node:crypto';
import {existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {parse, stringify} from 'yaml';
import type {SessionEvent} from '../../src/core/event.ts';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {freePort, waitUntil} from '../helpers/process.ts';
import {startTerminal} from '../helpers/pty.ts';
import {program, startWorld} from '../helpers/world.ts';

const of = <Type extends SessionEvent['type']>(events: readonly SessionEvent[], type: Type) =>
	events.filter((event): event is Extract<SessionEvent, {type: Type}> => event.type === type);

/** An API that knows its users by their tokens, and refuses every tenth request of one of them. */
async function startApi(tokens: Readonly<Record<string, string>>) {
	const port = await freePort();
	const seen: {user: string; query: string; n: number}[] = [];
	let delayMs = 0;
	const server = createServer(async (request, response) => {
		let text = '';
		for await (const chunk of request) text += chunk;
		const body = JSON.parse(text) as {user: string; query: string; n: number};
		const isHer = request.headers.authorization === `Bearer ${tokens[body.user]}`;
		seen.push(body);
		setTimeout(() => {
			response.writeHead(!isHer ? 401 : body.user === 'ben' && body.n % 10 === 0 ? 429 : 200);
			response.end(`you sent ${request.headers.authorization}`);
		}, delayMs);
	}).listen(port, '127.0.0.1');
	return {
		port,
		seen,
		slow(ms: number) {
			delayMs = ms;
		},
		async [Symbol.asyncDispose]() {
			server.close().closeAllConnections();
		},
	};
}

const tokens = {ana: 'tok-ana-8d1c0ffee', ben: 'tok-ben-8d1c0ffee'};

describeWithServers(['prometheus', 'haproxy'], 'the load burst of the built program', () => {
	test('alone and as part of a stage; a rollback never waits for it', {timeout: 120_000}, async () => {
		await using world = await startWorld();
		await using api = await startApi(tokens);
		for (const [name, token] of Object.entries(tokens)) writeFileSync(join(world.folder, name), `${token}\n`, {mode: 0o600});
		const profile = parse(readFileSync(world.profilePath, 'utf8')) as {stages: object[]};
		const burst = {
			url: `http://127.0.0.1:${api.port}/api/v1/memory/query`,
			hosts: [`127.0.0.1:${api.port}`],
			method: 'POST',
			headers: {'content-type': 'application/json'},
			body: '{"user": "{{user}}", "query": "{{query}}", "n": {{n}}}',
			users: [
				{name: 'ana', token: {file: 'ana'}},
				{name: 'ben', token: {file: 'ben'}},
			],
			requests: 20,
			queries: ['what "is" it', 'who'],
			pause: '5ms',
			concurrency: 2,
		};
		writeFileSync(world.profilePath, stringify({...profile, burst}));
		const out = join(world.folder, 'out');
		const alone = await world.run('burst', world.profilePath, '--json', '--out', out);
		const summary = JSON.parse(alone.stdout) as Record<string, unknown>;
		expect(summary).toMatchObject({planned: 40, total: 40, ok: 38, failed: 2, successPercent: 95, codes: {200: 38, 429: 2}});
		expect(alone.code).toBe(1);
		expect(api.seen).toHaveLength(40);
		expect(api.seen.filter(({query}) => query === 'what "is" it')).toHaveLength(20);
		const transcript = readFileSync(join(out, 'LOAD_BURST.log'), 'utf8');
		expect(transcript.trim().split('\n')).toHaveLength(40);
		expect(transcript).toMatch(/FAILED user=ben n=10 POST http:\/\/127\.0\.0\.1:\d+\/api\/v1\/memory\/query 429 \d+ms/);
		expect(transcript).not.toContain('8d1c0ffee');
		expect(readFileSync(join(out, 'LOAD_SUMMARY.json'), 'utf8')).not.toContain('8d1c0ffee');

		// On a terminal: a block that is drawn over again while it runs, and makes way for the summary.
		// Into the home, where the newest fifty stay, and what is somebody's own.
		const bursts = join(world.home, 'bursts');
		const old = Array.from({length: 60}, (_, index) => `2020-01-01T00-00-${String(index).padStart(2, '0')}Z-relay`);
		for (const name of [...old, 'mine']) mkdirSync(join(bursts, name), {recursive: true});
		const slow = join(world.folder, 'slow.yaml');
		writeFileSync(slow, stringify({...profile, burst: {...burst, pause: '80ms'}}));
		await using terminal = await startTerminal({
			command: [process.execPath, program, 'burst', slow],
			columns: 76,
			rows: 20,
			env: {CANARY_HOME: world.home},
		});
		const during = await terminal.waitForText(
			/\d+ of 40 .*to go\n.* sent .*\n.* × 200.*\nusers {2}ana \d+\/20 {2}ben \d+\/20/,
			20_000,
		);
		expect(during).not.toContain('8d1c0ffee');
		const after = await terminal.waitForText('38 of 40 ok (95 %)', 20_000);
		expect(after).not.toContain('sent');
		expect(await terminal.exitCode()).toBe(1);
		const [own, ...kept] = readdirSync(bursts).sort().reverse();
		expect(own).toBe('mine');
		expect(kept).toHaveLength(50);
		expect(kept[0]).not.toContain('2020');
		expect(kept.slice(1)).toEqual(old.slice(11).reverse());

		// As part of the stage: by itself, into the session's own folder, in the journal.
		const [first = {}, ...others] = profile.stages;
		writeFileSync(
			world.profilePath,
			stringify({...profile, burst: {...burst, pause: '80ms'}, stages: [{...first, burst: {after: '500ms'}}, ...others]}),
		);
		const load = world.startLoad(60);
		const run = world.run('run', '--headless', world.profilePath);
		await waitUntil('the burst is over', () => of(world.events(), 'burst-finished').length === 1);
		expect(of(world.events(), 'burst-finished')).toMatchObject([{stageIndex: 0, total: 40, ok: 38, failed: 2}]);
		// How far it is, at most once a second, with figures that add up.
		const told = of(world.events(), 'burst-progressed');
		expect(told.length).toBeGreaterThan(0);
		for (const {done, ok, failed, p50Ms, codes = {}, users = {done: [], failed: []}} of told) {
			const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0);
			expect(ok + failed).toBe(done);
			expect(sum(Object.values(codes))).toBe(done);
			expect([sum(users.done), sum(users.failed)]).toEqual([done, failed]);
			expect(p50Ms).toBeGreaterThan(0);
		}
		for (const [index, {tMs}] of told.entries()) expect(tMs - (told[index - 1]?.tMs ?? tMs - 1_000)).toBeGreaterThanOrEqual(990);
		expect(of(world.events(), 'burst-finished')[0]?.byUser).toEqual({done: [20, 20], failed: [0, 2]});
		for (const {name, sha256} of of(world.events(), 'artifact-written').filter(one => one.name.startsWith('LOAD_'))) {
			const content = readFileSync(join(world.session(), 'artifacts', name));
			expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
		}
		expect(of(world.events(), 'artifact-written').map(({name}) => name)).toEqual(
			expect.arrayContaining(['LOAD_BURST.log', 'LOAD_SUMMARY.json']),
		);
		expect((await world.run('rollback', '--reason', 'first')).code).toBe(0);
		expect((await run).code).toBe(1);

		await waitUntil('its controller is gone', () => !existsSync(join(world.session(), 'controller.pid')));

		// A burst that hangs: ticks go on, and the rollback ends it.
		api.slow(30_000);
		writeFileSync(
			world.profilePath,
			stringify({...profile, burst: {...burst, timeout: '60s'}, stages: [{...first, burst: true}, ...others]}),
		);
		const hanging = world.run('run', '--headless', world.profilePath);
		await waitUntil('it is under way', () => of(world.events(), 'burst-started').length === 1);
		const begun = world.events().length;
		await waitUntil('ticks go on', () => of(world.events().slice(begun), 'tick-taken').length >= 5);
		const back = await world.run('rollback', '--reason', 'enough', '--json');
		expect(back.code).toBe(0);
		expect(await world.splitNow()).toBe(0);
		expect((await hanging).code).toBe(1);
		expect(of(world.events(), 'burst-finished')).toMatchObject([{total: 0, stopped: 'a rollback goes first'}]);
		const rollback = of(world.events(), 'action-verified').at(-1);
		expect(rollback?.tookMs).toBeLessThan(2_000);
		expect(of(world.events(), 'tick-taken').filter(({missed}) => missed > 0).length).toBeLessThan(3);
		expect(readFileSync(join(world.session(), 'journal.ndjson'), 'utf8')).not.toContain('8d1c0ffee');
		await load.stop();
	});
});
